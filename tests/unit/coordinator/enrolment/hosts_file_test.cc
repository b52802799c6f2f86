#include "coordinator/enrolment/hosts_file.h"

#include <gmock/gmock.h>

#include <string>

namespace sn::coordinator {
namespace {

std::string addresses_of(const Cluster& cluster, const std::string& node) {
  std::string text;
  const auto found = cluster.node_addresses.find(node);
  if (found == cluster.node_addresses.end()) return text;
  for (const auto& address : found->second) text += address.to_string() + " ";
  return text;
}

TEST(HostsFile, SaysTheAddressesOfNodes) {
  Cluster cluster;
  for (const auto* node : {"cn001", "cn002", "cn003", "cn004"}) cluster.nodes[node] = {"SN1P"};
  cluster.node_addresses["cn003"] = {*IpAddress::parse("10.9.9.3")};
  cluster.directory.external_nfs = {{"nfsha", {*NetworkAddress::parse("10.1.1.100/24")}}};
  add_addresses_of_hosts(
      "# 10.1.1.9 cn001\n"
      "127.0.0.1 localhost cn001\n"
      "10.1.1.11\tcn001 cn001.d.example\r\n"
      "10.1.1.12 cn002.d.example cn002 # cn001\n"
      "10.2.1.12 cn002-ib\n"
      "10.3.1.12 cn002.bmc\n"
      "10.1.1.99 cn001 cn002\n"
      "10.1.1.100 cn001\n"
      "10.9.9.3 cn004\n"
      "fd00::2 cn002\n"
      "10.1.1.13 cn003\n"
      "ten cn004\n"
      "10.1.1.14",
      cluster);
  EXPECT_EQ(addresses_of(cluster, "cn001"), "10.1.1.11 ");
  EXPECT_EQ(addresses_of(cluster, "cn002"), "10.1.1.12 fd00::2 ");
  EXPECT_EQ(addresses_of(cluster, "cn003"), "10.9.9.3 ") << "the inventory has the last word";
  EXPECT_EQ(addresses_of(cluster, "cn004"), "");
}

}  // namespace
}  // namespace sn::coordinator
