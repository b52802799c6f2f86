#include "common/wire/plan_group.h"

#include <gtest/gtest.h>

namespace sn::wire {
namespace {

PlanSummary a_plan() {
  PlanSummary plan;
  plan.outlook = Outlook::whole;
  plan.shape = "shape";
  plan.reloads = {"chrony"};
  plan.changes = {
      {"resolver", "/etc/resolv.conf", 1, "nameserver 10.1.1.100", "nameserver 10.1.1.101"}};
  return plan;
}

TEST(PlanGroup, OpenSocketsTellNoNodesApart) {
  PlanSummary with = a_plan();
  with.findings.push_back({FindingClass::unclaimed,
                           "socket 10.1.1.100:2049",
                           Fact(FactCode::sockets_open_to, {.sn = "SN1P", .count = 3}),
                           {}});
  EXPECT_EQ(plan_group(with), plan_group(a_plan()));
}

TEST(PlanGroup, WhatIsDecidedByDoes) {
  for (const auto& change : std::vector<void (*)(PlanSummary&)>{
           [](PlanSummary& plan) { plan.outlook = Outlook::blocked; },
           [](PlanSummary& plan) { plan.shape = "other"; },
           [](PlanSummary& plan) { plan.reloads.clear(); },
           [](PlanSummary& plan) { plan.changes.clear(); },
           [](PlanSummary& plan) {
             plan.findings.push_back(
                 {FindingClass::blocked, "", Fact(FactCode::entry_differs, {.sn = "SN1P"}), {}});
           }}) {
    PlanSummary other = a_plan();
    change(other);
    EXPECT_NE(plan_group(other), plan_group(a_plan()));
  }
}

}  // namespace
}  // namespace sn::wire
