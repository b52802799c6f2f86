// What was confirmed is what is done: which orders name a plan, and what follows where the node
// would do something else.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AConfirmedPlan : public testing::Test {
 public:
  AConfirmedPlan() {
    world_.hashes_ = true;
    world_.connect_each({"cn001", "cn002", "cn003"});
  }
  // The node's word that its plan is another one.
  void differs(const std::string& node) { world_.from(node, differing(node)); }
  wire::OutcomeReport differing(const std::string& node) const {
    wire::OutcomeReport report;
    report.outcome.takeover = "T1";
    report.outcome.generation = world_.node(node).generation();
    report.outcome.to = "SN2P";
    report.outcome.verdict = Verdict::held;
    report.outcome.findings.push_back(
        {FindingClass::blocked, "", Fact(FactCode::plan_differs), {}});
    report.bindings = {{"SN1P", 9}};
    return report;
  }
  // Of the newest order; empty: it names no plan.
  std::string plan_of_order() const { return world_.told_.back().plan_hash; }
  const Takeover& t1() const { return world_.state_.takeovers.at(1); }
  World world_{3};
};

TEST_F(AConfirmedPlan, GoesWithTheOrder) {
  world_.takeover();
  EXPECT_EQ(plan_of_order(), "hash of cn003");
}

TEST_F(AConfirmedPlan, HoldsTheNodeThatWouldDoSomethingElse) {
  world_.takeover();
  world_.verify_each({"cn001", "cn002"});
  differs("cn003");
  const Assignment& held = world_.present("cn003");
  EXPECT_EQ(held.verdict, Verdict::held);
  EXPECT_EQ(held.state, AssignmentState::held);
  EXPECT_TRUE(held.reason.is(FactCode::plan_differs));
  EXPECT_EQ(text_of(held.cure), "snctl resume T1 --nodes cn003");
  EXPECT_EQ(t1().state, TakeoverState::finished);
  world_.told();
  world_.connect("cn003");
  world_.advance(120'000);
  EXPECT_THAT(world_.told(), IsEmpty()) << "nothing moves it unseen";
}

TEST_F(AConfirmedPlan, ResumedByNameItMovesWithoutOne) {
  world_.takeover();
  world_.verify_each({"cn001", "cn002"});
  differs("cn003");
  world_.told();
  world_.command(ResumeCommand{"T1", "root", {}, {}, {}});
  EXPECT_TRUE(world_.last_answer<RefusalAnswer>()->reason.is(FactCode::nobody_left_to_tell))
      << "nobody has looked at its plan";
  EXPECT_THAT(world_.told(), IsEmpty());
  world_.command(ResumeCommand{"T1", "root", {"cn003"}, {}, {}});
  ASSERT_FALSE(world_.told_.empty());
  EXPECT_EQ(plan_of_order(), "");
  auto hello = world_.hello_of("cn003", {{"SN1P", 9}});
  hello.generation = world_.node("cn003").generation();
  hello.generation_target = "SN2P";
  hello.last = {differing("cn003").outcome};
  world_.from("cn003", hello);
  EXPECT_EQ(world_.present("cn003").verdict, Verdict::pending) << "it repeats what it said before";
  world_.verify("cn003");
  EXPECT_EQ(world_.present("cn003").verdict, Verdict::verified);
}

TEST_F(AConfirmedPlan, ThatIsAnotherOnesIsNoJudgeOfTheOthers) {
  auto typed = world_.takeover_of("SN1P");
  typed.waves = {1, 10, 1};
  world_.begin(typed);
  EXPECT_THAT(world_.told(), ElementsAre("cn001"));
  differs("cn001");
  EXPECT_EQ(t1().state, TakeoverState::running);
  EXPECT_THAT(world_.told(), ElementsAre("cn002")) << "another canary";
}

TEST_F(AConfirmedPlan, IsForgottenByAReboot) {
  auto typed = world_.takeover_of("SN1P");
  typed.waves = {1, 1, 5};
  world_.begin(typed);
  auto hello = world_.hello_of("cn002", {{"SN1P", 9}});
  hello.boot_id = "another boot";
  world_.from("cn002", hello);
  world_.told_.clear();
  world_.verify("cn001");
  ASSERT_FALSE(world_.told_.empty());
  EXPECT_EQ(world_.told_.back().node, "cn002");
  EXPECT_EQ(plan_of_order(), "");
}

TEST_F(AConfirmedPlan, HoldsNoNodeThatWasAwayWhenItWasShown) {
  World world(3);
  world.hashes_ = true;
  world.connect_each({"cn001", "cn002"});
  world.takeover();
  world.told_.clear();
  world.connect("cn003");
  ASSERT_FALSE(world.told_.empty());
  EXPECT_EQ(world.told_.back().plan_hash, "");
}

TEST_F(AConfirmedPlan, IsOverOnceTheNodeHasEnded) {
  world_.takeover();
  world_.outcome("cn003", Verdict::partly, world_.node("cn003").generation(), "SN2P");
  world_.told_.clear();
  world_.connect("cn003");
  ASSERT_FALSE(world_.told_.empty());
  EXPECT_EQ(plan_of_order(), "") << "half of it is done";
}

// A verdict is the coordinator's to give: a node holds itself for its plan alone.
TEST_F(AConfirmedPlan, IsTheOnlyThingThatANodeHoldsItselfFor) {
  world_.takeover();
  world_.outcome("cn003", Verdict::held, world_.node("cn003").generation(), "SN2P");
  EXPECT_EQ(world_.present("cn003").verdict, Verdict::pending);
}

TEST_F(AConfirmedPlan, OfAnAbortedTakeoverIsNotResumed) {
  auto typed = world_.takeover_of("SN1P");
  typed.waves = {1, 1, 5};
  world_.begin(typed);
  differs("cn001");
  world_.command(AbortCommand{"T1", "root"});
  EXPECT_THAT(text_of(world_.present("cn001").cure), HasSubstr("snctl takeover SN1P"));
}

}  // namespace
}  // namespace sn::coordinator
