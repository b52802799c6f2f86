#include "coordinator/core/nfs_servers.h"
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Generation, ANodeWithANewerOneThanTheTableIsHeld) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.told();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = world.node("cn001").generation() + 5;
  hello.generation_target = "SN3P";
  world.from("cn001", hello);
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.present("cn001").state, AssignmentState::held);
}

TEST(Generation, TheSameOneForAnotherTargetIsAConflict) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.told();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = world.node("cn001").generation();
  hello.generation_target = "SN3P";
  world.from("cn001", hello);
  EXPECT_EQ(world.present("cn001").state, AssignmentState::held);
}

// One node's word raised everybody's count, and after the next takeover every node was refused.
TEST(Generation, WhatANodeReportsRaisesNobodyElses) {
  World world;
  world.connect("cn002");
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = uint64_t{1} << 62;
  hello.generation_target = "SN1P";
  world.from("cn001", hello);
  EXPECT_EQ(world.events_.back().id, "SN0324") << "it is held";
  EXPECT_TRUE(std::any_of(world.events_.begin(), world.events_.end(), [](const Event& event) {
    return event.id == "SN0206" && event.node == "cn001";
  })) << "and an alarm";
  EXPECT_EQ(world.present("cn001").state, AssignmentState::held);
  EXPECT_THAT(text_of(world.present("cn001").cure), HasSubstr("remove /run/snagent/generation"));
  wire::Beat beat;
  beat.generation = ~uint64_t{0};
  world.from("cn002", beat);
  world.from("cn002", wire::Accepted{"T1", ~uint64_t{0}});
  auto command = world.takeover_of("SN1P");
  command.nodes = {"cn002"};
  world.begin(command);
  ASSERT_FALSE(world.told_.empty());
  EXPECT_LT(world.told_.back().generation, 2'000'000'000'000U) << "the clock's";
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

TEST(CoreServers, OneNodeAsksWhatTheCoordinatorHasNoWayTo) {
  World world;
  world.cluster_.directory.external_nfs = {{"nfsha", {*NetworkAddress::parse("10.1.9.9/24")}}};
  world.restart();
  wire::ServerSighting server;
  server.address = "10.1.9.9";
  server.port = 2049;
  server.owner = "nfsha";
  server.state = ServerState::answering;
  for (const char* node : {"cn001", "cn002"}) {
    world.connect(node);
    world.from(node, wire::ServerHealthReport{{server}});
  }
  world.sent_.clear();
  world.advance(2 * kDeputyMs - 1);
  const auto told = [&] {
    std::vector<std::string> nodes;
    for (const auto& send : std::exchange(world.sent_, {})) {
      const auto* watch = std::get_if<wire::WatchServer>(&send.message);
      if (watch == nullptr) continue;
      EXPECT_EQ(watch->address, "10.1.9.9");
      EXPECT_GT(watch->for_ms, kDeputyMs) << "nobody asks between two turns";
      nodes.push_back(send.connection);
    }
    return nodes;
  };
  EXPECT_THAT(told(), IsEmpty()) << "its own question is still out";
  ASSERT_FALSE(world.pings_.empty());
  for (const auto& ping : std::exchange(world.pings_, {})) {
    world.carry_out(world.core_->on_ping(ping.request, false, "no connection", world.now()));
  }
  world.advance(2 * kDeputyMs - 1);
  EXPECT_THAT(told(), ElementsAre("c-cn001", "c-cn002"));
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

// ---------------------------------------------------------------- restored from an older table

// cn001 was away when it was decided on, and comes back with what an older table forgot.
void decide_without(World& world) {
  world.takeover();
  ASSERT_EQ(world.present("cn001").verdict, Verdict::pending);
}

TEST(BoundElsewhere, ANodeThatNamesNothingThatWasMeantIsHeld) {
  World world;
  decide_without(world);
  world.connect("cn001", {{"SN3P", 9}});
  EXPECT_THAT(world.told(), IsEmpty());
  const Assignment& present = world.present("cn001");
  EXPECT_EQ(present.state, AssignmentState::held);
  EXPECT_EQ(text_of(present.reason), "it names SN3P, and was to leave SN1P for SN2P");
  EXPECT_THAT(text_of(present.cure), HasSubstr("snctl takeover SN3P --nodes cn001 --planned"));
}

TEST(BoundElsewhere, WhatItWasAssignedMeanwhileItIsToLeaveToo) {
  World world;
  decide_without(world);
  auto hello = world.hello_of("cn001", {{"SN1P", 1}, {"SN3P", 8}});
  hello.generation = 7;
  hello.generation_target = "SN3P";
  world.from("cn001", hello);
  ASSERT_EQ(world.told_.size(), 1U);
  EXPECT_THAT(world.told_.front().from, ElementsAre("SN1P", "SN3P"));
  EXPECT_THAT(world.present("cn001").still_to_leave(), ElementsAre("SN1P", "SN3P"));
}

// By hand, say: it was never assigned that, so it is shown and stays.
TEST(BoundElsewhere, WhatItNamesBesidesIsNotTakenFromIt) {
  World world;
  decide_without(world);
  world.connect("cn001", {{"SN1P", 9}, {"SN3P", 1}});
  ASSERT_EQ(world.told_.size(), 1U);
  EXPECT_THAT(world.told_.front().from, ElementsAre("SN1P"));
}

// Half moved to SN2P, then booted from an image that names SN3P, which is dead too.
TEST(BoundElsewhere, WhatIsLeftBehindItIsToLeaveHoweverItCameThere) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.outcome("cn001", Verdict::partly, world.node("cn001").generation(), "SN2P");
  world.state_.service_nodes["SN3P"] = {"SN3P", ServiceNodeState::failed, 0, "T0"};
  world.restart();
  world.told();
  world.connect("cn001", {{"SN3P", 9}});
  ASSERT_EQ(world.told_.size(), 1U);
  EXPECT_THAT(world.told_.front().from, ElementsAre("SN1P", "SN3P"));
}

}  // namespace
}  // namespace sn::coordinator
