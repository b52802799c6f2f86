// snctl abort, resume and failback.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Abort, GivesBackWhoWasNotToldAndSaysWhoFinishes) {
  World world(4);
  for (const char* node : {"cn001", "cn002", "cn003"}) world.connect(node);
  auto command = world.takeover_of("SN1P");
  command.waves = {1, 1, 5};
  world.command(command);
  world.answer_preflight();
  const uint64_t generation = world.state_.rows.at("cn001").generation;
  world.command(AbortCommand{"T1", "root"}, 2);
  const auto* done = world.last_answer<DoneAnswer>();
  ASSERT_NE(done, nullptr);
  EXPECT_THAT(done->text, HasSubstr("still where they were: 3 nodes (cn[002-004])."));
  EXPECT_THAT(done->text, HasSubstr("and finishing: 1 node (cn001)."));
  for (const char* node : {"cn002", "cn004"}) {
    const Row& row = world.state_.rows.at(node);
    EXPECT_EQ(row.service_node, "SN1P");
    EXPECT_EQ(row.state, RowState::observed);
    EXPECT_GT(row.generation, generation);
  }
  world.verify("cn001");
  const Takeover& t1 = world.state_.takeovers.at(1);
  EXPECT_EQ(t1.state, TakeoverState::aborted);
  EXPECT_NE(t1.finished_unix_ms, 0);
  EXPECT_EQ(t1.nodes.at("cn001").verdict, Verdict::verified);
  EXPECT_THAT(t1.nodes.at("cn002").reason, HasSubstr("not told, still on SN1P"));
  world.told();
  world.restart();
  for (const char* node : {"cn002", "cn003", "cn004"}) world.connect(node);
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Abort, ANodeThatWasToldAndDidNotHearItIsGivenBackWhenItReturns) {
  World world(2);
  world.connect("cn001");
  world.takeover();
  world.command(AbortCommand{"T1", "root"}, 2);
  world.told();
  world.connect("cn001");  // its hello knows of no generation
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.state_.rows.at("cn001").service_node, "SN1P");
  EXPECT_NE(world.state_.takeovers.at(1).finished_unix_ms, 0);
}

TEST(Abort, ANodeThatMovedAlthoughItSeemedNotToHaveHeardIsHeldAndNamed) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  const Row told = world.state_.rows.at("cn001");
  world.command(AbortCommand{"T1", "root"}, 2);
  world.connect("cn001");  // given back
  ASSERT_EQ(world.state_.rows.at("cn001").service_node, "SN1P");
  wire::OutcomeReport report;
  report.outcome.takeover = "T1";
  report.outcome.generation = told.generation;
  report.outcome.to = "SN2P";
  report.outcome.verdict = Verdict::verified;
  report.bindings = {{"SN2P", 9}};
  world.from("cn001", report);
  EXPECT_EQ(world.state_.rows.at("cn001").state, RowState::held);
  EXPECT_THAT(world.state_.rows.at("cn001").reason, HasSubstr("had heard of T1 after all"));
}

TEST(Abort, ANodeThatHeardItFinishes) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  const Row row = world.state_.rows.at("cn001");
  world.command(AbortCommand{"T1", "root"}, 2);
  world.told();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = row.generation;
  hello.generation_target = "SN2P";
  world.from("cn001", hello);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(Abort, IsRefusedWhereNothingIsLeftToStop) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.command(AbortCommand{"T1", "root"}, 2);
  ASSERT_NE(world.last_answer<RefusalAnswer>(), nullptr);
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->cure, HasSubstr("snctl failback T1"));
  world.command(AbortCommand{"T9", "root"}, 2);
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("no takeover is called T9"));
}

TEST(Abort, WhatAnOlderTakeoverHadBegunIsHeld) {
  World world(1);
  world.takeover("SN1P");  // cn001 is down: pending on its way to SN2P
  auto second = world.takeover_of("SN2P", "SN3P");
  world.command(second);
  world.answer_preflight();
  EXPECT_EQ(world.state_.rows.at("cn001").service_node, "SN3P");
  world.command(AbortCommand{"T2", "root"}, 2);
  const Row& row = world.state_.rows.at("cn001");
  EXPECT_EQ(row.service_node, "SN2P");
  EXPECT_EQ(row.state, RowState::held);
  EXPECT_THAT(row.reason, HasSubstr("may still name SN1P"));
  world.connect("cn001");
  EXPECT_THAT(world.told(), IsEmpty());
}

