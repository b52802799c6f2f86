#include "agent/watch/sockets.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

TEST(Sockets, CountsOpenConnectionsToAServiceNodeByPeer) {
  Directory directory;
  directory.service_nodes.push_back(
      {"SN1P", {"sn1"}, {*NetworkAddress::parse("10.1.1.100/24")}, ""});
  const IdentityIndex identity(directory);
  const std::string heading = "  sl  local_address rem_address   st tx_queue rx_queue\n";
  const std::string v4 = heading +
                         "   0: 0B01010A:9C40 6401010A:0801 01 00000000:00000000\n"
                         "   1: 0B01010A:9C41 6401010A:0801 08 00000000:00000000\n"
                         "   2: 0B01010A:9C42 6401010A:0202 06 00000000:00000000\n"   // TIME_WAIT
                         "   5: 0B01010A:9C44 6401010A:0016 02 00000000:00000000\n"   // SYN_SENT
                         "   3: 0B01010A:9C43 6501010A:0801 01 00000000:00000000\n"   // 10.1.1.101
                         "   4: 00000000:0016 00000000:0000 0A 00000000:00000000\n";  // LISTEN
  const auto sockets = parse_open_sockets(v4, identity);
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_EQ(sockets[0].peer, "10.1.1.100:2049");
  EXPECT_EQ(sockets[0].count, 2U);
  const std::string mapped =
      heading +
      "   0: 0000000000000000FFFF00000B01010A:9C40 0000000000000000FFFF00006401010A:0801 01 0\n";
  EXPECT_EQ(parse_open_sockets(mapped, identity).size(), 1U);
  EXPECT_TRUE(parse_open_sockets(heading + "garbage\n 1: x y z\n", identity).empty());
}

}  // namespace
}  // namespace sn::agent
