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

TEST(Keys, ANewKeyRetiresTheOldOneAndEndsItsConnection) {
  World world;
  world.connect("cn001");
  world.command(AddKeyCommand{"cn001", std::string(40, 'n')});
  EXPECT_TRUE(world.admitted_.contains(std::string(40, 'n')));
  EXPECT_FALSE(world.admitted_.contains(key_of("cn001")));
  EXPECT_EQ(std::count_if(world.state_.keys.begin(), world.state_.keys.end(),
                          [](const NodeKey& key) { return key.node == "cn001"; }),
            1);
  world.connect("cn001");
  world.command(StatusCommand{});
  EXPECT_FALSE(world.last_answer<StatusAnswer>()->nodes.front().connected);
  world.command(AddKeyCommand{"cn001", std::string(40, 'n')});
  EXPECT_TRUE(world.admitted_.contains(std::string(40, 'n'))) << "the same again changes nothing";
}

TEST(Keys, TheKeyOfANodeThatIsInNoRowLetsNobodyIn) {
  World world;
  world.cluster_.nodes.erase("cn003");
  world.restart();
  EXPECT_FALSE(world.admitted_.contains(key_of("cn003")));
  EXPECT_TRUE(world.admitted_.contains(key_of("cn002")));
  // Somebody took it out by mistake.
  world.cluster_.nodes["cn003"] = {"SN1P", "SN2P"};
  world.restart();
  EXPECT_TRUE(world.admitted_.contains(key_of("cn003")));
}

}  // namespace
}  // namespace sn::coordinator
