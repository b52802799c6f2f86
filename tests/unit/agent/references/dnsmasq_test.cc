#include "agent/references/dnsmasq.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

const Planning kDnsmasq("dnsmasq");

TEST(Dnsmasq, MovesItsForwarders) {
  EXPECT_EQ(
      kDnsmasq.after("server=10.1.1.100\nserver=/d.example/x/10.1.1.100#5353@eth1 # 10.1.1.100\n"
                     "  local = /y/10.1.1.100\nrev-server=10.1.0.0/16,10.1.1.100#54\n"
                     "server=fd00:1::100\n"),
      "server=10.1.1.101\nserver=/d.example/x/10.1.1.101#5353@eth1 # 10.1.1.100\n"
      "  local = /y/10.1.1.101\nrev-server=10.1.0.0/16,10.1.1.101#54\nserver=fd00:1::101\n");
}

TEST(Dnsmasq, LeavesWhatIsNoForwarder) {
  for (const char* text :
       {"#server=10.1.1.100\n", "address=/sn1/10.1.1.100\n", "server=/local/\n",
        "listen-address=10.1.1.100\n", "server\n", "dhcp-option=3,10.1.1.100\n"}) {
    EXPECT_EQ(kDnsmasq.after(text), text);
  }
}

TEST(Dnsmasq, LeavesOneOfTwoEqualForwarders) {
  EXPECT_EQ(kDnsmasq.after("server=10.1.1.100\nserver=10.1.1.101\nserver=/x/10.1.1.100\n"),
            "server=10.1.1.101\nserver=/x/10.1.1.101\n");
}

// As in /etc/hosts, the old name stays resolvable.
TEST(Dnsmasq, RecordsAreNotSearchedForNames) {
  const std::string text =
      "host-record=sn1-eth1,10.1.1.100\ncname=old,sn1-eth1\naddress=/sn1/10.1.1.100\n"
      "listen-address=10.1.1.100\n";
  const std::string searched = kDnsmasq.kind->searchable(text);
  EXPECT_EQ(searched.size(), text.size());
  EXPECT_EQ(searched.find("10.1.1.100"), text.rfind("10.1.1.100"));
  EXPECT_EQ(searched.find("sn1"), std::string::npos);
}

TEST(Dnsmasq, KnowsServersFromRecordsAmongItsArguments) {
  const Planning environment("dnsmasq", "/etc/default/dnsmasq");
  EXPECT_EQ(environment.after("DNSMASQ_OPTS=\"--server=/d.example/10.1.1.100 -S 10.1.1.100 "
                              "--host-record=sn1-eth1,10.1.1.100 --bogus-nxdomain=10.1.1.100\"\n"),
            "DNSMASQ_OPTS=\"--server=/d.example/10.1.1.101 -S 10.1.1.101 "
            "--host-record=sn1-eth1,10.1.1.100 --bogus-nxdomain=10.1.1.100\"\n");
}

TEST(Dnsmasq, FollowsFilesAndDirectories) {
  const auto includes = kDnsmasq.kind->includes(
      "/etc/dnsmasq.conf",
      "conf-dir=/etc/a,.bak,.rpmnew\nconf-dir=/etc/b/,*.conf,*.x\nconf-file=/etc/c\n"
      "resolv-file=/etc/resolv.dnsmasq\nservers-file=/etc/e\n#conf-file=/f\n");
  ASSERT_EQ(includes.size(), 5U);
  EXPECT_THAT(includes[0].patterns, ElementsAre("/etc/a/*"));
  EXPECT_THAT(includes[0].not_ending, ElementsAre(".bak", ".rpmnew", "~", "#"));
  EXPECT_THAT(includes[1].patterns, ElementsAre("/etc/b//*.conf", "/etc/b//*.x"));
  EXPECT_THAT(includes[2].patterns, ElementsAre("/etc/c"));
  ASSERT_NE(includes[3].as, nullptr);
  EXPECT_EQ(includes[3].as->tier(), Tier::secondary);
  EXPECT_EQ(includes[3].as->service(), "dnsmasq");
  Planning forwarders("dnsmasq", "/etc/resolv.dnsmasq");
  forwarders.kind = includes[3].as;
  EXPECT_EQ(forwarders.after("nameserver 10.1.1.100\n"), "nameserver 10.1.1.101\n");
  const auto options =
      kDnsmasq.kind->includes("/etc/default/dnsmasq",
                              "DNSMASQ_OPTS=\"-C /etc/site.conf\"\nX=--conf-file=/etc/other.conf\n"
                              "DNSMASQ_OPTS=\"--conf-dir=/etc/dir\"\n");
  ASSERT_EQ(options.size(), 3U);
  EXPECT_THAT(options[0].patterns, ElementsAre("/etc/site.conf"));
  EXPECT_THAT(options[1].patterns, ElementsAre("/etc/other.conf"));
  EXPECT_THAT(options[2].patterns, ElementsAre("/etc/dir/*"));
  const auto debian = kDnsmasq.kind->includes("/etc/default/dnsmasq",
                                              "CONFIG_DIR=/etc/dnsmasq.d,.dpkg-dist,.dpkg-old\n");
  ASSERT_EQ(debian.size(), 1U);
  EXPECT_THAT(debian[0].patterns, ElementsAre("/etc/dnsmasq.d/*"));
}

}  // namespace
}  // namespace sn::agent
