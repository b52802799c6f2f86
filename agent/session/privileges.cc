#include "agent/session/privileges.h"

#include <grp.h>
#include <malloc.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace sn::agent {

namespace {
// libzmq's threads need less than 32 KiB; twice that is locked for each.
constexpr size_t kThreadStackBytes = 64 * 1024;
constexpr rlim_t kLockLimitBytes = 64 * 1024 * 1024;
}  // namespace

void shrink_memory() {
  mallopt(M_ARENA_MAX, 1);
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, kThreadStackBytes);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

bool raise_lock_limit() {
  const rlimit wanted{kLockLimitBytes, kLockLimitBytes};
  if (setrlimit(RLIMIT_MEMLOCK, &wanted) == 0) return true;
  rlimit current{};
  return getrlimit(RLIMIT_MEMLOCK, &current) == 0 && current.rlim_cur >= kLockLimitBytes;
}

Status lock_memory(LockScope scope) {
  const int future = scope == LockScope::present_and_future ? MCL_FUTURE : 0;
  if (mlockall(MCL_CURRENT | future) != 0) {
    return fail_errno("locking", "this process's memory", "raise LimitMEMLOCK in its unit");
  }
  return {};
}

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
  if (setgroups(0, nullptr) != 0) return fail_errno("dropping", "groups");
  if (setresgid(ids.group, ids.group, ids.group) != 0) return fail_errno("dropping", "group");
  if (setresuid(ids.user, ids.user, ids.user) != 0) return fail_errno("dropping", "root");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("setting", "no_new_privs");
  if (setuid(0) == 0) return fail(ErrorClass::internal, "dropping", "root", "it came back");
  // Setting ids clears this; a session must never outlive its executor.
  prctl(PR_SET_PDEATHSIG, 9);
  return {};
}

}  // namespace sn::agent
