#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

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

  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  world.from("cn001", hello);
  EXPECT_EQ(world.present("cn001").state, AssignmentState::held);
  EXPECT_THAT(text_of(world.present("cn001").cure), HasSubstr("snctl takeover SN1P --planned"));
}

}  // namespace
}  // namespace sn::coordinator