// A row that was held has nothing to leave.
TEST(Abort, PutsBackARowThatWasHeld) {
  World world(2);
  for (const char* node : {"cn001", "cn002"}) world.connect(node);
  world.takeover();
  for (const char* node : {"cn001", "cn002"}) world.verify(node);
  auto ahead = world.hello_of("cn002", {{"SN2P", 9}});
  ahead.generation = world.state_.rows.at("cn002").generation + 5;
  world.from("cn002", ahead);
  ASSERT_EQ(world.state_.rows.at("cn002").state, RowState::held);
  auto second = world.takeover_of("SN2P", "SN3P");
  second.waves = {1, 1, 5};
  world.command(second);
  world.answer_preflight();
  world.command(AbortCommand{"T2", "root"}, 2);
  EXPECT_EQ(world.state_.rows.at("cn002").state, RowState::held);
  EXPECT_EQ(world.state_.rows.at("cn002").service_node, "SN2P");
}

TEST(Abort, IsNotUndoneByACanaryThatFailsAfterwards) {
  World world(3);
  for (const char* node : {"cn001", "cn002", "cn003"}) world.connect(node);
  auto command = world.takeover_of("SN1P");
  command.waves = {1, 1, 1};
  world.command(command);
  world.answer_preflight();
  world.command(AbortCommand{"T1", "root"}, 2);
  world.outcome("cn001", Verdict::failed, world.state_.rows.at("cn001").generation, "SN2P");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::aborted);
  EXPECT_NE(world.state_.takeovers.at(1).finished_unix_ms, 0);
  // It is not told at every hello either, and what it should type is not refused.
  world.told();
  world.connect("cn001");
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_THAT(world.state_.rows.at("cn001").cure, HasSubstr("snctl takeover SN1P"));
}

TEST(Abort, OfAFailbackLeavesTheTakeoverToBeTakenBackLater) {
  World world(3);
  for (const char* node : {"cn001", "cn002", "cn003"}) world.connect(node);
  auto command = world.takeover_of("SN1P");
  command.planned = true;
  world.command(command);
  world.answer_preflight(true);
  for (const char* node : {"cn001", "cn002", "cn003"}) world.verify(node);
  const uint64_t generation = world.state_.rows.at("cn002").generation;
  TakeoverCommand back;
  back.undoes = 1;
  back.waves = {1, 1, 5};
  world.leaving_ = "SN2P";
  world.command(back);
  world.answer_preflight(true);
  world.verify("cn001");
  world.command(AbortCommand{"T2", "root"}, 2);
  world.verify("cn002");  // under way
  ASSERT_EQ(world.state_.rows.at("cn003").service_node, "SN2P");
  world.told_.clear();
  world.command(back);
  world.answer_preflight(true);
  ASSERT_THAT(world.told_, SizeIs(1));
  EXPECT_EQ(world.told_.front().node, "cn003");
  EXPECT_EQ(world.told_.front().undo, generation);
}

TEST(Resume, IsNotUndoneByTheOldOutcomeInAHello) {
  World world(2);
  for (const char* node : {"cn001", "cn002"}) world.connect(node);
  auto command = world.takeover_of("SN1P");
  command.waves = {1, 1, 1};
  world.command(command);
  world.answer_preflight();
  const Row row = world.state_.rows.at("cn001");
  world.outcome("cn001", Verdict::failed, row.generation, "SN2P");
  ASSERT_EQ(world.state_.takeovers.at(1).state, TakeoverState::stopped);
  world.command(ResumeCommand{"T1", "root"}, 2);
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = row.generation;
  hello.generation_target = "SN2P";
  hello.last.push_back(world.state_.takeovers.at(1).nodes.at("cn001").outcome);
  world.told();
  world.from("cn001", hello);
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::running);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(Resume, IsRefusedWhereTheServiceNodeIsWellAgain) {
  World world(2);
  for (const char* node : {"cn001", "cn002"}) world.connect(node);
  auto command = world.takeover_of("SN1P");
  command.waves = {1, 1, 1};
  world.command(command);
  world.answer_preflight();
  world.outcome("cn001", Verdict::failed, world.state_.rows.at("cn001").generation, "SN2P");
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("snctl abort T1"));
  world.told();
  world.command(ResumeCommand{"T1", "root"}, 2);
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("not marked failed any more"));
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Resume, TellsOnlyWhoIsNotVerified) {
  World world(3);
  for (const char* node : {"cn001", "cn002", "cn003"}) world.connect(node);
  world.takeover();
  world.verify("cn001");
  world.outcome("cn002", Verdict::partly, world.state_.rows.at("cn002").generation, "SN2P");
  world.verify("cn003");
  EXPECT_EQ(exit_code_of(world.state_.takeovers.at(1)), 4);
  EXPECT_THAT(world.state_.rows.at("cn002").cure, HasSubstr("snctl resume T1"));
  world.told();
  world.command(ResumeCommand{"t1", "root"}, 2);
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  world.verify("cn002");
  EXPECT_EQ(exit_code_of(world.state_.takeovers.at(1)), 0);
  EXPECT_EQ(world.replies_.back().client, 2U);
  EXPECT_TRUE(world.replies_.back().last);
  world.command(ResumeCommand{"T1", "root"}, 2);
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("nobody is left to tell"));
}

