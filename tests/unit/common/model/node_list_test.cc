#include "common/model/node_list.h"

#include <gmock/gmock.h>

namespace sn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(NodeList, ExpandsRangesWithTheLeftNumbersPadding) {
  EXPECT_THAT(*expand_node_list("cn[008-011,20],x"),
              ElementsAre("cn008", "cn009", "cn010", "cn011", "cn20", "x"));
}

TEST(NodeList, ExpandsSeveralBracketsInOneName) {
  EXPECT_THAT(*expand_node_list("r[1-2]n[1-2]"), ElementsAre("r1n1", "r1n2", "r2n1", "r2n2"));
}

TEST(NodeList, NamesARangeWithoutEnd) {
  EXPECT_THAT(expand_node_list("cn[001-]").error().message(), HasSubstr("range has no end"));
  EXPECT_THAT(expand_node_list("cn[001-128").error().message(), HasSubstr("not closed"));
  EXPECT_FALSE(expand_node_list("cn[5-2]"));
  EXPECT_FALSE(expand_node_list("cn001,,cn002"));
}

TEST(NodeList, RefusesMoreNodesThanAnyClusterHas) {
  EXPECT_EQ(expand_node_list("cn[1-999999999]").error().what, ErrorClass::limit);
  EXPECT_EQ(expand_node_list("a[1-1000]b[1-1000]").error().what, ErrorClass::limit);
}

TEST(NodeList, FoldsAndKeepsPadding) {
  EXPECT_EQ(fold_node_list({"cn003", "cn001", "cn002", "cn10", "login"}), "cn10,cn[001-003],login");
  EXPECT_EQ(fold_node_list({}), "");
  EXPECT_EQ(fold_node_list({"x1", "x3", "x9", "x10", "x11", "x113"}), "x[1,3,9-11,113]");
  EXPECT_EQ(fold_node_list({"x0", "x1", "x01", "x10"}), "x[0-1],x[01,10]");
}

TEST(NodeList, FoldingAndExpandingAreInverse) {
  const auto names = *expand_node_list("cn[001-050,070],r2n[1-9],x");
  auto again = *expand_node_list(fold_node_list(names));
  auto sorted = names;
  std::sort(sorted.begin(), sorted.end());
  std::sort(again.begin(), again.end());
  EXPECT_EQ(again, sorted);
}

}  // namespace
}  // namespace sn
