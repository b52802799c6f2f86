#include "agent/references/named.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

const Planning kNamed("named");

TEST(Named, MovesItsForwarders) {
  EXPECT_EQ(kNamed.after("options {\n  forwarders port 53 { 10.1.1.100; 10.1.1.9 port 5353; };\n"
                         "  forward only; // 10.1.1.100\n};\n"),
            "options {\n  forwarders port 53 { 10.1.1.101; 10.1.1.9 port 5353; };\n"
            "  forward only; // 10.1.1.100\n};\n");
  EXPECT_EQ(kNamed.after("zone \"x\" { type slave; masters { fd00:1::100 key k; }; };\n"
                         "primaries p { 10.1.1.100 port 5353; };\n"),
            "zone \"x\" { type slave; masters { fd00:1::101 key k; }; };\n"
            "primaries p { 10.1.1.101 port 5353; };\n");
}

TEST(Named, LeavesOneOfTwoEqualForwarders) {
  EXPECT_EQ(kNamed.after("forwarders { 10.1.1.100; 10.1.1.101; };\n"),
            "forwarders { 10.1.1.101; };\n");
  EXPECT_EQ(kNamed.after("forwarders { 10.1.1.101; 10.1.1.100; };\n"),
            "forwarders { 10.1.1.101; };\n");
}

TEST(Named, LeavesCommentsAndOtherLists) {
  for (const char* text : {"/* forwarders { 10.1.1.100; }; */\n", "# forwarders { 10.1.1.100; };\n",
                           "// forwarders { 10.1.1.100; };\n", "listen-on { 10.1.1.100; };\n",
                           "masters p;\n", "forwarders { 10.1.1.10; };\n"}) {
    EXPECT_EQ(kNamed.after(text), text);
    EXPECT_THAT(kNamed.references(text), ElementsAre());
  }
}

TEST(Named, NamesThePlaceOfWhatIsNotClosed) {
  EXPECT_EQ(kNamed.error("options {\n forwarders { 10.1.1.100; \n").to, "/etc/named.conf:2");
}

TEST(Named, FollowsItsIncludes) {
  const auto files = kNamed.kind->includes(
      "/etc/bind/named.conf", "include \"/etc/bind/named.conf.options\";\n// include \"/x\";\n");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_THAT(files[0].patterns, ElementsAre("/etc/bind/named.conf.options"));
  EXPECT_EQ(kNamed.kind->includes("/etc/default/named", "OPTIONS=\"-c /etc/n.conf\"\n").size(), 1U);
}

TEST(Named, AWordIsAnotherListAndNoServer) {
  EXPECT_EQ(
      kNamed.after("masters sn1-eth1 { 10.1.1.100; };\nzone \"x\" { masters { sn1-eth1; }; };\n"),
      "masters sn1-eth1 { 10.1.1.101; };\nzone \"x\" { masters { sn1-eth1; }; };\n");
}

TEST(Named, EntriesWithAnotherPortOrKeyAreNotEqual) {
  EXPECT_EQ(kNamed.after("forwarders { 10.1.1.100; 10.1.1.101 port 5353; };\n"),
            "forwarders { 10.1.1.101; 10.1.1.101 port 5353; };\n");
  EXPECT_EQ(kNamed.after("primaries p { 10.1.1.100 key k1; 10.1.1.101 key k2; };\n"),
            "primaries p { 10.1.1.101 key k1; 10.1.1.101 key k2; };\n");
}

TEST(Named, KnowsCommentsFromStrings) {
  EXPECT_EQ(kNamed.after("// see /etc/bind/*.conf\nforwarders { 10.1.1.100; };\n"),
            "// see /etc/bind/*.conf\nforwarders { 10.1.1.101; };\n");
  EXPECT_EQ(kNamed.after("key k { secret \"ab//cd==\"; }; forwarders { 10.1.1.100; };\n"),
            "key k { secret \"ab//cd==\"; }; forwarders { 10.1.1.101; };\n");
  const char* lone =
      "// a \" b\n/* forwarders { 10.1.1.100; }; */\nforwarders { 10.1.1.10;# 10.1.1.100;\n};\n";
  EXPECT_EQ(kNamed.after(lone), lone);
}

}  // namespace
}  // namespace sn::agent
