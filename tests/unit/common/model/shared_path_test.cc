#include "common/model/shared_path.h"

#include <gtest/gtest.h>

#include "tests/vectors/shared_paths.h"

namespace sn {
namespace {

TEST(SharedPath, IsFollowedByWhatLiesBelowItAndByNothingElse) {
  for (const auto& [exported, follows] : shared_path_cases()) {
    EXPECT_EQ(may_follow(shared_path_vectors(), exported, false), follows) << exported;
    EXPECT_TRUE(may_follow(shared_path_vectors(), exported, true)) << exported;
  }
}

TEST(SharedPath, OfTheRootHoldsEveryPlainPathAndNoOther) {
  const std::vector<SharedPath> all{{"/", true, ""}};
  EXPECT_TRUE(may_follow(all, "/", false));
  EXPECT_TRUE(may_follow(all, "/home", false));
  for (const char* exported : {"", "home", "home/a", "../home", "/home/..", "//home", "$1", "&"}) {
    EXPECT_FALSE(may_follow(all, exported, false)) << exported;
  }
}

TEST(SharedPath, TheLongestOneCounts) {
  const std::vector<SharedPath> shared{{"/a/b", false, "deep"}, {"/a", true, "shallow"}};
  EXPECT_EQ(shared_path_of(shared, "/a/b/c")->marker, "deep");
  EXPECT_EQ(shared_path_of(shared, "/a/bc")->marker, "shallow");
  EXPECT_EQ(shared_path_of(shared, "/b"), nullptr);
}

}  // namespace
}  // namespace sn
