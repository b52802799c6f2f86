// What /proc tells of a process without ever waiting for it. Its name and its stat line need no
// lock of its memory; its arguments do (proc(5)), and a process that faults on a dead file server
// may hold that lock: they are read where blocking is allowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sn::agent {

struct ProcessStat {
  char state = '?';          // field 3: 'R', 'S', 'D', 'Z'...
  int parent = 0;            // field 4
  uint64_t start_ticks = 0;  // field 22: tells a reused pid apart
  bool operator==(const ProcessStat&) const = default;
};

// A line of /proc/PID/stat; nullopt: it is none.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view line);

// Every pid there is now, in no order.
[[nodiscard]] std::vector<int> all_pids();
// All of them: nothing if the process is gone.
[[nodiscard]] std::optional<ProcessStat> process_stat(int pid);
[[nodiscard]] std::string process_name(int pid);
// The same for people: "?" if it is gone.
[[nodiscard]] std::string shown_process_name(int pid);
// Real, effective and saved user; nullopt: it is gone. Not the owner of /proc/PID, who is root
// where a process may not be looked into.
struct ProcessUsers {
  uint32_t real = 0;
  uint32_t effective = 0;
  uint32_t saved = 0;
  bool operator==(const ProcessUsers&) const = default;
};
[[nodiscard]] std::optional<ProcessUsers> process_users(int pid);
// The file that it runs, as the kernel names it here; without the " (deleted)" of one that a
// package replaced. Empty: it is gone, or a kernel thread. Never waits for the file.
[[nodiscard]] std::string process_executable(int pid);
// A container's process is visible here and is not this node's.
[[nodiscard]] bool in_own_pid_namespace(int pid);
// The sockets that it has (their inodes): at most 1,024 descriptors are looked at.
[[nodiscard]] std::vector<uint64_t> process_sockets(int pid);
// It sleeps and can't be interrupted, within the NFS client or its RPC (/proc/PID/wchan, proc(5)).
[[nodiscard]] bool waits_in_nfs(int pid);
// Each argument ended by a NUL, cut at `max_bytes`. May block.
[[nodiscard]] std::string process_arguments(int pid, size_t max_bytes);

}  // namespace sn::agent
