#include "agent/references/syslog.h"

#include <algorithm>

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Planning kRsyslog("syslog", "/etc/rsyslog.conf");
const Planning kClassic("syslog", "/etc/syslog.conf");

TEST(Syslog, KeepsPortProtocolOptionsAndTemplate) {
  EXPECT_EQ(kRsyslog.after("*.* @@(z9,o)sn1-eth1:10514;Far # sn1-eth1\n"),
            "*.* @@(z9,o)sn2-eth1:10514;Far # sn1-eth1\n");
  EXPECT_EQ(kRsyslog.after("*.* @[fd00:1::100]:514\n"), "*.* @[fd00:1::101]:514\n");
  EXPECT_EQ(kRsyslog.after("*.* :omrelp:10.1.1.100:2514;Far\n"),
            "*.* :omrelp:10.1.1.101:2514;Far\n");
}

TEST(Syslog, ReadsActionsBehindEveryFilter) {
  for (const char* filter :
       {"*.*\t", "auth,authpriv.* ", "*.info;mail.none;\\\n  cron.none \\\n ", "*.*\n",
        ":msg, contains, \"a \\\"@10.1.1.100\\\" b\" ", ":msg,!contains,\"x\" ",
        "if $msg contains '@10.1.1.100' then ", "if ($syslogseverity <= 3) /* then */ then\n  ",
        "if $x == \"y\" then stop else ", "*.* /var/log/x\n& ", "*.* ~\n& ",
        "*.* /* @10.1.1.100 */ ", "if $a == 'b' then *.=debug "}) {
    const std::string text = std::string(filter) + "@10.1.1.100\n";
    std::string expected = text;
    expected.replace(expected.rfind("@10.1.1.100"), 11, "@10.1.1.101");
    EXPECT_EQ(kRsyslog.after(text), expected) << filter;
    EXPECT_EQ(kRsyslog.after(std::string(filter) + "action(type=\"omfwd\" target=\"sn1-eth1\")\n"),
              std::string(filter) + "action(type=\"omfwd\" target=\"sn2-eth1\")\n")
        << filter;
  }
}

TEST(Syslog, TakesNoStringCommentPathOrDirectiveForAReference) {
  for (const char* text : {"# *.* @10.1.1.100\n",
                           "/* *.* @10.1.1.100\n*.* @10.1.1.100 */\n",
                           "$template T,\"@10.1.1.100\"\n",
                           "*.* /var/log/@10.1.1.100\n",
                           "*.* -/var/log/10.1.1.100\n",
                           "*.* |/dev/@10.1.1.100\n",
                           "*.* ^/bin/x;@10.1.1.100\n",
                           "*.* @10.1.1.1001\n",
                           "*.* @110.1.1.100\n",
                           "*.* @sn1-eth10\n",
                           "*.* :omusrmsg:sn1-eth1\n",
                           "template(name=\"t\" type=\"string\" string=\"@10.1.1.100\")\n",
                           "action(type=\"omfile\" file=\"/x\" target=\"10.1.1.100\")\n",
                           "action(type=\"omfwd\" address=\"10.1.1.100\" target=\"x\")\n",
                           "input(type=\"imudp\" address=\"10.1.1.100\" port=\"514\")\n",
                           "if $fromhost-ip == '10.1.1.100' then /var/log/x\n",
                           "$AllowedSender UDP, 10.1.1.100\n",
                           "set $!a = \"@10.1.1.100\";\n",
                           "*.* @nfsha\n",
                           "!prog @10.1.1.100\n",
                           "-10.1.1.100\n"}) {
    EXPECT_EQ(kRsyslog.after(text), text);
  }
}

TEST(Syslog, FindsTheTargetWhereverItStandsInAnAction) {
  EXPECT_EQ(kRsyslog.after("action(TARGET = \"10.1.1.100\", # here (\n  queue.type=\"LinkedList\"\n"
                           "  /* ) */ Type=\"OMFWD\"\n)\n"),
            "action(TARGET = \"10.1.1.101\", # here (\n  queue.type=\"LinkedList\"\n"
            "  /* ) */ Type=\"OMFWD\"\n)\n");
  EXPECT_EQ(kRsyslog.after("ruleset(name=\"r\") { if $a then { if $b then {\n"
                           "action(type=\"omrelp\" target=\"sn1-eth1\") } } }\n"),
            "ruleset(name=\"r\") { if $a then { if $b then {\n"
            "action(type=\"omrelp\" target=\"sn2-eth1\") } } }\n");
}