TEST(Resume, IsRefusedForAnAbortedOneAndForATargetThatFailed) {
  World world(2);
  world.connect("cn001");
  world.takeover();
  world.outcome("cn001", Verdict::failed, world.state_.rows.at("cn001").generation, "SN2P");
  world.takeover("SN2P", "SN3P");
  world.told();
  world.command(ResumeCommand{"T1", "root"}, 2);
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("nobody is left"));
}

class FailbackTest : public testing::Test {
 public:
  FailbackTest() {
    for (const char* node : {"cn001", "cn002"}) world_.connect(node);
    auto command = world_.takeover_of("SN1P");
    command.planned = true;
    world_.command(command);
    world_.answer_preflight(true);
    for (const char* node : {"cn001", "cn002"}) world_.verify(node);
    world_.told_.clear();
  }
  TakeoverCommand back(uint64_t number = 1) {
    TakeoverCommand command;
    command.undoes = number;
    command.waves = {0, 0, 0};
    command.by = "root";
    world_.leaving_ = "SN2P";
    return command;
  }

  World world_{3};  // the third is down
};

TEST_F(FailbackTest, SendsEachBackWithTheGenerationThatIsTakenBack) {
  const uint64_t generation = world_.state_.rows.at("cn001").generation;
  world_.command(back());
  world_.answer_preflight(true);
  ASSERT_THAT(world_.told_, SizeIs(2));
  const wire::Rebind& told = world_.told_.front();
  EXPECT_EQ(told.to, "SN1P");
  EXPECT_THAT(told.from, ElementsAre("SN2P"));
  EXPECT_EQ(told.undo, generation);
  EXPECT_GT(told.generation, generation);
  // What the planned takeover had put into maintenance is up again.
  EXPECT_EQ(world_.state_.service_nodes.at("SN1P").state, ServiceNodeState::up);
  for (const char* node : {"cn001", "cn002"}) world_.verify(node);
  const Takeover& t2 = world_.state_.takeovers.at(2);
  EXPECT_EQ(t2.undoes, 1U);
  EXPECT_EQ(t2.from, "SN2P");
  EXPECT_EQ(t2.state, TakeoverState::finished);
}

TEST_F(FailbackTest, ANodeThatWasDownAllTheTimeIsNotHeldWhenItReturns) {
  world_.command(back());
  world_.answer_preflight(true);
  for (const char* node : {"cn001", "cn002"}) world_.verify(node);
  world_.told_.clear();
  world_.connect("cn003");  // names SN1P, where it belongs again
  ASSERT_THAT(world_.told_, SizeIs(1));
  EXPECT_EQ(world_.told_.front().to, "SN1P");
  world_.verify("cn003");
  EXPECT_EQ(world_.state_.rows.at("cn003").verdict, Verdict::verified);
}

TEST_F(FailbackTest, IsRefusedToAFailedServiceNode) {
  world_.state_.service_nodes.at("SN1P").state = ServiceNodeState::failed;
  world_.restart();
  for (const char* node : {"cn001", "cn002"}) world_.connect(node, {{"SN2P", 9}});
  world_.command(back());
  const auto* refusal = world_.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_THAT(refusal->reason, HasSubstr("SN1P is itself marked failed"));
  EXPECT_THAT(refusal->cure, HasSubstr("snctl sn clear SN1P"));
}

