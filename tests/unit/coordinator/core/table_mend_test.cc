#include "common/model/generation.h"
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kSpent = uint64_t{1} << 62;

// A table whose count somebody has raised, and a node that was told by it.
void spend(World& world) {
  world.connect_each({"cn001", "cn002"});
  world.takeover();
  world.verify("cn001");
  world.verify("cn002");
  world.state_.last_generation = kSpent;
  world.state_.nodes.at("cn001").assignments.back().generation = kSpent;
  world.restart();
  world.connect_each({"cn001", "cn002"});
}

TEST(TableMend, ATakeoverThatNoNodeWouldObeyIsRefusedAndTheCureMendsIt) {
  World world;
  spend(world);
  world.command(world.takeover_of("SN2P"));
  ASSERT_NE(world.last_answer<RefusalAnswer>(), nullptr);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason),
              HasSubstr("4611686018427387904"));
  EXPECT_EQ(text_of(world.last_answer<RefusalAnswer>()->cure), "snctl table mend");

  world.command(MendTableCommand{"root"});
  ASSERT_NE(world.last_answer<DoneAnswer>(), nullptr);
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("cn001"));
  EXPECT_EQ(world.last_answer<DoneAnswer>()->text.find("cn002"), std::string::npos);
  EXPECT_LT(world.state_.last_generation, kMostGenerationStep);
  EXPECT_EQ(world.node("cn001").generation(), world.state_.last_generation);
  EXPECT_EQ(world.node("cn001").service_node(), "SN2P") << "where it belongs does not change";
}

TEST(TableMend, NothingIsDoneWhereNothingIsWrong) {
  World world;
  world.command(MendTableCommand{"root"});
  ASSERT_NE(world.last_answer<RefusalAnswer>(), nullptr);
  EXPECT_EQ(world.last_answer<RefusalAnswer>()->exit_code, 3);
}

}  // namespace
}  // namespace sn::coordinator
