#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;

TEST(Takeover, ShowsWhatANodeWaitsForAndForHowLong) {
  World world;
  world.connect_each({"cn001", "cn002"});
  world.takeover();
  const Fact step(FactCode::waiting_for_scripts, {.name = "xcatdsklspost", .pid = 812});
  const std::string waits = "waiting for xcatdsklspost (pid 812)";
  world.from("cn002", wire::Progress{"T1", world.node("cn002").generation(), step, 0, 0});
  EXPECT_EQ(world.events_.back().what, "node_waits");
  EXPECT_EQ(world.events_.back().node, "cn002");
  EXPECT_EQ(world.events_.back().text, waits);
  world.advance(100);
  const auto* progress = world.last_answer<ProgressAnswer>();
  ASSERT_NE(progress, nullptr);
  EXPECT_EQ(progress->delayed, 1U);
  EXPECT_EQ(progress->delayed_node, "cn002");
  EXPECT_EQ(progress->delay, step);

  world.advance(5'000);
  wire::Beat beat;
  beat.busy = step;
  beat.busy_ms = 12'000;
  world.from("cn002", beat);
  world.advance(100);
  EXPECT_EQ(text_of(world.last_answer<ProgressAnswer>()->delay), waits + ", 12 s");
  world.command(ShowCommand{"T1"}, 2);
  const auto* shown = world.last_answer<TakeoverAnswer>();
  EXPECT_EQ(text_of(shown->takeover.nodes.at("cn002").reason), "now " + waits + ", 12 s");
  EXPECT_EQ(text_of(shown->takeover.nodes.at("cn001").reason), "");
  world.command(StatusCommand{});
  EXPECT_EQ(text_of(world.last_answer<StatusAnswer>()->nodes.at(1).busy), waits + ", 12 s");

  world.verify("cn002");
  world.advance(100);
  EXPECT_EQ(world.last_answer<ProgressAnswer>()->delayed, 0U);
  world.command(StatusCommand{});
  EXPECT_EQ(text_of(world.last_answer<StatusAnswer>()->nodes.at(1).busy), "");
}

TEST(Takeover, AnUnfinishedOneGoesOnAfterARestart) {
  World world;
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover();
  world.verify("cn001");
  world.told();
  world.restart();
  world.connect("cn001", {{"SN2P", 9}});
  world.connect_each({"cn002", "cn003"});
  EXPECT_THAT(world.told(), ElementsAre("cn002", "cn003"));
  world.verify("cn002");
  world.verify("cn003");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
}

}  // namespace
}  // namespace sn::coordinator
