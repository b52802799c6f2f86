#include "agent/executor/quarantine_file.h"

#include "agent/executor/own_record.h"

namespace sn::agent {

namespace {

// Two sentences and some mounts.
constexpr size_t kMaxBytes = 1024 * 1024;

}  // namespace

std::optional<QuarantineRecord> QuarantineFile::load(const std::string& boot_id) const {
  auto found = load_record<KeptQuarantine>(path_, kQuarantineKind, kMaxBytes);
  if (!found) {
    return QuarantineRecord{{Fact(FactCode::quarantine_unreadable, {}, found.error().fact()),
                             Cure(CureCode::look_then_remove, {.place = path_})},
                            {}};
  }
  auto& kept = *found;
  if (!kept || kept->boot_id != boot_id) return std::nullopt;
  // An empty one says that there is no quarantine, and is never kept.
  if (kept->why.reason.empty()) kept->why.reason = Fact(FactCode::quarantine_without_reason);
  return QuarantineRecord{std::move(kept->why), std::move(kept->places)};
}

Status QuarantineFile::store(const QuarantineRecord& record, const std::string& boot_id) const {
  return store_record(path_, kQuarantineKind, KeptQuarantine{boot_id, record.why, record.places});
}

void QuarantineFile::remove() const { remove_own_file(path_); }

}  // namespace sn::agent
