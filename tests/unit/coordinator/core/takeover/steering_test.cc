// snctl abort and resume.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Abort, GivesBackWhoWasNotToldAndSaysWhoFinishes) {
  World world(4);
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover_one_by_one();
  const uint64_t generation = world.node("cn001").generation();
  world.command(AbortCommand{"T1", "root"}, 2);
  const auto* done = world.last_answer<DoneAnswer>();
  ASSERT_NE(done, nullptr);
  EXPECT_THAT(done->text, HasSubstr("still where they were: 3 nodes (cn[002-004])."));
  EXPECT_THAT(done->text, HasSubstr("and finishing: 1 node (cn001)."));
  for (const char* node : {"cn002", "cn004"}) {
    const Assignment& present = world.present(node);
    EXPECT_EQ(present.to, "SN1P");
    EXPECT_EQ(present.state, AssignmentState::observed);
    EXPECT_GT(present.generation, generation);
  }
  world.verify("cn001");
  const Takeover& t1 = world.state_.takeovers.at(1);
  EXPECT_EQ(t1.state, TakeoverState::aborted);
  EXPECT_NE(t1.finished_unix_ms, 0);
  EXPECT_EQ(world.part(1, "cn001").verdict, Verdict::verified);
  EXPECT_THAT(text_of(world.part(1, "cn002").reason), HasSubstr("not told, still on SN1P"));
  world.told();
  world.restart();
  world.connect_each({"cn002", "cn003", "cn004"});
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
  EXPECT_EQ(world.node("cn001").service_node(), "SN1P");
  EXPECT_NE(world.state_.takeovers.at(1).finished_unix_ms, 0);
}

TEST(Abort, ANodeThatMovedAlthoughItSeemedNotToHaveHeardIsHeldAndNamed) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  const Assignment told = world.present("cn001");
  world.command(AbortCommand{"T1", "root"}, 2);
  world.connect("cn001");  // given back
  ASSERT_EQ(world.node("cn001").service_node(), "SN1P");
  wire::OutcomeReport report;
  report.outcome.takeover = "T1";
  report.outcome.generation = told.generation;
  report.outcome.to = "SN2P";
  report.outcome.verdict = Verdict::verified;
  report.bindings = {{"SN2P", 9}};
  world.from("cn001", report);
  EXPECT_EQ(world.present("cn001").state, AssignmentState::held);
  EXPECT_THAT(text_of(world.present("cn001").reason), HasSubstr("had heard of T1 after all"));
}

TEST(Abort, ANodeThatHeardItFinishes) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  const Assignment present = world.present("cn001");
  world.command(AbortCommand{"T1", "root"}, 2);
  world.told();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = present.generation;
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
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->cure), HasSubstr("snctl failback T1"));
  world.command(AbortCommand{"T9", "root"}, 2);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("no takeover 'T9'"));
}

TEST(Abort, WhatAnOlderTakeoverHadBegunIsHeld) {
  World world(1);
  world.takeover("SN1P");  // cn001 is down: pending on its way to SN2P
  auto second = world.takeover_of("SN2P", "SN3P");
  world.begin(second);
  EXPECT_EQ(world.node("cn001").service_node(), "SN3P");
  world.command(AbortCommand{"T2", "root"}, 2);
  const Assignment& present = world.present("cn001");
  EXPECT_EQ(present.to, "SN2P");
  EXPECT_EQ(present.state, AssignmentState::held);
  EXPECT_THAT(text_of(present.reason), HasSubstr("may still name SN1P"));
  world.connect("cn001");
  EXPECT_THAT(world.told(), IsEmpty());
}

// A row that was held has nothing to leave.
TEST(Abort, PutsBackARowThatWasHeld) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  world.takeover();
  world.verify_each({"cn001", "cn002"});
  auto ahead = world.hello_of("cn002", {{"SN2P", 9}});
  ahead.generation = world.node("cn002").generation() + 5;
  world.from("cn002", ahead);
  ASSERT_EQ(world.present("cn002").state, AssignmentState::held);
  world.takeover_one_by_one("SN2P", "SN3P");
  world.command(AbortCommand{"T2", "root"}, 2);
  EXPECT_EQ(world.present("cn002").state, AssignmentState::held);
  EXPECT_EQ(world.node("cn002").service_node(), "SN2P");
}