TEST(Syslog, DropsATargetThatIsInTheListAlready) {
  EXPECT_EQ(kRsyslog.after("action(type=\"omfwd\" target=[\"sn1-eth1\", \"x\", \"sn2-eth1\"])\n"),
            "action(type=\"omfwd\" target=[\"sn2-eth1\", \"x\"])\n");
  EXPECT_EQ(kRsyslog.after("action(type=\"omfwd\" target=[\"sn2-eth1\",\"sn1-eth1\",\"x\"])\n"),
            "action(type=\"omfwd\" target=[\"sn2-eth1\",\"x\"])\n");
}

TEST(Syslog, LeavesOneOfTwoEqualRules) {
  EXPECT_EQ(kRsyslog.after("*.* @sn1-eth1\nmail.* @sn1-eth1\n*.*   @sn2-eth1\n"),
            "*.* @sn2-eth1\nmail.* @sn2-eth1\n");
  EXPECT_EQ(kRsyslog.after("*.* @sn2-eth1\n*.* @sn1-eth1:514\n*.* @@sn1-eth1\n*.* @sn1-eth1 # x\n"),
            "*.* @sn2-eth1\n*.* @sn2-eth1:514\n*.* @@sn2-eth1\n");
  EXPECT_EQ(kRsyslog.after("if $a == 'b' then {\n  @sn2-eth1\n  @sn1-eth1\n}\n"),
            "if $a == 'b' then {\n  @sn2-eth1\n}\n");
}

TEST(Syslog, KeepsTheFilterOfTheActionsThatAreLeft) {
  EXPECT_EQ(kRsyslog.after("*.* @sn2-eth1\n*.* @sn1-eth1\n& stop\n"), "*.* @sn2-eth1\n*.* stop\n");
  EXPECT_EQ(kRsyslog.after("*.* @sn2-eth1\n& @sn1-eth1\n& /var/log/x\n"),
            "*.* @sn2-eth1\n& /var/log/x\n");
}

// Behind an '&' it was one, and stays one.
TEST(Syslog, AnActionThatTakesTheFirstPlaceStaysAnAction) {
  EXPECT_EQ(kRsyslog.after("@sn2-eth1\n@sn1-eth1\n& -/var/log/x\n"), "@sn2-eth1\n-/var/log/x\n");
  EXPECT_EQ(kRsyslog.after("@sn2-eth1\n@sn1-eth1\n& :omusrmsg:*\n"), "@sn2-eth1\n:omusrmsg:*\n");
}

TEST(Syslog, LeavesWhatAnElseHangsOn) {
  EXPECT_EQ(kRsyslog.after("if $a then @sn2-eth1\nif $a then @sn1-eth1\nelse stop\n"),
            "if $a then @sn2-eth1\nif $a then @sn2-eth1\nelse stop\n");
}

