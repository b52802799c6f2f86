#include "coordinator/core/node_record.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "coordinator/core/takeover/filing.h"
#include "coordinator/core/takeover/way_back.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// cn001, which the inventory puts under SN1P.
NodeRecord of_the_inventory() {
  NodeRecord node;
  node.node = "cn001";
  Assignment first;
  first.node = "cn001";
  first.serial = 1;
  first.to = "SN1P";
  node.put(first);
  return node;
}

// Under the takeover's number as its generation.
Assignment& assign(NodeRecord& node, uint64_t takeover, const std::string& to,
                   Verdict verdict = Verdict::verified) {
  Assignment one;
  one.node = node.node;
  one.serial = node.next_serial();
  one.takeover = takeover;
  one.generation = takeover;
  one.to = to;
  one.from = {node.service_node()};
  one.state = AssignmentState::released;
  one.verdict = verdict;
  one.arrived = verdict == Verdict::verified;
  node.put(one);
  return node.assignments.back();
}

// It reports what nobody expected.
void hold(NodeRecord& node, uint64_t takeover) {
  Assignment& held = assign(node, takeover, "", Verdict::held);
  held.state = AssignmentState::held;
  held.generation = 0;
}

// As an abort does (Verdicts::give_back).
void give_back(NodeRecord& node, uint64_t generation) {
  Assignment back = *node.before(node.present());
  back.restores = node.original(back)->serial;
  if (!back.is_settled()) {
    back.state = AssignmentState::held;
    back.verdict = Verdict::held;
  }
  back.serial = node.next_serial();
  back.generation = generation;
  node.put(back);
}

// `one`, as it stands in another history: serials differ, nothing else does.
Assignment with_serial(Assignment one, const Assignment& other) {
  one.serial = other.serial;
  one.restores = one.restores == 0 ? 0 : other.restores;
  return one;
}

void forget(NodeRecord& node, uint64_t takeover) {
  Forgetting forgotten = forgetting(node, takeover);
  for (auto& bare : forgotten.bare) node.put(std::move(bare));
  for (const uint32_t serial : forgotten.dropped) node.drop(serial);
}

TEST(NodeRecord, IsWhereItsNewestAssignmentPutIt) {
  NodeRecord node = of_the_inventory();
  EXPECT_EQ(node.service_node(), "SN1P");
  EXPECT_EQ(node.generation(), 0U);
  assign(node, 1, "SN2P");
  EXPECT_EQ(node.service_node(), "SN2P");
  EXPECT_EQ(node.generation(), 1U);
  EXPECT_EQ(node.part_of(1)->to, "SN2P");
  EXPECT_EQ(node.part_of(2), nullptr);
  EXPECT_EQ(node.service_node_before(node.present()), "SN1P");
}

TEST(NodeRecord, WhatTookNoEffectIsOnRecordOnly) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  assign(node, 2, "", Verdict::blocked).state = AssignmentState::without_effect;
  EXPECT_EQ(node.present().takeover, 1U);
  EXPECT_EQ(node.part_of(2)->verdict, Verdict::blocked);
  assign(node, 3, "SN3P");
  EXPECT_EQ(node.before(node.present())->takeover, 1U);
}

TEST(NodeRecord, WhoLeftTheTableIsOnRecordForItsTakeovers) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "", Verdict::blocked).state = AssignmentState::without_effect;
  EXPECT_TRUE(node.in_table());
  Assignment left;
  left.node = node.node;
  left.serial = node.next_serial();
  left.state = AssignmentState::gone;
  node.put(left);
  EXPECT_FALSE(node.in_table());
  EXPECT_EQ(node.part_of(1)->verdict, Verdict::blocked);
  EXPECT_EQ(node.service_node_before(*node.part_of(1)), "SN1P");
  forget(node, 1);
  EXPECT_THAT(node.assignments, IsEmpty());
}

TEST(NodeRecord, WhatOnlyHoldsItLeavesItWhereItWas) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  hold(node, 2);
  EXPECT_EQ(node.present().takeover, 2U);
  EXPECT_EQ(node.service_node(), "SN2P");
  EXPECT_EQ(node.generation(), 1U);
  EXPECT_EQ(node.service_node_before(node.present()), "SN2P");
  EXPECT_TRUE(way_back(node).home.empty());
}

