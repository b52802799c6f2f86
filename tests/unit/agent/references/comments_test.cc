#include "agent/references/comments.h"

#include <gmock/gmock.h>

#include "agent/references/kind.h"

namespace sn::agent {
namespace {

std::string searchable(const std::string& kind_name, std::string_view text) {
  for (const auto& kind : all_file_kinds()) {
    if (kind->name() == kind_name) return kind->searchable(text);
  }
  return "no such kind";
}

TEST(Comments, AreBlankAndEverythingElseStandsWhereItStood) {
  EXPECT_EQ(without_comments("a # b\n# c\n  ; d\ne#f ;g\n", {}), "a    \n   \n     \ne#f ;g\n");
}

TEST(Comments, BelongToTheKind) {
  EXPECT_EQ(searchable("ntp", "server a#b\n"), "server a  \n") << "anywhere";
  EXPECT_EQ(searchable("chrony", "! a\n % b\nlogdir /x # c\n"), "   \n    \nlogdir /x # c\n")
      << "whole lines";
  EXPECT_EQ(searchable("resolver", "; a\nnameserver b ; c\nsearch d e\n"),
            "   \nnameserver b    \n          \n")
      << "and domains are no hosts";
  EXPECT_EQ(searchable("fstab", "sn1:/a#b /c nfs ro\n #sn1:/d\n"),
            "sn1:/a#b /c nfs ro\n        \n");
}

TEST(Comments, WithinQuotesThereAreNone) {
  EXPECT_EQ(searchable("syslog", "t(s=\"a # b\") # c\n/* d\n e */ f\n"),
            "t(s=\"a # b\")    \n    \n      f\n");
  EXPECT_EQ(searchable("niminfo", "X=\"a # b\" # c\n"), "X=\"a # b\"    \n");
}

TEST(Comments, InSyslogWhatIsAboutMessagesNamesNobody) {
  EXPECT_THAT(searchable("syslog",
                         "$template T,\"sn1\"\n:msg, contains, \"sn1 (\" @sn2\n"
                         "template(name=\"t\" string=\"sn1 )\")\ntemplate(name=\"u\") {\n"
                         "  constant(value=\"sn1 }\")\n}\nset $.host = \"sn1\";\n"
                         "if $msg contains 'sn1' then action(name=\"sn1\" target=\"sn2\")\n"),
              testing::Not(testing::HasSubstr("sn1")));
  const std::string told =
      "$AllowedSender UDP, sn1\nmodule(load=\"imrelp\" tls.permittedpeer=\"sn1\")\n";
  EXPECT_EQ(searchable("syslog", told), told);
}

TEST(Comments, APasswordNamesNobodyAndIsNeverShown) {
  EXPECT_EQ(searchable("niminfo", "export PADMIN_PASSWD=sn1\nX=sn1\n"),
            "                        \nX=sn1\n");
}

}  // namespace
}  // namespace sn::agent
