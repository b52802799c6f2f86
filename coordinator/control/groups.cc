#include "coordinator/control/groups.h"

#include <sys/acl.h>
#include <sys/stat.h>

#include <memory>
#include <set>
#include <type_traits>

#include "coordinator/control/peer.h"

namespace sn::coordinator {

namespace {

struct FreeAcl {
  void operator()(void* acl) const { ::acl_free(acl); }
};
using Acl = std::unique_ptr<std::remove_pointer_t<acl_t>, FreeAcl>;

// In the short form of acl_from_text(3). Numbers: libacl looks up names only.
std::string list_of(const Groups& groups, const std::string& owner, const std::string& member) {
  std::set<gid_t> named;
  if (groups.acting) named.insert(*groups.acting);
  if (groups.reading) named.insert(*groups.reading);
  std::string text = "u::" + owner + ",g::---,o::---";
  for (const gid_t group : named) text += ",g:" + std::to_string(group) + ":" + member;
  // The most that any named entry gives; where there is one it must stand there (acl(5)).
  if (!named.empty()) text += ",m::" + member;
  return text;
}

Status set(const std::string& path, const Groups& groups, mode_t without_groups,
           const std::string& text) {
  if (!groups.acting && !groups.reading) {
    if (::chmod(path.c_str(), without_groups) == 0) return {};
    return fail_errno("setting the mode of", path);
  }
  const Acl acl(::acl_from_text(text.c_str()));
  if (acl && ::acl_set_file(path.c_str(), ACL_TYPE_ACCESS, acl.get()) == 0) return {};
  return fail_errno("opening to its groups", path,
                    "put it on a file system that has access control lists, as /run");
}

Result<std::optional<gid_t>> find(const std::string& name) {
  if (name.empty()) return std::optional<gid_t>();
  const auto group = find_group(name);
  if (!group) return tl::unexpected(group.error());
  return std::optional<gid_t>(*group);
}

}  // namespace

Result<Groups> find_groups(const std::string& acting, const std::string& reading) {
  const auto act = find(acting);
  if (!act) return tl::unexpected(act.error());
  const auto read = find(reading);
  if (!read) return tl::unexpected(read.error());
  return Groups{*act, *read};
}

Status open_socket_to(const Groups& groups, const std::string& path) {
  return set(path, groups, 0600, list_of(groups, "rw-", "rw-"));
}

Status open_folder_to(const Groups& groups, const std::string& path) {
  return set(path, groups, 0700, list_of(groups, "rwx", "r-x"));
}

}  // namespace sn::coordinator