TEST(NodeRecord, AnAbortAppendsWhatWasInEffectBefore) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  assign(node, 2, "SN3P", Verdict::held);
  give_back(node, 3);
  EXPECT_EQ(node.service_node(), "SN2P");
  EXPECT_EQ(node.generation(), 3U);
  EXPECT_EQ(node.present().takeover, 1U);
  EXPECT_EQ(node.part_of(1), &node.present()) << "the newest of T1";
  EXPECT_EQ(node.part_of(2)->to, "SN3P") << "what T2 had decided stays on record";
  EXPECT_EQ(node.service_node_before(node.present()), "SN1P") << "what T1 had replaced";
  // Once more, onto what was given back.
  assign(node, 4, "SN3P", Verdict::held);
  give_back(node, 5);
  EXPECT_EQ(node.present().restores, 2U);
  EXPECT_EQ(node.service_node_before(node.present()), "SN1P");
  const WayBack way = way_back(node);
  EXPECT_EQ(way.home, "SN1P");
  EXPECT_EQ(way.undo, 1U) << "the node knows it under its first generation";
  EXPECT_THAT(way.takeovers, ElementsAre(1));
}

TEST(NodeRecord, TheWayBackEndsWhereItHadArrived) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  assign(node, 2, "SN3P");
  const WayBack way = way_back(node);
  EXPECT_EQ(way.home, "SN2P");
  EXPECT_EQ(way.undo, 2U);
  EXPECT_THAT(way.takeovers, ElementsAre(2));
  EXPECT_THAT(way.from, IsEmpty());
}

TEST(NodeRecord, TheWayBackLeadsOverWhatHadNotArrived) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P", Verdict::pending);
  assign(node, 2, "SN3P").from = {"SN1P", "SN2P"};
  const WayBack way = way_back(node);
  EXPECT_EQ(way.home, "SN1P");
  EXPECT_EQ(way.undo, 1U);
  EXPECT_THAT(way.takeovers, ElementsAre(1, 2));
  EXPECT_THAT(way.from, ElementsAre("SN2P"));
}

TEST(Forgetting, LeavesNothingOfWhatNobodyRefersTo) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  assign(node, 2, "SN3P");
  assign(node, 3, "SN2P");
  forget(node, 1);
  // T2 came from what T1 had made of it.
  ASSERT_EQ(node.assignments.size(), 3U);
  EXPECT_EQ(node.assignments.front().takeover, 0U);
  EXPECT_EQ(node.service_node_before(*node.part_of(2)), "SN2P");
  forget(node, 2);
  ASSERT_EQ(node.assignments.size(), 2U);
  EXPECT_EQ(node.service_node_before(node.present()), "SN3P");
  EXPECT_EQ(way_back(node).home, "SN3P");
}

TEST(Forgetting, KeepsWhatAnAbortGaveBack) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  assign(node, 2, "SN3P", Verdict::held);
  give_back(node, 3);
  forget(node, 2);
  EXPECT_EQ(node.part_of(2), nullptr);
  EXPECT_EQ(node.service_node_before(node.present()), "SN1P");
  EXPECT_EQ(way_back(node).undo, 1U);
}

TEST(Forgetting, NeverMovesANode) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  hold(node, 2);
  assign(node, 3, "", Verdict::blocked).state = AssignmentState::without_effect;
  for (const uint64_t takeover : {3, 1}) {
    forget(node, takeover);
    EXPECT_EQ(node.service_node(), "SN2P");
    EXPECT_EQ(node.generation(), 1U);
    EXPECT_EQ(node.present().takeover, 2U);
  }
}

TEST(NodeRecord, TheWayBackPassesWhatOnlyHeldIt) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  hold(node, 2);
  assign(node, 3, "SN3P");
  WayBack way = way_back(node);
  EXPECT_EQ(way.home, "SN2P") << "it had arrived there, whatever held it since";
  EXPECT_EQ(way.undo, 3U);
  EXPECT_THAT(way.takeovers, ElementsAre(3));

  NodeRecord late = of_the_inventory();
  assign(late, 1, "SN2P", Verdict::pending);
  hold(late, 2);
  assign(late, 3, "SN3P").from = {"SN1P", "SN2P"};
  forget(late, 2);
  way = way_back(late);
  EXPECT_EQ(way.home, "SN1P") << "it was never on SN2P, whoever is forgotten";
  EXPECT_THAT(way.takeovers, ElementsAre(1, 3));
}

