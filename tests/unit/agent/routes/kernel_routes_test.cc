// Against the real kernel, in a network namespace of the test's own. Needs root, as the agent does.
#include "agent/routes/kernel_routes.h"

#include <gmock/gmock.h>

#include <string>

#include "agent/plan/undo.h"
#include "agent/routes/plan_routes.h"
#include "tests/unit/own_network.h"

namespace sn::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

Directory directory() {
  Directory directory;
  directory.service_nodes.push_back(
      {"SN1P",
       {"sn1"},
       {*NetworkAddress::parse("10.1.1.100/24"), *NetworkAddress::parse("fd01::100/64")},
       ""});
  directory.service_nodes.push_back(
      {"SN2P",
       {"sn2"},
       {*NetworkAddress::parse("10.1.1.101/24"), *NetworkAddress::parse("fd01::101/64")},
       ""});
  return directory;
}

size_t move() {
  const IdentityIndex identity(directory());
  const auto routes = list_routes();
  EXPECT_TRUE(routes) << routes.error().message();
  const auto plan = plan_routes(*routes, identity, Move{{"SN1P"}, "SN2P", {}});
  EXPECT_TRUE(plan);
  for (const auto& change : plan->changes) {
    const auto status = change_route(change);
    EXPECT_TRUE(status) << status.error().message();
  }
  return plan->changes.size();
}

TEST(KernelRoutes, MovesTheDefaultRouteAndKeepsMetricProtocolSourceAndMtu) {
  in_own_network([] {
    shell(
        "ip route add default via 10.1.1.100 dev eth1 metric 100 proto dhcp src 10.1.1.11 mtu "
        "1400");
    EXPECT_EQ(move(), 1U);
    EXPECT_EQ(shell("ip route show default"),
              "default via 10.1.1.101 dev eth1 proto dhcp src 10.1.1.11 metric 100 mtu 1400 \n");
    EXPECT_EQ(move(), 0U);
  });
}

TEST(KernelRoutes, MovesAStaticRouteInAPolicyTable) {
  in_own_network([] {
    shell("ip route add 10.9.0.0/16 via 10.1.1.100 table 77 proto static");
    EXPECT_EQ(move(), 1U);
    EXPECT_THAT(shell("ip route show table 77"), HasSubstr("10.9.0.0/16 via 10.1.1.101 dev eth1"));
  });
}

TEST(KernelRoutes, TwoDefaultsOfEqualMetricKeepTheOtherOne) {
  in_own_network([] {
    shell(
        "ip route add default via 10.1.1.100 metric 5; ip route append default via 10.1.1.7 metric "
        "5");
    EXPECT_EQ(move(), 1U);
    const std::string routes = shell("ip route show default");
    EXPECT_THAT(routes, HasSubstr("via 10.1.1.101"));
    EXPECT_THAT(routes, HasSubstr("via 10.1.1.7"));
    EXPECT_THAT(routes, Not(HasSubstr("10.1.1.100")));
  });
}

TEST(KernelRoutes, AnOnLinkDefaultOfTheSameMetricStays) {
  in_own_network([] {
    shell(
        "ip route add default dev eth1 metric 5; ip route append default via 10.1.1.100 metric 5");
    EXPECT_EQ(move(), 1U);
    const std::string routes = shell("ip route show default");
    EXPECT_THAT(routes, HasSubstr("default dev eth1 scope link metric 5"));
    EXPECT_THAT(routes, HasSubstr("via 10.1.1.101"));
  });
}

TEST(KernelRoutes, TheWantedRouteExistsAlready) {
  in_own_network([] {
    shell("ip route add default via 10.1.1.100; ip route append default via 10.1.1.101");
    EXPECT_EQ(move(), 1U);
    EXPECT_EQ(shell("ip route show default"), "default via 10.1.1.101 dev eth1 \n");
  });
}

