#include "agent/executor/own_daemon.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

const Daemon kRsyslog("rsyslog", {"rsyslogd", "syslogd"});
const Daemon kChrony("chrony", {"chronyd"});
const Daemon kNtp("ntp", {"ntpd"});

const std::vector<Account> kAccounts = accounts_in(
    "root:x:0:0::/root:/bin/sh\n_chrony:x:105:112::/:/bin/false\nnobody\n"
    "syslog:x:104:110::/home/syslog:/bin/false\nntpsec:x:107:117::/:/bin/false\n"
    "chrony:x:1234:1234:a person:/home/chrony:/bin/sh\n");

NamedProcess run_by(uint32_t user, const std::string& executable) {
  return {{user, user, user}, executable, false};
}
bool is_it(const Daemon& daemon, const NamedProcess& process) {
  return is_the_daemon(daemon, process, kAccounts, {"/bin/busybox"});
}

TEST(OwnDaemon, RootsAndTheDaemonsOwnAccountAreIt) {
  EXPECT_TRUE(is_it(kRsyslog, run_by(0, "/usr/sbin/rsyslogd")));
  EXPECT_TRUE(is_it(kRsyslog, run_by(104, "/usr/sbin/rsyslogd")));
  EXPECT_TRUE(is_it(kChrony, run_by(105, "/usr/sbin/chronyd")));
  EXPECT_TRUE(is_it(kNtp, run_by(107, "/usr/sbin/ntpd")));
  EXPECT_TRUE(is_it(kChrony, run_by(0, "/opt/site/sbin/chronyd")));
}

TEST(OwnDaemon, AnotherUsersProcessIsNot) {
  EXPECT_FALSE(is_it(kRsyslog, run_by(1000, "/usr/sbin/rsyslogd")));
  EXPECT_FALSE(is_it(kRsyslog, run_by(105, "/usr/sbin/rsyslogd"))) << "another daemon's account";
  EXPECT_FALSE(is_it(kChrony, run_by(1234, "/usr/sbin/chronyd"))) << "a person of that name";
  EXPECT_FALSE(is_it(kRsyslog, {{1000, 0, 0}, "/usr/sbin/rsyslogd", true}))
      << "a program that a person started as root";
}

TEST(OwnDaemon, AnotherExecutableIsNot) {
  EXPECT_FALSE(is_it(kRsyslog, run_by(0, "/usr/bin/python3.11")));
  EXPECT_FALSE(is_it(kRsyslog, run_by(0, "/tmp/rsyslogd")));
  EXPECT_FALSE(is_it(kRsyslog, run_by(0, "/home/user/usr/sbin/rsyslogd")));
  EXPECT_FALSE(is_it(kRsyslog, run_by(0, "")));
}

TEST(OwnDaemon, ItsNameMayStandForAnotherFile) {
  EXPECT_TRUE(is_it(kRsyslog, run_by(0, "/bin/busybox")));
  EXPECT_FALSE(is_it(kRsyslog, run_by(1000, "/bin/busybox")));
}

TEST(OwnDaemon, RootsPidFileNamesIt) {
  NamedProcess process = run_by(0, "/srv/build/rsyslogd");
  EXPECT_FALSE(is_it(kRsyslog, process));
  process.in_pid_file = true;
  EXPECT_TRUE(is_it(kRsyslog, process));
}

}  // namespace
}  // namespace sn::agent
