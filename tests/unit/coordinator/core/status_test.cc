// What snctl status points out.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Conflict, InventoryAndTableDifferAndNobodyWins) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  const auto notice = [&] {
    world.command(StatusCommand{});
    return world.last_answer<StatusAnswer>()->nodes.at(0);
  };
  // As long as the service node is failed, this is what was wanted.
  EXPECT_EQ(text_of(notice().notice), "");
  world.clear("SN1P");
  EXPECT_EQ(text_of(notice().notice),
            "CONFLICT the inventory says SN1P, and it was moved to SN2P by T1; this is "
            "not resolved automatically");
  EXPECT_THAT(text_of(notice().notice_cure), HasSubstr("snctl failback T1"));
  world.told();
  world.restart();
  world.connect("cn001", {{"SN2P", 9}});
  EXPECT_EQ(world.node("cn001").service_node(), "SN2P");
  EXPECT_THAT(world.told(), IsEmpty());
}

// One that a node invents would be one more for everybody who reads the status.
TEST(Status, AServiceNodeIsOneOfTheInventorys) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  world.from("cn001", world.hello_of("cn001", {{"SN9P", 9}}));
  world.outcome("cn001", Verdict::blocked, world.node("cn001").generation(), "SN2P");
  world.from("cn001", world.hello_of("cn001", {{"SN9P", 9}}));
  world.command(StatusCommand{});
  const auto* status = world.last_answer<StatusAnswer>();
  for (const auto& shown : status->service_nodes) EXPECT_NE(shown.record.name, "SN9P");
  EXPECT_NE(status->nodes.at(0).on, "SN9P");
}

// The way back of the last takeover leads elsewhere: following it would send the node in circles.
TEST(Conflict, NamesAMoveOfItsOwnWhereNoFailbackLeadsHome) {
  World world(1);
  world.connect("cn001");
  world.takeover("SN1P");
  world.verify("cn001");
  world.takeover("SN2P", "SN3P");
  world.verify("cn001");
  for (const char* service_node : {"SN1P", "SN2P"}) {
    world.clear(service_node);
  }
  world.command(StatusCommand{});
  EXPECT_THAT(text_of(world.last_answer<StatusAnswer>()->nodes.at(0).notice_cure),
              HasSubstr("snctl takeover SN3P --to SN1P --planned --nodes cn001"));
}

TEST(Stranded, ANodeThatIsLeftOnADeadServiceNodeIsNotFine) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  auto command = world.takeover_of("SN1P");
  command.nodes = {"cn001"};
  world.begin(command);
  world.verify("cn001");
  world.command(StatusCommand{});
  const auto* status = world.last_answer<StatusAnswer>();
  EXPECT_EQ(text_of(status->nodes.at(0).notice), "");
  EXPECT_EQ(text_of(status->nodes.at(1).notice), "still on SN1P, which is FAILED");
  EXPECT_EQ(text_of(status->nodes.at(1).notice_cure), "snctl takeover SN1P");
  EXPECT_EQ(status->service_nodes.at(0).verified, 0U);
}

// A takeover that was stopped, or that waits, has moved nobody: FAILED with no node would read as
// if all were well.
TEST(Counts, ANodeCountsWhereItIs) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover();
  world.verify("cn001");
  wire::OutcomeReport untouched;
  untouched.outcome.takeover = "T1";
  untouched.outcome.generation = world.node("cn002").generation();
  untouched.outcome.to = "SN2P";
  untouched.outcome.verdict = Verdict::blocked;
  untouched.bindings = {{"SN1P", 9}};
  world.from("cn002", untouched);
  world.command(StatusCommand{});
  const auto* status = world.last_answer<StatusAnswer>();
  EXPECT_EQ(status->nodes.at(0).on, "SN2P");
  EXPECT_EQ(status->nodes.at(1).on, "SN1P");
  EXPECT_EQ(status->nodes.at(2).on, "SN1P");
  const ServiceNodeStatus& old = status->service_nodes.at(0);
  EXPECT_EQ(old.record.name, "SN1P");
  EXPECT_EQ(old.nodes, 2U);
  EXPECT_EQ(old.blocked, 1U);
  EXPECT_EQ(old.pending, 1U);
  EXPECT_EQ(status->service_nodes.at(1).nodes, 1U);
  EXPECT_EQ(status->service_nodes.at(1).verified, 1U);
}

TEST(Counts, APartlyMovedNodeCountsWhereItsEssentialsAre) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  world.outcome("cn001", Verdict::partly, world.node("cn001").generation(), "SN2P");
  world.command(StatusCommand{});
  EXPECT_EQ(world.last_answer<StatusAnswer>()->nodes.at(0).on, "SN2P");
}

// A second takeover to another target starts where the node is, not where it never arrived.
TEST(Counts, AWayThatWasNeverGoneBeginsWhereItBegan) {
  World world(1);
  world.connect("cn001", {});
  world.takeover();
  world.takeover("SN2P", "SN3P");
  world.command(StatusCommand{});
  EXPECT_EQ(world.last_answer<StatusAnswer>()->nodes.at(0).service_node, "SN3P");
  EXPECT_EQ(world.last_answer<StatusAnswer>()->nodes.at(0).on, "SN1P");
}

}  // namespace
}  // namespace sn::coordinator
