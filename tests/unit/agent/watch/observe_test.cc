// Where a file really lies, on a root tree that is entered as the node would see it. Needs root.
#include "agent/watch/observe.h"
#include "agent/watch/files.h"
#include "agent/watch/name_pattern.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "agent/executor/rebind.h"
#include "tests/unit/agent/temporary_directory.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

class RootTree : public testing::Test {
 protected:
  RootTree() {
    for (const char* directory : {"etc", "etc/chrony", "etc/rsyslog.d", ".statelite",
                                  ".statelite/tmpfs", "run", "run/NetworkManager"}) {
      mkdir(tree_.path(directory).c_str(), 0755);
    }
    tree_.write("etc/hostname", "cn001\n");
    tree_.write("etc/hosts", "10.1.1.11 cn001\n10.1.1.100 sn1\n");
    directory_.service_nodes.push_back(
        {"SN1P", {"sn1"}, {*NetworkAddress::parse("10.1.1.100/24")}, ""});
    directory_.service_nodes.push_back(
        {"SN2P", {"sn2"}, {*NetworkAddress::parse("10.1.1.101/24")}, ""});
  }

  void link(const std::string& name, const std::string& target) {
    ASSERT_EQ(symlink(target.c_str(), tree_.path(name).c_str()), 0);
  }

  // In a child, because a root once entered is not left.
  void inside(const std::function<void()>& body, const std::string& read_only = "") {
    in_own_process([&] {
      if (!read_only.empty()) {
        const std::string path = tree_.path(read_only);
        EXPECT_EQ(unshare(CLONE_NEWNS), 0);
        EXPECT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
        EXPECT_EQ(mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr), 0);
        EXPECT_EQ(mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr),
                  0);
      }
      EXPECT_EQ(chroot(tree_.path().c_str()), 0);
      EXPECT_EQ(chdir("/"), 0);
      body();
    });
  }

  wire::Outcome rebind() {
    wire::Rebind rebind;
    rebind.from = {"SN1P"};
    rebind.to = "SN2P";
    const Services services({}, 0);
    const RebindEnvironment environment{
        .directory = directory_, .services = services, .live = false};
    return run_rebind(rebind, environment).report.outcome;
  }

  TemporaryDirectory tree_;
  Directory directory_;
};

TEST_F(RootTree, ALinkIntoThisNodesStateliteIsEditedAtItsTargetAndKept) {
  tree_.write(".statelite/tmpfs/resolv.conf", "nameserver 10.1.1.100\n");
  link("etc/resolv.conf", "/.statelite/tmpfs/resolv.conf");
  inside([this] { EXPECT_EQ(rebind().verdict, Verdict::verified); });
  EXPECT_EQ(tree_.read(".statelite/tmpfs/resolv.conf"), "nameserver 10.1.1.101\n");
  struct stat info{};
  ASSERT_EQ(lstat(tree_.path("etc/resolv.conf").c_str(), &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode));
}

TEST_F(RootTree, ALinkIntoAnotherProgramsTerritoryIsNamedAndTheRestMoves) {
  tree_.write("run/NetworkManager/resolv.conf", "nameserver 10.1.1.100\n");
  tree_.write("etc/chrony.conf", "server sn1\n");
  link("etc/resolv.conf", "/run/NetworkManager/resolv.conf");
  inside([this] {
    const auto outcome = rebind();
    EXPECT_EQ(outcome.verdict, Verdict::partly);
    EXPECT_EQ(outcome.left, 1U);
    EXPECT_THAT(text_of(outcome.findings.front().reason), testing::HasSubstr("NetworkManager"));
  });
  EXPECT_EQ(tree_.read("run/NetworkManager/resolv.conf"), "nameserver 10.1.1.100\n");
  EXPECT_EQ(tree_.read("etc/chrony.conf"), "server sn2\n");
}

