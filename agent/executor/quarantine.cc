#include "agent/executor/quarantine.h"

#include <algorithm>

#include "agent/executor/journal.h"
#include "agent/executor/own_file.h"
#include "agent/mounts/classify.h"
#include "agent/watch/files.h"
#include "common/base/netstring.h"

namespace sn::agent {

namespace {

constexpr std::string_view kHead = "snagent quarantine 1";
// Two sentences and some mounts.
constexpr size_t kMaxBytes = 1024 * 1024;
constexpr uint64_t kMaxPlaces = 1024;

// `path`: what was exported, with what lies below it at this place.
bool is_mount_of(const Mount& mount, const std::string& source, const std::string& address,
                 const std::string& subpath) {
  if (!is_nfs(mount)) return mount.source == source;
  const std::string top = exported_path(source);
  const std::string path = subpath.empty() ? top : (top == "/" ? "" : top) + "/" + subpath;
  return option_value(mount.options, "addr") == address && exported_path(mount.source) == path;
}

}  // namespace

std::string to_text(const QuarantineRecord& record, const std::string& boot_id) {
  NetstringWriter out;
  out.add(kHead).add(boot_id).add(record.why.reason).add(record.why.cure);
  out.add(record.places.size());
  for (const auto& swap : record.places) out.add(to_text(swap));
  return out.take() + "\n";
}

Result<std::optional<QuarantineRecord>> quarantine_from_text(std::string_view text,
                                                             const std::string& boot_id) {
  const auto corrupt = [] {
    return fail(ErrorClass::corrupt, "reading", "the quarantine", "it is not what was written");
  };
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  NetstringReader in(text);
  if (in.text() != kHead) return corrupt();
  if (in.text() != boot_id) {
    if (!in.good()) return corrupt();
    return std::optional<QuarantineRecord>{};
  }
  QuarantineRecord record;
  record.why.reason = in.text();
  record.why.cure = in.text();
  for (uint64_t left = in.number(kMaxPlaces); left > 0 && in.good(); --left) {
    auto swap = swap_from_text(in.text());
    if (!swap) return corrupt();
    record.places.push_back(std::move(*swap));
  }
  if (!in.whole() || record.why.reason.empty()) return corrupt();
  return std::optional<QuarantineRecord>(std::move(record));
}

std::optional<QuarantineRecord> QuarantineFile::load(const std::string& boot_id) const {
  const auto text = read_file(path_, kMaxBytes);
  if (!text && text.error().what == ErrorClass::not_found) return std::nullopt;
  const auto unreadable = [&](const Error& error) {
    return QuarantineRecord{{"it was in quarantine, and why can't be read: " + error.message(),
                             "see the node's log, look at what is mounted"},
                            {}};
  };
  if (!text) return unreadable(text.error());
  auto record = quarantine_from_text(*text, boot_id);
  if (!record) return unreadable(record.error());
  return std::move(*record);
}

Status QuarantineFile::store(const QuarantineRecord& record, const std::string& boot_id) const {
  return write_own_file(path_, to_text(record, boot_id));
}

void QuarantineFile::remove() const { remove_own_file(path_); }

std::optional<wire::Quarantine> find_odd_place(const std::vector<MountSwap>& swaps,
                                               const std::vector<Mount>& table, OddPlace odd) {
  for (const auto& swap : swaps) {
    for (const auto& place : swap.places) {
      const Mount* there = mount_at(table, place.place);
      const std::string cure = "mount " + swap.source + " (or " + swap.source_before + ") on " +
                               place.place + " by hand, with " + swap.options;
      if (there == nullptr) {
        return wire::Quarantine{
            "nothing is mounted on " + place.place + " since an interrupted swap", cure};
      }
      const bool known =
          there->superblock == swap.superblock ||
          is_mount_of(*there, swap.source, swap.address, place.subpath) ||
          is_mount_of(*there, swap.source_before, swap.address_before, place.subpath);
      if (known || odd == OddPlace::bare) continue;
      return wire::Quarantine{there->source + " is mounted on " + place.place +
                                  " since an interrupted swap, and neither " + swap.source_before +
                                  " nor " + swap.source,
                              "umount " + place.place + ", then " + cure};
    }
  }
  return std::nullopt;
}

std::optional<wire::Quarantine> look_for_trouble(const Result<Fence>& fence,
                                                 const std::string& journal_path,
                                                 const std::string& boot_id,
                                                 const std::vector<MountSwap>& places) {
  if (!fence) return quarantine_of(fence.error());
  if (const auto journal = Journal::read(journal_path, boot_id); !journal) {
    return quarantine_of(journal.error());
  }
  if (places.empty()) return std::nullopt;
  const auto table = read_mount_table("/proc/self/mountinfo");
  if (!table) return quarantine_of(table.error());
  return find_odd_place(places, *table, OddPlace::bare_or_other);
}

}  // namespace sn::agent
