#include "common/facts/some_nodes.h"

#include <gtest/gtest.h>

#include "common/facts/text.h"

namespace sn {
namespace {

std::vector<std::string> every_second(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back("x" + std::to_string(1000 + 2 * i));
  return names;
}

TEST(SomeNodes, AreAllOfThemWhereTheyFit) {
  EXPECT_EQ(fold_some_nodes({"cn002", "cn001", "cn003"}), "cn[001-003]");
  EXPECT_EQ(fold_some_nodes({}), "");
}

TEST(SomeNodes, AreTheFirstOfMany) {
  EXPECT_EQ(fold_some_nodes(every_second(300), 20), "x[1000,1002,1004] ... and 297 more");
  EXPECT_EQ(fold_some_nodes({std::string(99, 'a'), std::string(99, 'b')}, 20),
            std::string(99, 'a') + " ... and 1 more");
}

TEST(SomeNodes, StandInASentenceAndNotInACommand) {
  const Details with{.nodes = every_second(300), .takeover = 1, .ms = 8'000};
  EXPECT_LT(text_of(Fact(FactCode::no_end_of, with)).size(), 150U);
  EXPECT_GT(text_of(Cure(CureCode::resume_nodes, with)).size(), 1'500U);
}

}  // namespace
}  // namespace sn
