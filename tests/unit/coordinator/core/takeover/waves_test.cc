// Canaries, windows, and when nobody else is told.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::AnyOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Nine nodes, all there, one plan group.
class Waves : public testing::Test {
 public:
  Waves() {
    for (int i = 1; i <= 9; ++i) world_.connect(name(i));
  }
  static std::string name(int i) { return "cn00" + std::to_string(i); }
  void takeover(const sn::coordinator::Waves& waves) {
    auto command = world_.takeover_of("SN1P");
    command.waves = waves;
    world_.begin(command);
  }
  const Takeover& t1() const { return world_.state_.takeovers.at(1); }

  World world_{9};
};

TEST_F(Waves, TheCanaryGoesAloneThenAWindow) {
  takeover({1, 3, 5});
  EXPECT_THAT(world_.told(), ElementsAre("cn001"));
  EXPECT_TRUE(world_.part(1, "cn001").canary);
  EXPECT_EQ(world_.present("cn002").state, AssignmentState::queued);
  world_.verify("cn001");
  EXPECT_THAT(world_.told(), ElementsAre("cn002", "cn003", "cn004"));
  world_.verify("cn003");
  EXPECT_THAT(world_.told(), ElementsAre("cn005"));
  for (const int i : {2, 4, 5, 6, 7, 8, 9}) world_.verify(name(i));
  EXPECT_EQ(t1().state, TakeoverState::finished);
  EXPECT_EQ(world_.exit_code(1), 0);
}

