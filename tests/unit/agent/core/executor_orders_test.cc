// Which orders an executor obeys.
#include "tests/unit/agent/core/executor_world.h"

namespace sn::agent {
namespace {

using testing::HasSubstr;

class ExecutorOrders : public ExecutorWorld {
 protected:
  void expect_refused(const wire::SignedOrder& order, FactCode why) {
    forget();
    verb(wire::OrderVerb{1, order});
    ASSERT_TRUE(told<wire::RebindReply>());
    EXPECT_FALSE(told<wire::RebindReply>()->accepted);
    EXPECT_TRUE(told<wire::RebindReply>()->refused.reason.is(why))
        << text_of(told<wire::RebindReply>()->refused.reason);
    EXPECT_EQ(core_.fence().generation, 0U) << "the fence was raised";
    EXPECT_TRUE(all<SpawnChild>().empty());
  }
  [[nodiscard]] size_t lines(std::string_view id) const {
    size_t count = 0;
    for (const auto& line : all<LogLine>()) count += line.id == id ? 1 : 0;
    return count;
  }
  // Each ends at once.
  void obey(uint64_t first, size_t count) {
    for (uint64_t generation = first; generation < first + count; ++generation) {
      rebind(generation);
      ASSERT_TRUE(told<wire::RebindReply>()->accepted) << generation;
      say(outcome_of(generation));
      gone();
    }
  }
};

TEST_F(ExecutorOrders, WhatNobodySignedChangesNothing) {
  start();
  wire::SignedOrder order = signed_order(rebind_of(7));
  order.signature.bytes[0] ^= 1;
  expect_refused(order, FactCode::order_not_signed);
  EXPECT_THAT(all<LogLine>().back().text, HasSubstr("not signed by this node's coordinator"));
  const net::CurveKeys thief = *net::CurveKeys::generate();
  expect_refused(signed_order(rebind_of(7), "cn001", kNonce, orders::OrderKey(thief)),
                 FactCode::order_not_signed);
}

// The fence lay in /run and went with it: what was signed before a reboot has no other bar.
TEST_F(ExecutorOrders, WhatWasSignedForAnEarlierStartIsNotObeyed) {
  start();
  expect_refused(signed_order(rebind_of(7), "cn001", "an earlier one"),
                 FactCode::order_of_earlier_start);
  expect_refused(orders::sign(key(), {{"cn001", "an earlier boot", kNonce, rebind_of(7)}}).front(),
                 FactCode::order_of_earlier_start);
}

TEST_F(ExecutorOrders, AnotherNodesIsNotObeyed) {
  start();
  expect_refused(signed_order(rebind_of(7), "cn002"), FactCode::another_node);
}

TEST_F(ExecutorOrders, RehearseAndClearAreJudgedAlike) {
  start();
  take(core_.on_trouble({"a mount is neither", ""}, std::nullopt, now_));
  forget();
  verb(wire::OrderVerb{5, signed_order(wire::Clear{}, "cn001", "an earlier one")});
  EXPECT_TRUE(all<SpawnChild>().empty());
  verb(wire::OrderVerb{
      5, signed_order(wire::Rehearse{{9, {"SN1P"}, "SN2P"}}, "cn001", "an earlier one")});
  EXPECT_TRUE(all<SpawnChild>().empty());
  ASSERT_TRUE(told<wire::PlanReply>());
  EXPECT_EQ(told<wire::PlanReply>()->request, 9U);
  EXPECT_TRUE(
      told<wire::PlanReply>()->plan.findings.front().reason.is(FactCode::order_of_earlier_start));
}

// Whoever has the session says what it likes, and the node's log lies in memory.
TEST_F(ExecutorOrders, TheLogIsNotFilledWithThem) {
  start();
  for (int i = 0; i < 10'000; ++i) {
    verb(wire::OrderVerb{1, signed_order(rebind_of(7), "cn001", "an earlier one")});
  }
  rebind(7);
  for (int i = 0; i < 1'000; ++i) rebind(6);
  EXPECT_EQ(lines("SN1035") + lines("SN1031"), static_cast<size_t>(kSessionLines));
}

TEST_F(ExecutorOrders, WhatIsNoOrderIsNone) {
  start();
  verb(wire::OrderVerb{1, {{"no order"}, 0, 1, {}, {}}});
  EXPECT_EQ(lines("SN1035"), 1U);
  EXPECT_FALSE(told<wire::RebindReply>());
  EXPECT_EQ(core_.fence().generation, 0U);
}
// Its child reads the directory anew, and says that it knows no such node.
TEST_F(ExecutorOrders, AServiceNodeThatIsNotInTheDirectoryRaisesNoFence) {
  start();
  rebind(7, "/etc/shadow");
  EXPECT_EQ(core_.fence().generation, 0U);
  say(wire::DirectoryRead{"directory", directory().service_nodes});
  say(outcome_of(7, Verdict::blocked));
  gone();
  EXPECT_EQ(core_.fence().generation, 0U);
  EXPECT_TRUE(all<StoreOutcome>().empty());
}

TEST_F(ExecutorOrders, OneThatIsNewThereCountsAtOnce) {
  start();
  for (uint32_t i = 0; i < 3 * kMostOrders; ++i) rebind(7, "SN9P");  // it is said again and again
  EXPECT_TRUE(told<wire::RebindReply>()->accepted);
  EXPECT_EQ(core_.fence().generation, 0U);
  say(wire::DirectoryRead{"mended", {"SN1P", "SN2P", "SN9P"}});
  EXPECT_EQ(core_.fence().generation, 7U);
  EXPECT_EQ(core_.fence().target, "SN9P");
  say(outcome_of(7));
  EXPECT_EQ(all<StoreOutcome>().size(), 1U);
}

// The last one that the node would obey.
TEST_F(ExecutorOrders, AnEpochThatNoCoordinatorHasIsNotTaken) {
  start();
  wire::Rebind rebind = rebind_of(7);
  rebind.epoch = ~uint64_t{0};
  expect_refused(signed_order(rebind), FactCode::generation_jumps);
  wire::Rehearse rehearse{{9, {"SN1P"}, "SN2P"}};
  rehearse.epoch = ~uint64_t{0};
  order(rehearse);
  wire::Clear clear;
  clear.epoch = ~uint64_t{0};
  order(clear);
  EXPECT_EQ(core_.fence().epoch, 0U);
}

TEST_F(ExecutorOrders, WhoWaitsForAClearHearsWhyItIsRefused) {
  start();
  take(core_.on_trouble({"a mount is neither", ""}, std::nullopt, now_));
  forget();
  verb(wire::OrderVerb{5, signed_order(wire::Clear{}, "cn001", "an earlier one")});
  ASSERT_TRUE(told<wire::ClearReply>());
  EXPECT_EQ(told<wire::ClearReply>()->request, 5U);
  EXPECT_THAT(text_of(told<wire::ClearReply>()->quarantine.reason),
              HasSubstr("for an earlier start of this agent"));
}

TEST_F(ExecutorOrders, WhatTheSiteDoesNotAllowIsRefusedInThePlanAlready) {
  start();
  wire::Rebind rebind = rebind_of(7);
  rebind.stuck = StuckPolicy::orphan;
  expect_refused(signed_order(rebind), FactCode::stuck_not_allowed);
  EXPECT_EQ(text_of(told<wire::RebindReply>()->refused.cure),
            "add \"orphan\" to allow_stuck in /etc/snagent/agent.toml on the node");
  wire::PlanVerb plan{5, {"SN1P"}, "SN2P"};
  plan.stuck = StuckPolicy::orphan;
  verb(plan);
  ASSERT_TRUE(told<wire::PlanReply>());
  EXPECT_TRUE(
      told<wire::PlanReply>()->plan.findings.front().reason.is(FactCode::stuck_not_allowed));
  rebind.stuck = StuckPolicy::kill;
  order(rebind);
  EXPECT_TRUE(told<wire::RebindReply>()->accepted);
}

TEST_F(ExecutorOrders, TenNewOnesInTenMinutesAreObeyed) {
  start();
  obey(1, kMostOrders);
  forget();
  rebind(kMostOrders);  // said again
  EXPECT_TRUE(told<wire::RebindReply>()->accepted);
  rebind(kMostOrders + 1);
  ASSERT_FALSE(told<wire::RebindReply>()->accepted);
  const Fact why = told<wire::RebindReply>()->refused.reason;
  EXPECT_TRUE(why.is(FactCode::too_many_orders_here));
  EXPECT_EQ(why.with().ms, static_cast<uint64_t>(kMostOrdersMs));
  EXPECT_EQ(core_.fence().generation, kMostOrders);
  now_ = now_ + kMostOrdersMs;
  rebind(kMostOrders + 1);
  EXPECT_TRUE(told<wire::RebindReply>()->accepted);
}

// ---------------------------------------------------------------- is the session alive?

class ExecutorWatchesSession : public ExecutorWorld {};

TEST_F(ExecutorWatchesSession, OneThatBeatsIsNotAsked) {
  start();
  for (int i = 0; i < 100; ++i) {
    wait(30'000);
    verb(wire::AliveVerb{});
    while (core_.job() != nullptr) {
      say(wire::InspectReply{});
      gone();
    }
  }
  EXPECT_FALSE(told<wire::StillThere>());
  EXPECT_TRUE(all<EndSession>().empty());
}

TEST_F(ExecutorWatchesSession, OneThatIsSilentIsAskedAndGoesOnIfItAnswers) {
  start();
  wait(kSessionSilentMs);
  EXPECT_TRUE(told<wire::StillThere>());
  verb(wire::AliveVerb{});
  wait(kSessionAnswerMs);
  EXPECT_TRUE(all<EndSession>().empty());
}

TEST_F(ExecutorWatchesSession, OneThatDoesNotAnswerIsReplaced) {
  start();
  wait(kSessionSilentMs);
  wait(kSessionAnswerMs - 1);
  EXPECT_TRUE(all<EndSession>().empty());
  wait(1);
  EXPECT_EQ(all<EndSession>().size(), 1U);
  EXPECT_TRUE(logged("SN1022"));
  take(core_.on_session_gone(now_));
  wait(kSessionRestartMs);
  EXPECT_EQ(all<StartSession>().size(), 1U);
}

// This process slept as long as that one: a machine that was suspended.
TEST_F(ExecutorWatchesSession, IsNotReplacedUnasked) {
  start();
  now_ = now_ + 3'600'000;
  tick();
  EXPECT_TRUE(all<EndSession>().empty());
  EXPECT_TRUE(told<wire::StillThere>());
  verb(wire::AliveVerb{});
  wait(kSessionAnswerMs);
  EXPECT_TRUE(all<EndSession>().empty());
}

}  // namespace
}  // namespace sn::agent
