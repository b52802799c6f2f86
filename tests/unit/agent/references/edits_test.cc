#include "agent/references/edits.h"

#include <gmock/gmock.h>

#include "agent/references/edit_list.h"

namespace sn::agent {
namespace {

TEST(Edits, AreTakenBackFromWhatTheyProduced) {
  const std::string text = "one\ntwo\nthree\n";
  EditList list(text);
  list.replace(4, 3, "2");
  list.erase_with_blank_lines(8, 13);
  list.insert(0, "zero\n");
  const auto edits = list.take();
  ASSERT_TRUE(apply_edits(text, edits));
  EXPECT_EQ(*apply_edits(text, edits), "zero\none\n2\n");
  EXPECT_EQ(*revert_edits("zero\none\n2\n", edits), text);
}

TEST(Edits, RefuseATextTheyWereNotMadeFor) {
  const std::vector<Edit> edits = {{4, 2, "two", "2"}};
  EXPECT_EQ(apply_edits("one\ntow\n", edits).error().what, ErrorClass::stale);
  EXPECT_EQ(apply_edits("one", edits).error().what, ErrorClass::stale);
  EXPECT_EQ(revert_edits("one\n3\n", edits).error().what, ErrorClass::stale);
}

TEST(EditList, DropsWhatLiesInSomethingErased) {
  const std::string text = "a b c d";
  EditList list(text);
  list.replace(2, 1, "B");
  list.erase(1, 4);
  list.erase(3, 6);
  const auto edits = list.take();
  ASSERT_EQ(edits.size(), 1U);
  EXPECT_EQ(*apply_edits(text, edits), "ad");
}

TEST(EditList, PutsAnInsertionBeforeAReplacementAtItsPlace) {
  const std::string text = "x\ny";
  EditList list(text);
  list.replace(2, 1, "z");
  list.insert(2, "1");
  list.insert(2, "2");
  const auto edits = list.take();
  ASSERT_EQ(edits.size(), 2U);
  EXPECT_EQ(edits[0], (Edit{2, 2, "", "12"}));
  EXPECT_EQ(*apply_edits(text, edits), "x\n12z");
}

TEST(EditList, TakesABlankRestOfALineAlong) {
  const std::string text = "a\n  b \r\nc b\n";
  EditList list(text);
  list.erase_with_blank_lines(4, 5);
  list.erase_with_blank_lines(10, 11);
  EXPECT_EQ(*apply_edits(text, list.take()), "a\nc \n");
}

}  // namespace
}  // namespace sn::agent