TEST(Syslog, NamesThePlaceOfWhatIsNotClosed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\naction(type=\"omfwd\" target=\"sn1-eth1)\n", "the quote is not closed"},
      {"\naction(type=\"omfwd\" target=\"sn1-eth1)\naction(type=\"x\")\n", "quote missing"},
      {"\naction(type=\"omfwd\" target=\"sn1-eth1\"\n", "the parenthesis is not closed"},
      {"\naction(type=\"omfwd\" target=[\"a\"\n", "the bracket is not closed"},
      {"\n/* *.* @sn1-eth1\n", "the comment is not closed"},
      {"\nif $a then {\n @sn1-eth1\n", "the brace is not closed"},
      {"\n}\n", "closing brace"},
      {"\nif $a == \"b then @sn1-eth1\n", "the quote is not closed"},
      {"\nif $a\n", "without 'then'"},
      {"\n*.* @(z9 sn1-eth1\n", "options of the action"},
      {"\n*.* @[fd00:1::100\n", "bracket of the address"},
      {"\n:msg, contains @sn1-eth1\n", "property filter"},
      {"\naction(type=\"omfwd\" target=\"a\" target=\"b\")\n", "two targets"},
      // rsyslogd refuses each of these, too (-N1, 8.2302).
      {"\n*.* @sn1-eth1\n&&L(", "'action' is missing"},
      {"\n*.* @sn1-eth1\n& $x\n", "'action' is missing"},
      {"\n*.* @sn1-eth1\n& !cron\n", "'action' is missing"},
      {"\n*.* @sn1-eth1\n& +cn001\n", "'action' is missing"},
      {"\n*.* @sn1-eth1\n& -cn001\n", "'action' is missing"},
      {"\n*.* @sn1-eth1\n& {\n}\n", "'action' is missing"},
      {"\n*.* @sn1-eth1\n& IF $a then stop\n", "'action' is missing"},
      {"\n*.* @sn1-eth1\n&", "'action' is missing"}};
  for (const auto& [text, why] : cases) {
    const Error error = kRsyslog.error(text);
    EXPECT_EQ(error.what, ErrorClass::corrupt) << text;
    EXPECT_THAT(error.to, testing::StartsWith("/etc/rsyslog.conf:")) << text;
    EXPECT_THAT(text_of(error.why), HasSubstr("not understood: ")) << text;
    EXPECT_THAT(text_of(error.why), HasSubstr(why)) << text;
  }
  EXPECT_EQ(kRsyslog.error("a\n\n/* x\n").to, "/etc/rsyslog.conf:3");
}

TEST(Syslog, BoundsItsRecursion) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "{";
  EXPECT_THAT(text_of(kRsyslog.error(text).why), HasSubstr("nested deeper"));
}

TEST(Syslog, ReadsTheClassicFileByItsOwnRules) {
  EXPECT_EQ(kClassic.after("*.debug @10.1.1.100 rotate size 1m\n*.info /* @10.1.1.100\nmail.* "
                           "\\\n @sn1-eth1\n\"unclosed @10.1.1.100\n"),
            "*.debug @10.1.1.101 rotate size 1m\n*.info /* @10.1.1.100\nmail.* \\\n @sn2-eth1\n"
            "\"unclosed @10.1.1.101\n");
  EXPECT_EQ(kClassic.after("*.debug @sn1-eth1\n*.debug @sn2-eth1\n"), "*.debug @sn2-eth1\n");
}

TEST(Syslog, ListsEveryTargetItKnows) {
  EXPECT_THAT(kRsyslog.references("*.* @sn1-eth1\n& @@10.1.1.102\n*.* :omrelp:nfsha:20\n"
                                  "action(type=\"omfwd\"\n target=\"10.1.1.100\")\n"),
              ElementsAre("/etc/rsyslog.conf:1 @ sn1-eth1 SN1P move",
                          "/etc/rsyslog.conf:2 @@ 10.1.1.102 SN3P move",
                          "/etc/rsyslog.conf:3 :omrelp: nfsha nfsha keep",
                          "/etc/rsyslog.conf:5 omfwd target 10.1.1.100 SN1P move"));
}

TEST(Syslog, MovesWhoseCertificateIsAcceptedWithTheTarget) {
  EXPECT_EQ(kRsyslog.after("action(type=\"omfwd\" target=\"sn1-eth1\" protocol=\"tcp\"\n"
                           "  StreamDriverPermittedPeers=\"sn1-eth1.d.example\")\n"),
            "action(type=\"omfwd\" target=\"sn2-eth1\" protocol=\"tcp\"\n"
            "  StreamDriverPermittedPeers=\"sn2-eth1.d.example\")\n");
  EXPECT_EQ(kRsyslog.after("action(type=\"omrelp\" target=\"10.1.1.100\" tls=\"on\"\n"
                           "  tls.permittedPeer=[\"sn1-eth1\", \"log.x\", \"sn2-eth1\"])\n"),
            "action(type=\"omrelp\" target=\"10.1.1.101\" tls=\"on\"\n"
            "  tls.permittedPeer=[\"log.x\", \"sn2-eth1\"])\n");
  EXPECT_EQ(kRsyslog.after("action(type=\"omfwd\" target=\"sn1-eth1\"\n"
                           "  StreamDriverPermittedPeers=\"sn1-eth1,log.x\")\n"),
            "action(type=\"omfwd\" target=\"sn2-eth1\"\n"
            "  StreamDriverPermittedPeers=\"sn2-eth1,log.x\")\n");
  EXPECT_EQ(kRsyslog.after("$ActionSendStreamDriverPermittedPeer sn1-eth1.d.example\n"
                           "*.* @@sn1-eth1.d.example:6514\n"),
            "$ActionSendStreamDriverPermittedPeer sn2-eth1.d.example\n"
            "*.* @@sn2-eth1.d.example:6514\n");
}

