// A daemon's stand-in in a pid namespace of its own, so that nobody else's is found. Needs root.
#include "agent/executor/services.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "agent/watch/process.h"
#include "tests/unit/agent/temporary_directory.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

// `body` runs as process 1 of a new pid namespace with its own /proc and an empty /run.
void in_own_namespace(const std::function<void()>& body) {
  in_own_mount_namespace([&] {
    ASSERT_EQ(unshare(CLONE_NEWPID), 0);
    in_own_process([&] {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      ASSERT_EQ(mount("proc", "/proc", "proc", 0, nullptr), 0);
      ASSERT_EQ(mount("run", "/run", "tmpfs", 0, nullptr), 0);
      body();
    });
  });
}

// Runs under `name` until a signal comes, and exits with the signal's number.
pid_t stand_in(const char* name) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_NAME, name);
  int signal = 0;
  while (sigwait(&all, &signal) != 0 || signal == SIGCHLD) {
  }
  _exit(signal);
}

void write_pid_file(const std::string& name, pid_t pid) {
  std::ofstream("/run/" + name + ".pid") << pid << "\n";
}

TEST(Services, AutofsIsToldByHangUpAndNotRestarted) {
  in_own_namespace([] {
    const pid_t pid = stand_in("automount");
    write_pid_file("automount", pid);
    const Services services({}, 1'000);
    // fork() returned before the child had its name.
    while (services.running("autofs").empty()) sched_yield();
    EXPECT_TRUE(services.restart("autofs"));
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(WEXITSTATUS(status), SIGHUP);
    EXPECT_EQ(services.restart("autofs").error().what, ErrorClass::not_found);
  });
}

// Found by tests/crash: one refused fork after the stop, and the service stayed down.
TEST(Services, AStartThatIsRefusedOnceIsTriedAgain) {
  const TemporaryDirectory directory;
  const std::string daemon = directory.path("rsyslogd"), refused = directory.path("refused");
  std::filesystem::copy_file("/bin/sleep", daemon);
  in_own_namespace([&] {
    const pid_t pid = stand_in("rsyslogd");
    write_pid_file("rsyslogd", pid);
    while (Services({}, 1'000).running("rsyslog").empty()) sched_yield();
    const Services services(
        {{"rsyslog",
          {"/bin/sh", "-c", "kill " + std::to_string(pid)},
          {"/bin/sh", "-c",
           "test -e " + refused + " || { : >" + refused + "; exit 1; }; " + daemon +
               " 60 </dev/null >/dev/null 2>&1 & echo $! "
               ">/run/rsyslogd.pid"}}},
        5'000);
    const Status restarted = services.restart("rsyslog");
    EXPECT_TRUE(restarted) << restarted.error().message();
    EXPECT_EQ(services.running("rsyslog").size(), 1U);
  });
}

// Found on a node: a user had called his program so, and root restarted the unit that it was in.
TEST(Services, AUsersProcessOfTheSameNameIsNoDaemon) {
  const TemporaryDirectory directory;
  const std::string program = directory.path("rsyslogd");
  std::filesystem::copy_file("/bin/sleep", program);
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  in_own_namespace([&] {
    const pid_t pid = fork();
    if (pid == 0) {
      if (setresuid(12'345, 12'345, 12'345) == 0) {
        execl(program.c_str(), "rsyslogd", "60", nullptr);
      }
      _exit(1);
    }
    while (process_name(pid) != "rsyslogd") sched_yield();
    EXPECT_EQ(process_users(pid), (ProcessUsers{12'345, 12'345, 12'345}));
    EXPECT_EQ(process_executable(pid), program);
    const Services services({}, 1'000);
    EXPECT_TRUE(services.running_all().empty());
    EXPECT_EQ(services.restart("rsyslog").error().what, ErrorClass::not_found);
    // Nor is it one if a pid file of a daemon that ended names it now.
    write_pid_file("rsyslogd", pid);
    EXPECT_TRUE(services.running_all().empty());
    kill(pid, SIGKILL);
  });
}

TEST(Services, RootsProcessOfTheSameNameIsNoDaemonWithoutItsExecutable) {
  in_own_namespace([] {
    const pid_t pid = stand_in("rsyslogd");
    while (process_name(pid) != "rsyslogd") sched_yield();
    EXPECT_TRUE(Services({}, 1'000).running_all().empty());
    write_pid_file("rsyslogd", pid);
    EXPECT_EQ(Services({}, 1'000).running("rsyslog").size(), 1U);
    kill(pid, SIGKILL);
  });
}

TEST(Services, AnExecutableThatAPackageReplacedIsStillKnown) {
  in_own_namespace([] {
    ASSERT_EQ(mount("sbin", "/usr/local/sbin", "tmpfs", 0, nullptr), 0);
    const std::string program = "/usr/local/sbin/rsyslogd";
    std::filesystem::copy_file("/bin/sleep", program);
    const pid_t pid = fork();
    if (pid == 0) {
      execl(program.c_str(), "rsyslogd", "60", nullptr);
      _exit(1);
    }
    while (process_name(pid) != "rsyslogd") sched_yield();
    std::filesystem::remove(program);
    EXPECT_EQ(process_executable(pid), program);
    EXPECT_EQ(Services({}, 1'000).running("rsyslog").size(), 1U);
    kill(pid, SIGKILL);
  });
}

}  // namespace
}  // namespace sn::agent
