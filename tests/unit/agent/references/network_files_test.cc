#include "agent/references/network_files.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

// A file, a text of it, and the text after the move.
struct Moved {
  const char* path;
  const char* before;
  const char* after;
};

TEST(NetworkFiles, MoveGatewaysNextHopsAndServers) {
  const Moved all[] = {
      {"/etc/sysconfig/network", "NETWORKING=yes\nGATEWAY=10.1.1.100\n",
       "NETWORKING=yes\nGATEWAY=10.1.1.101\n"},
      {"/etc/sysconfig/network-scripts/ifcfg-eth1",
       "IPADDR=10.1.1.11\nGATEWAY=\"10.1.1.100\" # sn1-eth1\nDNS1=10.1.1.100\n",
       "IPADDR=10.1.1.11\nGATEWAY=\"10.1.1.101\" # sn1-eth1\nDNS1=10.1.1.101\n"},
      {"/etc/sysconfig/network-scripts/route-eth1",
       "10.20.0.0/16 via 10.1.1.100 dev eth1\nADDRESS0=10.3.0.0\nGATEWAY0=10.1.1.100\n",
       "10.20.0.0/16 via 10.1.1.101 dev eth1\nADDRESS0=10.3.0.0\nGATEWAY0=10.1.1.101\n"},
      {"/etc/sysconfig/network/routes",
       "default 10.1.1.100 - -\n10.1.1.100 10.1.1.1 255.255.255.255 eth1\n",
       "default 10.1.1.101 - -\n10.1.1.100 10.1.1.1 255.255.255.255 eth1\n"},
      {"/etc/network/interfaces",
       "iface eth1 inet static\n  gateway 10.1.1.100\n  dns-nameservers 10.1.1.100 10.1.1.10\n"
       "  up route add -host 10.1.1.100 gw 10.1.1.1\n  up ip route add 10.1.1.100/32 via "
       "sn1-eth1\n",
       "iface eth1 inet static\n  gateway 10.1.1.101\n  dns-nameservers 10.1.1.101 10.1.1.10\n"
       "  up route add -host 10.1.1.100 gw 10.1.1.1\n  up ip route add 10.1.1.100/32 via "
       "sn2-eth1\n"},
      {"/etc/netplan/01.yaml",
       "      nameservers:\n        addresses: [10.1.1.100, 10.1.1.10]\n      routes:\n"
       "        - to: 10.1.1.100\n          via: 10.1.1.100\n",
       "      nameservers:\n        addresses: [10.1.1.101, 10.1.1.10]\n      routes:\n"
       "        - to: 10.1.1.100\n          via: 10.1.1.101\n"},
      {"/etc/systemd/network/10.network",
       "[Network]\nDNS=10.1.1.100\n[Route]\nDestination=10.1.1.100\nGateway=fd00:1::100\n",
       "[Network]\nDNS=10.1.1.101\n[Route]\nDestination=10.1.1.100\nGateway=fd00:1::101\n"},
      {"/etc/dhcp/dhclient.conf", "prepend domain-name-servers 10.1.1.100, 10.1.1.10;\n",
       "prepend domain-name-servers 10.1.1.101, 10.1.1.10;\n"},
  };
  for (const auto& one : all) {
    EXPECT_EQ(Planning("network", one.path).after(one.before), one.after) << one.path;
  }
}

// A bond takes its ports for dead where nobody answers.
TEST(NetworkFiles, MoveWhomABondListensFor) {
  const Moved all[] = {
      {"/etc/sysconfig/network-scripts/ifcfg-bond0",
       "BONDING_OPTS=\"mode=1 arp_ip_target=10.1.1.100,10.1.1.10\"\n",
       "BONDING_OPTS=\"mode=1 arp_ip_target=10.1.1.101,10.1.1.10\"\n"},
      {"/etc/network/interfaces", "bond-arp-ip-target 10.1.1.10,10.1.1.100\n",
       "bond-arp-ip-target 10.1.1.10,10.1.1.101\n"},
      {"/etc/netplan/1.yaml", "arp-ip-targets: [10.1.1.100, 10.1.1.10]\n",
       "arp-ip-targets: [10.1.1.101, 10.1.1.10]\n"},
      {"/etc/systemd/network/b.netdev", "[Bond]\nARPIPTargets=10.1.1.100 10.1.1.10\n",
       "[Bond]\nARPIPTargets=10.1.1.101 10.1.1.10\n"},
  };
  for (const auto& one : all) {
    EXPECT_EQ(Planning("network", one.path).after(one.before), one.after) << one.path;
  }
}

TEST(NetworkFiles, ReadTheirFormsOfLists) {
  const Moved all[] = {
      {"/etc/netplan/01.yaml",
       "nameservers:\n  search: [d.example]\n  addresses: [\n    10.1.1.100,\n    10.1.1.10 ]\n"
       "gateway4:\n  10.1.1.100\n",
       "nameservers:\n  search: [d.example]\n  addresses: [\n    10.1.1.101,\n    10.1.1.10 ]\n"
       "gateway4:\n  10.1.1.101\n"},
      {"/etc/netplan/01.yaml",
       "nameservers:\n  addresses:\n  - 10.1.1.10\n  - \"10.1.1.100\"\n"
       "{\"to\": \"10.1.1.100\", \"via\": \"10.1.1.100\"}\n- to: !!str 10.1.1.100\n",
       "nameservers:\n  addresses:\n  - 10.1.1.10\n  - \"10.1.1.101\"\n"
       "{\"to\": \"10.1.1.100\", \"via\": \"10.1.1.101\"}\n- to: !!str 10.1.1.100\n"},
      {"/etc/dhcp/dhclient.conf", "supersede domain-name-servers\n\t10.1.1.100,\n\t10.1.1.10;\n",
       "supersede domain-name-servers\n\t10.1.1.101,\n\t10.1.1.10;\n"},
      {"/etc/network/interfaces", "  dns-nameservers 10.1.1.10 \\\n 10.1.1.100\n",
       "  dns-nameservers 10.1.1.10 \\\n 10.1.1.101\n"},
      {"/etc/systemd/network/1.network",
       "[Network]\nDNS=10.1.1.10 \\\n "
       "10.1.1.100:53%eth1#name\n[Route]\nMultiPathRoute=10.1.1.100@eth1 10\n",
       "[Network]\nDNS=10.1.1.10 \\\n "
       "10.1.1.101:53%eth1#name\n[Route]\nMultiPathRoute=10.1.1.101@eth1 10\n"},
  };
  for (const auto& one : all) {
    EXPECT_EQ(Planning("network", one.path).after(one.before), one.after) << one.path;
  }
}