TEST_F(FailbackTest, LeavesAloneWhoWasMovedSince) {
  auto drill = world_.takeover_of("SN2P", "SN3P");
  drill.planned = true;
  drill.nodes = {"cn002"};
  world_.command(drill);
  world_.answer_preflight(true);
  world_.verify("cn002");
  world_.told_.clear();
  world_.command(back());
  world_.answer_preflight(true);
  ASSERT_THAT(world_.told_, SizeIs(1));
  EXPECT_EQ(world_.told_.front().node, "cn001");
}

TEST_F(FailbackTest, OfAFailbackPutsEverythingForwardAgain) {
  world_.command(back());
  world_.answer_preflight(true);
  for (const char* node : {"cn001", "cn002"}) world_.verify(node);
  const uint64_t generation = world_.state_.rows.at("cn001").generation;
  world_.told_.clear();
  auto command = back(2);
  world_.leaving_ = "SN1P";
  world_.command(command);
  world_.answer_preflight(true);
  ASSERT_FALSE(world_.told_.empty());
  EXPECT_EQ(world_.told_.front().to, "SN2P");
  EXPECT_EQ(world_.told_.front().undo, generation);
}

// Found by the simulator, seed 451: somebody typed the takeover twice, and the second one's nodes
// were already on their way.
TEST(FailbackOfTheSecondOfTwo, GoesBackToWhereTheNodesWereBeforeTheFirst) {
  World world(1);
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.planned = true;
  world.command(command);
  world.answer_preflight(true);
  world.command(command);
  world.answer_preflight(true);
  world.verify("cn001");
  ASSERT_EQ(world.state_.rows.at("cn001").takeover, "T2");
  world.told_.clear();
  TakeoverCommand back;
  back.undoes = 2;
  back.waves = {0, 0, 0};
  world.leaving_ = "SN2P";
  world.command(back);
  world.answer_preflight(true);
  ASSERT_THAT(world.told_, SizeIs(1));
  EXPECT_EQ(world.told_.front().to, "SN1P");
  EXPECT_THAT(world.told_.front().from, ElementsAre("SN2P"));
}

TEST_F(FailbackTest, OfOneNodeLeavesTheMaintenanceOfTheOthers) {
  auto one = back();
  one.nodes = {"cn001"};
  world_.command(one);
  world_.answer_preflight(true);
  ASSERT_THAT(world_.told_, SizeIs(1));
  EXPECT_EQ(world_.state_.service_nodes.at("SN1P").state, ServiceNodeState::maintenance);
}

TEST(FailbackWithAPartlyMovedNode, GoesBackToWhereItWasMovedTo) {
  World world(2);
  for (const char* node : {"cn001", "cn002"}) world.connect(node);
  world.takeover("SN1P");
  world.verify("cn001");
  world.outcome("cn002", Verdict::partly, world.state_.rows.at("cn002").generation, "SN2P");
  auto second = world.takeover_of("SN2P", "SN3P");
  second.planned = true;
  world.command(second);
  world.answer_preflight(true);
  for (const char* node : {"cn001", "cn002"}) world.verify(node);
  world.told_.clear();
  TakeoverCommand command;
  command.undoes = 2;
  command.waves = {0, 0, 0};
  world.leaving_ = "SN3P";
  world.command(command);
  world.answer_preflight(true);
  ASSERT_THAT(world.told_, SizeIs(2));
  for (const auto& told : world.told_) EXPECT_EQ(told.to, "SN2P");
}

TEST_F(FailbackTest, ThereIsNothingToTakeBackTwice) {
  world_.command(back());
  world_.answer_preflight(true);
  for (const char* node : {"cn001", "cn002"}) world_.verify(node);
  world_.command(back());
  EXPECT_THAT(world_.last_answer<RefusalAnswer>()->reason, HasSubstr("nothing of T1 is left"));
}

