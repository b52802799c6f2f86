#include "coordinator/snctl/text.h"
#include "coordinator/snctl/folded.h"

#include <gmock/gmock.h>

#include "common/model/node_list.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;

TEST(SnctlText, WrapsAtTheLastColumnAndHangs) {
  const std::string text = wrap("head: ", std::string(60, 'a') + " " + std::string(60, 'b'), 6);
  EXPECT_EQ(text, "head: " + std::string(60, 'a') + "\n      " + std::string(60, 'b') + "\n");
  EXPECT_EQ(wrap("", "a  b c", 2), "a  b c\n");
  EXPECT_EQ(wrap("x: ", "", 2), "x:\n");
}

TEST(SnctlText, BreaksALongListBehindAComma) {
  std::string list;
  for (int i = 0; i < 40; ++i) list += "node" + std::to_string(i * 2) + ",";
  const std::string text = wrap("", list + "end", 4);
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, kColumns);
    if (end + 1 < text.size()) {
      EXPECT_EQ(text[end - 1], ',');
    }
    begin = end + 1;
  }
}

TEST(SnctlText, CountsCharactersNotBytes) {
  EXPECT_EQ(width_of("\xc3\xa4\xc3\xb6"), 2U);
  EXPECT_EQ(cut("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6", 4), "\xc3\xa4...");
  EXPECT_EQ(cut("short", 5), "short");
}

TEST(SnctlText, SaysDurationsShortly) {
  EXPECT_EQ(duration_text(90), "0.09 s");
  EXPECT_EQ(duration_text(12'345), "12 s");
  EXPECT_EQ(duration_text(7 * 60'000), "7 min");
  EXPECT_EQ(duration_text(41LL * 86'400'000), "41 d");
}

TEST(SnctlText, ReadsDurations) {
  EXPECT_EQ(*parse_duration("60s"), 60'000U);
  EXPECT_EQ(*parse_duration("500ms"), 500U);
  EXPECT_EQ(*parse_duration("2m"), 120'000U);
  EXPECT_EQ(*parse_duration("90"), 90'000U);
  for (const char* wrong : {"", "s", "0s", "-1s", "5x", "1.5s", "99999999s", "1 s"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

TEST(SnctlText, ANodeCanNotDriveTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\x07\n\xc2\x9b"
                      "c\xc3\xa4\r"),
            "a?[2Jb?\n??c\xc3\xa4?");
}

TEST(SnctlText, FoldsCuresThatDifferInTheNodeAlone) {
  Folded folded;
  for (const char* node : {"cn001", "cn002", "cn0010"}) {
    folded.add(node, "drifted",
               Cure(CureCode::find_writer)
                   .then(Cure(CureCode::move_node, {.sn = "SN1P", .nodes = {node}})));
  }
  folded.add("cn003", "drifted",
             Cure(CureCode::move_node, {.sn = "SN1P", .nodes = {"cn0031"}}));  // another one's
  ASSERT_EQ(folded.entries().size(), 2U);
  EXPECT_EQ(text_of(folded.entries()[0].cures.at(0)),
            "find out who writes it; then snctl takeover SN1P --nodes " +
                shell_word(fold_node_list({"cn001", "cn002", "cn0010"})));
  EXPECT_EQ(text_of(folded.entries()[1].cures.at(0)), "snctl takeover SN1P --nodes cn0031");
}

TEST(SnctlText, FoldsWhatIsSaidTwice) {
  Folded folded;
  folded.add("a", "down", "x");
  folded.add("b", "hung", "x");
  folded.add("c", "down", "x");
  folded.add("d", "down", "y");
  ASSERT_EQ(folded.entries().size(), 3U);
  EXPECT_THAT(folded.entries()[0].nodes, ElementsAre("a", "c"));
}

}  // namespace
}  // namespace sn::coordinator
