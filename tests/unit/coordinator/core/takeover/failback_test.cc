// snctl failback: who goes back, to where, and who does not.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class FailbackTest : public testing::Test {
 public:
  FailbackTest() {
    world_.connect_each({"cn001", "cn002"});
    auto command = world_.takeover_of("SN1P");
    command.planned = true;
    world_.begin(command, true);
    world_.verify_each({"cn001", "cn002"});
    world_.told_.clear();
  }
  TakeoverCommand back() { return world_.failback_of(1, "SN2P"); }

  World world_{3};  // the third is down
};

TEST_F(FailbackTest, SendsEachBackWithTheGenerationThatIsTakenBack) {
  const uint64_t generation = world_.node("cn001").generation();
  world_.begin(back(), true);
  ASSERT_THAT(world_.told_, SizeIs(2));
  const wire::Rebind& told = world_.told_.front();
  EXPECT_EQ(told.to, "SN1P");
  EXPECT_THAT(told.from, ElementsAre("SN2P"));
  EXPECT_EQ(told.undo, generation);
  EXPECT_GT(told.generation, generation);
  // What the planned takeover had put into maintenance is up again.
  EXPECT_EQ(world_.state_.service_nodes.at("SN1P").state, ServiceNodeState::up);
  world_.verify_each({"cn001", "cn002"});
  const Takeover& t2 = world_.state_.takeovers.at(2);
  EXPECT_EQ(t2.undoes, 1U);
  EXPECT_EQ(t2.from, "SN2P");
  EXPECT_EQ(t2.state, TakeoverState::finished);
}

TEST_F(FailbackTest, ANodeThatWasDownAllTheTimeIsNotHeldWhenItReturns) {
  world_.begin(back(), true);
  world_.verify_each({"cn001", "cn002"});
  world_.told_.clear();
  world_.connect("cn003");  // names SN1P, where it belongs again
  ASSERT_THAT(world_.told_, SizeIs(1));
  EXPECT_EQ(world_.told_.front().to, "SN1P");
  world_.verify("cn003");
  EXPECT_EQ(world_.present("cn003").verdict, Verdict::verified);
}

TEST_F(FailbackTest, IsRefusedToAFailedServiceNode) {
  world_.state_.service_nodes.at("SN1P").state = ServiceNodeState::failed;
  world_.restart();
  for (const char* node : {"cn001", "cn002"}) world_.connect(node, {{"SN2P", 9}});
  world_.command(back());
  const auto* refusal = world_.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_THAT(text_of(refusal->reason), HasSubstr("SN1P is itself marked failed"));
  EXPECT_THAT(text_of(refusal->cure), HasSubstr("snctl sn clear SN1P"));
}

TEST_F(FailbackTest, LeavesAloneWhoWasMovedSince) {
  auto drill = world_.takeover_of("SN2P", "SN3P");
  drill.planned = true;
  drill.nodes = {"cn002"};
  world_.begin(drill, true);
  world_.verify("cn002");
  world_.told_.clear();
  auto look = back();
  look.dry_run = true;
  world_.begin(look, true);
  EXPECT_THAT(world_.last_answer<PlanAnswer>()->left_alone, ElementsAre("cn002"));
  world_.begin(back(), true);
  ASSERT_THAT(world_.told_, SizeIs(1));
  EXPECT_EQ(world_.told_.front().node, "cn001");
}

// T1 and T2 are at it, T3 was aborted before cn001 heard of it, and T4 arrived.
TEST(Failback, OfATakeoverThatWasGivenBackFindsNothing) {
  World world(1);
  const auto strictly = [&](bool strict) {
    auto command = world.takeover_of("SN1P");
    command.strict = strict;
    world.begin(command);
  };
  strictly(false);
  strictly(true);
  strictly(false);
  world.command(AbortCommand{"T3", "root"}, 2);
  ASSERT_EQ(world.present("cn001").takeover, 2U);
  strictly(false);
  world.connect("cn001");
  world.verify("cn001");
  ASSERT_EQ(world.present("cn001").takeover, 4U);
  world.clear("SN1P");
  world.command(world.failback_of(3, "SN2P"));
  ASSERT_NE(world.last_answer<RefusalAnswer>(), nullptr);
  EXPECT_TRUE(world.last_answer<RefusalAnswer>()->reason.is(FactCode::nothing_to_take_back));
  // What T4 went on with is the way back, to its beginning.
  world.told();
  world.begin(world.failback_of(1, "SN2P"), true);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  EXPECT_EQ(world.node("cn001").service_node(), "SN1P");
}

