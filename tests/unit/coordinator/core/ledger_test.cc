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
  EXPECT_THAT(status->nodes.front().notice, HasSubstr("reports SN3P, the table says SN1P"));
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
  EXPECT_EQ(world.state_.rows.at("cn001").service_node, "SN2P");
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Generation, IsNewerThanWhatAnyNodeReportedAndThanTheClock) {
  World world;
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = 9'000'000'000'000'000;
  hello.generation_target = "SN1P";
  world.from("cn001", hello);
  world.takeover();
  EXPECT_EQ(world.state_.rows.at("cn001").generation, 9'000'000'000'000'001);
}

}  // namespace
}  // namespace sn::coordinator
