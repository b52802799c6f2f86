#include "agent/core/fence.h"

#include <gtest/gtest.h>

#include "common/model/generation.h"

namespace sn::agent {
namespace {

Fence fence_at(uint64_t generation) {
  Fence fence;
  fence.epoch = 3;
  fence.generation = generation;
  fence.target = "SN1P";
  return fence;
}

wire::Rebind order(uint64_t generation) {
  wire::Rebind rebind;
  rebind.takeover = "T1";
  rebind.generation = generation;
  rebind.node = "cn001";
  rebind.from = {"SN1P"};
  rebind.to = "SN2P";
  rebind.epoch = 3;
  return rebind;
}

// One with the greatest of all would be the last one that the node obeys.
TEST(FenceTest, AnOrderThatNoCoordinatorGivesOutIsRefused) {
  constexpr uint64_t kNow = 1'790'000'000'000;
  for (const uint64_t seen : {uint64_t{0}, kNow, kMostGenerationStep, ~uint64_t{0} - 5}) {
    for (const uint64_t wrong : {~uint64_t{0}, seen + kMostGenerationStep + 1}) {
      if (wrong <= seen || wrong - seen <= kMostGenerationStep) continue;
      const Status judged = judge(fence_at(seen), "cn001", order(wrong));
      ASSERT_FALSE(judged) << seen << " " << wrong;
      EXPECT_TRUE(judged.error().why.is(FactCode::generation_jumps));
    }
  }
}

TEST(FenceTest, TheFirstOrderAfterABootIsTheClocks) {
  EXPECT_TRUE(judge(fence_at(0), "cn001", order(1'790'000'000'000)));
  EXPECT_TRUE(judge(fence_at(1'790'000'000'000), "cn001", order(1'950'000'000'000)));
  EXPECT_TRUE(judge(fence_at(0), "cn001", order(kMostGenerationStep)));
}

}  // namespace
}  // namespace sn::agent