// Who is reached, shut out, or at the other end is no server, and SN2P would be wrong there.
TEST(NetworkFiles, LeaveWhatIsNoServer) {
  const std::pair<const char*, const char*> all[] = {
      {"/etc/sysconfig/network-scripts/ifcfg-eth1",
       "NAME=\"Uplink to sn1-eth1 (10.1.1.100)\"\nDOMAIN=sn1-eth1.d.example\nIPADDR=10.1.1.100\n"
       "REMOTE_IPADDR=10.1.1.100\nGATEWAY=10.1.1.10\t# was 10.1.1.100\n"},
      {"/etc/sysconfig/network-scripts/route-eth1",
       "ADDRESS0=10.1.1.100\nNETMASK0=255.255.255.255\nGATEWAY0=10.1.1.10\n"
       "unicast 10.1.1.100 via 10.1.1.10\nblackhole 10.1.1.100\n10.1.1.100/32 via 10.1.1.10 # x\n"},
      {"/etc/sysconfig/network/routes", "10.1.1.100 10.1.1.10 255.255.255.255 eth1\n"},
      {"/etc/network/interfaces",
       "# gateway 10.1.1.100\n  address 10.1.1.100/24\n  pointopoint 10.1.1.100\n"
       "  up ip route add blackhole 10.1.1.100 metric 900\n  up arp -s 10.1.1.100 "
       "52:54:00:11:22:33\n"
       "  up ip neigh replace 10.1.1.100 lladdr 52:54:00:11:22:33 dev eth1\n"
       "  up ip r a 10.1.1.100 via 10.1.1.10\n  up route add -host 10.1.1.100 gw 10.1.1.10\n"},
      {"/etc/netplan/01.yaml",
       "routes:\n - to: 10.1.1.100\n   via: 10.1.1.10\t# 10.1.1.100\nrouting-policy:\n - from: "
       "10.1.1.100\n"
       "tunnels:\n  t: {remote: 10.1.1.100}\neth1:\n  addresses: [10.1.1.100/24]\n"},
      {"/etc/systemd/network/1.network",
       "[Neighbor]\nAddress=10.1.1.100\n[DHCPv4]\nDenyList=10.1.1.100\n[Route]\nDestination=10.1.1."
       "100\n"
       "[RoutingPolicyRule]\nTo=10.1.1.100\n[Address]\nPeer=10.1.1.100\n[Network]\nDomains=sn1-"
       "eth1\n"},
      {"/etc/dhcp/dhclient.conf",
       "reject 10.1.1.100;\nsupersede domain-name-servers 10.1.1.10;# 10.1.1.100\n"
       "lease { fixed-address 10.1.1.100; }\nsupersede domain-name \"sn1-eth1\";\n"}};
  for (const auto& [path, text] : all) {
    const Planning file("network", path);
    EXPECT_EQ(file.after(text), text);
    EXPECT_THAT(file.references(text), ElementsAre()) << path;
    EXPECT_EQ(file.kind->searchable(text).find("10.1.1.100"), std::string::npos) << path;
    EXPECT_EQ(file.kind->searchable(text).find("sn1-eth1"), std::string::npos) << path;
  }
}

TEST(NetworkFiles, ACommandThatNamesItIsSearched) {
  const Planning file("network", "/etc/network/interfaces");
  const std::string text =
      "up logger \"link #1\" && ip route add default via 10.1.1.100\n"
      "post-up mount -t nfs sn1-eth1:/install /install\n";
  EXPECT_EQ(file.after(text),
            "up logger \"link #1\" && ip route add default via 10.1.1.101\n"
            "post-up mount -t nfs sn1-eth1:/install /install\n");
  EXPECT_NE(file.kind->searchable(text).find("sn1-eth1:/install"), std::string::npos);
}

TEST(NetworkFiles, FilesOfInterfacesCountIfTheyAreSourced) {
  const auto* kind = kind_named("network");
  const auto files = kind->includes("/etc/network/interfaces",
                                    "source /etc/network/interfaces.d/*\nsource-directory more\n");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_THAT(files[0].patterns, ElementsAre("/etc/network/interfaces.d/*"));
  EXPECT_THAT(files[1].patterns, ElementsAre("/etc/network/more/*"));
  for (const auto& root : kind->roots()) {
    EXPECT_EQ(root.patterns.front().find("interfaces.d"), std::string::npos);
  }
}

TEST(NetworkFiles, AreSecondaryAndTellNobody) {
  const Planning any("network");
  EXPECT_EQ(any.kind->tier(), Tier::secondary);
  EXPECT_EQ(any.kind->daemon(), nullptr);
  EXPECT_FALSE(any.kind->asks());
}

}  // namespace
}  // namespace sn::agent