TEST_F(RootTree, OnlyWhatTheDaemonReadsIsRead) {
  tree_.write("etc/rsyslog.conf",
              "$IncludeConfig /etc/rsyslog.d/*.conf\n"
              "include(file=\"/etc/site/*/fwd.conf\")\n");
  mkdir(tree_.path("etc/site").c_str(), 0755);
  mkdir(tree_.path("etc/site/a").c_str(), 0755);
  tree_.write("etc/site/a/fwd.conf", "$IncludeConfig /etc/rsyslog.conf\n*.* @sn1\n");
  tree_.write("etc/site/fwd.conf", "*.* @sn1\n");
  tree_.write("etc/rsyslog.d/a.conf", "*.* @sn1\n$IncludeConfig /etc/more\n");
  tree_.write("etc/more", "mail.* @sn1\n");
  for (const char* copy :
       {"a.conf.bak", "a.conf~", "a.conf.rpmsave", "a.conf.XCATORIG", "README"}) {
    tree_.write(std::string("etc/rsyslog.d/") + copy, "*.* @sn1\n");
  }
  inside([this] {
    std::vector<std::string> read;
    for (const auto& file : observe(directory_, false).files) read.push_back(file.path);
    EXPECT_THAT(read,
                testing::ElementsAre("/etc/hosts", "/etc/rsyslog.conf", "/etc/rsyslog.d/a.conf",
                                     "/etc/site/a/fwd.conf", "/etc/more"));
    EXPECT_EQ(rebind().verdict, Verdict::verified);
  });
  EXPECT_EQ(tree_.read("etc/more"), "mail.* @sn2\n");
  EXPECT_EQ(tree_.read("etc/site/fwd.conf"), "*.* @sn1\n");
  EXPECT_EQ(tree_.read("etc/rsyslog.d/README"), "*.* @sn1\n");
}

TEST_F(RootTree, WhatAProgramPrintsIsNamedAndNotVerified) {
  tree_.write("etc/rsyslog.conf", "*.* @sn1\ninclude(file=`echo $MORE`)\n");
  inside([this] {
    const auto outcome = rebind();
    EXPECT_EQ(outcome.verdict, Verdict::partly);
    EXPECT_EQ(outcome.findings.front().place, "/etc/rsyslog.conf:2");
  });
  EXPECT_TRUE(tree_.read("etc/rsyslog.conf").starts_with("*.* @sn2\n"));
}

TEST_F(RootTree, WhatAStubAsksIsNamedWhereItsDaemonDoesNotRun) {
  mkdir(tree_.path("etc/systemd").c_str(), 0755);
  tree_.write("etc/systemd/resolved.conf", "[Resolve]\nDNS=10.1.1.100\n");
  tree_.write("etc/chrony/chrony.conf", "server sn1\n");
  link("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf");
  inside([this] {
    const auto outcome = rebind();
    EXPECT_EQ(outcome.verdict, Verdict::partly);
    EXPECT_EQ(outcome.left, 1U);
    EXPECT_EQ(outcome.findings.front().place, "/etc/systemd/resolved.conf");
    EXPECT_THAT(text_of(outcome.findings.front().reason), testing::HasSubstr("systemd-resolved"));
  });
  EXPECT_EQ(tree_.read("etc/systemd/resolved.conf"), "[Resolve]\nDNS=10.1.1.100\n");
  EXPECT_EQ(tree_.read("etc/chrony/chrony.conf"), "server sn2\n");
}

TEST_F(RootTree, ADropInHidesThoseOfItsNameInLaterLayers) {
  for (const char* directory : {"etc/systemd", "etc/systemd/timesyncd.conf.d", "run/systemd",
                                "run/systemd/timesyncd.conf.d"}) {
    mkdir(tree_.path(directory).c_str(), 0755);
  }
  tree_.write("etc/systemd/timesyncd.conf.d/a.conf", "[Time]\nNTP=sn1\n");
  tree_.write("run/systemd/timesyncd.conf.d/a.conf", "[Time]\nNTP=sn1\n");
  link("etc/systemd/timesyncd.conf.d/b.conf", "/dev/null");
  tree_.write("run/systemd/timesyncd.conf.d/b.conf", "[Time]\nNTP=sn1\n");
  inside([this] { EXPECT_EQ(rebind().verdict, Verdict::verified); });
  EXPECT_EQ(tree_.read("etc/systemd/timesyncd.conf.d/a.conf"), "[Time]\nNTP=sn2\n");
  EXPECT_EQ(tree_.read("run/systemd/timesyncd.conf.d/a.conf"), "[Time]\nNTP=sn1\n");
}

