#include "common/wire/records.h"

#include <gmock/gmock.h>

#include "common/wire/messages.h"

namespace sn::wire {
namespace {

using testing::HasSubstr;

constexpr RecordKind kKind{"thing", 7};

Result<RecordReader> reader_of(const std::string& text) {
  return RecordReader::open(text, kKind, "/run/thing", "mend it");
}

TEST(Records, ComeBackOneByOne) {
  const std::string text = head_of(kKind) + framed("one") + framed("") + framed("three");
  EXPECT_TRUE(text.starts_with("snagent thing 7\n"));
  auto reader = reader_of(text);
  ASSERT_TRUE(reader);
  EXPECT_EQ(*reader->next(), "one");
  EXPECT_EQ(*reader->next(), "");
  EXPECT_TRUE(reader->cut_short());
  EXPECT_EQ(*reader->next(), "three");
  EXPECT_EQ(*reader->next(), std::nullopt);
  EXPECT_FALSE(reader->cut_short());
  EXPECT_EQ(reader->whole(), text.size());
}

TEST(Records, ACutShortOneIsNoneAndAChangedOneIsCorrupt) {
  const std::string head = head_of(kKind);
  const std::string text = head + framed("one");
  for (size_t size = 0; size < text.size(); ++size) {
    const std::string piece = text.substr(0, size);
    auto reader = reader_of(piece);
    ASSERT_TRUE(reader) << size;
    ASSERT_EQ(*reader->next(), std::nullopt) << size;
    EXPECT_EQ(reader->cut_short(), size != head.size()) << size;
    EXPECT_EQ(reader->whole(), size < head.size() ? 0 : head.size());
  }
  for (size_t place = head.size(); place < text.size(); ++place) {
    std::string changed = text;
    changed[place] = static_cast<char>(changed[place] ^ 0x10);
    auto reader = reader_of(changed);
    const auto record = reader->next();
    ASSERT_FALSE(record) << place;
    EXPECT_EQ(record.error().what, ErrorClass::corrupt);
    EXPECT_THAT(record.error().message(), HasSubstr("/run/thing:2"));
    EXPECT_EQ(text_of(record.error().cure), "mend it");
  }
}

TEST(Records, AnotherVersionAndAnotherThingAreNamed) {
  const auto why = [](const std::string& text) {
    const auto reader = reader_of(text);
    EXPECT_FALSE(reader) << text;
    EXPECT_EQ(reader.error().what, ErrorClass::corrupt);
    EXPECT_EQ(text_of(reader.error().cure), "mend it");
    return reader.error().message();
  };
  EXPECT_THAT(why("snagent thing 6\n"),
              HasSubstr("of version 6, and this snagentd reads version 7"));
  EXPECT_THAT(why("snagent thing 70\n"), HasSubstr("of version 70"));
  EXPECT_THAT(why("snagent other 7\n"), HasSubstr("does not begin with 'snagent thing 7'"));
  EXPECT_THAT(why("nonsense"), HasSubstr("an older snagentd wrote it, or somebody else"));
  EXPECT_THAT(why("snagent thing x\n"), HasSubstr("does not begin with"));
}

TEST(Records, AFileOfOneRecordHoldsThatAndNothingElse) {
  Outcome kept;
  kept.generation = 7;
  const std::string outcome = head_of(kKind) + framed(pack(kept));
  const auto read = from_file<Outcome>(outcome, kKind, "/run/thing", "mend it");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->generation, 7U);
  const auto why = [](const std::string& text) {
    const auto file = from_file<Outcome>(text, kKind, "/run/thing", "mend it");
    EXPECT_FALSE(file);
    EXPECT_EQ(file.error().what, ErrorClass::corrupt);
    EXPECT_EQ(text_of(file.error().cure), "mend it");
    return file.error().message();
  };
  EXPECT_THAT(why(outcome + "x"), HasSubstr("something is after its end"));
  EXPECT_THAT(why(outcome.substr(0, outcome.size() - 1)), HasSubstr("cut short"));
  EXPECT_THAT(why(""), HasSubstr("cut short"));
  EXPECT_THAT(why(head_of(kKind) + framed("\xc0")), HasSubstr("record: not a map"));
}

}  // namespace
}  // namespace sn::wire
