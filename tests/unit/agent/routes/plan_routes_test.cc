#include "agent/routes/plan_routes.h"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>

namespace sn::agent {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Directory directory() {
  Directory directory;
  directory.service_nodes.push_back(
      {"SN1P", {"sn1"}, {*NetworkAddress::parse("10.1.1.100/24")}, ""});
  directory.service_nodes.push_back(
      {"SN2P", {"sn2"}, {*NetworkAddress::parse("10.1.1.101/24")}, ""});
  return directory;
}

Route via(const char* gateway, uint32_t metric = 100) {
  Route route;
  route.table = RT_TABLE_MAIN;
  route.metric = metric;
  route.protocol = RTPROT_STATIC;
  route.hops.push_back({IpAddress::parse(gateway), 2, 0, 0});
  route.interface_name = "eth1";
  route.others.push_back({RTA_METRICS, "mtu"});
  return route;
}

RoutePlan plan(const std::vector<Route>& routes) {
  const IdentityIndex identity(directory());
  return *plan_routes(routes, identity, Move{{"SN1P"}, "SN2P", {}});
}

TEST(PlanRoutes, ReplacesTheOnlyRouteOfItsKeyAndKeepsEverythingElse) {
  const auto result = plan({via("10.1.1.100")});
  ASSERT_THAT(result.changes, SizeIs(1));
  EXPECT_EQ(result.changes[0].action, RouteAction::replace);
  EXPECT_EQ(result.changes[0].after, via("10.1.1.101"));
  ASSERT_THAT(result.gateways, SizeIs(1));
}

TEST(PlanRoutes, RemovesTheOldOneIfTheWantedOneExists) {
  const auto result = plan({via("10.1.1.100"), via("10.1.1.101")});
  ASSERT_THAT(result.changes, SizeIs(1));
  EXPECT_EQ(result.changes[0].action, RouteAction::remove);
}

TEST(PlanRoutes, OfTwoDefaultsOfEqualMetricOnlyTheOldOnesEntryGoes) {
  const auto result = plan({via("10.1.1.7"), via("10.1.1.100")});
  ASSERT_THAT(result.changes, SizeIs(1));
  EXPECT_EQ(result.changes[0].action, RouteAction::append_remove);
  EXPECT_EQ(result.changes[0].before, via("10.1.1.100"));
}

TEST(PlanRoutes, AnotherMetricIsAnotherKey) {
  EXPECT_EQ(plan({via("10.1.1.7", 50), via("10.1.1.100")}).changes[0].action, RouteAction::replace);
}

TEST(PlanRoutes, ChangesOnlyTheOldHopOfAMultipathRoute) {
  Route route = via("10.1.1.100");
  route.hops.push_back({IpAddress::parse("10.1.1.7"), 2, 3, 0});
  const auto result = plan({route});
  ASSERT_THAT(result.changes, SizeIs(1));
  EXPECT_EQ(result.changes[0].after.hops[0].gateway, IpAddress::parse("10.1.1.101"));
  EXPECT_EQ(result.changes[0].after.hops[1], route.hops[1]);
}

TEST(PlanRoutes, ARouteLeavesItsNexthopObjectWhichIsToldOnce) {
  Route one = via("10.1.1.100", 5), other = via("10.1.1.100", 6);
  one.nexthop_id = other.nexthop_id = 7;
  const auto result = plan({one, other});
  ASSERT_THAT(result.changes, SizeIs(2));
  EXPECT_EQ(result.changes[0].after, via("10.1.1.101", 5)) << "with its hop spelled out";
  EXPECT_EQ(result.changes[0].before.nexthop_id, 7U);
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0],
            (Finding{FindingClass::note,
                     "nexthop 7",
                     Fact(FactCode::nexthop_object_stays, {.address = "10.1.1.100"}),
                     {}}));
}

TEST(PlanRoutes, AMultipathRouteNeverGetsTheSameHopTwice) {
  Route route = via("10.1.1.101");
  route.hops.push_back({IpAddress::parse("10.1.1.100"), 2, 0, 0});
  EXPECT_THAT(plan({route}).changes[0].after.hops, SizeIs(1));
}

TEST(PlanRoutes, KeepsThePolicyTable) {
  Route route = via("10.1.1.100");
  route.table = 77;
  EXPECT_EQ(plan({route}).changes[0].after.table, 77U);
}

TEST(PlanRoutes, SaysOfADhcpRouteThatItReturns) {
  Route route = via("10.1.1.100");
  route.protocol = RTPROT_DHCP;
  const auto result = plan({route});
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].what, FindingClass::returns);
  EXPECT_THAT(text_of(result.findings[0].reason), testing::HasSubstr("returns at lease renewal"));
}

TEST(PlanRoutes, NeverTouchesACustomGateway) {
  EXPECT_THAT(plan({via("10.1.1.7"), via("10.1.1.1")}).changes, IsEmpty());
}

TEST(PlanRoutes, RefusesWhereTheNewServiceNodeHasNoAddressOnTheNetwork) {
  auto broken = directory();
  broken.service_nodes[1].addresses = {*NetworkAddress::parse("10.2.1.101/24")};
  const IdentityIndex identity(broken);
  const auto result = plan_routes({via("10.1.1.100")}, identity, Move{{"SN1P"}, "SN2P", {}});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), testing::HasSubstr("10.1.1.0/24"));
}

}  // namespace
}  // namespace sn::agent
