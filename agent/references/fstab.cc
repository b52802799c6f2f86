#include "agent/references/fstab.h"

#include <algorithm>

#include "agent/references/nfs_mount.h"
#include "agent/references/other_mount.h"

namespace sn::agent {

namespace {

struct MountLine {
  Line line;
  NfsSource source;
  std::string path;
  std::string_view mount_point;
  NfsOptions options;
  std::string_view option_text;
  bool follows = false;
};

// "\040" is a blank (getmntent(3)).
std::string unescaped(std::string_view field) {
  const auto octal = [&](size_t at) { return field[at] >= '0' && field[at] <= '7'; };
  std::string text;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size() && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      text += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 +
                                (field[i + 3] - '0'));
      i += 3;
    } else {
      text += field[i];
    }
  }
  return text;
}

std::vector<OtherMount> others_of(std::string_view text) {
  std::vector<OtherMount> others;
  for (const auto& line : lines_of(text)) {
    const auto fields = words_of(line);
    if (fields.size() < 3 || fields[0].text.starts_with('#')) continue;
    const Word options = fields.size() > 3 ? fields[3] : Word{};
    for (auto& one : other_mount(fields[0], fields[2].text, options, line.number)) {
      others.push_back(one);
    }
  }
  return others;
}

std::vector<MountLine> mounts_of(std::string_view text, const Directory& directory) {
  std::vector<MountLine> mounts;
  for (const auto& line : lines_of(text)) {
    const auto fields = words_of(line);
    if (fields.size() < 3 || fields[0].text.starts_with('#')) continue;
    if (fields[2].text != "nfs" && fields[2].text != "nfs4") continue;
    auto source = nfs_source(fields[0]);
    if (!source) continue;
    MountLine mount;
    mount.line = line;
    mount.path = unescaped(source->path.text);
    mount.source = std::move(*source);
    mount.mount_point = fields[1].text;
    if (fields.size() > 3) {
      mount.options = nfs_options(fields[3]);
      mount.option_text = fields[3].text;
    }
    mount.follows =
        may_follow(directory.shared_paths, mount.path, mount.options.read_only.value_or(false));
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

bool has_word(std::string_view options, std::string_view word) {
  const auto words = words_of(options, 0, ",");
  return std::any_of(words.begin(), words.end(), [&](const Word& one) { return one.text == word; });
}

// An option that names a server which has no part in the move: such a line is never taken away.
bool names_another(const MountLine& mount, const IdentityIndex& identity, const Move& move) {
  return std::any_of(mount.options.servers.begin(), mount.options.servers.end(),
                     [&](const Word& server) {
                       const auto owner = identity.owner_of(server.text);
                       return owner && owner->name != move.to && !move.is_from(owner->name);
                     });
}

// What follows the source is the same text in both lines.
bool same_but_host(const MountLine& mount, uint32_t other_line,
                   const std::vector<MountLine>& mounts) {
  const auto other = std::find_if(mounts.begin(), mounts.end(), [&](const MountLine& one) {
    return one.line.number == other_line;
  });
  return other == mounts.end() || mount.option_text == other->option_text;
}

}  // namespace

WhyItStays Fstab::why_it_stays(const Reference& /*reference*/) const { return other_data(); }

Result<std::vector<Reference>> Fstab::discover(const std::string& path, std::string_view text,
                                               const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  std::vector<Mention> mentions;
  for (const auto& mount : mounts_of(text, identity.directory())) {
    add_mentions(mount.source, mount.options, mount.follows, mount.line.number, mentions);
  }
  for (const auto& other : others_of(text)) mentions.push_back(other.mention());
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> Fstab::plan(const std::string& path, std::string_view text,
                             const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  auto mounts = mounts_of(text, identity.directory());
  std::erase_if(mounts, [](const MountLine& mount) { return !mount.follows; });

  std::vector<ListEntry> entries;
  for (const auto& mount : mounts) {
    // A line for the administrator's hand takes no place of one that is mounted at boot.
    const bool at_boot = !has_word(mount.option_text, "noauto");
    std::string key =
        mount.path + "\n" + std::string(mount.mount_point) + (at_boot ? "" : "\nnoauto");
    // Several servers are a list of their own.
    if (mount.source.hosts.size() > 1 || names_another(mount, identity, move)) {
      key = std::to_string(mount.line.number);
    }
    for (const auto& host : mount.source.hosts) {
      entries.push_back({key, host.host.text, mount.line.number});
    }
  }
  const auto changes = change_entries(entries, Survivor::existing, path, identity, move);
  if (!changes) return tl::unexpected(changes.error());
  EditList edits(text);
  FilePlan plan{{}, findings_of(others_of(text), path, identity, move), {}};
  const EntryChange* next = changes->data();
  for (const auto& mount : mounts) {
    const bool left = edit_hosts(mount.source, next, edits);
    next += mount.source.hosts.size();
    if (!left) {
      edits.erase(mount.line.offset, mount.line.next());
      const uint32_t other = entries[(next - 1)->survivor].line;
      if (!same_but_host(mount, other, mounts)) {
        plan.findings.push_back({FindingClass::note,
                                 place_of(path, mount.line.number),
                                 Fact(FactCode::equal_to, {.place = place_of(path, other)}),
                                 {}});
      }
      continue;
    }
    const std::string place = place_of(path, mount.line.number);
    if (auto ok = edit_options(mount.options, place, identity, move, edits); !ok) {
      return tl::unexpected(ok.error());
    }
  }
  plan.edits = edits.take();
  return plan;
}

}  // namespace sn::agent