// Compared with the names of a certificate, letter by letter.
TEST(Syslog, TheShortNameOfAPeerIsNoOtherSpellingOfItsFullOne) {
  EXPECT_EQ(kRsyslog.after("action(type=\"omrelp\" target=\"sn1-eth1\"\n"
                           "  tls.permittedPeer=[\"sn1-eth1\",\"sn1-eth1.d.example\"])\n"),
            "action(type=\"omrelp\" target=\"sn2-eth1\"\n"
            "  tls.permittedPeer=[\"sn2-eth1\",\"sn2-eth1.d.example\"])\n");
  EXPECT_EQ(kRsyslog.after("action(type=\"omfwd\" target=\"sn1-eth1\"\n"
                           "  StreamDriverPermittedPeers=\"sn1-eth1.d.example,sn2-eth1\")\n"),
            "action(type=\"omfwd\" target=\"sn2-eth1\"\n"
            "  StreamDriverPermittedPeers=\"sn2-eth1.d.example,sn2-eth1\")\n");
  const char* two =
      "action(type=\"omfwd\" target=\"sn2-eth1\" StreamDriverPermittedPeers=\"sn2-eth1\")\n"
      "action(type=\"omfwd\" target=\"sn2-eth1\" "
      "StreamDriverPermittedPeers=\"sn2-eth1.d.example\")\n";
  EXPECT_EQ(kRsyslog.after("action(type=\"omfwd\" target=\"sn1-eth1\" "
                           "StreamDriverPermittedPeers=\"sn1-eth1\")\n"
                           "action(type=\"omfwd\" target=\"sn2-eth1\" "
                           "StreamDriverPermittedPeers=\"sn2-eth1.d.example\")\n"),
            two);
}

TEST(Syslog, RulesOfDifferentRulesetsAreNotTheSame) {
  EXPECT_EQ(kRsyslog.after("$RuleSet remote\n*.* @sn1-eth1\n$InputUDPServerBindRuleset remote\n"
                           "$RuleSet RSYSLOG_DefaultRuleset\n*.* @sn2-eth1\n"),
            "$RuleSet remote\n*.* @sn2-eth1\n$InputUDPServerBindRuleset remote\n"
            "$RuleSet RSYSLOG_DefaultRuleset\n*.* @sn2-eth1\n");
  EXPECT_EQ(kRsyslog.after("*.* @sn1-eth1\n$ruleset RSYSLOG_DefaultRuleset\n*.* @sn2-eth1\n"),
            "*.* @sn2-eth1\n$ruleset RSYSLOG_DefaultRuleset\n")
      << "one and the same";
}

// It holds until it is switched off: dropped with its action it would take effect on another one.
TEST(Syslog, ADirectiveThatHoldsKeepsItsAction) {
  const char* rest =
      "$ActionExecOnlyWhenPreviousIsSuspended on\n*.* @@sn2-eth1\n*.* /var/log/buffer\n"
      "$ActionExecOnlyWhenPreviousIsSuspended off\n";
  EXPECT_EQ(kRsyslog.after("*.* @@sn1-eth1\n" + std::string(rest)),
            "*.* @@sn2-eth1\n" + std::string(rest));
  for (const char* holds : {"$ActionExecOnlyOnceEveryInterval 60\n", "$ActionResumeRetryCount -1\n",
                            "$ActionResumeInterval 9\n"}) {
    EXPECT_EQ(kRsyslog.after("*.* @@sn1-eth1\n" + std::string(holds) + "*.* @@sn2-eth1\n"),
              "*.* @@sn2-eth1\n" + std::string(holds) + "*.* @@sn2-eth1\n");
  }
}

