#include "agent/session/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/ipc/fork.h"

namespace sn::agent {

Result<UserIds> find_user(const std::string& name) {
  errno = 0;
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) {
    return fail(ErrorClass::not_found, "looking up user", name, "there is none",
                "add it to /etc/passwd of the image, or set user in agent.toml");
  }
  return UserIds{entry->pw_uid, entry->pw_gid};
}

Status become(const UserIds& ids) {
  const pid_t parent = getppid();
  if (setgroups(0, nullptr) != 0) return fail_errno("dropping", "groups");
  if (setresgid(ids.group, ids.group, ids.group) != 0) return fail_errno("dropping", "group");
  if (setresuid(ids.user, ids.user, ids.user) != 0) return fail_errno("dropping", "root");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("setting", "no_new_privs");
  if (setuid(0) == 0) return fail(ErrorClass::internal, "dropping", "root", "it came back");
  // A session must never outlive its executor.
  die_with(parent);
  return {};
}

}  // namespace sn::agent
