#include "agent/executor/owed_starts.h"

#include "agent/executor/own_file.h"
#include "agent/records/records.h"
#include "agent/watch/files.h"

namespace sn::agent {

namespace {

// The kinds have a handful of services (references/daemon.h), with names of a few letters.
constexpr size_t kMaxBytes = 4 * 1024;

}  // namespace

Result<std::set<std::string>> OwedStarts::load() const {
  const auto text = read_file(path_, kMaxBytes);
  if (!text && text.error().what == ErrorClass::not_found) return std::set<std::string>();
  if (!text) return tl::unexpected(text.error());
  const auto kept = wire::from_file<KeptOwedStarts>(*text, kOwedStartsKind, path_,
                                                    Cure(CureCode::start_what_is_down));
  if (!kept) return tl::unexpected(kept.error());
  if (kept->boot_id != boot_id_) return std::set<std::string>();
  return std::set<std::string>(kept->services.begin(), kept->services.end());
}

Status OwedStarts::store(const std::set<std::string>& services) const {
  if (services.empty()) {
    remove_own_file(path_);
    return {};
  }
  const auto text =
      wire::to_file(kOwedStartsKind, KeptOwedStarts{boot_id_, {services.begin(), services.end()}});
  if (!text) return tl::unexpected(text.error());
  return write_own_file(path_, *text);
}

}  // namespace sn::agent