TEST(Syslog, NamesPeersThatDoNotLetTheNewServiceNodeIn) {
  const auto findings = [](std::string_view peers) {
    const auto plan = kRsyslog.plan(
        "action(type=\"omfwd\" target=\"sn1-eth1\"\n"
        " StreamDriverPermittedPeers=\"" +
        std::string(peers) + "\")\n");
    EXPECT_TRUE(plan);
    std::vector<std::string> said;
    for (const auto& finding : plan->findings) {
      EXPECT_EQ(finding.what, FindingClass::left);
      said.push_back(finding.place + " " + text_of(finding.reason));
    }
    return said;
  };
  EXPECT_THAT(findings("*.d.example"), testing::IsEmpty());
  EXPECT_THAT(findings("sn*"), testing::IsEmpty());
  EXPECT_THAT(findings("sn1-eth1"), testing::IsEmpty());
  EXPECT_THAT(findings("SHA1:AA:BB"),
              ElementsAre("/etc/rsyslog.conf:1 the permitted peers (SHA1:AA:BB) do not let SN2P "
                          "in"));
  const char* text = "action(type=\"omfwd\" target=\"sn1-eth1\" tls.permittedpeer=\"SHA1:AA\")\n";
  EXPECT_EQ(kRsyslog.after(text), text);
  EXPECT_EQ(findings("*.other.example").size(), 1U);
  EXPECT_EQ(findings("*.sub.d.example").size(), 1U);
}

TEST(Syslog, ATargetThatIsDroppedTakesItsPortAlong) {
  EXPECT_EQ(kRsyslog.after("action(type=\"omfwd\" target=[\"sn1-eth1\", \"sn2-eth1\", \"x\"]\n"
                           " port=[\"6514\", \"514\", \"10514\"])\n"),
            "action(type=\"omfwd\" target=[\"sn2-eth1\", \"x\"]\n port=[\"514\", \"10514\"])\n");
  EXPECT_EQ(
      kRsyslog.after("action(type=\"omfwd\" port=[\"1\",\"2\"] target=[\"x\",\"sn1-eth1\"])\n"),
      "action(type=\"omfwd\" port=[\"1\",\"2\"] target=[\"x\",\"sn2-eth1\"])\n");
  // One port is all targets'.
  EXPECT_EQ(
      kRsyslog.after("action(type=\"omfwd\" target=[\"sn1-eth1\",\"sn2-eth1\"] port=\"1\")\n"),
      "action(type=\"omfwd\" target=[\"sn2-eth1\"] port=\"1\")\n");
  // Whose they are can't be told.
  EXPECT_EQ(
      kRsyslog.after("action(type=\"omfwd\" target=[\"sn1-eth1\",\"sn2-eth1\",\"x\"]\n"
                     " port=[\"1\",\"2\"])\n"),
      "action(type=\"omfwd\" target=[\"sn2-eth1\",\"sn2-eth1\",\"x\"]\n port=[\"1\",\"2\"])\n");
}

TEST(Syslog, DirectivesOfADroppedActionGoWithIt) {
  EXPECT_EQ(
      kRsyslog.after("$ActionQueueFileName a\n$ActionResumeRetryCount -1\n*.* @@sn1-eth1:514\n"
                     "$ActionQueueFileName b # x\n# why\n$ActionResumeRetryCount -1 # y\n"
                     "*.* @@sn2-eth1:514\n*.info /var/log/messages\n"),
      "$ActionQueueFileName a\n$ActionResumeRetryCount -1\n*.* @@sn2-eth1:514\n# why\n"
      "*.info /var/log/messages\n");
  // What holds for all that follow can't go, and so neither can its action.
  EXPECT_EQ(kRsyslog.after("*.* @@sn1-eth1\n$ActionSendStreamDriverMode 1\n*.* @@sn2-eth1\n"),
            "*.* @@sn2-eth1\n$ActionSendStreamDriverMode 1\n*.* @@sn2-eth1\n");
  // A module between is no action.
  EXPECT_EQ(kRsyslog.after("*.* @sn1-eth1\n$ActionName b\nmodule(load=\"x\")\n*.* @sn2-eth1\n"),
            "*.* @sn2-eth1\nmodule(load=\"x\")\n");
}

