#include "agent/plan/hindered.h"

#include <gmock/gmock.h>

#include "agent/plan/shape.h"

namespace sn::agent {
namespace {

Plan a_plan() {
  Plan plan;
  MountSwap install;
  install.source_before = "sn1-eth1:/install";
  install.source = "sn2-eth1:/install";
  install.places = {{"/install", "", "ro", {}}, {"/srv", "", "ro", {}}};
  MountSwap home = install;
  home.places = {{"/home", "", "rw", {}}};
  plan.mounts = {install, home};
  for (const auto& swap : plan.mounts) {
    for (const auto& place : swap.places) plan.summary.changes.push_back(step_of(swap, place));
  }
  plan.summary.mounts = 3;
  plan.summary.changes.push_back({"ntp", "/etc/ntp.conf", 1, "a", "b"});
  plan.summary.changes.push_back({"ntp", "/etc/ntp.conf", 2, "a", "b"});
  plan.summary.files = 1;
  plan.summary.outlook = Outlook::whole;
  plan.summary.group = "0123";
  plan.summary.hash = "hash";
  plan.summary.reloads = {"ntp"};
  return plan;
}

TEST(Hindered, NothingChangesNothing) {
  Plan plan = a_plan();
  hinder(plan, {});
  EXPECT_EQ(plan.summary, a_plan().summary);
}

TEST(Hindered, WhatStaysIsNoLongerSaidToChange) {
  Plan plan = a_plan();
  hinder(plan, {{FindingClass::left, "mount /install", Fact("missing"), {}},
                {FindingClass::left, "/etc/ntp.conf", Fact("no room"), {}}});
  EXPECT_EQ(plan.summary.outlook, Outlook::partly);
  EXPECT_EQ(plan.summary.mounts, 1U);
  EXPECT_EQ(plan.summary.files, 0U);
  const Plan before = a_plan();
  EXPECT_THAT(plan.summary.changes, testing::ElementsAre(before.summary.changes[2]));
  EXPECT_EQ(plan.summary.findings.size(), 2U);
  EXPECT_NE(plan.summary.group, before.summary.group);
  EXPECT_EQ(plan.summary.hash, before.summary.hash);
}

TEST(Hindered, ABlockedNodeChangesNothing) {
  Plan plan = a_plan();
  hinder(plan, {{FindingClass::blocked, "mount /install", Fact("missing"), {}}});
  EXPECT_EQ(plan.summary.outlook, Outlook::blocked);
  EXPECT_THAT(plan.summary.changes, testing::IsEmpty());
  EXPECT_EQ(plan.summary.mounts + plan.summary.files, 0U);
  EXPECT_THAT(plan.summary.reloads, testing::IsEmpty());
}

TEST(Hindered, NodesThatAreHinderedAlikeAreOneGroup) {
  Plan one = a_plan(), other = a_plan(), third = a_plan();
  hinder(one, {{FindingClass::left, "mount /install", Fact("missing"), {}}});
  hinder(other, {{FindingClass::left, "mount /install", Fact("missing"), {}}});
  hinder(third, {{FindingClass::left, "mount /install", Fact("denied"), {}}});
  EXPECT_EQ(one.summary.group, other.summary.group);
  EXPECT_NE(one.summary.group, third.summary.group);
}

}  // namespace
}  // namespace sn::agent
