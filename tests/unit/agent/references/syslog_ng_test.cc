#include "agent/references/syslog_ng.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

const Planning kSyslogNg("syslog-ng");

TEST(SyslogNg, MovesTheHostsOfDestinations) {
  EXPECT_EQ(
      kSyslogNg.after("destination loghost { udp(\"sn1-eth1\"); };\n"
                      "log { source(src); destination(loghost); };\n"
                      "destination d { network(\"10.1.1.100\" port(514) transport(\"tcp\")\n"
                      "  failover(servers(\"sn1-hf0\", \"x\"))); file(\"/var/10.1.1.100\"); };\n"
                      "@define host \"sn1-eth1\"\n"),
      "destination loghost { udp(\"sn2-eth1\"); };\n"
      "log { source(src); destination(loghost); };\n"
      "destination d { network(\"10.1.1.101\" port(514) transport(\"tcp\")\n"
      "  failover(servers(\"sn2-hf0\", \"x\"))); file(\"/var/10.1.1.100\"); };\n"
      "@define host \"sn2-eth1\"\n");
}

TEST(SyslogNg, LeavesWhatIsNoDestination) {
  for (const char* text :
       {"# destination d { udp(\"sn1-eth1\"); };\n", "source s { udp(ip(10.1.1.100)); };\n",
        "filter f { host(\"sn1-eth1\"); };\n", "destination d { udp(port(514)); };\n",
        "destination d { program(\"sn1-eth1\"); };\n"}) {
    EXPECT_EQ(kSyslogNg.after(text), text);
  }
}

TEST(SyslogNg, LeavesOneOfTwoEqualDrivers) {
  EXPECT_EQ(
      kSyslogNg.after("destination d {\n  tcp(\"sn1-eth1\" port(514));\n"
                      "  tcp(\"sn2-eth1\" port(514));\n  tcp(\"sn1-eth1\" port(515));\n};\n"),
      "destination d {\n  tcp(\"sn2-eth1\" port(514));\n  tcp(\"sn2-eth1\" port(515));\n};\n");
}

TEST(SyslogNg, FollowsItsIncludes) {
  std::vector<std::string> named;
  for (const auto& include :
       kSyslogNg.kind->includes("/etc/syslog-ng/syslog-ng.conf",
                                "@version: 3.35\n@include \"scl.conf\"\n@include "
                                "\"/etc/x/*.conf\"\n#@include \"y\"\n")) {
    named.push_back(include.patterns.front());
  }
  EXPECT_THAT(named, ElementsAre("/etc/syslog-ng/scl.conf", "/etc/syslog-ng/scl.conf/*",
                                 "/etc/x/*.conf", "/etc/x/*.conf/*"));
}

TEST(SyslogNg, NamesThePlaceOfWhatIsNotClosed) {
  EXPECT_EQ(kSyslogNg.error("\ndestination d { udp(\"sn1-eth1); };\n").to,
            "/etc/syslog-ng/syslog-ng.conf:2");
  EXPECT_EQ(kSyslogNg.error("destination d { udp(\"sn1-eth1\"; };\n").what, ErrorClass::corrupt);
  EXPECT_EQ(kSyslogNg.error("destination d { udp(\"sn1-eth1\");\n").what, ErrorClass::corrupt);
}

TEST(SyslogNg, ADriverThatTrustsCertificatesByNameStays) {
  for (const char* pin : {"trusted-keys(\"SHA1:AA\")", "trusted-dn(\"*, CN=sn1\")"}) {
    const std::string text = "destination d { network(\"sn1-eth1\" tls(" + std::string(pin) +
                             ")); };\ndestination e { udp(\"sn1-eth1\"); };\n";
    const auto plan = kSyslogNg.plan(text);
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->findings.size(), 1U);
    EXPECT_EQ(plan->findings[0].what, FindingClass::left);
    ASSERT_EQ(plan->edits.size(), 1U);
    EXPECT_EQ(plan->edits[0].line, 2U);
  }
}

TEST(SyslogNg, ReadsWhatItsEnvironmentHandsToIt) {
  const Planning environment("syslog-ng", "/etc/default/syslog-ng");
  EXPECT_EQ(environment.after("LOGHOST=sn1-eth1\n"), "LOGHOST=sn2-eth1\n");
  const auto files = environment.kind->includes(
      "/etc/default/syslog-ng", "SYSLOGNG_OPTS=\"-f /etc/a.conf\"\nX=--cfgfile=/etc/b.conf\n");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].patterns.front(), "/etc/a.conf");
  EXPECT_EQ(files[1].patterns.front(), "/etc/b.conf");
}

}  // namespace
}  // namespace sn::agent