TEST(Abort, IsNotUndoneByACanaryThatFailsAfterwards) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  auto command = world.takeover_of("SN1P");
  command.waves = {1, 1, 1};
  world.begin(command);
  world.command(AbortCommand{"T1", "root"}, 2);
  world.outcome("cn001", Verdict::failed, world.node("cn001").generation(), "SN2P");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::aborted);
  EXPECT_NE(world.state_.takeovers.at(1).finished_unix_ms, 0);
  // It is not told at every hello either, and what it should type is not refused.
  world.told();
  world.connect("cn001");
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_THAT(text_of(world.present("cn001").cure), HasSubstr("snctl takeover SN1P"));
}

TEST(Abort, OfAFailbackLeavesTheTakeoverToBeTakenBackLater) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  auto command = world.takeover_of("SN1P");
  command.planned = true;
  world.begin(command, true);
  world.verify_each({"cn001", "cn002", "cn003"});
  const uint64_t generation = world.node("cn002").generation();
  auto back = world.failback_of(1, "SN2P");
  back.waves = {1, 1, 5};
  world.begin(back, true);
  world.verify("cn001");
  world.command(AbortCommand{"T2", "root"}, 2);
  world.verify("cn002");  // under way
  ASSERT_EQ(world.node("cn003").service_node(), "SN2P");
  world.told_.clear();
  world.begin(back, true);
  ASSERT_THAT(world.told_, SizeIs(1));
  EXPECT_EQ(world.told_.front().node, "cn003");
  EXPECT_EQ(world.told_.front().undo, generation);
}

// Found by the simulator, seed 697490: it was given back as untouched.
TEST(Abort, ANodeThatFailedAfterItWasPartlyMovedIsStillPartlyMoved) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  const uint64_t generation = world.node("cn001").generation();
  world.outcome("cn001", Verdict::partly, generation, "SN2P");
  world.command(ResumeCommand{"T1", "root"}, 2);
  world.outcome("cn001", Verdict::failed, generation, "SN2P");
  EXPECT_EQ(world.present("cn001").verdict, Verdict::partly);
  world.command(AbortCommand{"T1", "root"}, 3);
  EXPECT_EQ(world.node("cn001").service_node(), "SN2P");
}

// Whatever it is held for, a clear must not take the takeover up again.
TEST(Abort, GivesBackANodeInQuarantineThatWasNotTold) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover_one_by_one();
  world.from("cn003", wire::Quarantine{"a mount is neither", ""});
  ASSERT_EQ(world.present("cn003").state, AssignmentState::held);
  world.command(AbortCommand{"T1", "root"}, 2);
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("2 nodes (cn[002-003])"));
  EXPECT_EQ(world.node("cn003").service_node(), "SN1P");
  world.told();
  world.command(ClearNodeCommand{"cn003", "root"}, 4);
  world.from("cn003", wire::Quarantine{});
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Abort, TheCureOfAHalfMovedNodeIsAboutItAlone) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  auto command = world.takeover_of("SN1P");
  command.planned = true;
  world.begin(command, true);
  world.outcome("cn001", Verdict::partly, world.node("cn001").generation(), "SN2P");
  EXPECT_THAT(text_of(world.present("cn001").cure), HasSubstr("snctl resume T1"));
  world.command(AbortCommand{"T1", "root"}, 2);
  const std::string cure = "snctl takeover SN1P --to SN2P --nodes cn001 --planned";
  EXPECT_THAT(text_of(world.present("cn001").cure), HasSubstr(cure));
  EXPECT_THAT(text_of(world.part(1, "cn001").cure), HasSubstr(cure));
}