// As NetworkManager does when it is told in between.
TEST(KernelRoutes, SomebodyLaysTheWantedRouteBesideTheOldOneMeanwhile) {
  in_own_network([] {
    shell("ip route add 10.9.0.0/16 via 10.1.1.100 dev eth1 metric 100");
    const auto plan =
        plan_routes(*list_routes(), IdentityIndex(directory()), Move{{"SN1P"}, "SN2P", {}});
    ASSERT_EQ(plan->changes.size(), 1U);
    ASSERT_EQ(plan->changes[0].action, RouteAction::replace);
    shell("ip route append 10.9.0.0/16 via 10.1.1.101 dev eth1 metric 100");
    const auto status = change_route(plan->changes[0]);
    EXPECT_TRUE(status) << status.error().message();
    EXPECT_EQ(shell("ip route show 10.9.0.0/16"),
              "10.9.0.0/16 via 10.1.1.101 dev eth1 metric 100 \n");
  });
}

TEST(KernelRoutes, MultipathChangesOneHop) {
  in_own_network([] {
    shell("ip route add 10.8.0.0/16 nexthop via 10.1.1.100 weight 3 nexthop via 10.1.1.7 weight 1");
    EXPECT_EQ(move(), 1U);
    const std::string routes = shell("ip route show 10.8.0.0/16");
    EXPECT_THAT(routes, HasSubstr("nexthop via 10.1.1.101 dev eth1 weight 3"));
    EXPECT_THAT(routes, HasSubstr("nexthop via 10.1.1.7 dev eth1 weight 1"));
    EXPECT_THAT(routes, Not(HasSubstr("10.1.1.100")));
  });
}

TEST(KernelRoutes, MovesIpv6AndLeavesItsSibling) {
  in_own_network([] {
    shell(
        "ip -6 route add default via fd01::100 dev eth1 metric 7;"
        "ip -6 route append default via fd01::7 dev eth1 metric 7");
    EXPECT_GE(move(), 1U);
    const std::string routes = shell("ip -6 route show default");
    EXPECT_THAT(routes, HasSubstr("fd01::101"));
    EXPECT_THAT(routes, HasSubstr("fd01::7"));
    EXPECT_THAT(routes, Not(HasSubstr("fd01::100 ")));
  });
}

// Forth as a rebind does it, and back as a failback does: what `ip route` shows of `target` before,
// in between and afterwards.
struct ThereAndBack {
  std::string before, between, after;
};
ThereAndBack there_and_back(const std::string& show) {
  ThereAndBack shown;
  shown.before = shell(show);
  UndoRecord record;
  const IdentityIndex identity(directory());
  const auto plan = plan_routes(*list_routes(), identity, Move{{"SN1P"}, "SN2P", {}});
  EXPECT_TRUE(plan);
  for (const auto& change : plan->changes) {
    const auto status = change_route(change);
    EXPECT_TRUE(status) << status.error().message();
    record.routes.push_back(change);
  }
  shown.between = shell(show);
  for (const auto& change : undo_routes(record, *list_routes()).changes) {
    const auto status = change_route(change);
    EXPECT_TRUE(status) << status.error().message();
  }
  shown.after = shell(show);
  return shown;
}

TEST(KernelRoutes, ARouteOverANexthopObjectMovesAndComesBackToTheObject) {
  in_own_network([] {
    shell("ip nexthop add id 7 via 10.1.1.100 dev eth1; ip route add 10.20.0.0/16 nhid 7 metric 5");
    const auto shown = there_and_back("ip route show 10.20.0.0/16");
    EXPECT_EQ(shown.before, "10.20.0.0/16 nhid 7 via 10.1.1.100 dev eth1 metric 5 \n");
    EXPECT_EQ(shown.between, "10.20.0.0/16 via 10.1.1.101 dev eth1 metric 5 \n");
    EXPECT_EQ(shown.after, shown.before);
    EXPECT_EQ(shell("ip nexthop show id 7"), "id 7 via 10.1.1.100 dev eth1 scope link \n")
        << "the object is somebody's, and stays";
  });
}