TEST_F(Waves, ANodeThatComesBackDoesNotOvertakeItsWave) {
  takeover({1, 3, 5});
  EXPECT_THAT(world_.told(), ElementsAre("cn001"));
  world_.connect("cn005");
  world_.advance(2'000);
  EXPECT_THAT(world_.told(), IsEmpty());
}

TEST_F(Waves, AFailedCanaryStopsItAndNobodyElseIsTouched) {
  takeover({1, 3, 5});
  world_.outcome("cn001", Verdict::failed, world_.node("cn001").generation(), "SN2P");
  EXPECT_EQ(t1().state, TakeoverState::stopped);
  EXPECT_THAT(text_of(t1().why), HasSubstr("canary cn001 ended failed"));
  EXPECT_THAT(world_.told(), ElementsAre("cn001"));
  EXPECT_THAT(text_of(world_.part(1, "cn002").reason), HasSubstr("not told, still on SN1P"));
  EXPECT_THAT(text_of(world_.part(1, "cn002").cure), HasSubstr("snctl resume T1"));
  EXPECT_TRUE(world_.replies_.back().last);
  // Durable, and a reconnecting node changes nothing.
  world_.restart();
  for (int i = 1; i <= 9; ++i) world_.connect(name(i));
  world_.advance(120'000);
  EXPECT_THAT(world_.told(), IsEmpty());
  EXPECT_EQ(t1().state, TakeoverState::stopped);
}

TEST_F(Waves, ABlockedCanaryIsPutAsideAndAnotherGoes) {
  takeover({1, 3, 5});
  EXPECT_THAT(world_.told(), ElementsAre("cn001"));
  world_.outcome("cn001", Verdict::blocked, world_.node("cn001").generation(), "SN2P");
  EXPECT_EQ(t1().state, TakeoverState::running);
  EXPECT_THAT(world_.told(), ElementsAre("cn002")) << "alone, as the first was";
  world_.verify("cn002");
  EXPECT_THAT(world_.told(), ElementsAre("cn003", "cn004", "cn005"));
}

TEST_F(Waves, BlockedCanariesCountTowardsTheLimit) {
  takeover({1, 3, 2});
  world_.told();
  world_.outcome("cn001", Verdict::blocked, world_.node("cn001").generation(), "SN2P");
  EXPECT_THAT(world_.told(), ElementsAre("cn002"));
  world_.outcome("cn002", Verdict::blocked, world_.node("cn002").generation(), "SN2P");
  EXPECT_EQ(t1().state, TakeoverState::stopped);
  EXPECT_THAT(world_.told(), IsEmpty());
}

TEST_F(Waves, ACanaryThatIsAloneInItsGroupStopsNobody) {
  world_.shapes_["cn006"] = "odd";
  takeover({1, 3, 5});
  EXPECT_THAT(world_.told(), ElementsAre("cn001", "cn006"));
  world_.outcome("cn006", Verdict::partly, world_.node("cn006").generation(), "SN2P");
  EXPECT_EQ(t1().state, TakeoverState::running);
  world_.verify("cn001");
  EXPECT_THAT(world_.told(), ElementsAre("cn002", "cn003", "cn004"));
}

TEST_F(Waves, NodesWithoutAPlanHoldNobodyUpAndGoSinglyUntilOneEndedWell) {
  world_.mute_ = {"cn001", "cn002", "cn003", "cn004"};
  takeover({1, 4, 5});
  EXPECT_THAT(world_.told(), IsEmpty()) << "the preflight waits for them";
  world_.advance(3'000);
  EXPECT_THAT(world_.told(), ElementsAre("cn005"));
  world_.verify("cn005");
  EXPECT_THAT(world_.told(), ElementsAre("cn006", "cn007", "cn008", "cn009"));
  world_.verify_each({"cn006", "cn007", "cn008", "cn009"});
  EXPECT_THAT(world_.told(), ElementsAre("cn001")) << "unseen, and so alone";
  world_.connect("cn002");  // it answers, the first does not
  world_.advance(14'000);
  EXPECT_THAT(world_.told(), Each(AnyOf("cn001")));
  for (const char* each : {"cn001", "cn002", "cn003", "cn004"}) world_.connect(each);
  world_.advance(3'000);
  EXPECT_THAT(world_.told(), testing::Contains("cn002")) << "it has lost its place";
  world_.verify("cn002");
  EXPECT_THAT(world_.told(), testing::IsSupersetOf({"cn003", "cn004"}));
}

TEST_F(Waves, ResumeGoesOnWithoutWhomItIsTold) {
  takeover({1, 3, 5});
  world_.outcome("cn001", Verdict::failed, world_.node("cn001").generation(), "SN2P");
  ASSERT_EQ(t1().state, TakeoverState::stopped);
  world_.told();
  world_.command(ResumeCommand{"T1", "root", {}, {"cn001", "cn002"}, {StuckPolicy::orphan}});
  ASSERT_FALSE(world_.told_.empty());
  EXPECT_EQ(world_.told_.back().stuck, StuckPolicy::orphan);
  EXPECT_THAT(world_.told(), ElementsAre("cn003"));
  EXPECT_EQ(world_.part(1, "cn001").verdict, Verdict::failed) << "its end stays";
  EXPECT_EQ(world_.part(1, "cn002").verdict, Verdict::blocked);
  EXPECT_EQ(text_of(world_.part(1, "cn002").reason), "not told: root went on without it");
  EXPECT_EQ(text_of(world_.part(1, "cn002").cure), "snctl resume T1 --nodes cn002");
  world_.verify("cn003");
  world_.told();
  world_.verify_each({"cn004", "cn005", "cn006", "cn007", "cn008", "cn009"});
  EXPECT_EQ(t1().state, TakeoverState::finished);
  world_.told();
  world_.command(ResumeCommand{"T1", "root", {"cn002"}, {}, {}});
  EXPECT_THAT(world_.told(), ElementsAre("cn002"));
  world_.command(ResumeCommand{"T1", "root", {"cn999"}, {}, {}}, 2);
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->exit_code, 3);
}

TEST_F(Waves, ResumeTakesAnotherCanaryAndTheFailedOneLast) {
  takeover({1, 0, 5});
  world_.outcome("cn001", Verdict::failed, world_.node("cn001").generation(), "SN2P");
  world_.told();
  world_.command(ResumeCommand{"T1", "root"}, 2);
  EXPECT_EQ(t1().state, TakeoverState::running);
  EXPECT_THAT(world_.told(), ElementsAre("cn002"));
  world_.verify("cn002");
  const auto others = world_.told();
  EXPECT_THAT(others, SizeIs(8));
  EXPECT_EQ(others.back(), "cn001");
  for (const int i : {1, 3, 4, 5, 6, 7, 8, 9}) world_.verify(name(i));
  EXPECT_EQ(t1().state, TakeoverState::finished);
  const auto& log = world_.part(1, "cn001").log;
  ASSERT_THAT(log, SizeIs(5));
  EXPECT_EQ(text_of(log.at(0).what), "told to move to SN2P, as canary");
  EXPECT_THAT(text_of(log.at(1).what), HasSubstr("failed: "));
  EXPECT_EQ(text_of(log.at(2).what), "resumed by root");
  EXPECT_EQ(text_of(log.at(4).what), "verified on SN2P");
}

TEST_F(Waves, StopsAtANumberOfFailures) {
  takeover({0, 4, 2});
  EXPECT_THAT(world_.told(), SizeIs(4));
  world_.outcome("cn001", Verdict::failed, world_.node("cn001").generation(), "SN2P");
  EXPECT_THAT(world_.told(), SizeIs(1));
  world_.outcome("cn002", Verdict::partly, world_.node("cn002").generation(), "SN2P");
  EXPECT_EQ(t1().state, TakeoverState::stopped);
  EXPECT_THAT(text_of(t1().why), HasSubstr("2 nodes ended worse than planned: cn[001-002]"));
  EXPECT_THAT(world_.told(), IsEmpty());
  // Who was told still ends, and is recorded.
  world_.verify("cn003");
  EXPECT_EQ(world_.part(1, "cn003").verdict, Verdict::verified);
  EXPECT_EQ(t1().state, TakeoverState::stopped);
}

TEST_F(Waves, ACanaryThatHangsStopsIt) {
  takeover({1, 3, 5});
  for (int i = 0; i < 21; ++i) {
    world_.busy("cn001", "restart rsyslog");
    world_.advance(3'000);
  }
  EXPECT_EQ(t1().state, TakeoverState::stopped);
  EXPECT_THAT(text_of(t1().why), HasSubstr("canary cn001 has not ended after 60 s"));
  EXPECT_THAT(world_.told(), Each("cn001"));
  // It ends after all, by itself.
  world_.verify("cn001");
  EXPECT_EQ(world_.part(1, "cn001").verdict, Verdict::verified);
}

TEST_F(Waves, ACanaryThatFallsSilentIsFollowedByAnother) {
  takeover({1, 3, 5});
  world_.advance(14'000);
  EXPECT_THAT(world_.told(), Each("cn001"));
  world_.advance(3'000);
  EXPECT_TRUE(world_.part(1, "cn002").canary);
  world_.told();
  world_.verify("cn002");
  EXPECT_THAT(world_.told(), ElementsAre("cn003", "cn004", "cn005"));
}

TEST_F(Waves, CanariesThatGoDownOneAfterTheOtherStopIt) {
  takeover({1, 3, 2});
  world_.advance(34'000);
  EXPECT_EQ(t1().state, TakeoverState::stopped);
  EXPECT_THAT(text_of(t1().why), HasSubstr("2 have not ended after 15 s: cn[001-002]"));
  EXPECT_THAT(world_.told(), Each(AnyOf("cn001", "cn002")));
}

TEST_F(Waves, ACanaryThatWaitsForXcatsScriptsIsFollowedByAnotherAtOnce) {
  takeover({1, 3, 1});
  world_.told();
  world_.busy("cn001", Fact(FactCode::waiting_for_scripts, {.name = "xcatdsklspost", .pid = 812}));
  world_.advance(2'000);
  EXPECT_THAT(world_.told(), ElementsAre("cn002"));
  world_.verify("cn002");
  EXPECT_THAT(world_.told(), ElementsAre("cn003", "cn004", "cn005"));
  world_.verify("cn001");
  EXPECT_EQ(world_.part(1, "cn001").verdict, Verdict::verified);
}

TEST_F(Waves, NodesThatHangCountLikeFailures) {
  takeover({0, 1, 2});
  EXPECT_THAT(world_.told(), ElementsAre("cn001"));
  world_.advance(17'000);
  EXPECT_EQ(world_.present("cn002").state, AssignmentState::released);
  EXPECT_EQ(world_.present("cn003").state, AssignmentState::queued);
  world_.advance(17'000);
  EXPECT_EQ(t1().state, TakeoverState::stopped);
  EXPECT_THAT(text_of(t1().why), HasSubstr("2 have not ended after 15 s: cn[001-002]"));
  EXPECT_EQ(world_.present("cn003").state, AssignmentState::queued);
}

TEST_F(Waves, ANodeThatFailsTwiceCountsOnce) {
  takeover({0, 4, 2});
  const uint64_t generation = world_.node("cn001").generation();
  world_.outcome("cn001", Verdict::failed, generation, "SN2P");
  world_.outcome("cn001", Verdict::blocked, generation, "SN2P");
  EXPECT_EQ(t1().state, TakeoverState::running);
}

TEST_F(Waves, ARestartGoesOnWhereItWas) {
  takeover({1, 3, 5});
  world_.verify("cn001");
  world_.verify("cn002");
  world_.restart();
  world_.told();
  for (int i = 9; i >= 1; --i) {
    world_.connect(name(i), {{i <= 2 ? "SN2P" : "SN1P", 9}});
  }
  // Those that were under way still fill the window.
  EXPECT_THAT(world_.told(), ElementsAre("cn005", "cn004", "cn003"));
  for (int round = 0; round < 9; ++round) {
    for (int i = 3; i <= 9; ++i) {
      if (world_.present(name(i)).state == AssignmentState::released) world_.verify(name(i));
    }
  }
  EXPECT_EQ(t1().state, TakeoverState::finished);
  EXPECT_EQ(world_.exit_code(1), 0);
}

// What arrived once and was rebooted since is late, and no part of the waves: also after a restart.
TEST_F(Waves, ARebootedNodeHoldsNobodyUp) {
  takeover({1, 1, 1});
  world_.verify("cn001");
  world_.connect("cn001");  // from what names SN1P
  ASSERT_EQ(world_.present("cn001").verdict, Verdict::pending);
  world_.restart();
  world_.told();
  for (int i = 2; i <= 9; ++i) world_.connect(name(i));
  for (int i = 2; i <= 9; ++i) {
    EXPECT_EQ(world_.present(name(i)).state, AssignmentState::released) << text_of(t1().why);
    world_.verify(name(i));
    world_.advance(3'000);
  }
  EXPECT_NE(t1().state, TakeoverState::stopped) << text_of(t1().why);
}

TEST_F(Waves, ARestartBeforeTheCanaryEndedSendsNobodyElse) {
  takeover({1, 3, 5});
  world_.restart();
  world_.told();
  for (const int i : {7, 8, 9}) world_.connect(name(i));
  world_.advance(5'000);
  EXPECT_THAT(world_.told(), IsEmpty());
  world_.connect("cn001");
  world_.verify("cn001");
  world_.advance(1'000);
  EXPECT_THAT(world_.told(), ElementsAre("cn001", "cn007", "cn008", "cn009"));
}

TEST(WavesOfTheAbsent, DownNodesAreReleasedOnceAllOthersWereTold) {
  World world(5);
  world.connect_each({"cn001", "cn002"});
  world.takeover_one_by_one();
  world.verify("cn001");
  world.verify("cn002");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
  EXPECT_EQ(world.present("cn005").state, AssignmentState::released);
  world.told();
  world.connect("cn005");
  EXPECT_THAT(world.told(), ElementsAre("cn005"));
}

// The last screen has the verdicts of those that were told.
class AStop : public Waves {
 public:
  AStop() {
    takeover({0, 3, 1});
    world_.told();
    world_.outcome("cn001", Verdict::failed, world_.node("cn001").generation(), "SN2P");
  }
  const Reply& last() const { return world_.replies_.back(); }
  const TakeoverAnswer* screen() const {
    return last().last ? std::get_if<TakeoverAnswer>(&last().answer) : nullptr;
  }
};

TEST_F(AStop, WaitsForThoseThatWereTold) {
  EXPECT_EQ(t1().state, TakeoverState::stopped);
  world_.verify("cn002");
  world_.advance(100);
  EXPECT_EQ(screen(), nullptr);
  world_.verify("cn003");
  world_.advance(1);
  ASSERT_NE(screen(), nullptr);
  EXPECT_EQ(screen()->takeover.nodes.at("cn003").verdict, Verdict::verified);
  EXPECT_THAT(world_.told(), IsEmpty()) << "nobody else";
}

TEST_F(AStop, WaitsNotForEver) {
  world_.verify("cn002");
  world_.advance(14'000);
  EXPECT_EQ(screen(), nullptr);
  world_.advance(2'000);
  ASSERT_NE(screen(), nullptr);
  EXPECT_EQ(screen()->takeover.nodes.at("cn003").verdict, Verdict::pending);
}

TEST_F(AStop, IsTakenUpAgainByWhoeverComesFirst) {
  world_.command(ResumeCommand{"T1", "root", {}, {}, {}}, 7);
  EXPECT_EQ(t1().state, TakeoverState::running);
  for (int round = 0; round < 9; ++round) {
    for (int i = 1; i <= 9; ++i) {
      if (world_.present(name(i)).state == AssignmentState::released) world_.verify(name(i));
    }
  }
  size_t shown = 0;
  for (const auto& reply : world_.replies_) {
    shown += size_t{reply.last && std::holds_alternative<TakeoverAnswer>(reply.answer)};
  }
  EXPECT_EQ(shown, 2U) << "both who looked on see its end";
}

TEST_F(Waves, ARepeatedOutcomeEndsTheWait) {
  takeover({1, 3, 5});
  wire::OutcomeReport same;
  same.outcome.takeover = "T1";
  same.outcome.generation = world_.node("cn001").generation();
  same.outcome.to = "SN2P";
  same.outcome.verdict = Verdict::failed;
  world_.from("cn001", same);
  ASSERT_EQ(t1().state, TakeoverState::stopped);
  world_.told();
  world_.command(ResumeCommand{"T1", "root", {"cn001"}, {}, {}});
  EXPECT_THAT(world_.told(), ElementsAre("cn001")) << "those that are left out failed at nothing";
  world_.from("cn001", same);
  EXPECT_EQ(world_.present("cn001").verdict, Verdict::failed);
}

TEST_F(Waves, FrozenStopsAfterItsTimeout) {
  takeover({1, 3, 5});
  world_.command(FreezeCommand{true, "root"}, 3);
  world_.verify("cn001");
  world_.told();
  world_.advance(61'000);
  EXPECT_EQ(t1().state, TakeoverState::stopped);
  EXPECT_THAT(text_of(t1().why), HasSubstr("frozen"));
  EXPECT_THAT(world_.told(), IsEmpty());
}

}  // namespace
}  // namespace sn::coordinator
