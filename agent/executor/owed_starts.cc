#include "agent/executor/owed_starts.h"

#include <algorithm>

#include "agent/executor/own_file.h"
#include "agent/watch/files.h"

namespace sn::agent {

namespace {

// The kinds have a handful of services (references/daemon.h), with names of a few letters.
constexpr size_t kMaxBytes = 4 * 1024;

}  // namespace

std::set<std::string> OwedStarts::load() const {
  std::set<std::string> services;
  const auto text = read_file(path_, kMaxBytes);
  if (!text || !text->starts_with(boot_id_ + "\n")) return services;
  for (size_t begin = boot_id_.size() + 1; begin < text->size();) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    if (end > begin) services.insert(text->substr(begin, end - begin));
    begin = end + 1;
  }
  return services;
}

Status OwedStarts::store(const std::set<std::string>& services) const {
  if (services.empty()) {
    remove_own_file(path_);
    return {};
  }
  std::string text = boot_id_ + "\n";
  for (const auto& service : services) text += service + "\n";
  return write_own_file(path_, text);
}

}  // namespace sn::agent