TEST(KernelRoutes, ARouteOverAGroupOfObjectsKeepsItsOtherHops) {
  in_own_network([] {
    shell(
        "ip nexthop add id 7 via 10.1.1.100 dev eth1; ip nexthop add id 8 via 10.1.1.9 dev eth1;"
        "ip nexthop add id 9 group 7,3/8; ip route add 10.20.0.0/16 nhid 9");
    const auto shown = there_and_back("ip route show 10.20.0.0/16");
    EXPECT_THAT(shown.between, HasSubstr("via 10.1.1.101 dev eth1 weight 3"));
    EXPECT_THAT(shown.between, HasSubstr("via 10.1.1.9 dev eth1 weight 1"));
    EXPECT_THAT(shown.between, Not(HasSubstr("nhid")));
    EXPECT_EQ(shown.after, shown.before);
    EXPECT_THAT(shown.after, HasSubstr("nhid 9"));
  });
}

TEST(KernelRoutes, AnIpv6RouteOverANexthopObjectMovesAndComesBack) {
  in_own_network([] {
    shell("ip nexthop add id 7 via fd01::100 dev eth1; ip -6 route add fd20::/32 nhid 7");
    const auto shown = there_and_back("ip -6 route show fd20::/32");
    EXPECT_THAT(shown.between, HasSubstr("via fd01::101"));
    EXPECT_THAT(shown.between, Not(HasSubstr("nhid")));
    EXPECT_EQ(shown.after, shown.before);
  });
}

TEST(KernelRoutes, AnObjectIsLookedUpWhereTheKernelDoesNotSpellItOut) {
  in_own_network([] {
    shell("sysctl -qw net.ipv4.nexthop_compat_mode=0");
    shell(
        "ip nexthop add id 7 via 10.1.1.100 dev eth1; ip nexthop add id 8 via 10.1.1.9 dev eth1;"
        "ip nexthop add id 9 group 7/8; ip route add 10.20.0.0/16 nhid 7;"
        "ip route add 10.21.0.0/16 nhid 9");
    for (const std::string target : {"10.20.0.0/16", "10.21.0.0/16"}) {
      const auto shown = there_and_back("ip route show " + target);
      EXPECT_THAT(shown.before, Not(HasSubstr("10.1.1.100"))) << "hidden";
      EXPECT_THAT(shown.between, HasSubstr("10.1.1.101"));
      EXPECT_EQ(shown.after, shown.before);
    }
  });
}

TEST(KernelRoutes, LooksUpTheGatewayThatIsReallyTaken) {
  in_own_network([] {
    shell(
        "ip route add default via 10.1.1.100 metric 9; ip route add default via 10.1.1.7 metric 2");
    EXPECT_EQ(*lookup_gateway(*IpAddress::parse("198.51.100.1")), IpAddress::parse("10.1.1.7"));
    EXPECT_EQ(*lookup_gateway(*IpAddress::parse("10.1.1.9")), std::nullopt);
  });
}

TEST(KernelRoutes, ListsTheNodesOwnAddresses) {
  in_own_network([] {
    const auto own = list_own_addresses();
    ASSERT_TRUE(own);
    EXPECT_THAT(*own, testing::Contains(*NetworkAddress::parse("10.1.1.11/24")));
    for (const auto& address : *own) EXPECT_FALSE(address.to_string().starts_with("127."));
  });
}

TEST(KernelRoutes, DeletingARouteThatIsGoneSaysSo) {
  in_own_network([] {
    shell("ip route add default via 10.1.1.100; ip route append default via 10.1.1.101");
    const auto routes = list_routes();
    shell("ip route flush default");
    const IdentityIndex identity(directory());
    const auto plan = plan_routes(*routes, identity, Move{{"SN1P"}, "SN2P", {}});
    EXPECT_EQ(change_route(plan->changes.at(0)).error().what, ErrorClass::not_found);
  });
}

}  // namespace
}  // namespace sn::agent
