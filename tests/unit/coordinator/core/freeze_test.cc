#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Freeze, StopsAllSendingAndOutlivesARestart) {
  World world;
  world.connect("cn001");
  world.command(FreezeCommand{true, "root"});
  world.command(world.takeover_of("SN1P"));
  EXPECT_EQ(world.last_answer<RefusalAnswer>()->exit_code, 3);
  world.command(FreezeCommand{false, "root"});
  world.takeover();
  world.told();
  world.command(FreezeCommand{true, "root"});
  world.restart();
  world.connect("cn001");
  world.connect("cn002");
  world.advance(30'000);
  EXPECT_THAT(world.told(), IsEmpty());
  world.connect("cn001");
  world.connect("cn002");
  world.command(FreezeCommand{false, "root"});
  EXPECT_THAT(world.told(), ElementsAre("cn001", "cn002"));
}

}  // namespace
}  // namespace sn::coordinator
