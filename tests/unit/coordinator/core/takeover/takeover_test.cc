// The whole life of a takeover, from the command to the last late node.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Takeover, MovesEveryConnectedNodeAndEndsVerified) {
  World world;
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn001", "cn002", "cn003"));
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed);
  world.verify_each({"cn001", "cn002", "cn003"});
  const auto* answer = world.last_answer<TakeoverAnswer>();
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->takeover.state, TakeoverState::finished);
  EXPECT_EQ(answer->exit_code, 0);
  EXPECT_EQ(world.node("cn001").service_node(), "SN2P");
  EXPECT_THAT(world.present("cn001").still_to_leave(), IsEmpty());
}

TEST(Takeover, ADownNodeStaysPendingAndConvergesWhenItConnects) {
  World world;
  world.connect("cn001");
  world.connect("cn002");
  world.takeover();
  world.verify("cn001");
  world.verify("cn002");
  const auto* answer = world.last_answer<TakeoverAnswer>();
  EXPECT_EQ(answer->takeover.state, TakeoverState::finished);
  EXPECT_EQ(answer->exit_code, 5);
  EXPECT_THAT(text_of(answer->takeover.nodes.at("cn003").reason), HasSubstr("never seen"));
  world.told();

  world.advance(3 * 7 * 86'400'000LL);  // three weeks
  world.restart();
  world.connect("cn003");
  EXPECT_THAT(world.told(), ElementsAre("cn003"));
  world.verify("cn003");
  EXPECT_EQ(world.part(1, "cn003").verdict, Verdict::verified);
}

TEST(Takeover, ANodeThatMissedOneMoveLosesBothOldServiceNodesInTheNext) {
  World world;
  world.connect("cn001");
  world.takeover();  // cn002 and cn003 are down
  world.verify("cn001");
  world.told_.clear();
  world.takeover("SN2P", "SN3P");
  world.connect("cn002");
  ASSERT_FALSE(world.told_.empty());
  EXPECT_THAT(world.told_.back().from, ElementsAre("SN1P", "SN2P"));
  EXPECT_EQ(world.told_.back().to, "SN3P");
  EXPECT_THAT(world.told_.front().from, ElementsAre("SN2P"));  // cn001 had arrived
}

TEST(Takeover, RunAgainItOnlyTouchesWhatIsLeft) {
  World world;
  world.connect("cn001");
  world.connect("cn002");
  world.takeover();
  world.verify("cn001");
  world.outcome("cn002", Verdict::blocked, world.node("cn002").generation(), "SN2P");
  world.advance(61'000);
  world.connect("cn001", {{"SN2P", 9}});
  world.connect("cn002");
  world.told();
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  world.verify("cn002");
  world.connect("cn003");
  world.verify("cn003");
  world.takeover();
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("nothing to do"));
  EXPECT_THAT(world.told(), ElementsAre("cn003"));
}

TEST(Takeover, TypedAgainWhileItRunsItIsRefusedByTheFirstsName) {
  World world;
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover();
  world.told();
  world.takeover();
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.state_.takeovers.size(), 1U);
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(text_of(refusal->reason), "T1 is already moving cn[001-003]");
  EXPECT_THAT(text_of(refusal->cure), HasSubstr("snctl watch T1"));
  EXPECT_THAT(text_of(refusal->cure), HasSubstr("snctl abort T1"));
  world.verify_each({"cn001", "cn002", "cn003"});
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
}

TEST(Takeover, TypedAgainWhileItRunsItOnlyTouchesWhatHasEnded) {
  World world;
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover();
  world.verify("cn001");
  world.outcome("cn002", Verdict::blocked, world.node("cn002").generation(), "SN2P");
  world.told();
  auto look = world.takeover_of("SN1P");
  look.dry_run = true;
  world.begin(look);
  const auto* plan = world.last_answer<PlanAnswer>();
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->nodes, 1U);
  ASSERT_EQ(plan->under_way.size(), 1U);
  EXPECT_EQ(plan->under_way.front().takeover, "T1");
  EXPECT_THAT(plan->under_way.front().nodes, ElementsAre("cn003"));
  EXPECT_THAT(plan->strays, IsEmpty()) << "cn003 still names SN1P, and is on its way";
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  world.verify_each({"cn002", "cn003"});
  EXPECT_EQ(world.part(1, "cn003").verdict, Verdict::verified);
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
  EXPECT_EQ(world.state_.takeovers.at(2).state, TakeoverState::finished);
}

TEST(Takeover, OnOtherTermsTheNewerOneDecidesAndItsPlanSaysSo) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  world.takeover();
  world.verify("cn001");
  world.told();
  auto strict = world.takeover_of("SN1P");
  strict.strict = strict.dry_run = true;
  world.begin(strict);
  const auto* plan = world.last_answer<PlanAnswer>();
  ASSERT_NE(plan, nullptr);
  EXPECT_THAT(plan->under_way, IsEmpty());
  ASSERT_EQ(plan->taken_over.size(), 1U);
  EXPECT_THAT(plan->taken_over.front().nodes, ElementsAre("cn002"));
  strict.dry_run = false;
  world.begin(strict);
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  EXPECT_EQ(text_of(world.part(1, "cn002").reason), "taken over by T2");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
}

