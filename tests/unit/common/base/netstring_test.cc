#include "common/base/netstring.h"

#include <gtest/gtest.h>

namespace sn {
namespace {

TEST(Netstring, HoldsAnyBytesAndNumbers) {
  const std::string odd("a\0:,\n7:", 7);
  const std::string text = NetstringWriter().add(odd).add("").add(UINT64_MAX).take();
  NetstringReader in(text);
  EXPECT_EQ(in.text(), odd);
  EXPECT_EQ(in.text(), "");
  EXPECT_FALSE(in.whole()) << "something is left";
  EXPECT_EQ(in.number(), UINT64_MAX);
  EXPECT_TRUE(in.whole());
}

TEST(Netstring, WhatIsCutOrChangedIsNotWhole) {
  const std::string text = NetstringWriter().add("hello").add(12).take();
  for (size_t size = 0; size < text.size(); ++size) {
    NetstringReader in(std::string_view(text).substr(0, size));
    (void)in.text();
    (void)in.number();
    EXPECT_FALSE(in.whole()) << size;
  }
  for (const char* odd : {"", ":", "5", "5:", "-1:x,", "x:x,", "1:xy", "18446744073709551615:x,",
                          "99999999999999999999:x,"}) {
    NetstringReader in(odd);
    EXPECT_EQ(in.text(), "") << odd;
    EXPECT_FALSE(in.good()) << odd;
  }
}

TEST(Netstring, ANumberIsNothingElseAndWithinItsLimit) {
  for (const char* odd : {"", "x", "1x", " 1", "-1", "256", "18446744073709551616"}) {
    const std::string text = NetstringWriter().add(std::string_view(odd)).take();
    NetstringReader in(text);
    EXPECT_EQ(in.number(255), 0U) << odd;
    EXPECT_FALSE(in.whole()) << odd;
  }
}

}  // namespace
}  // namespace sn
