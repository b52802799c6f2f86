#include "agent/references/resolver.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Planning kResolver("resolver");

TEST(Resolver, ReplacesTheAddressOnItsNetwork) {
  EXPECT_EQ(
      kResolver.after("nameserver 10.1.1.100\nnameserver\t10.1.2.100\nnameserver FD00:1::100\n"),
      "nameserver 10.1.1.101\nnameserver\t10.1.2.101\nnameserver fd00:1::101\n");
}

TEST(Resolver, LeavesOneOfTwoEqualEntriesAtTheFirstPlace) {
  EXPECT_EQ(kResolver.after("nameserver 10.1.1.100\nnameserver 10.9.9.9\nnameserver 10.1.1.101\n"),
            "nameserver 10.1.1.101\nnameserver 10.9.9.9\n");
  EXPECT_EQ(kResolver.after("nameserver 10.1.1.101\nnameserver 10.9.9.9\nnameserver 10.1.1.100"),
            "nameserver 10.1.1.101\nnameserver 10.9.9.9\n");
}

TEST(Resolver, ReadsLinesAsGlibcDoes) {
  for (const char* text :
       {" nameserver 10.1.1.100\n", "#nameserver 10.1.1.100\n", ";nameserver 10.1.1.100\n",
        "NAMESERVER 10.1.1.100\n", "nameserver\n", "search 10.1.1.100\n",
        "nameserver 110.1.1.100\n", "nameserver 10.1.1.1001\n", "nameserver 10.1.1.100:53\n"}) {
    EXPECT_EQ(kResolver.after(text), text);
    EXPECT_THAT(kResolver.references(text), ElementsAre());
  }
  EXPECT_EQ(kResolver.after("nameserver 10.1.1.100 10.1.1.100 # sn1\n"),
            "nameserver 10.1.1.101 10.1.1.100 # sn1\n");
}

// Found by fuzzing: an address with a dot behind it is none, and was dropped as an equal one.
TEST(Resolver, TakesAnAddressForNoName) {
  EXPECT_EQ(kResolver.after("nameserver 10.1.1.100\nnameserver 10.1.1.101.\n"),
            "nameserver 10.1.1.101\nnameserver 10.1.1.101.\n");
}

TEST(Resolver, KeepsTheZoneOfAnAddress) {
  Planning planning("resolver");
  planning.directory.service_nodes[0].addresses.push_back(*NetworkAddress::parse("fe80::100/64"));
  planning.directory.service_nodes[1].addresses.push_back(*NetworkAddress::parse("fe80::101/64"));
  EXPECT_EQ(planning.after("nameserver fe80::100%eth0\n"), "nameserver fe80::101%eth0\n");
}

TEST(Resolver, NamesPlaceAndNetworkWithoutAnAddress) {
  Planning planning("resolver");
  planning.move.to = "SN3P";
  const Error error = planning.error("search x\nnameserver 10.1.2.100\n");
  EXPECT_EQ(error.what, ErrorClass::invalid_input);
  EXPECT_THAT(error.message(), HasSubstr("/etc/resolv.conf:2"));
  EXPECT_THAT(error.message(), HasSubstr("10.1.2.0/24"));
}

TEST(Resolver, ListsEveryServerItKnows) {
  EXPECT_THAT(
      kResolver.references("nameserver 10.1.1.102\nnameserver 10.1.9.9\nnameserver 8.8.8.8\n"),
      ElementsAre("/etc/resolv.conf:1 nameserver 10.1.1.102 SN3P move",
                  "/etc/resolv.conf:2 nameserver 10.1.9.9 nfsha keep"));
}

TEST(Resolver, NeverTakesFromTheExternalNfsServer) {
  Planning planning("resolver");
  planning.directory.external_nfs[0].addresses.push_back(*NetworkAddress::parse("10.1.1.100/24"));
  EXPECT_EQ(planning.after("nameserver 10.1.1.100\n"), "nameserver 10.1.1.100\n");
}

}  // namespace
}  // namespace sn::agent