TEST_F(FailbackTest, OfAFailbackPutsEverythingForwardAgain) {
  world_.begin(back(), true);
  world_.verify_each({"cn001", "cn002"});
  const uint64_t generation = world_.node("cn001").generation();
  world_.told_.clear();
  world_.begin(world_.failback_of(2, "SN1P"), true);
  ASSERT_FALSE(world_.told_.empty());
  EXPECT_EQ(world_.told_.front().to, "SN2P");
  EXPECT_EQ(world_.told_.front().undo, generation);
}

// Found by the simulator, seed 451: somebody typed the takeover again, on other terms, and the
// second one's nodes were already on their way.
TEST(FailbackOfTheSecondOfTwo, GoesBackToWhereTheNodesWereBeforeTheFirst) {
  World world(1);
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.planned = true;
  world.begin(command, true);
  command.strict = true;
  world.begin(command, true);
  world.verify("cn001");
  ASSERT_EQ(takeover_id_of(world.present("cn001")), "T2");
  world.told_.clear();
  auto back = world.failback_of(2, "SN2P");
  world.begin(back, true);
  ASSERT_THAT(world.told_, SizeIs(1));
  EXPECT_EQ(world.told_.front().to, "SN1P");
  EXPECT_THAT(world.told_.front().from, ElementsAre("SN2P"));
}

// Its takeover only went on with what the first had begun: both are taken back.
TEST(FailbackOfARerun, TakesBackBothByEitherName) {
  for (const uint64_t number : {1, 2}) {
    World world(2);
    world.connect_each({"cn001", "cn002"});
    world.takeover("SN1P");
    const uint64_t first = world.node("cn001").generation();
    world.outcome("cn001", Verdict::partly, first, "SN2P");
    world.verify("cn002");
    world.takeover("SN1P");
    world.verify("cn001");
    ASSERT_EQ(takeover_id_of(world.present("cn001")), "T2");
    world.clear("SN1P");
    world.told_.clear();
    world.begin(world.failback_of(number, "SN2P"), true);
    ASSERT_THAT(world.told_, SizeIs(number == 1 ? 2 : 1));
    EXPECT_EQ(world.told_.front().node, "cn001");
    EXPECT_EQ(world.told_.front().to, "SN1P");
    EXPECT_EQ(world.told_.front().undo, first);
  }
}

// A node that was on its way elsewhere when the second one came may have arrived there first.
TEST(FailbackAcrossTwoTargets, LeavesWhatItWasOnItsWayTo) {
  World world(1);
  world.connect("cn001");
  world.takeover("SN1P");
  const uint64_t first = world.node("cn001").generation();
  world.takeover("SN1P", "SN3P");
  world.verify("cn001");
  world.clear("SN1P");
  world.told_.clear();
  world.begin(world.failback_of(2, "SN3P"), true);
  ASSERT_THAT(world.told_, SizeIs(1));
  const wire::Rebind& told = world.told_.front();
  EXPECT_EQ(told.to, "SN1P");
  EXPECT_THAT(told.from, UnorderedElementsAre("SN2P", "SN3P"));
  EXPECT_EQ(told.undo, first) << "everything since";
}

TEST_F(FailbackTest, OfOneNodeLeavesTheMaintenanceOfTheOthers) {
  auto one = back();
  one.nodes = {"cn001"};
  world_.begin(one, true);
  ASSERT_THAT(world_.told_, SizeIs(1));
  EXPECT_EQ(world_.state_.service_nodes.at("SN1P").state, ServiceNodeState::maintenance);
}

TEST(FailbackWithAPartlyMovedNode, GoesBackToWhereItWasMovedTo) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  world.takeover("SN1P");
  world.verify("cn001");
  world.outcome("cn002", Verdict::partly, world.node("cn002").generation(), "SN2P");
  auto second = world.takeover_of("SN2P", "SN3P");
  second.planned = true;
  world.begin(second, true);
  world.verify_each({"cn001", "cn002"});
  world.told_.clear();
  auto command = world.failback_of(2, "SN3P");
  world.begin(command, true);
  ASSERT_THAT(world.told_, SizeIs(2));
  for (const auto& told : world.told_) EXPECT_EQ(told.to, "SN2P");
}

TEST_F(FailbackTest, TypedAgainWhileItRunsItIsRefusedByTheFirstsName) {
  world_.begin(back(), true);
  world_.verify("cn001");
  world_.command(back());
  const auto* refusal = world_.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(text_of(refusal->reason), "T2 is already moving cn[002-003]");
  EXPECT_THAT(text_of(refusal->cure), HasSubstr("snctl watch T2"));
}

// As every command says it that names one.
TEST_F(FailbackTest, OfATakeoverThatNeverWasIsRefused) {
  world_.command(world_.failback_of(9, "SN2P"));
  const auto* refusal = world_.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(text_of(refusal->reason), "no takeover 'T9'");
  EXPECT_EQ(refusal->exit_code, 3);
}