TEST(NodeRecord, AHoldThatIsGivenBackDecidesNothing) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  hold(node, 2);
  assign(node, 3, "SN3P", Verdict::held);
  give_back(node, 4);
  EXPECT_EQ(node.present().takeover, 2U);
  EXPECT_TRUE(node.present().to.empty());
  EXPECT_EQ(node.service_node(), "SN2P");
  EXPECT_EQ(node.generation(), 4U) << "what T3's order says is its past";
  assign(node, 5, "SN3P");
  const WayBack way = way_back(node);
  EXPECT_EQ(way.home, "SN2P");
  EXPECT_EQ(way.undo, 5U);
}

// What was given back is not taken for what was in effect, when what gave it back is forgotten.
TEST(Forgetting, OfWhatWasGivenBackLeavesTheWayAsItWas) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  assign(node, 2, "SN3P", Verdict::held);
  give_back(node, 3);
  hold(node, 4);
  assign(node, 5, "SN3P");
  for (const uint64_t takeover : {1, 4}) {
    forget(node, takeover);
    EXPECT_EQ(way_back(node).home, "SN2P");
    EXPECT_EQ(node.part_of(2)->to, "SN3P");
  }
}

TEST(NodeRecord, InPlayIsWhatCanBeThePresentOneAgain) {
  NodeRecord node = of_the_inventory();
  assign(node, 1, "SN2P");
  assign(node, 2, "SN3P");
  EXPECT_THAT(node.takeovers_in_play(), ElementsAre(1, 2)) << "an abort gives T1's back";
  hold(node, 3);
  EXPECT_THAT(node.takeovers_in_play(), ElementsAre(1, 2, 3)) << "an outcome of T2's lifts it";
  assign(node, 4, "SN1P");
  EXPECT_THAT(node.takeovers_in_play(), ElementsAre(2, 3, 4));
}

TEST(Forgetting, StaysSmallHoweverOftenItIsHeldOrGivenBack) {
  NodeRecord held = of_the_inventory();
  NodeRecord drilled = of_the_inventory();
  assign(held, 1, "SN2P");
  assign(drilled, 1, "SN2P");
  uint64_t generation = 10'000;
  for (uint64_t takeover = 2; takeover <= 500; ++takeover) {
    hold(held, takeover);
    assign(drilled, takeover, "SN3P", Verdict::held);
    give_back(drilled, ++generation);
    if (takeover <= 12) continue;
    forget(held, takeover - 10);
    forget(drilled, takeover - 10);
    EXPECT_LE(held.assignments.size(), 15U);
    EXPECT_LE(drilled.assignments.size(), 25U);
  }
  EXPECT_EQ(held.service_node(), "SN2P");
  EXPECT_EQ(way_back(drilled).undo, 1U);
}

TEST(Forgetting, StaysSmallHoweverOftenItIsMoved) {
  NodeRecord node = of_the_inventory();
  for (uint64_t takeover = 1; takeover <= 1'000; ++takeover) {
    assign(node, takeover, takeover % 2 == 0 ? "SN1P" : "SN2P");
    if (takeover > 10) forget(node, takeover - 10);
    EXPECT_LE(node.assignments.size(), 12U);
  }
}

