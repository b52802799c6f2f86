#include "coordinator/core/ledger.h"

#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Takeover, SeedingNeverMovesANode) {
  World world;
  world.connect("cn001", {{"SN3P", 9}});
  world.restart();
  world.connect("cn001", {{"SN3P", 9}});
  world.advance(120'000);
  EXPECT_THAT(world.told(), IsEmpty());
  world.command(StatusCommand{});
  const auto* status = world.last_answer<StatusAnswer>();
  EXPECT_THAT(text_of(status->nodes.front().notice), HasSubstr("names SN3P, and belongs to SN1P"));
}

TEST(Takeover, EditingTheInventoryNeverMovesAMovedNode) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.told();
  world.cluster_.nodes["cn001"] = {"SN3P", "SN1P"};
  world.restart();
  world.connect("cn001", {{"SN2P", 9}});
  world.advance(60'000);
  EXPECT_EQ(world.node("cn001").service_node(), "SN2P");
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Generation, IsNewerThanTheLastAndThanTheClock) {
  World world;
  world.connect("cn001");
  world.takeover();
  EXPECT_EQ(world.node("cn001").generation(), static_cast<uint64_t>(world.now().wall.unix_ms))
      << "the clock's";
  // The clock was far ahead once.
  World ahead;
  ahead.state_.last_generation = 2'000'000'000'000;
  ahead.restart();
  ahead.connect("cn001");
  ahead.takeover();
  EXPECT_EQ(ahead.node("cn001").generation(), 2'000'000'000'001U);
}

TEST(Ledger, KeepsTheNewestTakeoversAndThoseThatAreStillNamed) {
  World world(1);
  for (uint64_t number = 1; number <= 250; ++number) {
    Takeover takeover;
    takeover.number = number;
    takeover.from = "SN1P";
    takeover.timeout_ms = 60'000;
    takeover.state = number == 5 ? TakeoverState::running : TakeoverState::finished;
    world.state_.takeovers[number] = takeover;
    Assignment part;
    part.node = number == 7 ? "cn001" : "cn009";
    part.serial = static_cast<uint32_t>(number) + 1;
    part.takeover = number;
    part.generation = number;
    part.to = number % 2 == 0 ? "SN1P" : "SN2P";
    part.state = AssignmentState::released;
    part.verdict = number == 5 ? Verdict::pending : Verdict::verified;
    world.state_.put(part);
  }
  world.state_.service_nodes["SN3P"] = {"SN3P", ServiceNodeState::failed, 0, "T9"};
  world.restart();
  const auto kept = [&](uint64_t number) { return world.state_.takeovers.contains(number); };
  EXPECT_TRUE(kept(5)) << "it runs";
  EXPECT_TRUE(kept(7)) << "a node is where it put it";
  EXPECT_TRUE(kept(9)) << "a service node's state names it";
  EXPECT_FALSE(kept(50));
  EXPECT_TRUE(kept(51));
  EXPECT_EQ(world.state_.takeovers.size(), kKeptTakeovers + 3);
  EXPECT_EQ(world.core_->state().takeovers, world.state_.takeovers);

  // One that ends long after it is among the old ones at once, and its end is still told.
  world.command(WatchCommand{"T5"});
  world.advance(61'000);
  EXPECT_EQ(world.last_answer<TakeoverAnswer>()->takeover.state, TakeoverState::finished);
  EXPECT_FALSE(kept(5));
  EXPECT_EQ(world.core_->state().takeovers, world.state_.takeovers);
}

}  // namespace
}  // namespace sn::coordinator