TEST_F(FailbackTest, ThereIsNothingToTakeBackTwice) {
  world_.begin(back(), true);
  world_.verify_each({"cn001", "cn002"});
  world_.command(back());
  EXPECT_THAT(text_of(world_.last_answer<RefusalAnswer>()->reason),
              HasSubstr("nothing of T1 is left"));
}

// ---------------------------------------------------------------- snctl failback SN1P

TakeoverCommand back_to(World& world, const std::string& home, const std::string& from) {
  TakeoverCommand command = world.takeover_of("");
  world.leaving_ = from;
  command.back_to = home;
  return command;
}

// One evening: three takeovers, and each node went its own way.
TEST(FailbackToAServiceNode, TakesEverythingBackThatWasMovedOffIt) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  auto first = world.takeover_of("SN1P");
  first.nodes = {"cn001"};
  world.begin(first);
  world.verify("cn001");
  const uint64_t generation = world.node("cn001").generation();
  auto second = world.takeover_of("SN1P", "SN3P");
  second.nodes = {"cn002"};
  world.begin(second);
  world.verify("cn002");
  // This one moves on from there.
  auto third = world.takeover_of("SN2P", "SN3P");
  world.begin(third);
  world.verify("cn001");
  for (const char* sn : {"SN1P", "SN2P"}) world.clear(sn);
  world.told_.clear();
  world.begin(back_to(world, "SN1P", "SN3P"), true);
  ASSERT_THAT(world.told_, SizeIs(2)) << "cn003 never left";
  for (const auto& told : world.told_) {
    EXPECT_EQ(told.to, "SN1P");
    if (told.node == "cn001") {
      EXPECT_EQ(told.undo, generation) << "all that was done since";
      EXPECT_THAT(told.from, UnorderedElementsAre("SN3P", "SN2P"));
    }
  }
  world.verify_each({"cn001", "cn002"});
  const Takeover& back = world.state_.takeovers.at(4);
  EXPECT_EQ(back.back_to, "SN1P");
  EXPECT_EQ(back.undoes, 3U);
  EXPECT_EQ(back.state, TakeoverState::finished);
  for (const char* node : {"cn001", "cn002", "cn003"}) {
    EXPECT_EQ(world.node(node).service_node(), "SN1P");
  }
}

TEST(FailbackToAServiceNode, HasNothingToDoWhereNobodyLeft) {
  World world(1);
  world.connect("cn001");
  world.command(back_to(world, "SN1P", ""));
  EXPECT_EQ(text_of(world.last_answer<RefusalAnswer>()->reason),
            "no node was moved off SN1P, or each is back already");
  world.command(back_to(world, "sn2", ""));
  EXPECT_EQ(text_of(world.last_answer<RefusalAnswer>()->reason), "no service node 'sn2'");
  EXPECT_EQ(text_of(world.last_answer<RefusalAnswer>()->cure),
            "did you mean SN2P? The inventory has: SN1P SN2P SN3P");
}

TEST(FailbackToAServiceNode, IsRefusedWhileItIsFailed) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.command(back_to(world, "SN1P", "SN2P"));
  EXPECT_EQ(text_of(world.last_answer<RefusalAnswer>()->cure),
            "when it is well again: snctl sn clear SN1P; then snctl failback SN1P");
}

// The first one put it into maintenance, the second one took the rest.
TEST(FailbackToAServiceNode, GoesBackToWhatAnyTakeoverOfItPutIntoMaintenance) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  auto first = world.takeover_of("SN1P");
  first.planned = true;
  first.without = {"cn002"};
  world.begin(first);
  world.verify("cn001");
  ASSERT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::maintenance);
  auto rest = world.takeover_of("SN1P");
  rest.planned = true;
  rest.nodes = {"cn002"};
  world.begin(rest);
  world.verify("cn002");
  world.told_.clear();
  world.begin(back_to(world, "SN1P", "SN2P"), true);
  EXPECT_THAT(world.told_, SizeIs(2));
  world.verify_each({"cn001", "cn002"});
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::up);
}

TEST(FailbackToAServiceNode, WaitsForWhatStillRuns) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  world.takeover();
  world.verify("cn001");
  world.command(back_to(world, "SN1P", "SN2P"));
  EXPECT_EQ(text_of(world.last_answer<RefusalAnswer>()->reason), "T1 still runs");
}

TEST(FailbackToAServiceNode, TypedTwiceIsUnderWay) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.clear("SN1P");
  world.begin(back_to(world, "SN1P", "SN2P"), true);
  world.begin(back_to(world, "SN1P", "SN2P"), true);
  EXPECT_EQ(world.state_.takeovers.size(), 2U);
  EXPECT_EQ(text_of(world.last_answer<RefusalAnswer>()->reason), "T2 is already moving cn001");
}

}  // namespace
}  // namespace sn::coordinator