// One that forgets all but a few takeovers, beside one that forgets none: whatever happens to the
// node, they say the same.
TEST(Forgetting, ChangesNoAnswerAboutWhatIsKnown) {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    std::mt19937 random(seed);
    NodeRecord few = of_the_inventory();
    NodeRecord all = few;
    std::set<uint64_t> known;
    uint64_t generation = 1'000;
    for (uint64_t takeover = 1; takeover <= 40; ++takeover) {
      const auto what = random() % 6;
      const auto verdict = random() % 2 == 0 ? Verdict::verified : Verdict::pending;
      const std::string to = "SN" + std::to_string(1 + random() % 3) + "P";
      ++generation;
      const bool is_decision =
          few.present().takeover != 0 && !few.present().to.empty() && few.present().restores == 0;
      for (NodeRecord* node : {&few, &all}) {
        if (what == 0) {
          assign(*node, takeover, "", Verdict::blocked).state = AssignmentState::without_effect;
        } else if (what == 1) {
          hold(*node, takeover);
        } else if (what == 2 && is_decision) {
          give_back(*node, generation);
        } else {
          assign(*node, takeover, to, verdict);
        }
      }
      known.insert(takeover);
      const auto in_play = few.takeovers_in_play();
      for (const uint64_t old : std::set<uint64_t>(known)) {
        // Some are named by a service node's state for long.
        if (old + 4 > takeover || old % 5 == seed % 5 || in_play.contains(old)) continue;
        forget(few, old);
        known.erase(old);
      }
      ASSERT_EQ(few.service_node(), all.service_node()) << seed;
      ASSERT_EQ(few.generation(), all.generation()) << seed;
      for (const uint64_t one : known) {
        const Assignment* part = all.part_of(one);
        ASSERT_EQ(few.part_of(one) == nullptr, part == nullptr) << seed;
        if (part == nullptr) continue;
        ASSERT_EQ(*few.part_of(one), with_serial(*part, *few.part_of(one))) << seed;
        ASSERT_EQ(few.service_node_before(*few.part_of(one)), all.service_node_before(*part))
            << seed;
      }
      const WayBack way = way_back(all);
      const bool is_known = std::all_of(way.takeovers.begin(), way.takeovers.end(),
                                        [&](uint64_t one) { return known.contains(one); });
      if (!is_known) continue;
      ASSERT_EQ(way_back(few).home, way.home) << seed;
      ASSERT_EQ(way_back(few).undo, way.undo) << seed;
    }
    ASSERT_LE(few.assignments.size(), 60U) << seed;
  }
}

// The same of what goes to the files: every way back stays, however far back it leads.
TEST(TakeoversNeeded, AreAllThatAWayBackLeadsThrough) {
  size_t forgotten = 0;
  for (unsigned seed = 1; seed <= 500; ++seed) {
    std::mt19937 random(seed);
    NodeRecord few = of_the_inventory();
    NodeRecord all = few;
    std::set<uint64_t> known;
    for (uint64_t takeover = 1; takeover <= 30; ++takeover) {
      const auto what = random() % 8;
      const auto verdict = random() % 3 != 0 ? Verdict::verified : Verdict::partly;
      const std::string to = "SN" + std::to_string(1 + random() % 4) + "P";
      const bool is_decision =
          few.present().takeover != 0 && !few.present().to.empty() && few.present().restores == 0;
      for (NodeRecord* node : {&few, &all}) {
        if (what == 0) {
          hold(*node, takeover);
        } else if (what == 1 && is_decision) {
          give_back(*node, 1'000 + takeover);
        } else {
          assign(*node, takeover, to, verdict);
        }
      }
      known.insert(takeover);
      const auto needed = takeovers_needed(few);
      for (const uint64_t old : std::set<uint64_t>(known)) {
        if (old + 3 > takeover || needed.contains(old)) continue;
        forget(few, old);
        known.erase(old);
        ++forgotten;
      }
      ASSERT_EQ(few.service_node(), all.service_node()) << seed;
      ASSERT_EQ(few.generation(), all.generation()) << seed;
      const WayBack way = way_back(all);
      ASSERT_EQ(way_back(few).home, way.home) << seed << ' ' << takeover;
      ASSERT_EQ(way_back(few).undo, way.undo) << seed << ' ' << takeover;
      ASSERT_EQ(way_back(few).from, way.from) << seed << ' ' << takeover;
      for (const char* home : {"SN1P", "SN2P", "SN3P", "SN4P"}) {
        ASSERT_EQ(way_back_to(few, home).home, way_back_to(all, home).home) << seed;
        ASSERT_EQ(way_back_to(few, home).undo, way_back_to(all, home).undo) << seed;
        ASSERT_EQ(way_back_to(few, home).from, way_back_to(all, home).from) << seed;
      }
    }
  }
  EXPECT_GT(forgotten, 5'000U);
}

}  // namespace
}  // namespace sn::coordinator
