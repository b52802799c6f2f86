#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Takeover, AfterTheServiceNodeIsClearedALateNodeIsHeldAndNamed) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.told();
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("cn[002-003]"));
  world.connect("cn003");
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.state_.rows.at("cn003").state, RowState::held);
  EXPECT_THAT(world.state_.rows.at("cn003").cure, HasSubstr("snctl takeover SN1P"));
}

TEST(Promise, ClearingDoesNotSayThatAMovedNodeWasNotMoved) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.outcome("cn001", Verdict::partly, world.state_.rows.at("cn001").generation, "SN2P");
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  EXPECT_EQ(world.state_.takeovers.at(1).nodes.at("cn001").verdict, Verdict::partly)
      << world.state_.takeovers.at(1).nodes.at("cn001").reason;
}

}  // namespace
}  // namespace sn::coordinator
