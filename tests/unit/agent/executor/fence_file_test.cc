#include "agent/executor/fence_file.h"

#include <gmock/gmock.h>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

TEST(Fence, KeepsTheNewestGenerationAndItsOutcome) {
  const TemporaryDirectory run, state;
  const FenceFile file(run.path(), state.path());
  EXPECT_EQ(file.load()->generation, 0U);
  ASSERT_TRUE(file.raise(7, "SN2P"));
  wire::Outcome outcome;
  outcome.generation = 7;
  outcome.verdict = Verdict::verified;
  ASSERT_TRUE(file.store_outcome(outcome));
  const auto fence = file.load();
  EXPECT_EQ(fence->generation, 7U);
  EXPECT_EQ(fence->target, "SN2P");
  ASSERT_TRUE(fence->last);
  EXPECT_EQ(fence->last->verdict, Verdict::verified);
}

TEST(Fence, AnOutcomeOfAnEarlierGenerationIsNotTheLastOne) {
  const TemporaryDirectory run;
  const FenceFile file(run.path(), "/nonexistent");
  ASSERT_TRUE(file.raise(7, "SN2P"));
  wire::Outcome outcome;
  outcome.generation = 7;
  ASSERT_TRUE(file.store_outcome(outcome));
  ASSERT_TRUE(file.raise(8, "SN3P"));
  EXPECT_FALSE(file.load()->last);
}

TEST(Fence, SurvivesARebootWhereTheRootDoes) {
  const TemporaryDirectory before, after, state;
  ASSERT_TRUE(FenceFile(before.path(), state.path()).raise(7, "SN2P"));
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
  ASSERT_TRUE(file.raise(7, "SN2P"));
  const std::string text = run.read("generation");
  run.write("generation", "snagent generation 9" + text.substr(text.find('\n')));
  EXPECT_THAT(file.load().error().message(),
              testing::HasSubstr("it is of version 9, and this snagentd reads version 2 only"));
}

}  // namespace
}  // namespace sn::agent
