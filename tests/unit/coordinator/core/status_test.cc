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
  EXPECT_EQ(notice().notice, "");
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  EXPECT_EQ(notice().notice, "CONFLICT the inventory says SN1P, the table SN2P since T1");
  EXPECT_THAT(notice().notice_cure, HasSubstr("snctl failback T1"));
  world.told();
  world.restart();
  world.connect("cn001", {{"SN2P", 9}});
  EXPECT_EQ(world.state_.rows.at("cn001").service_node, "SN2P");
  EXPECT_THAT(world.told(), IsEmpty());
}

}  // namespace
}  // namespace sn::coordinator
