#include "common/facts/words.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/base/error.h"
#include "common/model/nfs_mount.h"
#include "common/model/reference.h"
#include "common/model/server_state.h"

namespace sn {
namespace {

enum class Colour : uint8_t { red, blue };
enum class Shape : uint8_t { round, square };

}  // namespace

template <>
struct Words<Colour> {
  static constexpr Word<Colour> kAll[] = {{Colour::red, "red"}, {Colour::blue, "blue"}};
};
template <>
struct Words<Shape> {
  static constexpr Word<Shape> kAll[] = {{Shape::round, "round"}};
};

namespace {

template <class Enum>
class EveryTable : public testing::Test {};
using Tables = testing::Types<ErrorClass, ReferenceRole, FindingClass, Verdict, Outlook, MountClass,
                              StuckPolicy, ServerState, Colour>;
TYPED_TEST_SUITE(EveryTable, Tables);

TYPED_TEST(EveryTable, EveryValueComesBackFromItsWord) {
  std::set<std::string_view> words;
  for (const auto& [value, word] : Words<TypeParam>::kAll) {
    EXPECT_EQ(word_of(value), word);
    EXPECT_EQ(to_string(value), word);
    EXPECT_EQ(from_word<TypeParam>(word), value);
    EXPECT_TRUE(words.insert(word).second) << word;
  }
}

TYPED_TEST(EveryTable, AnUnknownWordIsNoValue) {
  EXPECT_FALSE(from_word<TypeParam>(""));
  EXPECT_FALSE(from_word<TypeParam>("no such word"));
  for (const auto& [value, word] : Words<TypeParam>::kAll) {
    EXPECT_FALSE(from_word<TypeParam>(std::string(word) + " "));
  }
}

TYPED_TEST(EveryTable, WhatIsNoValueHasNoWord) {
  EXPECT_EQ(word_of(static_cast<TypeParam>(std::size(Words<TypeParam>::kAll))), "");
}

TEST(Words, ATableThatLacksAValueIsSeenByTheCompiler) {
  static_assert(words::complete<Colour>());
  static_assert(!words::complete<Shape>());
}

}  // namespace
}  // namespace sn
