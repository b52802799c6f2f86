#include "agent/executor/owed_starts.h"

#include "agent/executor/own_record.h"

namespace sn::agent {

namespace {

// The kinds have a handful of services (references/daemon.h), with names of a few letters.
constexpr size_t kMaxBytes = 4 * 1024;

}  // namespace

Result<std::set<std::string>> OwedStarts::load() const {
  const auto found = load_record<KeptOwedStarts>(path_, kOwedStartsKind, kMaxBytes,
                                                 Cure(CureCode::start_what_is_down));
  if (!found) return tl::unexpected(found.error());
  const auto& kept = *found;
  if (!kept || kept->boot_id != boot_id_) return std::set<std::string>();
  return std::set<std::string>(kept->services.begin(), kept->services.end());
}

Status OwedStarts::store(const std::set<std::string>& services) const {
  if (services.empty()) {
    remove_own_file(path_);
    return {};
  }
  return store_record(path_, kOwedStartsKind,
                      KeptOwedStarts{boot_id_, {services.begin(), services.end()}});
}

}  // namespace sn::agent
