#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

TEST(Keys, AMessageUnderAnUnknownKeyIsRefused) {
  World world;
  const auto effects = world.core_->on_message("c-x", std::string(40, 'x'),
                                               world.hello_of("cn001", {}), world.now());
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<wire::Refused>(std::get<Send>(effects[0]).message));
}

TEST(Keys, ANodeCannotSpeakForAnother) {
  World world;
  world.carry_out(
      world.core_->on_message("c-x", key_of("cn002"), world.hello_of("cn001", {}), world.now()));
  world.command(StatusCommand{});
  for (const auto& node : world.last_answer<StatusAnswer>()->nodes) EXPECT_FALSE(node.connected);
}

TEST(Keys, ARevokedKeyIsNotHeardAnyMore) {
  World world;
  world.connect("cn001");
  world.command(RevokeKeyCommand{"cn001"});
  EXPECT_FALSE(world.admitted_.contains(key_of("cn001")));
  world.connect("cn001");
  world.command(StatusCommand{});
  EXPECT_FALSE(world.last_answer<StatusAnswer>()->nodes.front().connected);
}

}  // namespace
}  // namespace sn::coordinator
