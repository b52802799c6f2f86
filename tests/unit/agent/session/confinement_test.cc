#include "agent/session/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <thread>

namespace sn::agent {
namespace {

// What a process that is confined ends as: the result of `tries`, or the signal.
int confined(const std::function<int()>& tries) {
  const pid_t child = fork();
  if (child == 0) {
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!confine()) _exit(99);
    _exit(tries());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
int errno_of(long result) { return result < 0 ? errno : 0; }

class Confinement : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_confine()) GTEST_SKIP() << "this kernel has no seccomp filters";
  }
};

TEST_F(Confinement, NoFileIsOpenedAndNobodySignalled) {
  EXPECT_EQ(confined([] { return errno_of(open("/etc/passwd", O_RDONLY)); }), EPERM);
  EXPECT_EQ(confined([] { return errno_of(unlink("/nothing/there")); }), EPERM);
  EXPECT_EQ(confined([] { return errno_of(kill(getppid(), 0)); }), EPERM);
  EXPECT_EQ(confined([] { return errno_of(syscall(SYS_tgkill, getppid(), getppid(), 0)); }), EPERM);
  EXPECT_EQ(confined([] { return errno_of(prctl(PR_SET_DUMPABLE, 1)); }), EPERM);
  EXPECT_EQ(confined([] { return errno_of(syscall(SYS_setuid, 0)); }), EPERM);
}

TEST_F(Confinement, NoOtherProcessBegins) {
  EXPECT_EQ(confined([] { return errno_of(fork()); }), EPERM);
  EXPECT_EQ(confined([] {
              char* const none[] = {nullptr};
              return errno_of(execve("/bin/true", none, none));
            }),
            -SIGSYS);
  EXPECT_EQ(confined([] { return errno_of(ptrace(PTRACE_ATTACH, getppid(), 0, 0)); }), -SIGSYS);
}

TEST_F(Confinement, OnlyTheNetworkIsSpokenTo) {
  EXPECT_EQ(confined([] { return errno_of(socket(AF_INET, SOCK_STREAM, 0)); }), 0);
  EXPECT_EQ(confined([] { return errno_of(socket(AF_INET6, SOCK_DGRAM, 0)); }), 0);
  EXPECT_EQ(confined([] { return errno_of(socket(AF_NETLINK, SOCK_RAW, 0)); }), 0);
  EXPECT_EQ(confined([] { return errno_of(socket(AF_UNIX, SOCK_STREAM, 0)); }), EPERM);
  EXPECT_EQ(confined([] { return errno_of(socket(AF_PACKET, SOCK_RAW, 0)); }), EPERM);
}

TEST_F(Confinement, AndInItsOwnLanguagesOnly) {
  EXPECT_EQ(confined([] { return errno_of(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)); }), 0);
  EXPECT_EQ(confined([] { return errno_of(socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP)); }), EPERM);
  EXPECT_EQ(confined([] { return errno_of(socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)); }),
            EPERM);
  EXPECT_EQ(confined([] {
              const int fd = socket(AF_INET, SOCK_DGRAM, 0);
              const int one = 1;
              if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0) return 1;
              return errno_of(setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &one, sizeof one));
            }),
            EPERM);
  EXPECT_EQ(confined([] { return errno_of(fcntl(2, F_GETFL)); }), 0);
  EXPECT_EQ(confined([] { return errno_of(fcntl(2, F_SETOWN, getppid())); }), EPERM);
}

// What the session does all day, by the names that the library has for it.
TEST_F(Confinement, WhatASessionDoesIsAllowed) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  EXPECT_EQ(confined([&] {
              char byte = 'x';
              if (send(ends[0], &byte, 1, MSG_NOSIGNAL) != 1) return errno;
              if (recv(ends[1], &byte, 1, 0) != 1) return errno;
              pollfd waiting{ends[0], POLLIN, 0};
              if (poll(&waiting, 1, 0) != 0) return errno;
              ifaddrs* list = nullptr;
              if (getifaddrs(&list) != 0) return errno;
              return 0;
            }),
            0);
  close(ends[0]);
  close(ends[1]);
}

TEST_F(Confinement, NoMemoryBecomesCode) {
  const auto map = [](int protection) {
    const void* memory = mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? errno : 0;
  };
  EXPECT_EQ(confined([&] { return map(PROT_READ | PROT_WRITE); }), 0);
  EXPECT_EQ(confined([&] { return map(PROT_READ | PROT_EXEC); }), EPERM);
  EXPECT_EQ(confined([] {
              void* memory = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return errno_of(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
            }),
            EPERM);
}

// libzmq's parse what comes from the network.
TEST_F(Confinement, ThreadsThatAreThereAreConfinedToo) {
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<bool> go = false;
    int result = -1;
    std::thread other([&] {
      while (!go) std::this_thread::yield();
      result = errno_of(open("/etc/passwd", O_RDONLY));
    });
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!confine()) _exit(99);
    go = true;
    other.join();
    _exit(result);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), EPERM);
}

TEST_F(Confinement, AnAbortIsItsOwnAffair) {
  EXPECT_EQ(confined([] {
              abort();
              return 0;
            }),
            -SIGABRT);
}

}  // namespace
}  // namespace sn::agent
