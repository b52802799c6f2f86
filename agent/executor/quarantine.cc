#include "agent/executor/quarantine.h"

#include <algorithm>

#include "agent/executor/journal.h"
#include "agent/executor/own_file.h"
#include "agent/log.h"
#include "agent/mounts/classify.h"
#include "agent/records/records.h"
#include "agent/watch/files.h"

namespace sn::agent {

namespace {

// Two sentences and some mounts.
constexpr size_t kMaxBytes = 1024 * 1024;

// `path`: what was exported, with what lies below it at this place.
bool is_mount_of(const Mount& mount, const std::string& source, const std::string& address,
                 const std::string& subpath) {
  if (!is_nfs(mount)) return mount.source == source;
  const std::string top = exported_path(source);
  const std::string path = subpath.empty() ? top : (top == "/" ? "" : top) + "/" + subpath;
  return option_value(mount.options, "addr") == address && exported_path(mount.source) == path;
}

}  // namespace

wire::Quarantine quarantine_of(const Error& error) {
  Error plain = error;
  plain.cure.clear();
  return {plain.message(), error.cure};
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
  auto kept = wire::from_file<KeptQuarantine>(*text, kQuarantineKind, path_);
  if (!kept) return unreadable(kept.error());
  if (kept->boot_id != boot_id) return std::nullopt;
  // An empty one says that there is no quarantine, and is never kept.
  if (kept->why.reason.empty()) kept->why.reason = "it was in quarantine for no known reason";
  return QuarantineRecord{std::move(kept->why), std::move(kept->places)};
}

Status QuarantineFile::store(const QuarantineRecord& record, const std::string& boot_id) const {
  const auto text =
      wire::to_file(kQuarantineKind, KeptQuarantine{boot_id, record.why, record.places});
  if (!text) return tl::unexpected(text.error());
  return write_own_file(path_, *text);
}

void QuarantineFile::remove() const { remove_own_file(path_); }

wire::Quarantine Quarantine::why() const { return why_.value_or(wire::Quarantine{}); }

Error Quarantine::refusal() const {
  const wire::Quarantine told = why();
  return Error{ErrorClass::denied, "", "", "in quarantine: " + told.reason, told.cure, 0};
}

void Quarantine::load(const std::string& boot_id) {
  auto record = file_.load(boot_id);
  if (!record) return;
  places_ = std::move(record->places);
  why_ = std::move(record->why);
}

void Quarantine::enter(wire::Quarantine why, const std::string& boot_id) {
  why.cure = with_clear(why.cure, node_);
  log_line("SN1901", "in quarantine, refusing every change: " + why.reason + "; cure: " + why.cure);
  if (auto status = file_.store({why, places_}, boot_id); !status) {
    log_line("SN1911", status.error().message());
  }
  why_ = std::move(why);
}

void Quarantine::lift() {
  log_line("SN1051", "out of quarantine: " + why().reason);
  why_.reset();
  places_.clear();
  file_.remove();
}

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

std::string with_clear(const std::string& cure, const std::string& node) {
  const std::string clear = "snctl clear " + node;
  if (cure.ends_with(clear)) return cure;
  return cure + (cure.empty() ? "" : ", then ") + clear;
}

}  // namespace sn::agent