TEST_F(RootTree, SourcesAndMapsAreFoundWhereverTheyLie) {
  for (const char* directory : {"run/chrony-dhcp", "srv", "srv/maps"}) {
    mkdir(tree_.path(directory).c_str(), 0755);
  }
  tree_.write("etc/chrony.conf", "sourcedir /run/chrony-dhcp\n");
  tree_.write("run/chrony-dhcp/eth1.sources", "server sn1 iburst\n");
  tree_.write("run/chrony-dhcp/eth1.sources.old", "server sn1 iburst\n");
  tree_.write("etc/auto.master", "/apps /srv/maps/apps\n");
  tree_.write("srv/maps/apps", "x -ro sn1:/x\n");
  tree_.write("etc/auto.old", "x -ro sn1:/x\n");
  inside([this] { EXPECT_EQ(rebind().verdict, Verdict::verified); });
  EXPECT_EQ(tree_.read("run/chrony-dhcp/eth1.sources"), "server sn2 iburst\n");
  EXPECT_EQ(tree_.read("run/chrony-dhcp/eth1.sources.old"), "server sn1 iburst\n");
  EXPECT_EQ(tree_.read("srv/maps/apps"), "x -ro sn2:/x\n");
  EXPECT_EQ(tree_.read("etc/auto.old"), "x -ro sn1:/x\n");
}

TEST_F(RootTree, IncludesAreBounded) {
  tree_.write("etc/rsyslog.conf", "$IncludeConfig /etc/rsyslog.d/*.conf\n");
  for (size_t i = 0; i < kMaxFilesPerPattern + 1; ++i) {
    tree_.write("etc/rsyslog.d/" + std::to_string(i) + ".conf", "");
  }
  inside([this] {
    const auto observation = observe(directory_, false);
    ASSERT_EQ(observation.unread.size(), 1U);
    EXPECT_EQ(observation.unread[0].place, "/etc/rsyslog.d");
    EXPECT_EQ(observation.files.size(), kMaxFilesPerPattern + 2);
  });
}

TEST_F(RootTree, AReadOnlyFileIsReportedAndTheRestMoves) {
  mkdir(tree_.path("opt").c_str(), 0755);
  mkdir(tree_.path("opt/xcat").c_str(), 0755);
  tree_.write("opt/xcat/xcatinfo", "XCATSERVER=10.1.1.100\n");
  tree_.write("etc/resolv.conf", "nameserver 10.1.1.100\n");
  inside(
      [this] {
        const auto outcome = rebind();
        EXPECT_EQ(outcome.verdict, Verdict::verified);
        EXPECT_EQ(outcome.boot_time_only, 1U);
      },
      "opt/xcat");
  EXPECT_EQ(tree_.read("opt/xcat/xcatinfo"), "XCATSERVER=10.1.1.100\n");
  EXPECT_EQ(tree_.read("etc/resolv.conf"), "nameserver 10.1.1.101\n");
}

TEST_F(RootTree, ATreeThatIsReadOnlyAsAWholeIsRefused) {
  tree_.write("etc/resolv.conf", "nameserver 10.1.1.100\n");
  inside(
      [this] {
        const auto outcome = rebind();
        EXPECT_EQ(outcome.verdict, Verdict::blocked);
        EXPECT_TRUE(outcome.findings.front().reason.is(FactCode::mount_is_read_only));
      },
      ".");
  EXPECT_EQ(tree_.read("etc/resolv.conf"), "nameserver 10.1.1.100\n");
}

