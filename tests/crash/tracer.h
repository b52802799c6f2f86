// ptrace(2) over a tree of processes: every system call that can change something stops, is shown
// to a watcher, and goes on, fails, is shortened or is never made because its process is killed.
//
// A seccomp filter (put into the first process by trap_changing_calls) chooses the calls, so that
// reading costs nothing. x86-64 only: the numbers and registers are that machine's. One thread.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace sn::crash {

// Who made a call.
enum class Role {
  outside,  // the node's first process, a command of a service and what it starts
  product,  // the traced program, its forks, and the commands whose calls are shown
};

struct Process {
  pid_t pid = 0;    // of the thread
  pid_t group = 0;  // of its process
  Role role = Role::outside;
  int depth = 0;          // forks below the program's main process
  bool launcher = false;  // will become the program
};

struct Call {
  Process by;
  long number = 0;
  std::array<uint64_t, 6> arguments{};
};

// What becomes of a call that is about to be made.
struct Action {
  int error = 0;          // not made; this error is its result
  bool pretend = false;   // not made; 0 is its result
  bool halve = false;     // made with half of the bytes
  bool tell_end = false;  // Watcher::on_end is wanted
};

class Watcher {
 public:
  virtual ~Watcher() = default;
  // Number and arguments may be changed: what is then called.
  virtual Action on_call(Call& call) = 0;
  virtual void on_end(const Call& call, int64_t result) = 0;
  virtual void on_main_gone(int status) = 0;
};

// In the process that is about to become the traced program.
[[nodiscard]] bool trap_changing_calls();

class Tracer {
 public:
  // `program`: the name that its processes have. `commands`: the names of what it runs whose calls
  // are shown as its own.
  Tracer(Watcher& watcher, std::string program, std::set<std::string> commands = {})
      : watcher_(watcher), program_(std::move(program)), commands_(std::move(commands)) {}

  // `first` is a child of ours that waits for a word; its forks are launchers.
  [[nodiscard]] bool take(pid_t first);
  // Until `done` says so or the deadline (CLOCK_MONOTONIC, ms) passes: false. SIGCHLD and SIGUSR1
  // must be blocked. While this process was not run at all (a machine that stood still) no time
  // passes.
  [[nodiscard]] bool run(const std::function<bool()>& done, int64_t deadline_ms);
  // Until nobody is left.
  [[nodiscard]] bool finish(pid_t first, int64_t deadline_ms);

  void kill_main() const;
  void kill_group(pid_t group) const;
  // Every process of the program and every command, except those that `spare` names.
  void kill_all(const std::function<bool(const Process&)>& spare) const;
  [[nodiscard]] pid_t main_process() const { return main_; }
  [[nodiscard]] bool program_runs() const;
  // Whom it thinks to be there, a line each.
  [[nodiscard]] std::string text() const;

  // Of a stopped process.
  [[nodiscard]] static std::string read_text(pid_t pid, uint64_t address, size_t most = 4096);
  [[nodiscard]] static bool read_bytes(pid_t pid, uint64_t address, void* to, size_t size);
  // Below its stack, for the time of one call. 0: it can't be written.
  [[nodiscard]] uint64_t lend(pid_t pid, const std::string& text, size_t slot) const;

 private:
  void look_at(pid_t pid, int status);
  void on_stop(pid_t pid, int status);
  void on_trap(Process& process);
  void on_end_of_call(Process& process);
  void adopt(pid_t child, const Process& parent, bool thread);
  // Forks whose parent was killed before its fork was seen.
  void adopt_orphans(const Process& parent);
  [[nodiscard]] bool is_program(pid_t pid) const;
  static void go_on(pid_t pid, int how, int signal = 0);

  Watcher& watcher_;
  const std::string program_;
  const std::set<std::string> commands_;
  pid_t first_ = 0;
  pid_t main_ = 0;
  std::map<pid_t, Process> processes_;
  std::set<pid_t> early_;  // stopped, and their parents' fork is still to be seen
  std::map<pid_t, Call> open_calls_;
};

[[nodiscard]] int64_t now_ms();

}  // namespace sn::crash