TEST(Syslog, ActionsThatAcceptOthersAreNotTheSame) {
  EXPECT_EQ(kRsyslog.after("action(type=\"omfwd\" target=\"sn1-eth1\" "
                           "StreamDriverPermittedPeers=\"sn1-eth1\")\n"
                           "action(type=\"omfwd\" target=\"sn2-eth1\" "
                           "StreamDriverPermittedPeers=\"sn2-eth1\")\n"
                           "action(type=\"omfwd\" target=\"sn2-eth1\" "
                           "StreamDriverPermittedPeers=\"x\")\n"),
            "action(type=\"omfwd\" target=\"sn2-eth1\" StreamDriverPermittedPeers=\"sn2-eth1\")\n"
            "action(type=\"omfwd\" target=\"sn2-eth1\" StreamDriverPermittedPeers=\"x\")\n");
}

TEST(Syslog, FollowsWhatTheConfigurationIncludes) {
  std::vector<std::string> named;
  for (const auto& include : kRsyslog.kind->includes(
           "/etc/rsyslog.conf",
           "# include(file=\"/a\")\n/* $IncludeConfig /b */\n$IncludeConfig /etc/rsyslog.d/*.conf\n"
           "$includeconfig /etc/more/\ninclude(file=\"/etc/c.conf\" mode=\"optional\")\n"
           "if $a then {\n include( mode=\"optional\" file='d/*')\n}\n"
           "include(file=`echo $MORE`)\ninclude(text=`cat /etc/e`)\ninclude(text=\"*.* @x\")\n")) {
    named.push_back(include.patterns.empty() ? text_of(include.unfollowed)
                                             : include.patterns.front());
  }
  EXPECT_THAT(named,
              ElementsAre("/etc/rsyslog.d/*.conf", "/etc/more/*", "/etc/c.conf", "/d/*",
                          "what 'echo $MORE' reads is not known; it may name anybody", "/etc/e"));
}

TEST(Syslog, ReadsTheEnvironmentThatATargetComesFrom) {
  const Planning environment("syslog", "/etc/sysconfig/rsyslog");
  EXPECT_EQ(
      environment.after("# LOGHOST=sn1-eth1\nLOGHOST=\"sn1-eth1\"\nURL=tcp://10.1.1.100:514/x\n"
                        "SYSLOGD_OPTIONS=\"-f /srv/sn1-eth1/x -r sn1-eth1:514\"\n"),
      "# LOGHOST=sn1-eth1\nLOGHOST=\"sn2-eth1\"\nURL=tcp://10.1.1.101:514/x\n"
      "SYSLOGD_OPTIONS=\"-f /srv/sn1-eth1/x -r sn2-eth1:514\"\n");
  const auto files = environment.kind->includes(
      "/etc/sysconfig/rsyslog", "#X=\"-f /no\"\nSYSLOGD_OPTIONS=\"-n -f /etc/a.conf\"\nY='-f/b'\n");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_THAT(files[0].patterns, ElementsAre("/etc/a.conf"));
  EXPECT_THAT(files[1].patterns, ElementsAre("/b"));
  EXPECT_THAT(environment.references("LOGHOST=sn1-eth1\n"),
              ElementsAre("/etc/sysconfig/rsyslog:1 LOGHOST sn1-eth1 SN1P move"));
}

TEST(Syslog, TheUsualDirectoryCountsOnlyWithoutAMainFile) {
  const auto roots = kRsyslog.kind->roots();
  const auto usual = std::find_if(roots.begin(), roots.end(), [](const Include& root) {
    return root.patterns.front() == "/etc/rsyslog.d/*.conf";
  });
  ASSERT_NE(usual, roots.end());
  EXPECT_THAT(usual->unless, ElementsAre("/etc/rsyslog.conf"));
  EXPECT_EQ(kRsyslog.kind->service(), "rsyslog");
}

}  // namespace
}  // namespace sn::agent
