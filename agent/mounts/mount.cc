#include "agent/mounts/mount.h"

namespace sn::agent {

namespace {

template <class Visit>
void each_option(std::string_view options, const Visit& visit) {
  while (!options.empty()) {
    const size_t comma = options.find(',');
    visit(options.substr(0, comma));
    if (comma == std::string_view::npos) return;
    options.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string option_value(std::string_view options, std::string_view name) {
  std::string value;
  each_option(options, [&](std::string_view option) {
    const size_t equals = option.find('=');
    if (equals != std::string_view::npos && option.substr(0, equals) == name) {
      value = option.substr(equals + 1);
    }
  });
  return value;
}

bool has_option(std::string_view options, std::string_view name) {
  bool found = false;
  each_option(options, [&](std::string_view option) {
    if (option.substr(0, option.find('=')) == name) found = true;
  });
  return found;
}

bool lies_within(std::string_view path, std::string_view directory) {
  if (directory == "/" || path == directory) return true;
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

const Mount* mount_of(const std::vector<Mount>& table, std::string_view path) {
  const Mount* best = nullptr;
  for (const auto& mount : table) {
    if (!lies_within(path, mount.place)) continue;
    if (best == nullptr || mount.place.size() > best->place.size() ||
        (mount.place.size() == best->place.size() && best->parent != mount.id)) {
      best = &mount;
    }
  }
  return best;
}

const Mount* mount_at(const std::vector<Mount>& table, std::string_view place) {
  const Mount* found = mount_of(table, place);
  return found != nullptr && found->place == place ? found : nullptr;
}

}  // namespace sn::agent