// Found by the simulator, seed 1213807: what is given back was verified before, and was rebooted
// while it waited for its turn.
TEST(Abort, ANodeThatWasRebootedWhileItWaitedConvergesAgain) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  world.takeover("SN1P");
  world.verify_each({"cn001", "cn002"});
  world.takeover_one_by_one("SN2P", "SN3P");
  ASSERT_EQ(world.present("cn002").state, AssignmentState::queued);
  world.connect("cn002", {{"SN1P", 9}});
  world.told();
  world.command(AbortCommand{"T2", "root"}, 2);
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  const Assignment& present = world.present("cn002");
  EXPECT_EQ(present.to, "SN2P");
  EXPECT_THAT(present.from, ElementsAre("SN1P"));
  EXPECT_EQ(present.verdict, Verdict::pending);
  world.verify("cn002");
  EXPECT_EQ(world.present("cn002").verdict, Verdict::verified);
}

TEST(Resume, OfAFailbackOfAFewNodesGoesToWhatIsInMaintenance) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  auto command = world.takeover_of("SN1P");
  command.planned = true;
  world.begin(command, true);
  world.verify_each({"cn001", "cn002", "cn003"});
  auto back = world.failback_of(1, "SN2P");
  back.nodes = {"cn001", "cn002"};
  back.waves = {1, 1, 1};
  world.begin(back, true);
  world.outcome("cn001", Verdict::failed, world.node("cn001").generation(), "SN1P");
  ASSERT_EQ(world.state_.takeovers.at(2).state, TakeoverState::stopped);
  ASSERT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::maintenance);
  world.told();
  world.command(ResumeCommand{"T2", "root"}, 2);
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
}

TEST(Resume, IsNotUndoneByTheOldOutcomeInAHello) {
  World world(1);
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.waves = {1, 1, 1};
  world.begin(command);
  const Assignment present = world.present("cn001");
  world.outcome("cn001", Verdict::failed, present.generation, "SN2P");
  ASSERT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
  world.command(ResumeCommand{"T1", "root"}, 2);
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = present.generation;
  hello.generation_target = "SN2P";
  hello.last.push_back(world.part(1, "cn001").outcome);
  world.told();
  world.from("cn001", hello);
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::running);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(Resume, IsRefusedWhereTheServiceNodeIsWellAgain) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  auto command = world.takeover_of("SN1P");
  command.waves = {1, 1, 1};
  world.begin(command);
  world.outcome("cn001", Verdict::failed, world.node("cn001").generation(), "SN2P");
  world.clear("SN1P");
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("snctl abort T1"));
  world.told();
  world.command(ResumeCommand{"T1", "root"}, 2);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason),
              HasSubstr("not marked failed any more"));
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Resume, TellsOnlyWhoIsNotVerified) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover();
  world.verify("cn001");
  world.outcome("cn002", Verdict::partly, world.node("cn002").generation(), "SN2P");
  world.verify("cn003");
  EXPECT_EQ(world.exit_code(1), 4);
  EXPECT_THAT(text_of(world.present("cn002").cure), HasSubstr("snctl resume T1"));
  world.told();
  world.command(ResumeCommand{"t1", "root"}, 2);
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  world.verify("cn002");
  EXPECT_EQ(world.exit_code(1), 0);
  EXPECT_EQ(world.replies_.back().client, 2U);
  EXPECT_TRUE(world.replies_.back().last);
  world.command(ResumeCommand{"T1", "root"}, 2);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("nothing to resume"));
}

TEST(Resume, IsRefusedForAnAbortedOneAndForATargetThatFailed) {
  World world(2);
  world.connect("cn001");
  world.takeover();
  world.outcome("cn001", Verdict::failed, world.node("cn001").generation(), "SN2P");
  world.takeover("SN2P", "SN3P");
  world.told();
  world.command(ResumeCommand{"T1", "root"}, 2);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("nothing to resume"));
}

}  // namespace
}  // namespace sn::coordinator
