#include "coordinator/key_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/file.h"
#include "common/net/curve_keys.h"
#include "common/orders/coordinator_key.h"

namespace sn::coordinator {

namespace {

std::string next_path(const DaemonConfig& config) { return config.key_path() + ".next"; }

Status act_as_owner(const std::string& directory) {
  struct stat info{};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &info) != 0 || info.st_uid == 0) return {};
  if (::setegid(info.st_gid) != 0 || ::seteuid(info.st_uid) != 0) {
    return fail_errno("acting as its owner in", directory);
  }
  return {};
}

Result<std::string> text_of_key(const DaemonConfig& config, const std::string& path) {
  if (auto owner = act_as_owner(config.state_dir); !owner) return tl::unexpected(owner.error());
  const auto keys = net::CurveKeys::load_or_create(path);
  if (!keys) return tl::unexpected(keys.error());
  return orders::CoordinatorKey::of(*keys).to_string();
}

}  // namespace

Result<std::string> present_key(const DaemonConfig& config) {
  return text_of_key(config, config.key_path());
}

Result<std::string> next_key(const DaemonConfig& config) {
  return text_of_key(config, next_path(config));
}

Result<std::string> roll_key(const DaemonConfig& config) {
  if (auto owner = act_as_owner(config.state_dir); !owner) return tl::unexpected(owner.error());
  const std::string next = next_path(config), present = config.key_path();
  if (const auto keys = net::CurveKeys::load(next); !keys) {
    if (keys.error().what != ErrorClass::not_found) return tl::unexpected(keys.error());
    return fail(ErrorClass::not_found, "reading key", next, "there is no next key",
                "sncoordd key next makes it; nodes have to know it before it is used");
  }
  // At every moment there is a present one, and never another than one of the two.
  const std::string previous = present + ".previous";
  if (::unlink(previous.c_str()) != 0 && errno != ENOENT) return fail_errno("removing", previous);
  if (::link(present.c_str(), previous.c_str()) != 0 && errno != ENOENT) {
    return fail_errno("creating", previous);
  }
  if (::rename(next.c_str(), present.c_str()) != 0) return fail_errno("renaming", next);
  if (auto synced = sync_folder(present); !synced) return tl::unexpected(synced.error());
  return present_key(config);
}

}  // namespace sn::coordinator
