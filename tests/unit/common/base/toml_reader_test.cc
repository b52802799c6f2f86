#include "common/base/toml_reader.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>

namespace sn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TomlFile parsed(const char* text) {
  auto file = TomlFile::parse(text, "a.toml");
  EXPECT_TRUE(file) << file.error().message();
  return std::move(*file);
}

TEST(TomlReader, ReadsEveryType) {
  const TomlFile file = parsed(
      "name = \"x\"\nlist = [\"a\", \"b\"]\nfast = true\nport = 22\nports = [1, 2]\n"
      "wait_ms = 500\n[inner]\nkey = \"k\"\n[[rule]]\npath = \"/a\"\n[[rule]]\npath = \"/b\"\n");
  const TomlTable root = file.root();
  EXPECT_EQ(root.string("name"), "x");
  EXPECT_EQ(root.string("absent", "fallback"), "fallback");
  EXPECT_THAT(root.strings("list"), ElementsAre("a", "b"));
  EXPECT_TRUE(root.boolean("fast", false));
  EXPECT_EQ(root.integer("port", 0, 1, 65535), 22);
  EXPECT_THAT(root.integers("ports", {}, 1, 65535), ElementsAre(1, 2));
  EXPECT_EQ(root.milliseconds("wait_ms", 1, 0, 1000), 500U);
  EXPECT_EQ(root.table("inner")->string("key"), "k");
  EXPECT_EQ(root.table("nothing"), std::nullopt);
  std::vector<std::string> paths;
  for (const auto& rule : root.tables("rule")) paths.push_back(rule.string("path"));
  EXPECT_THAT(paths, ElementsAre("/a", "/b"));
  EXPECT_TRUE(file.finish());
}

TEST(TomlReader, NamesLineAndCureOfAnUnknownKey) {
  const TomlFile file = parsed("name = \"x\"\n\nnmae = \"y\"\n");
  (void)file.root().string("name");
  (void)file.root().string("mode", "");
  const Error error = file.finish().error();
  EXPECT_EQ(error.what, ErrorClass::invalid_input);
  EXPECT_EQ(error.to, "a.toml:3");
  EXPECT_EQ(text_of(error.why), "unknown key 'nmae'");
  EXPECT_EQ(text_of(error.cure), "remove it, or use one of: mode, name");
}

TEST(TomlReader, FindsUnknownKeysInsideOfTables) {
  const TomlFile file = parsed("[[rule]]\npath = \"/a\"\ncolour = 1\n");
  for (const auto& rule : file.root().tables("rule")) (void)rule.string("path");
  EXPECT_EQ(file.finish().error().to, "a.toml:3");
  const TomlFile unread = parsed("a = 1\n[section]\nb = 1\n");
  (void)unread.root().integer("a", 0, 0, 9);
  EXPECT_EQ(unread.finish().error().message(),
            "reading a.toml:2: unknown key 'section' (cure: remove it, or use one of: a)");
}

TEST(TomlReader, AMisspeltKeyExplainsTheMissingOne) {
  const TomlFile file = parsed("adress = \"x\"\n");
  (void)file.root().string("address");
  EXPECT_EQ(text_of(file.finish().error().why), "unknown key 'adress'");
}

TEST(TomlReader, NamesAMissingKey) {
  const TomlFile file = parsed("[[rule]]\na = 1\n");
  for (const auto& rule : file.root().tables("rule")) {
    (void)rule.integer("a", 0, 0, 9);
    (void)rule.string("path");
  }
  EXPECT_EQ(file.finish().error().to, "a.toml:1");
  EXPECT_EQ(text_of(file.finish().error().why), "'path' is missing");
}

TEST(TomlReader, NamesTheWantedType) {
  for (const char* text : {"v = 1", "v = [1]", "v = true", "v = 1.5", "v = 2024-01-01"}) {
    const TomlFile file = parsed(text);
    EXPECT_EQ(file.root().string("v"), "");
    EXPECT_EQ(file.finish().error().message(),
              "reading a.toml:1: 'v' is not a text (cure: write it as v = \"...\")")
        << text;
  }
  const TomlFile file = parsed("v = [\"a\", 1]");
  (void)file.root().strings("v");
  EXPECT_THAT(text_of(file.finish().error().why), HasSubstr("list of texts"));
}

TEST(TomlReader, KeepsNumbersInTheirRange) {
  const TomlFile file = parsed("port = 70000");
  EXPECT_EQ(file.root().integer("port", 22, 1, 65535), 22);
  EXPECT_EQ(text_of(file.finish().error().cure), "use 1 to 65535");
}

TEST(TomlReader, AcceptsOnlyTheWordsOfAClosedList) {
  const TomlFile file = parsed("mode = \"watch\"");
  EXPECT_EQ(file.root().one_of("mode", {"observe", "act"}, "observe"), "observe");
  EXPECT_EQ(text_of(file.finish().error().cure), "use one of \"observe\", \"act\"");
}

TEST(TomlReader, KnowsTheLineOfAnArrayElement) {
  const TomlFile file = parsed("list = [\n  \"a\",\n  \"b\",\n]\n");
  EXPECT_EQ(file.root().place("list", 1), "a.toml:3");
  EXPECT_EQ(file.root().place("list"), "a.toml:1");
  EXPECT_EQ(file.root().place(), "a.toml:1");
}

TEST(TomlReader, NamesTheLineOfASyntaxError) {
  const auto file = TomlFile::parse("a = 1\nb = \n", "a.toml");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().to, "a.toml:2");
  EXPECT_FALSE(TomlFile::parse("a = 1\na = 2\n", "a.toml"));
}

TEST(TomlReader, RefusesAFileThatIsTooLarge) {
  const std::string path = testing::TempDir() + "large.toml";
  std::ofstream(path) << std::string(101, '#');
  EXPECT_EQ(TomlFile::load(path, 100).error().what, ErrorClass::limit);
  EXPECT_TRUE(TomlFile::load(path, 101));
  std::remove(path.c_str());
  EXPECT_EQ(TomlFile::load(path, 100).error().what, ErrorClass::not_found);
}

}  // namespace
}  // namespace sn
