// Nodes that come back when their takeover has told all others.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

// Five nodes that were down while it ran, and come back at once, as after a power cut.
class ComingBack : public testing::Test {
 public:
  void takeover(const sn::coordinator::Waves& waves) {
    world_.connect("cn001");
    auto command = world_.takeover_of("SN1P");
    command.waves = waves;
    world_.begin(command);
    world_.verify("cn001");
    ASSERT_EQ(world_.state_.takeovers.at(1).state, TakeoverState::finished);
    world_.told();
    world_.connect_each({"cn002", "cn003", "cn004", "cn005", "cn006"});
  }
  World world_{6};
};

TEST_F(ComingBack, OneGoesAloneThenTheWindow) {
  takeover({1, 2, 5});
  EXPECT_THAT(world_.told(), ElementsAre("cn002")) << "nobody has seen a plan of theirs";
  world_.advance(5'000);
  EXPECT_THAT(world_.told(), Each("cn002"));
  world_.verify("cn002");
  EXPECT_THAT(world_.told(), ElementsAre("cn003", "cn004"));
  world_.verify("cn004");
  EXPECT_THAT(world_.told(), ElementsAre("cn005"));
}

TEST_F(ComingBack, GoSinglyWhileTheyEndBadly) {
  takeover({1, 2, 5});
  for (const char* each : {"cn002", "cn003", "cn004"}) {
    EXPECT_THAT(world_.told(), ElementsAre(each));
    world_.outcome(each, Verdict::failed, world_.node(each).generation(), "SN2P");
  }
  EXPECT_THAT(world_.told(), ElementsAre("cn005"));
}

TEST_F(ComingBack, OneThatHangsGivesItsPlaceUp) {
  takeover({1, 2, 5});
  world_.told();
  world_.advance(20'000);
  EXPECT_THAT(world_.told(), Contains("cn003"));
}

TEST_F(ComingBack, OneThatGoesAgainGivesItsTurnUp) {
  takeover({1, 1, 5});
  world_.told();
  world_.carry_out(world_.core_->on_send_failed("c-cn003", world_.now()));
  world_.verify("cn002");
  EXPECT_THAT(world_.told(), ElementsAre("cn004"));
}

TEST_F(ComingBack, AVerdictOfBeforeIsNoEnd) {
  takeover({1, 2, 5});
  for (const char* each : {"cn002", "cn003", "cn004", "cn005", "cn006"}) {
    world_.outcome(each, Verdict::blocked, world_.node(each).generation(), "SN2P");
  }
  world_.restart();
  world_.told();
  world_.connect_each({"cn002", "cn003", "cn004", "cn005", "cn006"});
  EXPECT_THAT(world_.told(), ElementsAre("cn002"));
  world_.advance(5'000);
  EXPECT_THAT(world_.told(), Each("cn002")) << "it is at it still";
}

TEST_F(ComingBack, OneThatWaitsForItsScriptsHoldsNobodyUp) {
  takeover({1, 2, 5});
  world_.told();
  world_.busy("cn002", Fact(FactCode::waiting_for_scripts, {.name = "xcatdsklspost", .pid = 812}));
  world_.advance(1'000);
  EXPECT_THAT(world_.told(), Contains("cn003"));
}

TEST_F(ComingBack, AllAtOnceIsAllAtOnce) {
  takeover({0, 0, 0});
  EXPECT_THAT(world_.told(), SizeIs(5));
}

TEST_F(ComingBack, ArrivedNodesThatArePoweredAllAtOnceGoInTheWindow) {
  takeover({1, 2, 5});
  for (int round = 0; round < 5; ++round) {
    for (const char* each : {"cn002", "cn003", "cn004", "cn005", "cn006"}) {
      if (world_.present(each).told_unix_ms != 0) world_.verify(each);
    }
  }
  world_.told();
  world_.connect_each({"cn002", "cn003", "cn004", "cn005", "cn006"});  // from what names SN1P
  EXPECT_THAT(world_.told(), ElementsAre("cn002", "cn003"));
  world_.verify("cn002");
  EXPECT_THAT(world_.told(), ElementsAre("cn004"));
}

}  // namespace
}  // namespace sn::coordinator
