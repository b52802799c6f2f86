#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

TEST(Feed, SerialsHaveNoGap) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  for (size_t i = 0; i < world.events_.size(); ++i) EXPECT_EQ(world.events_[i].serial, i + 1);
}

}  // namespace
}  // namespace sn::coordinator
