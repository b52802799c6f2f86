#include "agent/session/confinement.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sn::agent {

namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
// Calls of x32 have this bit in their number.
constexpr uint32_t kForeignCalls = 0x40000000;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr uint32_t kForeignCalls = 0;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_PPC64LE;
constexpr uint32_t kForeignCalls = 0;
#else
#error "confinement.cc: which AUDIT_ARCH (linux/audit.h) has this processor?"
#endif

// Whatever their arguments are.
constexpr uint32_t kAllowed[] = {
    // sockets that are there
    SYS_bind, SYS_connect, SYS_getpeername, SYS_getsockname, SYS_getsockopt, SYS_recvfrom,
    SYS_recvmmsg, SYS_recvmsg, SYS_sendmmsg, SYS_sendmsg, SYS_sendto, SYS_shutdown,
#ifdef __powerpc64__
    // Where glibc's send() and recv() are calls of their own.
    SYS_send, SYS_recv,
#endif
    // descriptors
    SYS_close, SYS_fstat, SYS_pread64, SYS_read, SYS_readv, SYS_write, SYS_writev,
    // waiting
    SYS_clock_gettime, SYS_clock_nanosleep, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait,
    SYS_eventfd2, SYS_futex, SYS_gettimeofday, SYS_nanosleep, SYS_ppoll, SYS_restart_syscall,
    SYS_sched_yield, SYS_timerfd_create, SYS_timerfd_settime,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_time
    SYS_time,
#endif
    // memory
    SYS_brk, SYS_madvise, SYS_mremap, SYS_munmap,
    // itself
    SYS_exit, SYS_exit_group, SYS_getpid, SYS_getrandom, SYS_gettid, SYS_getuid, SYS_geteuid,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sched_getaffinity, SYS_sigaltstack,
// A thread of libzmq that has not run yet: glibc's first calls in it, and libzmq's.
#ifdef SYS_rseq
    SYS_rseq,
#endif
    SYS_set_robust_list, SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_setscheduler};

// No code of ours, and of no library that is there, asks these.
constexpr uint32_t kFatal[] = {SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
                               SYS_process_vm_writev};

class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    jump_unless(BPF_JEQ, kArchitecture, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
    if (kForeignCalls != 0) {
      add(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kForeignCalls, 0, 1));
      answer(SECCOMP_RET_KILL_PROCESS);
    }
  }

  void on_call(uint32_t call, uint32_t what) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    answer(what);
  }
  // Allowed if the argument is one of `values`; else it fails.
  void allow_if(uint32_t call, unsigned argument, const std::vector<uint32_t>& values) {
    const auto length = static_cast<uint8_t>(2 + 2 * values.size());
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, length));
    load(low_half_of(argument));
    for (const uint32_t value : values) on_call(value, SECCOMP_RET_ALLOW);
    fail();
  }
  // Allowed if both arguments are among their values.
  void allow_if_both(uint32_t call, unsigned first, const std::vector<uint32_t>& firsts,
                     unsigned second, const std::vector<uint32_t>& seconds) {
    const size_t length = 3 + firsts.size() + 2 * seconds.size() + 1;
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, static_cast<uint8_t>(length)));
    load(low_half_of(first));
    for (size_t left = firsts.size(); left > 0; --left) {
      // Over those that are left, and over what fails.
      add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, firsts[firsts.size() - left],
                   static_cast<uint8_t>(left), 0));
    }
    fail();
    load(low_half_of(second));
    for (const uint32_t value : seconds) on_call(value, SECCOMP_RET_ALLOW);
    fail();
  }
  // Allowed if the argument is none of `values`.
  void allow_unless(uint32_t call, unsigned argument, const std::vector<uint32_t>& values) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, static_cast<uint8_t>(2 + 2 * values.size())));
    load(low_half_of(argument));
    for (const uint32_t value : values) on_call(value, SECCOMP_RET_ERRNO | EPERM);
    answer(SECCOMP_RET_ALLOW);
  }
  // Allowed if the argument has none of these bits.
  void allow_without(uint32_t call, unsigned argument, uint32_t bits) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4));
    load(low_half_of(argument));
    add(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
    answer(SECCOMP_RET_ALLOW);
    fail();
  }
  void fail() { answer(SECCOMP_RET_ERRNO | EPERM); }

  [[nodiscard]] sock_fprog program() {
    return {static_cast<unsigned short>(code_.size()), code_.data()};
  }

 private:
  // All three architectures are little endian.
  static size_t low_half_of(unsigned argument) {
    return offsetof(seccomp_data, args) + sizeof(uint64_t) * argument;
  }
  void load(size_t at) { add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(at))); }
  void jump_unless(uint16_t is, uint32_t value, uint32_t what) {
    add(BPF_JUMP(static_cast<uint16_t>(BPF_JMP | is | BPF_K), value, 1, 0));
    answer(what);
  }
  void answer(uint32_t what) { add(BPF_STMT(BPF_RET | BPF_K, what)); }
  void add(sock_filter instruction) { code_.push_back(instruction); }

  std::vector<sock_filter> code_;
};

Filter filter() {
  Filter filter;
  for (const uint32_t call : kAllowed) filter.on_call(call, SECCOMP_RET_ALLOW);
  for (const uint32_t call : kFatal) filter.on_call(call, SECCOMP_RET_KILL_PROCESS);
  // TCP, UDP and rtnetlink. No AF_UNIX: the node's daemons are not its business.
  filter.allow_if_both(SYS_socket, 0, {AF_INET, AF_INET6, AF_NETLINK}, 2,
                       {0, IPPROTO_TCP, IPPROTO_UDP});
  // Not IP_HDRINCL, not IPV6_HDRINCL: what its socket for pings sends comes from this node.
  filter.allow_unless(SYS_setsockopt, 2, {IP_HDRINCL, IPV6_HDRINCL});
  filter.allow_if(SYS_fcntl, 1, {F_GETFD, F_SETFD, F_GETFL, F_SETFL});
  filter.allow_if(SYS_prctl, 0, {PR_SET_NAME});
  filter.allow_if(SYS_ioctl, 1, {FIONBIO, FIONREAD});
  filter.allow_without(SYS_mmap, 2, PROT_EXEC);
  filter.allow_without(SYS_mprotect, 2, PROT_EXEC);
  // Its own end by abort().
  filter.allow_if(SYS_tgkill, 0, {static_cast<uint32_t>(getpid())});
  filter.fail();
  return filter;
}

long seccomp(unsigned operation, unsigned flags, void* arguments) {
  return syscall(SYS_seccomp, operation, flags, arguments);
}

}  // namespace

Status can_confine() {
  uint32_t action = SECCOMP_RET_KILL_PROCESS;
  if (seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0) return {};
  return fail(ErrorClass::not_found, "confining", "the session", Fact(FactCode::no_seccomp), {});
}

Status confine() {
  if (auto can = can_confine(); !can) return can;
  Filter made = filter();
  sock_fprog program = made.program();
  // What a thread of libzmq may do is what all may do. It returns the thread that could not follow.
  const long left_out = seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  if (left_out > 0) errno = EBUSY;
  if (left_out != 0) return fail_errno("confining", "the session");
  return {};
}

}  // namespace sn::agent
