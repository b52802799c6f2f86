#include "common/facts/text.h"

#include <gmock/gmock.h>

namespace sn {
namespace {

TEST(PlainLine, KeepsEveryCharacterThatIsOnlyShown) {
  EXPECT_EQ(plain_line("H\xc3\xb6rsaal \xe2\x82\xac \xf0\x9f\x96\xa7\t'x'"),
            "H\xc3\xb6rsaal \xe2\x82\xac \xf0\x9f\x96\xa7\t'x'");
}

TEST(PlainLine, ObeysNothing) {
  EXPECT_EQ(plain_line("a\x1b[2Jb\x07\x7f"), "a?[2Jb??");
  EXPECT_EQ(plain_line("\xc2\x9b"
                       "2J"),
            "?2J")
      << "a C1 control";
  EXPECT_EQ(plain_line("\xe2\x80\xae"
                       "evil"),
            "?evil")
      << "text from right to left";
}

TEST(PlainLine, AByteThatIsNoUtf8IsNoCharacter) {
  EXPECT_EQ(plain_line("H\xf6rsaal"), "H?rsaal") << "Latin-1";
  EXPECT_EQ(plain_line("a\x9b"
                       "2J"),
            "a?2J")
      << "a control where each byte is a character";
  EXPECT_EQ(plain_line("\xc0\xaf"), "??") << "an overlong form";
  EXPECT_EQ(plain_line("\xed\xa0\x80"), "???") << "a surrogate";
  EXPECT_EQ(plain_line("\xf4\x90\x80\x80"), "????") << "beyond the last code point";
  EXPECT_EQ(plain_line("\xe2\x82"), "??") << "cut in the middle";
}

TEST(JsonForEverybody, LeavesWhatIsRightAlone) {
  const std::string json = "{\n  \"a\": \"H\xc3\xb6rsaal \\u001b\"\n}";
  EXPECT_EQ(json_for_everybody(json), json);
}

TEST(JsonForEverybody, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(json_for_everybody("\"H\xf6rsaal\""), "\"H\\ufffdrsaal\"");
  EXPECT_EQ(json_for_everybody("\"\xe2\x82\""), "\"\\ufffd\\ufffd\"") << "cut in the middle";
}

TEST(JsonForEverybody, EscapesWhatATerminalObeys) {
  EXPECT_EQ(json_for_everybody("\"\xc2\x9b\x7f\xe2\x80\xae\""), "\"\\u009b\\u007f\\u202e\"");
}

}  // namespace
}  // namespace sn
