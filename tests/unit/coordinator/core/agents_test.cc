#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Generation, ANodeWithANewerOneThanTheTableIsHeld) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.told();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = world.state_.rows.at("cn001").generation + 5;
  hello.generation_target = "SN3P";
  world.from("cn001", hello);
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.state_.rows.at("cn001").state, RowState::held);
}

TEST(Generation, TheSameOneForAnotherTargetIsAConflict) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.told();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = world.state_.rows.at("cn001").generation;
  hello.generation_target = "SN3P";
  world.from("cn001", hello);
  EXPECT_EQ(world.state_.rows.at("cn001").state, RowState::held);
}

TEST(Presence, ANodeThatSaysNoBeatIsTakenAsGone) {
  World world;
  world.connect("cn001");
  world.advance(60'000);
  world.command(StatusCommand{});
  EXPECT_TRUE(world.last_answer<StatusAnswer>()->nodes.front().connected);
  world.advance(20'000);
  world.command(StatusCommand{});
  EXPECT_FALSE(world.last_answer<StatusAnswer>()->nodes.front().connected);
}

TEST(Presence, AHelloOverAnotherPathReplacesTheOldOne) {
  World world;
  world.connect("cn001");
  world.carry_out(world.core_->on_message("2-cn001", key_of("cn001"),
                                          world.hello_of("cn001", {{"SN1P", 9}}), world.now()));
  world.takeover();
  EXPECT_EQ(world.sent_.back().connection, "2-cn001");
}

TEST(CoreMounts, AChangeIsAnEventAndTheFirstReportIsNone) {
  World world;
  world.connect("cn001");
  const auto from_server = [](const std::string& server) {
    NfsMount mount;
    mount.place = "/install";
    mount.source = server + ":/install";
    mount.address = server;
    mount.owner = server == "10.1.1.100" ? "SN1P" : "SN2P";
    return mount;
  };
  const auto mount_events = [&] {
    std::vector<std::string> texts;
    for (const auto& event : world.events_) {
      if (event.what.starts_with("mount_")) texts.push_back(event.what + " " + event.service_node);
    }
    world.events_.clear();
    return texts;
  };
  world.from("cn001", wire::Mounts{{from_server("10.1.1.100")}});
  EXPECT_THAT(mount_events(), IsEmpty());
  world.from("cn001", wire::Mounts{{from_server("10.1.1.100")}});
  EXPECT_THAT(mount_events(), IsEmpty());
  world.from("cn001", wire::Mounts{{from_server("10.1.1.101")}});
  EXPECT_THAT(mount_events(), ElementsAre("mount_gone SN1P", "mount_appeared SN2P"));
  world.command(StatusCommand{});
  const auto* status = world.last_answer<StatusAnswer>();
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->nodes.front().mounts.front().address, "10.1.1.101");
}

}  // namespace
}  // namespace sn::coordinator
