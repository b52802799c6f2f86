#include "agent/references/mount_unit.h"

#include <algorithm>

#include "agent/references/ini.h"
#include "agent/references/nfs_mount.h"
#include "agent/references/other_mount.h"

namespace sn::agent {

namespace {

struct Unit {
  Word what, options;
  std::string_view type;
  uint32_t line = 0;  // of What=
  uint32_t options_line = 0;
};

Unit unit_of(std::string_view text) {
  Unit unit;
  for (const auto& entry : ini_entries(text)) {
    if (entry.section != "Mount") continue;
    if (entry.key == "What") {
      unit.what = entry.value;
      unit.line = entry.line;
    } else if (entry.key == "Options") {
      unit.options = entry.value;
      unit.options_line = entry.line;
    } else if (entry.key == "Type") {
      unit.type = entry.value.text;
    }
  }
  return unit;
}

std::vector<Mention> mentions_of(std::string_view text, const Directory& directory) {
  const Unit unit = unit_of(text);
  std::vector<Mention> mentions;
  const auto source = nfs_source(unit.what);
  const bool nfs = unit.type.starts_with("nfs") || (unit.type.empty() && source);
  if (nfs && source) {
    const NfsOptions options = nfs_options(unit.options);
    const bool follows = may_follow(directory.shared_paths, std::string(source->path.text),
                                    options.read_only.value_or(false));
    add_mentions(*source, {.read_only = options.read_only, .fstype = {}, .servers = {}}, follows,
                 unit.line, mentions);
    for (const auto& server : options.servers) {
      mentions.push_back({server.offset, server.text, unit.options_line,
                          mount_label(options.read_only.value_or(false)),
                          follows ? ReferenceRole::move : ReferenceRole::keep});
    }
    return mentions;
  }
  for (const auto& other : other_mount(unit.what, unit.type, {}, unit.line)) {
    mentions.push_back(other.mention());
  }
  for (const auto& other : other_mount({}, unit.type, unit.options, unit.options_line)) {
    mentions.push_back(other.mention());
  }
  return mentions;
}

}  // namespace

std::vector<Include> MountUnit::roots() const {
  // Of files with one name the first counts (systemd.unit(5)). Packages bring no drop-ins for
  // mounts, and their directory is a large one. What is mounted below /dev, /proc and /sys is the
  // kernel's own, and every node has a dozen of these.
  Include units{.patterns = {"/etc/systemd/system/*.mount", "/run/systemd/system/*.mount",
                             "/usr/lib/systemd/system/*.mount"},
                .not_beginning = {"dev-", "proc-", "sys-"}};
  Include drop_ins{
      .patterns = {"/etc/systemd/system/*.mount.d/*.conf", "/run/systemd/system/*.mount.d/*.conf"}};
  return {units, drop_ins};
}

WhyItStays MountUnit::why_it_stays(const Reference& /*reference*/) const { return other_data(); }

Result<std::vector<Reference>> MountUnit::discover(const std::string& path, std::string_view text,
                                                   const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  return references_of(name(), path, mentions_of(text, identity.directory()), identity);
}

Result<FilePlan> MountUnit::plan(const std::string& path, std::string_view text,
                                 const IdentityIndex& identity, const Move& move) const {
  const auto references = discover(path, text, identity);
  if (!references) return tl::unexpected(references.error());
  FilePlan plan;
  for (const auto& reference : *references) {
    if (reference.role != ReferenceRole::move || !move.is_from(reference.owner)) continue;
    plan.findings.push_back({FindingClass::left, reference.place,
                             Fact(FactCode::type_not_moved, {.name = reference.label}),
                             Cure(CureCode::change_by_hand)});
  }
  return plan;
}

}  // namespace sn::agent
