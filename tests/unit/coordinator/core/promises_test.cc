// Found by a hostile reviewer.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Promise, ANodeThatReportsAHugeGenerationDoesNotPoisonTheOthers) {
  World world;
  world.connect("cn001");
  world.connect("cn002");
  auto hello = world.hello_of("cn003", {{"SN1P", 9}});
  hello.generation = UINT64_MAX - 1;
  world.from("cn003", hello);
  world.takeover();
  const uint64_t first = world.node("cn001").generation();
  EXPECT_LT(first, uint64_t{1} << 62) << "all the others were told it, and keep it";
  world.verify("cn001");
  world.verify("cn002");
  world.advance(61'000);
  world.takeover("SN2P", "SN3P");
  EXPECT_GT(world.node("cn001").generation(), first)
      << "every agent refuses a generation that is older than the newest it has seen";
}

TEST(Promise, TheWorldIsLookedAtAgainWhenAQuestionStoodForHours) {
  World world;
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.confirm = true;
  world.begin(command);
  ASSERT_TRUE(world.last_answer<PlanAnswer>()->asks);
  world.advance(8 * 3'600'000LL);
  world.connect("cn001");
  world.probes_.clear();
  world.command(ConfirmCommand{true});
  EXPECT_FALSE(world.told().size() == 1 && world.probes_.empty())
      << "eight hours later SN1P is taken for dead without a look";
}

TEST(Promise, WhoSaysYesGetsTheTargetThatWasShown) {
  World world;
  for (auto& [node, sns] : world.cluster_.nodes) sns = {"SN1P", "SN2P", "SN3P"};
  world.state_.nodes = {};
  Assignment moved;
  moved.node = "cn003";
  moved.serial = 1;
  moved.to = "SN2P";
  moved.generation = 1;
  world.state_.put(moved);
  world.restart();
  world.connect("cn001");
  auto asks = world.takeover_of("SN1P");
  asks.confirm = true;
  asks.nodes = {"cn001"};
  world.command(asks, 1);
  world.answer_preflight();
  ASSERT_EQ(world.last_answer<PlanAnswer>()->to, "SN2P");
  // Another administrator takes SN2P out of service while the question stands.
  world.command(world.takeover_of("SN2P", "SN3P"), 2);
  world.answer_preflight();
  ASSERT_EQ(world.state_.service_nodes.at("SN2P").state, ServiceNodeState::failed);
  world.told();
  world.command(ConfirmCommand{true}, 1);
  EXPECT_NE(world.node("cn001").service_node(), "SN3P")
      << "nobody was shown SN3P, nobody probed it";
}

TEST(Promise, ANodeRebootedFromWhatNamesTheOldOneConvergesAgain) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.told();
  world.connect("cn001", {{"SN1P", 9}});  // /run is empty: it knows of no generation
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  // One that has seen the generation, and died before it did anything: a boot later it is the same.
  world.verify("cn001");
  auto interrupted = world.hello_of("cn001", {{"SN1P", 9}});
  interrupted.generation = world.node("cn001").generation();
  interrupted.generation_target = "SN2P";
  world.from("cn001", interrupted);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  // One that knows that it arrived drifted: shown, not corrected.
  world.verify("cn001");
  auto hello = world.hello_of("cn001", {{"SN1P", 1}, {"SN2P", 8}});
  hello.generation = world.node("cn001").generation();
  hello.generation_target = "SN2P";
  wire::Outcome arrived;
  arrived.generation = hello.generation;
  arrived.to = "SN2P";
  arrived.verdict = Verdict::verified;
  hello.last.push_back(arrived);
  world.from("cn001", hello);
  EXPECT_THAT(world.told(), IsEmpty());
  world.command(StatusCommand{});
  EXPECT_THAT(text_of(world.last_answer<StatusAnswer>()->nodes.front().notice),
              HasSubstr("names SN1P again"));
}

// What it names was up when it came, and is marked now: it is told at once, although its own
// takeover still runs.
TEST(Promise, ARebootedNodeIsToldWhenWhatItNamesIsMarked) {
  World world;
  world.connect_each({"cn001", "cn002"});
  auto first = world.takeover_of("SN1P");
  first.nodes = {"cn001", "cn002"};
  world.begin(first);
  world.verify("cn001");  // and cn002 is still at it
  world.clear("SN1P");
  world.connect("cn001", {{"SN1P", 9}});  // rebooted from the image
  world.told();
  auto second = world.takeover_of("SN1P");
  second.nodes = {"cn003"};
  world.begin(second);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(Promise, TheCureOfAVerifiedNodeThatNamesTheOldOneAgainWorks) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.clear("SN1P");
  world.connect("cn001", {{"SN1P", 9}});  // rebooted from the image
  world.told();
  world.command(StatusCommand{});
  EXPECT_THAT(text_of(world.last_answer<StatusAnswer>()->nodes.front().notice_cure),
              HasSubstr("snctl takeover SN1P --nodes cn001"));
  auto command = world.takeover_of("SN1P");
  command.nodes = {"cn001"};
  world.begin(command);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(Promise, TheCureOfANodeThatReportsAThirdServiceNodeWorks) {
  World world;
  world.connect("cn001", {{"SN3P", 9}});
  world.command(StatusCommand{});
  EXPECT_THAT(text_of(world.last_answer<StatusAnswer>()->nodes.front().notice_cure),
              HasSubstr("snctl takeover SN3P --nodes cn001"));
  auto command = world.takeover_of("SN3P");
  command.nodes = {"cn001"};
  world.begin(command);
  EXPECT_EQ(world.last_answer<RefusalAnswer>(), nullptr)
      << text_of(world.last_answer<RefusalAnswer>()->reason);
}

TEST(Promise, ANodeThatMovedWhileItWasHeldIsNotHeldForEver) {
  World world;
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.timeout_ms = 2'000;
  world.begin(command);
  ASSERT_THAT(world.told(), ElementsAre("cn001"));
  world.advance(3'000);  // slow: the takeover ends, the node is still at it
  world.clear("SN1P");
  const Assignment present = world.present("cn001");
  world.outcome("cn001", Verdict::verified, present.generation, "SN2P");
  EXPECT_EQ(world.present("cn001").verdict, Verdict::verified)
      << text_of(world.present("cn001").reason);
}

}  // namespace
}  // namespace sn::coordinator
