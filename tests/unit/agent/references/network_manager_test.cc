#include "agent/references/network_manager.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

TEST(NetworkManager, MovesTheNameServersOfAProfile) {
  const Planning profile("networkmanager",
                         "/etc/NetworkManager/system-connections/eth1.nmconnection");
  EXPECT_EQ(profile.after("[connection]\nid=sn1-eth1\n[ipv4]\naddress1=10.1.1.9/24,10.1.1.100\n"
                          "dns=10.1.1.100;8.8.8.8;\n[ipv6]\ndns=fd00:1::101;fd00:1::100;\n"),
            "[connection]\nid=sn1-eth1\n[ipv4]\naddress1=10.1.1.9/24,10.1.1.101\n"
            "dns=10.1.1.101;8.8.8.8;\n[ipv6]\ndns=fd00:1::101;\n");
  EXPECT_EQ(profile.after("[ipv4]\ndns=dns+tls://10.1.1.100#sn1-eth1;\n"),
            "[ipv4]\ndns=dns+tls://10.1.1.101#sn2-eth1;\n");
}

TEST(NetworkManager, MovesTheGatewaysOfAProfileEachByItself) {
  const Planning profile("networkmanager",
                         "/etc/NetworkManager/system-connections/eth1.nmconnection");
  EXPECT_EQ(profile.after("[ipv4]\ngateway=10.1.1.100\nroute1=10.2.0.0/16,10.1.1.100,100\n"
                          "route2=10.3.0.0/16,10.1.1.101\nroute1_options=src=10.1.1.9\n"
                          "dns=10.1.1.100\n[vpn]\ngateway=10.1.1.100\n"),
            "[ipv4]\ngateway=10.1.1.101\nroute1=10.2.0.0/16,10.1.1.101,100\n"
            "route2=10.3.0.0/16,10.1.1.101\nroute1_options=src=10.1.1.9\n"
            "dns=10.1.1.101\n[vpn]\ngateway=10.1.1.100\n");
  Reference gateway;
  gateway.label = "route1";
  EXPECT_EQ(profile.kind->asks_for(gateway), std::nullopt);
}

TEST(NetworkManager, MovesTheGlobalNameServers) {
  const Planning conf("networkmanager", "/etc/NetworkManager/conf.d/dns.conf");
  EXPECT_EQ(conf.after("[global-dns-domain-*]\nservers=10.1.1.100,8.8.8.8\n[main]\ndns=none\n"),
            "[global-dns-domain-*]\nservers=10.1.1.101,8.8.8.8\n[main]\ndns=none\n");
  EXPECT_EQ(conf.kind->daemon(), nullptr);
}

TEST(Netconfig, MovesTheStaticServers) {
  const Planning config("netconfig");
  EXPECT_EQ(
      config.after("# \"10.1.1.100\"\nNETCONFIG_DNS_STATIC_SERVERS=\"10.1.1.100 10.1.1.101 x\"\n"
                   "NETCONFIG_NTP_STATIC_SERVERS='sn1-eth1'\nNETCONFIG_OTHER=\"10.1.1.100\"\n"),
      "# \"10.1.1.100\"\nNETCONFIG_DNS_STATIC_SERVERS=\"10.1.1.101 x\"\n"
      "NETCONFIG_NTP_STATIC_SERVERS='sn2-eth1'\nNETCONFIG_OTHER=\"10.1.1.100\"\n");
  EXPECT_THAT(config.references("NETCONFIG_DNS_STATIC_SERVERS=10.1.1.100\n"),
              ElementsAre("/etc/sysconfig/network/config:1 NETCONFIG_DNS_STATIC_SERVERS 10.1.1.100 "
                          "SN1P move"));
}

TEST(NetworkManager, FollowsWhatItsConfigurationNames) {
  const Planning main("networkmanager");
  const auto files =
      main.kind->includes("/etc/NetworkManager/NetworkManager.conf",
                          "[main]\ndns=dnsmasq\n[keyfile]\npath=/etc/nm-site\n[other]\npath=/x\n");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].patterns.front(), "/etc/NetworkManager/dnsmasq.d/*");
  Planning dnsmasq("networkmanager", "/etc/NetworkManager/dnsmasq.d/site.conf");
  dnsmasq.kind = files[0].as;
  EXPECT_EQ(dnsmasq.after("server=/d.example/10.1.1.100\n"), "server=/d.example/10.1.1.101\n");
  EXPECT_EQ(dnsmasq.kind->daemon(), nullptr);
  EXPECT_EQ(files[1].patterns.front(), "/etc/nm-site/*");
  EXPECT_TRUE(
      main.kind->includes("/etc/NetworkManager/system-connections/a", "[keyfile]\npath=/etc/x\n")
          .empty());
}

TEST(Resolvconf, MovesWhatItPutsAround) {
  const Planning head("resolvconf");
  EXPECT_EQ(head.after("# head\nnameserver 10.1.1.100\n"), "# head\nnameserver 10.1.1.101\n");
}

}  // namespace
}  // namespace sn::agent
