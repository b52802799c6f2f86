#include "agent/executor/quarantine_file.h"

#include "agent/executor/own_file.h"
#include "agent/records/records.h"
#include "agent/watch/files.h"

namespace sn::agent {

namespace {

// Two sentences and some mounts.
constexpr size_t kMaxBytes = 1024 * 1024;

}  // namespace

std::optional<QuarantineRecord> QuarantineFile::load(const std::string& boot_id) const {
  const auto text = read_file(path_, kMaxBytes);
  if (!text && text.error().what == ErrorClass::not_found) return std::nullopt;
  const auto unreadable = [&](const Error& error) {
    return QuarantineRecord{{Fact(FactCode::quarantine_unreadable, {}, error.fact()),
                             Cure(CureCode::look_then_remove, {.place = path_})},
                            {}};
  };
  if (!text) return unreadable(text.error());
  auto kept = wire::from_file<KeptQuarantine>(*text, kQuarantineKind, path_);
  if (!kept) return unreadable(kept.error());
  if (kept->boot_id != boot_id) return std::nullopt;
  // An empty one says that there is no quarantine, and is never kept.
  if (kept->why.reason.empty()) kept->why.reason = Fact(FactCode::quarantine_without_reason);
  return QuarantineRecord{std::move(kept->why), std::move(kept->places)};
}

Status QuarantineFile::store(const QuarantineRecord& record, const std::string& boot_id) const {
  const auto text =
      wire::to_file(kQuarantineKind, KeptQuarantine{boot_id, record.why, record.places});
  if (!text) return tl::unexpected(text.error());
  return write_own_file(path_, *text);
}

void QuarantineFile::remove() const { remove_own_file(path_); }

}  // namespace sn::agent
