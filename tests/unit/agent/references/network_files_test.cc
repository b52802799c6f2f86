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

TEST(NetworkFiles, LeaveCommentsAndWhatIsNoServer) {
  const Planning interfaces("network", "/etc/network/interfaces");
  for (const char* text : {"# gateway 10.1.1.100\n", "  address 10.1.1.100/24\n",
                           "gateway 10.1.1.10\n", "up /usr/bin/tell/sn1-eth1\n"}) {
    EXPECT_EQ(interfaces.after(text), text);
    EXPECT_THAT(interfaces.references(text), ElementsAre());
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
