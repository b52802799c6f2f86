#include "common/wire/pack.h"

#include <gmock/gmock.h>

#include "common/model/address.h"
#include "common/model/reference.h"
#include "common/wire/pack_fields.h"

namespace sn::wire {
namespace {

using testing::HasSubstr;

struct Leaf {
  std::string name;
  Verdict verdict = Verdict::none;
  std::optional<IpAddress> address;
  bool operator==(const Leaf&) const = default;
};
struct First {
  uint8_t number = 0;
  std::vector<Leaf> leaves;
  bool operator==(const First&) const = default;
};
struct Second {
  Leaf leaf;
  bool flag = false;
  bool operator==(const Second&) const = default;
};
using Either = std::variant<First, Second>;
struct Tree {
  uint64_t number = 0;
  std::vector<Either> eithers;
  bool operator==(const Tree&) const = default;
};

template <class V>
void fields(V& v, Leaf& leaf) {
  v("name", leaf.name);
  v("verdict", leaf.verdict);
  v("address", leaf.address);
}
template <class V>
void fields(V& v, First& first) {
  v("number", first.number);
  v("leaves", first.leaves);
}
template <class V>
void fields(V& v, Second& second) {
  v("leaf", second.leaf);
  v("flag", second.flag);
}
template <class V>
void fields(V& v, Tree& tree) {
  v("number", tree.number);
  v("eithers", tree.eithers);
}

}  // namespace

template <>
struct Names<Either> {
  static constexpr const char* kAll[] = {"first", "second"};
};

namespace {

Leaf leaf() { return {"a leaf", Verdict::partly, IpAddress::parse("10.1.1.100")}; }

TEST(Pack, StructsListsVariantsAndEnumsComeBack) {
  const Tree tree{UINT64_MAX, {First{255, {leaf(), {}}}, Second{leaf(), true}, First{}}};
  const auto read = unpack<Tree>(pack(tree));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, tree);
  const auto whole = pack_whole(tree, kMessageLimits);
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole, pack(tree));
}

TEST(Pack, AnEnumIsItsWordAndAnEmptyOptionalIsAbsent) {
  const std::string bytes = pack(Leaf{"x", Verdict::held, std::nullopt});
  EXPECT_EQ(bytes, "\x82\xa4name\xa1x\xa7verdict\xa4held");
}

TEST(Pack, UnknownKeysAreIgnoredAndAbsentOnesAreAsByDefault) {
  const auto read = unpack<Leaf>("\x82\xa5other\xc0\xa4name\xa1x");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, (Leaf{"x", Verdict::none, std::nullopt}));
}

TEST(Pack, WhatIsNotAsItMustBeIsCorruptAndNamed) {
  const auto why = [](const auto& read) {
    EXPECT_FALSE(read);
    EXPECT_EQ(read.error().what, ErrorClass::corrupt);
    return read.error().message();
  };
  EXPECT_THAT(why(unpack<Leaf>("\x81\xa7verdict\xa4hold")), HasSubstr("verdict: an unknown word"));
  EXPECT_THAT(why(unpack<Leaf>("\x81\xa7verdict\x01")), HasSubstr("verdict: not a string"));
  EXPECT_THAT(why(unpack<Leaf>("\x81\xa7"
                               "address\xa1z")),
              HasSubstr("address: not understood"));
  EXPECT_THAT(why(unpack<First>("\x81\xa6number\xcd\x01\x02")), HasSubstr("too large a number"));
  EXPECT_THAT(why(unpack<Either>("\x81\xa1t\xa5third")), HasSubstr("unknown message 'third'"));
  EXPECT_THAT(why(unpack<Either>("\x80")), HasSubstr("missing"));
  EXPECT_THAT(why(unpack<Leaf>("\x80x")), HasSubstr("bytes after its end"));
}

TEST(Pack, WhatIsSentIsCutAndWhatIsKeptIsNot) {
  First many;
  many.leaves.resize(kMaxItems + 1);
  EXPECT_EQ(unpack<First>(pack(many))->leaves.size(), kMaxItems);
  const auto whole = pack_whole(many, kMessageLimits);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().what, ErrorClass::limit);
  Leaf lengthy;
  lengthy.name = std::string(kMaxString + 1, 'x');
  EXPECT_EQ(unpack<Leaf>(pack(lengthy))->name.size(), kMaxString);
  EXPECT_FALSE(pack_whole(lengthy, kMessageLimits));
}

TEST(Pack, LimitsAreCheckedBeforeAnythingIsRead) {
  const std::string bytes = pack(First{1, {leaf(), leaf(), leaf()}});
  EXPECT_TRUE(unpack<First>(bytes, {bytes.size(), 3, 10}));
  for (const Limits& little :
       {Limits{bytes.size() - 1, 3, 10}, Limits{bytes.size(), 2, 10}, Limits{bytes.size(), 3, 9}}) {
    const auto read = unpack<First>(bytes, little);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().what, ErrorClass::limit);
  }
}

}  // namespace
}  // namespace sn::wire
