#include "agent/session/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "agent/ipc/fork.h"
#include "common/base/capabilities.h"

namespace sn::agent {

namespace {

constexpr const char* kUsers = "/etc/passwd";
// Everybody's and nobody's: what has no user of its own runs as this one (user_namespaces(7), the
// overflow id).
constexpr unsigned kNobody = 65'534;

}  // namespace

Result<UserIds> find_user(const std::string& name) {
  const auto close = [](FILE* file) { (void)std::fclose(file); };
  const std::unique_ptr<FILE, decltype(close)> file(std::fopen(kUsers, "re"), close);
  if (!file) return fail_errno("reading", kUsers);
  const passwd* entry = nullptr;
  do {
    errno = 0;
    entry = fgetpwent(file.get());
  } while (entry != nullptr && name != entry->pw_name);
  if (entry == nullptr) {
    return fail(ErrorClass::not_found, "looking up user", name, "it is not in /etc/passwd",
                "the package and install-into-image add it: useradd --system --no-create-home "
                "--shell /usr/sbin/nologin " +
                    name);
  }
  if (entry->pw_uid == 0 || entry->pw_gid == 0 || entry->pw_uid == kNobody || name == "nobody") {
    return fail(ErrorClass::denied, "looking up user", name,
                "the session needs a user that is nobody else's",
                "set user = \"snagent\" in agent.toml");
  }
  return UserIds{entry->pw_uid, entry->pw_gid};
}

Status become(const UserIds& ids) {
  const pid_t parent = getppid();
  // It needs a capability to give them away.
  if (auto dropped = drop_bounding_set(); !dropped) return dropped;
  if (setgroups(0, nullptr) != 0) return fail_errno("dropping", "groups");
  if (setresgid(ids.group, ids.group, ids.group) != 0) return fail_errno("dropping", "group");
  if (setresuid(ids.user, ids.user, ids.user) != 0) return fail_errno("dropping", "root");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("setting", "no_new_privs");
  if (setuid(0) == 0) return fail(ErrorClass::internal, "dropping", "root", "it came back");
  // The change of the user made it what /proc/sys/fs/suid_dumpable says.
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return fail_errno("setting", "dumpable");
  // A session must never outlive its executor.
  die_with(parent);
  return {};
}

}  // namespace sn::agent