TEST(Takeover, ANodeOnItsWayFromElsewhereIsAStrayAllTheSame) {
  World world(2);
  world.connect("cn001");
  world.connect("cn002", {{"SN1P", 9}, {"SN3P", 2}});
  auto drill = world.takeover_of("SN1P", "SN3P");
  drill.planned = true;
  drill.nodes = {"cn001"};
  world.begin(drill, true);
  world.verify("cn001");
  world.takeover("SN1P");
  ASSERT_EQ(world.present("cn002").verdict, Verdict::pending);
  auto look = world.takeover_of("SN3P", "SN2P");
  look.dry_run = true;
  world.begin(look);
  const auto* plan = world.last_answer<PlanAnswer>();
  ASSERT_NE(plan, nullptr);
  ASSERT_EQ(plan->strays.size(), 1U);
  EXPECT_EQ(plan->strays.front().node, "cn002");
}

TEST(Takeover, NamesAnUnknownServiceNodeAndOneWithoutNodes) {
  World world;
  world.command(world.takeover_of("SN9P"));
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("SN9P"));
  world.command(world.takeover_of("SN3P"));
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("no node is on SN3P"));
}

TEST(Takeover, ANodeWithoutABackupIsNamedAndDoesNotStopTheOthers) {
  World world;
  world.cluster_.nodes["cn002"] = {"SN1P"};
  world.restart();
  world.connect("cn001");
  world.connect("cn002");
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  const auto& node = world.part(1, "cn002");
  EXPECT_EQ(node.verdict, Verdict::blocked);
  EXPECT_THAT(text_of(node.reason), HasSubstr("no backup"));
  EXPECT_EQ(world.node("cn002").service_node(), "SN1P");
}

TEST(Takeover, RefusesAFailedTarget) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.command(world.takeover_of("SN2P", "SN1P"));
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("marked failed"));
}

TEST(Takeover, ANodeThatReportsAThirdServiceNodeIsHeld) {
  World world;
  world.connect("cn001");
  world.connect("cn002", {{"SN3P", 9}});
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  EXPECT_EQ(world.present("cn002").state, AssignmentState::held);
  EXPECT_EQ(world.node("cn002").service_node(), "SN1P");
}

TEST(Takeover, ShowsNodesThatNameTheServiceNodeWithoutBelongingToIt) {
  World world;
  world.cluster_.nodes["cn003"] = {"SN3P", "SN2P"};
  world.restart();
  world.connect("cn001");
  world.connect("cn003", {{"SN1P", 1}, {"SN3P", 8}});
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  ASSERT_EQ(world.state_.takeovers.at(1).strays.size(), 1U);
  EXPECT_EQ(world.state_.takeovers.at(1).strays.front().node, "cn003");
}

// What a cure says where it would name hundreds.
TEST(Takeover, TheRestIsWhatAnOlderTakeoverLeftWhereItWas) {
  World world(3);
  world.connect_each({"cn001", "cn002"});
  auto some = world.takeover_of("SN1P");
  some.nodes = {"cn001", "cn003"};
  world.begin(some);
  world.verify("cn001");
  world.clear("SN1P");
  world.connect("cn003");
  ASSERT_EQ(world.present("cn003").verdict, Verdict::held);
  auto rest = world.takeover_of("SN1P");
  rest.rest = rest.planned = true;
  world.told_.clear();
  world.begin(rest, true);
  EXPECT_THAT(world.told(), ElementsAre("cn003"));
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::up)
      << "cn002 stays on it";
}

TEST(Takeover, AMistypedServiceNodeIsNamed) {
  World world(1);
  world.command(world.takeover_of("sn1p"));
  EXPECT_EQ(text_of(world.last_answer<RefusalAnswer>()->cure),
            "did you mean SN1P? The inventory has: SN1P SN2P SN3P");
  world.command(world.takeover_of("nfsha"));
  EXPECT_EQ(text_of(world.last_answer<RefusalAnswer>()->cure), "the inventory has: SN1P SN2P SN3P");
}

// Whoever begins to look on sees where it is, and does not wait for the next thing to happen.
TEST(Takeover, WatchShowsThePresentStateAtOnce) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  world.takeover();
  world.verify("cn001");
  world.advance(5'000);
  world.replies_.clear();
  world.command(WatchCommand{"T1"}, 7);
  const auto* progress = world.last_answer<ProgressAnswer>();
  ASSERT_NE(progress, nullptr);
  EXPECT_EQ(progress->done, 1U);
  EXPECT_EQ(progress->of, 2U);
  EXPECT_EQ(progress->slowest, "cn002") << "the one that is waited for";
  EXPECT_EQ(progress->slowest_ended_unix_ms, 0);
  EXPECT_NE(progress->slowest_told_unix_ms, 0);
}

// `show T1` never says: snctl show T1.
TEST(Takeover, ASilentNodeHasACureThatLeadsSomewhere) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  // It lives and says nothing of its order.
  for (int i = 0; i < 70; ++i) {
    world.advance(1'000);
    world.from("cn001", wire::Beat{});
  }
  const Assignment& part = world.part(1, "cn001");
  ASSERT_NE(world.state_.takeovers.at(1).finished_unix_ms, 0);
  EXPECT_EQ(text_of(part.reason), "no answer for 60 s");
  EXPECT_EQ(text_of(part.cure), "xdsh cn001 systemctl status snagentd");
}

}  // namespace
}  // namespace sn::coordinator
