#include "agent/executor/fence_file.h"

#include <gmock/gmock.h>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

wire::Rebind order(uint64_t generation, const char* to, uint64_t epoch = 3) {
  wire::Rebind rebind;
  rebind.node = "cn001";
  rebind.generation = generation;
  rebind.to = to;
  rebind.epoch = epoch;
  return rebind;
}

TEST(Fence, KeepsTheNewestGenerationAndItsOutcome) {
  const TemporaryDirectory run, state;
  const FenceFile file(run.path(), state.path());
  EXPECT_EQ(file.load()->generation, 0U);
  ASSERT_TRUE(file.raise(order(7, "SN2P")));
  wire::Outcome outcome;
  outcome.generation = 7;
  outcome.verdict = Verdict::verified;
  ASSERT_TRUE(file.store_outcome(outcome));
  const auto fence = file.load();
  EXPECT_EQ(fence->generation, 7U);
  EXPECT_EQ(fence->target, "SN2P");
  EXPECT_EQ(fence->epoch, 3U);
  ASSERT_TRUE(fence->last);
  EXPECT_EQ(fence->last->verdict, Verdict::verified);
}

// Two that share a log: what the one has decided the other knows, and the node goes by the newer.
TEST(Fence, WhoHasBeenReplacedIsNotObeyed) {
  const Fence fence{5, 7, "SN2P", {}};
  EXPECT_TRUE(judge(fence, "cn001", order(8, "SN3P", 5)));
  EXPECT_TRUE(judge(fence, "cn001", order(7, "SN2P", 6))) << "said again by the next one";
  const Status late = judge(fence, "cn001", order(9, "SN3P", 4));
  ASSERT_FALSE(late) << "newer as it may be";
  EXPECT_THAT(late.error().message(), testing::HasSubstr("a coordinator that has been replaced"));
}

TEST(Fence, AnOutcomeOfAnEarlierGenerationIsNotTheLastOne) {
  const TemporaryDirectory run;
  const FenceFile file(run.path(), "/nonexistent");
  ASSERT_TRUE(file.raise(order(7, "SN2P")));
  wire::Outcome outcome;
  outcome.generation = 7;
  ASSERT_TRUE(file.store_outcome(outcome));
  ASSERT_TRUE(file.raise(order(8, "SN3P")));
  EXPECT_FALSE(file.load()->last);
}

TEST(Fence, SurvivesARebootWhereTheRootDoes) {
  const TemporaryDirectory before, after, state;
  ASSERT_TRUE(FenceFile(before.path(), state.path()).raise(order(7, "SN2P")));
  const auto fence = FenceFile(after.path(), state.path()).load();
  EXPECT_EQ(fence->generation, 7U);
  EXPECT_FALSE(fence->last);
}

TEST(Fence, AFileWeDidNotWriteIsCorrupt) {
  const TemporaryDirectory run;
  for (const char* text : {"", "x", "7", "7 SN2P", "seven SN2P\n", "7 SN2P\n"}) {
    run.write("generation", text);
    const auto fence = FenceFile(run.path(), "/nonexistent").load();
    ASSERT_FALSE(fence) << text;
    EXPECT_EQ(fence.error().what, ErrorClass::corrupt) << text;
    EXPECT_THAT(text_of(fence.error().cure), testing::HasSubstr("remove it if no takeover runs"))
        << text;
  }
}

TEST(Fence, AnotherVersionIsNamed) {
  const TemporaryDirectory run;
  const FenceFile file(run.path(), "/nonexistent");
  ASSERT_TRUE(file.raise(order(7, "SN2P")));
  const std::string text = run.read("generation");
  run.write("generation", "snagent generation 9" + text.substr(text.find('\n')));
  EXPECT_THAT(file.load().error().message(),
              testing::HasSubstr("it is of version 9, and this snagentd reads version 3 only"));
}

}  // namespace
}  // namespace sn::agent
