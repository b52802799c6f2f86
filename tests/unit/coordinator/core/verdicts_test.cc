#include "common/model/unready.h"
#include "coordinator/core/rebinds.h"
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Outcome, OfAnOlderGenerationChangesNothing) {
  World world;
  world.connect("cn001");
  world.takeover();
  const uint64_t old = world.node("cn001").generation();
  world.advance(61'000);
  world.connect("cn001");
  world.takeover();
  world.outcome("cn001", Verdict::verified, old, "SN2P");
  EXPECT_EQ(world.present("cn001").verdict, Verdict::pending);
}

// Nobody gave it one: it is invented, and says nothing of what the table holds.
TEST(Outcome, OfNoGenerationChangesNothing) {
  World world(1);
  wire::Hello hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = ~uint64_t{0} - 1;  // it speaks of an order that nobody gives
  world.from("cn001", hello);
  const Assignment before = world.present("cn001");
  ASSERT_EQ(before.state, AssignmentState::held) << "nothing was decided about it";
  ASSERT_EQ(before.generation, 0U);
  world.outcome("cn001", Verdict::partly, 0, "SN1P");
  world.outcome("cn001", Verdict::verified, 0, "SN2P");
  EXPECT_EQ(world.present("cn001"), before);
}

TEST(Outcome, VerifiedWithReferencesLeftIsNotVerified) {
  World world;
  world.connect("cn001");
  world.takeover();
  wire::OutcomeReport report;
  report.outcome.takeover = "T1";
  report.outcome.generation = world.node("cn001").generation();
  report.outcome.to = "SN2P";
  report.outcome.verdict = Verdict::verified;
  report.outcome.left = 1;
  world.from("cn001", report);
  EXPECT_EQ(world.present("cn001").verdict, Verdict::partly);
}

// It has moved, and its new service node does not serve it yet.
class NotServed : public testing::Test {
 public:
  NotServed() {
    world_.connect("cn001");
    world_.takeover();
    wire::OutcomeReport report;
    report.outcome.takeover = "T1";
    report.outcome.generation = world_.node("cn001").generation();
    report.outcome.to = "SN2P";
    report.outcome.verdict = Verdict::partly;
    report.outcome.findings = {
        {FindingClass::not_in_effect, "", unready_fact("SN2P", {{{Transport::udp, 53}, {}}}), {}}};
    report.bindings = {{"SN2P", 9}};
    world_.from("cn001", report);
    world_.told();
    hello_ = world_.hello_of("cn001", {{"SN2P", 9}});
    hello_.generation = report.outcome.generation;
    hello_.generation_target = "SN2P";
    hello_.last = {report.outcome};
  }
  World world_{1};
  wire::Hello hello_;
};

TEST_F(NotServed, ANodeAsksAgainEveryTenSecondsForTenMinutes) {
  EXPECT_EQ(world_.present("cn001").verdict, Verdict::partly);
  world_.advance(11'000);
  EXPECT_THAT(world_.told(), ElementsAre("cn001"));
  world_.advance(kServiceWaitsMs);
  world_.told();
  world_.advance(60'000);
  EXPECT_THAT(world_.told(), IsEmpty());
}

TEST_F(NotServed, ANodeThatCameBackOverAnotherConnectionAsksAgainToo) {
  world_.from("cn001", hello_);
  world_.advance(11'000);
  EXPECT_THAT(world_.told(), Contains("cn001"));
}

TEST_F(NotServed, ANodeAsksAgainAlsoWhenTheCoordinatorWasStartedAgain) {
  world_.restart();
  world_.from("cn001", hello_);
  world_.advance(11'000);
  EXPECT_THAT(world_.told(), Contains("cn001"));
}

TEST(Outcome, LostOnTheWayIsTakenFromTheNextHello) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.told();
  auto hello = world.hello_of("cn001", {{"SN2P", 9}});
  hello.generation = world.node("cn001").generation();
  hello.generation_target = "SN2P";
  wire::Outcome outcome;
  outcome.takeover = "T1";
  outcome.generation = hello.generation;
  outcome.to = "SN2P";
  outcome.verdict = Verdict::verified;
  hello.last.push_back(outcome);
  world.from("cn001", hello);
  EXPECT_EQ(world.present("cn001").verdict, Verdict::verified);
  EXPECT_THAT(world.told(), IsEmpty());
}

// Verified forgets what the node left; a later word to the contrary must bring it back, or there is
// nothing to say to the node, and nothing to name to the administrator.
TEST(Outcome, ANodeThatTakesBackThatItArrivedKnowsAgainWhatItLeaves) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  const uint64_t generation = world.node("cn001").generation();
  world.outcome("cn001", Verdict::failed, generation, "SN2P");
  EXPECT_THAT(world.present("cn001").still_to_leave(), ElementsAre("SN1P"));
  world.told_.clear();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = generation;
  hello.generation_target = "SN2P";
  world.from("cn001", hello);
  ASSERT_EQ(world.told_.size(), 1U);
  EXPECT_THAT(world.told_.front().from, ElementsAre("SN1P"));

  world.clear("SN1P");
  world.from("cn001", hello);
  EXPECT_EQ(world.present("cn001").state, AssignmentState::held);
  EXPECT_THAT(text_of(world.present("cn001").cure), HasSubstr("snctl takeover SN1P --planned"));
}

// ---------------------------------------------------------------- held until somebody decides

// cn001 was told by T1, and T2 and T3 find it on what nobody expected.
class HeldTwice : public testing::Test {
 public:
  HeldTwice() { world_.connect("cn001"); }
  void tell_by_t1() {
    world_.takeover();
    generation_ = world_.node("cn001").generation();
  }
  // It names `bound`, which is neither what they leave nor where they go.
  void hold_by_t2_and_t3(const std::string& bound, const std::string& from, const std::string& to) {
    world_.from("cn001", hello_that_knows({{bound, 9}}));
    for (int i = 2; i <= 3; ++i) {
      world_.begin(world_.takeover_of(from, to));
      ASSERT_EQ(world_.present("cn001").state, AssignmentState::held);
    }
    ASSERT_EQ(world_.present("cn001").takeover, 3U);
    ASSERT_EQ(world_.node("cn001").service_node(), "SN2P");
  }
  wire::Hello hello_that_knows(std::vector<wire::Binding> bindings) {
    auto hello = world_.hello_of("cn001", std::move(bindings));
    hello.generation = generation_;
    hello.generation_target = "SN2P";
    const wire::Outcome& last = world_.part(1, "cn001").outcome;
    if (last.verdict != Verdict::none) hello.last.push_back(last);
    return hello;
  }

  World world_{1};
  uint64_t generation_ = 0;
};

TEST_F(HeldTwice, AndTheOrderOfBeforeEnds) {
  tell_by_t1();
  hold_by_t2_and_t3("SN3P", "SN1P", "SN2P");
  world_.outcome("cn001", Verdict::verified, generation_, "SN2P");
  EXPECT_EQ(world_.present("cn001").takeover, 1U);
  EXPECT_EQ(world_.present("cn001").verdict, Verdict::verified);
  EXPECT_EQ(world_.part(3, "cn001").verdict, Verdict::held) << "what T3 said of it";
}

TEST_F(HeldTwice, AndTheNodeSaysAgainHowItEnded) {
  tell_by_t1();
  world_.verify("cn001");
  hold_by_t2_and_t3("SN1P", "SN2P", "SN3P");
  world_.from("cn001", hello_that_knows({{"SN2P", 9}}));
  EXPECT_EQ(world_.present("cn001").takeover, 1U);
  EXPECT_EQ(world_.present("cn001").verdict, Verdict::verified);
}

}  // namespace
}  // namespace sn::coordinator
