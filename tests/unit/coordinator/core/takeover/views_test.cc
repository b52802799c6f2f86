#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

TEST(Watch, ALostTerminalEndsNothing) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.carry_out(world.core_->on_client_gone(1, world.now()));
  world.command(WatchCommand{"T1"}, 2);
  world.verify("cn001");
  const auto* answer = world.last_answer<TakeoverAnswer>();
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(world.replies_.back().client, 2U);
  EXPECT_EQ(answer->takeover.state, TakeoverState::finished);
}

}  // namespace
}  // namespace sn::coordinator