TEST(MutualBackups, ADeadBackupsBackupIsNotTheDeadOne) {
  World world(2);
  for (const char* node : {"cn001", "cn002"}) world.connect(node);
  world.takeover("SN1P");
  for (const char* node : {"cn001", "cn002"}) world.verify(node);
  world.told();
  // Now SN2P dies, and the inventory knows only SN1P besides.
  world.takeover("SN2P");
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_THAT(refusal->reason, HasSubstr("SN1P is itself marked failed"));
  EXPECT_THAT(refusal->cure, HasSubstr("--to"));
  EXPECT_THAT(world.told(), IsEmpty());
  world.takeover("SN2P", "SN3P");
  EXPECT_THAT(world.told(), ElementsAre("cn001", "cn002"));
}

TEST(Conflict, InventoryAndTableDifferAndNobodyWins) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  const auto notice = [&] {
    world.command(StatusCommand{});
    return world.last_answer<StatusAnswer>()->nodes.at(0);
  };
  // As long as the service node is failed, this is what was wanted.
  EXPECT_EQ(notice().notice, "");
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  EXPECT_EQ(notice().notice, "CONFLICT the inventory says SN1P, the table SN2P since T1");
  EXPECT_THAT(notice().notice_cure, HasSubstr("snctl failback T1"));
  world.told();
  world.restart();
  world.connect("cn001", {{"SN2P", 9}});
  EXPECT_EQ(world.state_.rows.at("cn001").service_node, "SN2P");
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Quarantine, ANodeIsHeldUntilItIsCleared) {
  World world(2);
  for (const char* node : {"cn001", "cn002"}) world.connect(node);
  world.takeover();
  world.told();
  world.from("cn001",
             wire::Quarantine{"its journal can't be read", "look at /run/snagent/journal"});
  EXPECT_EQ(world.state_.rows.at("cn001").state, RowState::held);
  EXPECT_THAT(world.state_.rows.at("cn001").cure, HasSubstr("snctl clear cn001"));
  world.verify("cn002");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
  EXPECT_EQ(exit_code_of(world.state_.takeovers.at(1)), 5);
  // Still wrong.
  world.command(ClearNodeCommand{"cn001", "root"}, 4);
  world.from("cn001", wire::Quarantine{"its journal can't be read", "look at it"});
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("stays in quarantine"));
  EXPECT_THAT(world.told(), IsEmpty());
  // Mended.
  world.command(ClearNodeCommand{"cn001", "root"}, 4);
  world.from("cn001", wire::Quarantine{});
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("out of quarantine"));
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  world.verify("cn001");
  EXPECT_EQ(world.state_.rows.at("cn001").verdict, Verdict::verified);
}

TEST(Quarantine, ANodeThatIsInItAlreadyIsHeldAtOnce) {
  World world(2);
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.quarantine.push_back({"its journal can't be read", "look at it"});
  world.from("cn001", hello);
  world.connect("cn002");
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  EXPECT_EQ(world.state_.rows.at("cn001").verdict, Verdict::held);
  world.verify("cn002");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
}

TEST(Quarantine, AClearedNodeDoesNotOvertakeItsWave) {
  World world(3);
  for (const char* node : {"cn001", "cn002", "cn003"}) world.connect(node);
  auto command = world.takeover_of("SN1P");
  command.waves = {1, 1, 5};
  world.command(command);
  world.answer_preflight();
  world.from("cn003", wire::Quarantine{"a mount is neither", ""});
  ASSERT_EQ(world.state_.rows.at("cn003").state, RowState::held);
  world.told();
  world.command(ClearNodeCommand{"cn003", "root"}, 4);
  world.from("cn003", wire::Quarantine{});
  EXPECT_EQ(world.state_.rows.at("cn003").state, RowState::waiting);
  EXPECT_THAT(world.told(), IsEmpty());
  world.verify("cn001");
  world.verify("cn002");
  world.verify("cn003");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
  EXPECT_EQ(exit_code_of(world.state_.takeovers.at(1)), 0);
}

TEST(Quarantine, ClearOfANodeThatDoesNotAnswerEnds) {
  World world(2);
  world.connect("cn001");
  world.from("cn001", wire::Quarantine{"a mount is neither", ""});
  world.command(ClearNodeCommand{"cn001", "root"}, 4);
  world.advance(21'000);
  EXPECT_EQ(world.replies_.back().client, 4U);
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("has not answered for 20 s"));
  world.command(ClearNodeCommand{"cn002", "root"}, 4);
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("not connected"));
}

}  // namespace
}  // namespace sn::coordinator
