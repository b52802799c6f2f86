#include "common/model/identity.h"

#include <gmock/gmock.h>

namespace sn {
namespace {

using testing::HasSubstr;

Directory two_service_nodes() {
  Directory directory;
  directory.service_nodes.push_back(
      {"SN1P",
       {"sn1-eth1", "sn1-eth1.d.example", "sn1-hf0"},
       {*NetworkAddress::parse("10.1.1.100/24"), *NetworkAddress::parse("10.1.2.100/24")},
       "00C1A2B34C00"});
  directory.service_nodes.push_back(
      {"SN2P",
       {"sn2-hf0", "sn2-eth1", "sn2-eth1.d.example"},
       {*NetworkAddress::parse("10.1.2.101/24"), *NetworkAddress::parse("10.1.1.101/24")},
       ""});
  directory.external_nfs.push_back({"nfsha", {*NetworkAddress::parse("10.1.9.9/24")}});
  return directory;
}

TEST(Identity, KnowsAnOwnerByAnyNameOrAddress) {
  const IdentityIndex index(two_service_nodes());
  EXPECT_EQ(index.owner_of("SN1-ETH1.d.example.")->name, "SN1P");
  EXPECT_EQ(index.owner_of("10.1.2.100")->form, NameForm::address);
  EXPECT_EQ(index.owner_of("sn1p")->form, NameForm::management_name);
  EXPECT_EQ(index.owner_of("nfsha")->kind, Owner::Kind::external_nfs);
  EXPECT_EQ(index.owner_of_nim_id("00c1a2b34c00")->name, "SN1P");
  EXPECT_FALSE(index.owner_of_nim_id(""));
}

TEST(Identity, MatchesWholeTokensOnly) {
  const IdentityIndex index(two_service_nodes());
  for (const char* other :
       {"sn1-eth10", "sn1", "sn1-eth1-old", "10.1.1.1001", "110.1.1.100", "10.1.1.10", ""}) {
    EXPECT_FALSE(index.owner_of(other)) << other;
  }
}

TEST(Identity, ReplacesAFormByTheSameForm) {
  const IdentityIndex index(two_service_nodes());
  EXPECT_EQ(*index.substitute("sn1-eth1", "SN1P", "SN2P"), "sn2-eth1");
  EXPECT_EQ(*index.substitute("sn1-hf0", "SN1P", "SN2P"), "sn2-hf0");
  EXPECT_EQ(*index.substitute("sn1-eth1.d.example.", "SN1P", "SN2P"), "sn2-eth1.d.example.");
  EXPECT_EQ(*index.substitute("SN1P", "SN1P", "SN2P"), "SN2P");
  EXPECT_EQ(*index.substitute("10.1.1.100", "SN1P", "SN2P"), "10.1.1.101");
  EXPECT_EQ(*index.substitute("10.1.2.100", "SN1P", "SN2P"), "10.1.2.101");
}

TEST(Identity, NamesTheNetworkWithoutAnAddress) {
  auto directory = two_service_nodes();
  directory.service_nodes[1].addresses.pop_back();
  const IdentityIndex index(directory);
  EXPECT_THAT(index.substitute("10.1.1.100", "SN1P", "SN2P").error().message(),
              HasSubstr("10.1.1.0/24"));
}

TEST(Identity, TakesTheHostsFilesAliasesOfAnAddress) {
  IdentityIndex index(two_service_nodes());
  index.add_host_alias("loghost", *IpAddress::parse("10.1.1.100"));
  index.add_host_alias("other", *IpAddress::parse("10.9.9.9"));
  index.add_host_alias("other", *IpAddress::parse("10.1.1.100"));     // a later line
  index.add_host_alias("sn2-eth1", *IpAddress::parse("10.1.1.100"));  // the directory knows better
  EXPECT_EQ(index.owner_of("loghost")->name, "SN1P");
  EXPECT_EQ(*index.substitute("loghost", "SN1P", "SN2P"), "sn2-hf0");
  EXPECT_FALSE(index.owner_of("other"));
  EXPECT_EQ(index.owner_of("sn2-eth1")->name, "SN2P");
}

TEST(Address, ComparesAddressesAndNotText) {
  EXPECT_EQ(IpAddress::parse("fe80::1"), IpAddress::parse("FE80:0::1"));
  EXPECT_FALSE(IpAddress::parse("10.1.1"));
  EXPECT_FALSE(IpAddress::parse("010.1.1.1"));
  EXPECT_EQ(NetworkAddress::parse("10.1.7.100/22")->network(), "10.1.4.0/22");
  EXPECT_FALSE(NetworkAddress::parse("10.1.1.100"));
  EXPECT_FALSE(NetworkAddress::parse("10.1.1.100/33"));
}

}  // namespace
}  // namespace sn
