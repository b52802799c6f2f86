#include "tests/crash/tracer.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "tests/crash/calls.h"
#include "tests/crash/text.h"

namespace sn::crash {

namespace {

constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP |
                          PTRACE_O_EXITKILL;
constexpr int64_t kLookMs = 10;
// No scheduler lets anybody wait for so long.
constexpr int64_t kStandstillMs = 5'000;
constexpr uint64_t kRedZone = 128;
constexpr uint64_t kSlot = 4096;

std::string name_of(pid_t pid) {
  std::string name = read_all("/proc/" + std::to_string(pid) + "/comm");
  if (name.ends_with('\n')) name.pop_back();
  return name;
}

// Not yet the program: it still has our own name.
bool is_launcher(pid_t pid) { return name_of(pid) == name_of(getpid()); }

pid_t parent_of(pid_t pid) {
  const std::string stat = read_all("/proc/" + std::to_string(pid) + "/stat");
  const size_t name = stat.rfind(')');
  return name == std::string::npos || name + 4 > stat.size() ? 0 : std::atoi(&stat[name + 4]);
}

// Of a thread its process.
pid_t process_of(pid_t pid) {
  const std::string status = read_all("/proc/" + std::to_string(pid) + "/status");
  const size_t at = status.find("\nTgid:");
  return at == std::string::npos ? 0 : std::atoi(&status[at + 6]);
}

}  // namespace

int64_t now_ms() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

bool trap_changing_calls() {
  std::vector<sock_filter> program;
  const auto& calls = changing_calls();
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  // One comparison each; the filter is far from the limit of 4096 instructions.
  for (const auto& [number, name] : calls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool Tracer::take(pid_t first) {
  first_ = first;
  main_ = 0;
  processes_.clear();
  early_.clear();
  open_calls_.clear();
  if (ptrace(PTRACE_SEIZE, first, nullptr, kOptions) != 0) return false;
  Process process;
  process.pid = process.group = first;
  processes_[first] = process;
  return true;
}

bool Tracer::run(const std::function<bool()>& done, int64_t deadline_ms) {
  sigset_t news;
  sigemptyset(&news);
  sigaddset(&news, SIGCHLD);
  sigaddset(&news, SIGUSR1);
  for (int64_t looked = now_ms();;) {
    const int64_t now = now_ms();
    if (now - looked > kStandstillMs) deadline_ms += now - looked;
    looked = now;
    if (done()) return true;
    int status = 0;
    if (const pid_t pid = waitpid(-1, &status, __WALL | WNOHANG); pid > 0) {
      look_at(pid, status);
      continue;
    }
    const int64_t left = deadline_ms - now;
    if (left <= 0) return false;
    // What `done` looks at may come without a signal.
    const int64_t nap = std::min(left, kLookMs);
    const timespec wait{nap / 1000, (nap % 1000) * 1'000'000};
    (void)sigtimedwait(&news, nullptr, &wait);
  }
}

bool Tracer::finish(pid_t first, int64_t deadline_ms) {
  kill(first, SIGKILL);
  bool gone = false;
  return run(
      [&] {
        if (!gone) gone = !processes_.contains(first);
        return gone;
      },
      deadline_ms);
}

void Tracer::look_at(pid_t pid, int status) {
  if (WIFSTOPPED(status)) return on_stop(pid, status);
  early_.erase(pid);
  open_calls_.erase(pid);
  if (const auto gone = processes_.extract(pid); gone && pid != first_) {
    adopt_orphans(gone.mapped());
  }
  if (pid == main_) {
    main_ = 0;
    watcher_.on_main_gone(status);
  }
}

void Tracer::go_on(pid_t pid, int how, int signal) {
  // ESRCH: it was killed in its stop; its end is still to be waited for.
  (void)ptrace(static_cast<__ptrace_request>(how), pid, nullptr, signal);
}

void Tracer::on_stop(pid_t pid, int status) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) {
    early_.insert(pid);
    // Its parent may be gone already; a launcher's never is.
    if (parent_of(pid) == first_) adopt_orphans({});
    return;
  }
  Process& process = found->second;
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  unsigned long message = 0;
  switch (event) {
    case PTRACE_EVENT_SECCOMP:
      return on_trap(process);
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE: {
      ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &message);
      const auto open = open_calls_.find(pid);
      const bool thread =
          event == PTRACE_EVENT_CLONE && open != open_calls_.end() && is_thread_start(open->second);
      adopt(static_cast<pid_t>(message), process, thread);
      break;
    }
    case PTRACE_EVENT_EXEC:
      if (process.launcher) {
        process.launcher = false;
        process.role = Role::product;
        main_ = pid;
      } else if (process.role == Role::product && !commands_.contains(name_of(pid))) {
        process.role = Role::outside;  // a command of a service
      }
      break;
    case PTRACE_EVENT_STOP:
      break;
    default:
      if (signal == (SIGTRAP | 0x80)) return on_end_of_call(process);
      return go_on(pid, PTRACE_CONT, signal);
  }
  go_on(pid, open_calls_.contains(pid) ? PTRACE_SYSCALL : PTRACE_CONT);
}

void Tracer::adopt(pid_t child, const Process& parent, bool thread) {
  Process process = parent;
  process.pid = child;
  if (!thread) {
    process.group = child;
    if (first_ != 0 && parent.pid == first_) {
      process.launcher = true;
      process.depth = 0;
    } else if (parent.role == Role::product) {
      ++process.depth;
    } else if (parent.launcher) {
      process.launcher = false;
    }
  }
  processes_[child] = process;
  if (early_.erase(child) != 0) go_on(child, PTRACE_CONT);
}

