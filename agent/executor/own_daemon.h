// Is a process the daemon, or does it only bear its name? Every user may call a process as he
// likes; root restarts the unit that it finds one in, and believes that it read its files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/daemon.h"
#include "agent/watch/process.h"

namespace sn::agent {

struct Account {
  std::string name;
  uint32_t id = 0;
};
// The accounts of a passwd(5) file; a line that is none is passed over.
[[nodiscard]] std::vector<Account> accounts_in(std::string_view passwd);

// A process that has a name of the daemon's, as /proc shows it.
struct NamedProcess {
  ProcessUsers users;
  std::string executable;
  bool in_pid_file = false;  // a pid file of the daemon's under /run, which is root's, names it
};

// It runs as root or as the daemon's own account: one of the system's (below 1000) that is called
// like the daemon ("_chrony", "ntpsec"). And it runs the daemon's executable, a file of its name in
// a directory of the system's, or what `resolved` says that such a name stands for
// ("/bin/busybox"); or root's pid file names it. Pure.
[[nodiscard]] bool is_the_daemon(const Daemon& daemon, const NamedProcess& process,
                                 const std::vector<Account>& accounts,
                                 const std::vector<std::string>& resolved);

// The same, asked of this node. Reads /etc/passwd and /run: runs where blocking is allowed.
[[nodiscard]] bool is_the_daemon(const Daemon& daemon, int pid);
// A pid file of the daemon's under /run names it.
[[nodiscard]] bool is_in_pid_file(const Daemon& daemon, int pid);

}  // namespace sn::agent