TEST_F(RootTree, OneFileUnderTwoNamesIsOneFile) {
  mkdir(tree_.path("etc/ntpsec").c_str(), 0755);
  tree_.write("etc/ntpsec/ntp.conf", "server sn1\n");
  link("etc/ntp.conf", "ntpsec/ntp.conf");
  inside([this] {
    EXPECT_EQ(observe(directory_, false).files.size(), 2U);
    EXPECT_EQ(rebind().verdict, Verdict::verified);
  });
  EXPECT_EQ(tree_.read("etc/ntpsec/ntp.conf"), "server sn2\n");
}

TEST_F(RootTree, AFileThatDoesNotExistIsNeverMade) {
  tree_.write("etc/resolv.conf", "nameserver 10.1.1.100\n");
  unlink(tree_.path("etc/hosts").c_str());
  inside([this] { EXPECT_EQ(rebind().verdict, Verdict::verified); });
  EXPECT_FALSE(std::filesystem::exists(tree_.path("etc/hosts")));
}

TEST_F(RootTree, ALinkThatLeadsNowhereADirectoryAndADeviceAreNoFiles) {
  link("etc/resolv.conf", "/nowhere");
  mkdir(tree_.path("etc/chrony/chrony.conf").c_str(), 0755);
  ASSERT_EQ(mkfifo(tree_.path("etc/rsyslog.conf").c_str(), 0644), 0);
  inside([this] { EXPECT_EQ(observe(directory_, false).files.size(), 1U); });
}

TEST_F(RootTree, ATemporaryOfAnInterruptedRunIsNotRead) {
  tree_.write("etc/rsyslog.d/.remote.conf.snagent", "*.* @10.1.1.100\n");
  inside([this] { EXPECT_EQ(observe(directory_, false).files.size(), 1U); });
}

TEST_F(RootTree, OfAPatternsFilesCopiesAndDirectoriesAreNone) {
  for (const char* name : {"etc/auto.apps", "etc/auto.apps.rpmsave", "etc/auto.apps~",
                           "etc/auto.home.dpkg-old", "etc/autofs.conf", "etc/.auto.apps.snagent"}) {
    tree_.write(name, "apps -ro sn1:/export/apps\n");
  }
  mkdir(tree_.path("etc/auto.master.d").c_str(), 0755);
  tree_.write("etc/auto.master.d/site.autofs", "/home ldap:sn1:ou=home\n");
  inside([this] {
    std::vector<std::string> read;
    for (const auto& file : observe(directory_, false).files) read.push_back(file.path);
    EXPECT_THAT(read, testing::ElementsAre("/etc/hosts", "/etc/auto.apps",
                                           "/etc/auto.master.d/site.autofs", "/etc/autofs.conf"));
    EXPECT_TRUE(is_watched_file("/etc", "auto.apps"));
    EXPECT_TRUE(is_watched_file("/", "litetree.table"));
    EXPECT_FALSE(is_watched_file("/etc", "auto.apps.rpmsave"));
    EXPECT_FALSE(is_watched_file("/etc", "auto"));
    // The LDAP server of a map is named, and stays.
    EXPECT_EQ(rebind().verdict, Verdict::partly);
  });
  EXPECT_EQ(tree_.read("etc/auto.apps"), "apps -ro sn2:/export/apps\n");
  EXPECT_EQ(tree_.read("etc/auto.apps~"), "apps -ro sn1:/export/apps\n");
}

TEST_F(RootTree, ALargeFileIsNamedAndNotRead) {
  tree_.write("etc/resolv.conf", std::string(kMaxFileBytes + 1, '\n'));
  inside([this] {
    const auto observation = observe(directory_, false);
    ASSERT_EQ(observation.unread.size(), 1U);
    EXPECT_EQ(observation.unread[0].place, "/etc/resolv.conf");
    EXPECT_EQ(rebind().verdict, Verdict::blocked);
  });
}

}  // namespace
}  // namespace sn::agent