bool Tracer::is_program(pid_t pid) const { return name_of(pid) == program_; }

void Tracer::adopt_orphans(const Process& parent) {
  const std::set<pid_t> early = early_;
  for (const pid_t child : early) {
    if (is_launcher(child)) continue;
    // Its maker lives and is only slow to say so. If it were adopted now, it could be gone before
    // that, and would then be adopted for ever.
    const pid_t maker = parent_of(child), process_id = process_of(child);
    if ((maker != first_ && processes_.contains(maker)) ||
        (process_id != child && processes_.contains(process_id))) {
      continue;
    }
    Process process = parent;
    process.launcher = false;
    process.role = is_program(child) ? Role::product : Role::outside;
    adopt(child, process, false);
  }
}

void Tracer::on_trap(Process& process) {
  const pid_t pid = process.pid;
  user_regs_struct registers{};
  if (process.role != Role::product || ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) {
    return go_on(pid, PTRACE_CONT);
  }
  Call call;
  call.by = process;
  call.number = static_cast<long>(registers.orig_rax);
  call.arguments = {registers.rdi, registers.rsi, registers.rdx,
                    registers.r10, registers.r8,  registers.r9};
  const auto before = call.arguments;
  const long number = call.number;
  const Action action = watcher_.on_call(call);
  if (action.error != 0 || action.pretend) {
    registers.orig_rax = static_cast<unsigned long long>(-1);
    registers.rax = static_cast<unsigned long long>(-action.error);
    (void)ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
    if (action.tell_end) watcher_.on_end(call, -action.error);
    return go_on(pid, PTRACE_CONT);
  }
  if (action.halve) call.arguments[2] /= 2;
  if (call.arguments != before || call.number != number) {
    registers.orig_rax = static_cast<unsigned long long>(call.number);
    registers.rdi = call.arguments[0];
    registers.rsi = call.arguments[1];
    registers.rdx = call.arguments[2];
    registers.r10 = call.arguments[3];
    registers.r8 = call.arguments[4];
    registers.r9 = call.arguments[5];
    (void)ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
  }
  if (!action.tell_end && !makes_process(call)) return go_on(pid, PTRACE_CONT);
  call.arguments = before;
  call.number = number;
  open_calls_[pid] = call;
  go_on(pid, PTRACE_SYSCALL);
}

void Tracer::on_end_of_call(Process& process) {
  const pid_t pid = process.pid;
  const auto open = open_calls_.find(pid);
  user_regs_struct registers{};
  if (open != open_calls_.end() && ptrace(PTRACE_GETREGS, pid, nullptr, &registers) == 0) {
    const Call call = open->second;
    open_calls_.erase(open);
    watcher_.on_end(call, static_cast<int64_t>(registers.rax));
  }
  go_on(pid, PTRACE_CONT);
}

void Tracer::kill_main() const {
  if (main_ > 0) kill(main_, SIGKILL);
}

void Tracer::kill_group(pid_t group) const { kill(group, SIGKILL); }

void Tracer::kill_all(const std::function<bool(const Process&)>& spare) const {
  for (const auto& [pid, process] : processes_) {
    if (pid != first_ && pid == process.group && !spare(process)) kill(pid, SIGKILL);
  }
  for (const pid_t pid : early_) kill(pid, SIGKILL);
}

bool Tracer::program_runs() const {
  return std::any_of(processes_.begin(), processes_.end(), [](const auto& one) {
    return one.second.role == Role::product || one.second.launcher;
  });
}

std::string Tracer::text() const {
  std::string text;
  for (const auto& [pid, process] : processes_) {
    text += "    " + std::to_string(pid) + " of " + std::to_string(process.group) +
            (process.role == Role::product ? " product, depth " : " outside, depth ") +
            std::to_string(process.depth) + (process.launcher ? ", launcher" : "") +
            (pid == main_ ? ", main" : "") + (pid == first_ ? ", first" : "") + "\n";
  }
  for (const pid_t pid : early_) text += "    " + std::to_string(pid) + " early\n";
  return text;
}

bool Tracer::read_bytes(pid_t pid, uint64_t address, void* to, size_t size) {
  const iovec local{to, size};
  const iovec remote{reinterpret_cast<void*>(address), size};  // NOLINT
  return process_vm_readv(pid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

std::string Tracer::read_text(pid_t pid, uint64_t address, size_t most) {
  std::string text;
  constexpr uint64_t kPage = 4096;
  while (address != 0 && text.size() < most) {
    // Never across a page: the next one may not be there.
    std::array<char, kPage> piece{};
    const size_t size = kPage - address % kPage;
    if (!read_bytes(pid, address, piece.data(), size)) break;
    const char* end = std::find(static_cast<const char*>(piece.data()),
                                static_cast<const char*>(piece.data()) + size, '\0');
    text.append(static_cast<const char*>(piece.data()), end);
    if (end != piece.data() + size) break;
    address += size;
  }
  return text;
}

uint64_t Tracer::lend(pid_t pid, const std::string& text, size_t slot) const {
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return 0;
  const uint64_t address = ((registers.rsp - kRedZone) & ~uint64_t{15}) - kSlot * (slot + 1);
  if (text.size() + 1 > kSlot) return 0;
  const iovec local{const_cast<char*>(text.c_str()), text.size() + 1};
  const iovec remote{reinterpret_cast<void*>(address), text.size() + 1};  // NOLINT
  const auto written = process_vm_writev(pid, &local, 1, &remote, 1, 0);
  return written == static_cast<ssize_t>(text.size() + 1) ? address : 0;
}

}  // namespace sn::crash
