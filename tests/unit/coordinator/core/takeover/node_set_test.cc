// Who may be whose backup when more than one service node is dead.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(MutualBackups, ADeadBackupsBackupIsNotTheDeadOne) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  world.takeover("SN1P");
  world.verify_each({"cn001", "cn002"});
  world.told();
  // Now SN2P dies, and the inventory knows only SN1P besides.
  world.takeover("SN2P");
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_THAT(text_of(refusal->reason), HasSubstr("SN1P is itself marked failed"));
  EXPECT_THAT(text_of(refusal->cure), HasSubstr("--to"));
  EXPECT_THAT(world.told(), IsEmpty());
  world.takeover("SN2P", "SN3P");
  EXPECT_THAT(world.told(), ElementsAre("cn001", "cn002"));
}

}  // namespace
}  // namespace sn::coordinator
