#include "common/facts/fact.h"

#include <gtest/gtest.h>

#include <iterator>

#include "common/facts/text.h"
#include "common/wire/codec.h"
#include "tests/unit/common/facts/all_details.h"

namespace sn {
namespace {

TEST(Fact, IsWhatItsCodeAndParametersAre) {
  const Fact fact(FactCode::marked_failed, {.sn = "SN1P"});
  EXPECT_TRUE(fact.is(FactCode::marked_failed));
  EXPECT_EQ(fact, Fact(FactCode::marked_failed, {.sn = "SN1P"}));
  EXPECT_NE(fact, Fact(FactCode::marked_failed, {.sn = "SN2P"}));
  EXPECT_NE(fact, Fact(FactCode::in_maintenance, {.sn = "SN1P"}));
  EXPECT_NE(fact, Fact());
}

TEST(Fact, NoWordsAreNoFact) {
  EXPECT_TRUE(Fact("").empty());
  EXPECT_TRUE(Fact(FactCode::none).empty());
  EXPECT_EQ(text_of(Fact()), "");
}

TEST(Fact, OwnWordsAreMarkedAsSuch) {
  const Fact fact("fsconfig: Protocol not supported");
  EXPECT_TRUE(fact.is(FactCode::own_words));
  EXPECT_EQ(fact.with().said, "fsconfig: Protocol not supported");
}

TEST(Fact, TellsOfAnotherOne) {
  const Fact fact(FactCode::backup_unfit, {}, Fact(FactCode::marked_failed, {.sn = "SN2P"}));
  EXPECT_EQ(text_of(fact), "its backup SN2P is itself marked failed");
  EXPECT_TRUE(fact.because().is(FactCode::marked_failed));
}

TEST(Fact, IsNeverDeeperThanAPeerReads) {
  Fact fact(FactCode::down);
  for (size_t i = 0; i < 3 * kMaxFactDepth; ++i) fact = Fact(FactCode::still_at, {}, fact);
  const auto read = wire::decode_fact(wire::encode_fact(fact));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, fact);
}

TEST(Fact, EveryCodeCrossesTheWireAndHasWords) {
  for (size_t i = 1; i < std::size(Words<FactCode>::kAll); ++i) {
    const auto code = static_cast<FactCode>(i);
    const Fact fact(code, all_details(), Fact(FactCode::down));
    const auto read = wire::decode_fact(wire::encode_fact(fact));
    ASSERT_TRUE(read) << to_string(code);
    EXPECT_EQ(*read, fact) << to_string(code);
    const std::string text = text_of(fact);
    EXPECT_FALSE(text.empty()) << to_string(code);
    // What is not a parameter would stay in braces or be empty.
    EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
    EXPECT_EQ(text.find("  "), std::string::npos) << text;
  }
}

TEST(Fact, WhatIsMissingLeavesItsBracketOut) {
  EXPECT_EQ(text_of(Fact(FactCode::was_on_its_way, {.sn = "SN1P", .takeover = 3})),
            "it was on its way to SN1P before T3");
  EXPECT_EQ(text_of(Fact(FactCode::was_on_its_way, {.sn = "SN1P", .sns = {"SN2P"}, .takeover = 3})),
            "it was on its way to SN1P before T3, and may still name SN2P");
}

TEST(Fact, CountsInWords) {
  EXPECT_EQ(text_of(Fact(FactCode::names_again, {.sn = "SN1P", .count = 1})),
            "names SN1P again, 1 reference");
  EXPECT_EQ(text_of(Fact(FactCode::names_again, {.sn = "SN1P", .count = 2})),
            "names SN1P again, 2 references");
}

TEST(Fact, AnUnknownCodeIsCorrupt) {
  std::string bytes = wire::encode_fact(Fact(FactCode::down));
  const size_t at = bytes.find("down");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 4, "nwod");
  EXPECT_EQ(wire::decode_fact(bytes).error().what, ErrorClass::corrupt);
}

}  // namespace
}  // namespace sn
