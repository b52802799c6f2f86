#include "common/wire/parts.h"

#include <gmock/gmock.h>

#include "common/wire/codec.h"

namespace sn::wire {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::string message_of(size_t bytes) {
  std::string message(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) message[i] = static_cast<char>(i * 7 + i / 251);
  return message;
}

std::optional<std::string> assembled(const std::vector<std::string>& frames) {
  Assembly assembly;
  for (size_t i = 0; i < frames.size(); ++i) {
    auto whole = assembly.add(frames[i]);
    if (!whole) return std::nullopt;
    EXPECT_EQ(whole->has_value(), i + 1 == frames.size());
    if (*whole) return **whole;
  }
  return std::nullopt;
}

TEST(Parts, ASmallMessageIsOneFrameAsItIs) {
  EXPECT_THAT(frames_of(message_of(kMaxFrameBytes), 1),
              testing::ElementsAre(message_of(kMaxFrameBytes)));
  for (const char* what : {"", "\x81"}) EXPECT_FALSE(is_part(what));
  EXPECT_FALSE(is_part(encode(Beat{})));
}

TEST(Parts, ALargeOneComesBackWhole) {
  constexpr size_t kSlice = kMaxFrameBytes - kPartHead;
  for (const size_t bytes : {kMaxFrameBytes + 1, 2 * kSlice - 1, 2 * kSlice, 2 * kSlice + 1,
                             kMaxMessageBytes - 1, kMaxMessageBytes}) {
    const auto frames = frames_of(message_of(bytes), 200);
    for (const auto& frame : frames) {
      EXPECT_LE(frame.size(), kMaxFrameBytes);
      EXPECT_TRUE(is_part(frame));
    }
    EXPECT_EQ(assembled(frames), message_of(bytes)) << bytes;
  }
  EXPECT_THAT(frames_of(message_of(kMaxMessageBytes), 1), SizeIs(kMaxParts));
}

TEST(Parts, WhatIsNotTheNextOneIsRefusedAndForgotten) {
  const auto one = frames_of(message_of(200'000), 1), two = frames_of(message_of(200'000), 2);
  Assembly assembly;
  ASSERT_TRUE(assembly.add(one[0]));
  EXPECT_FALSE(assembly.add(one[2]));
  EXPECT_EQ(assembly.bytes(), 0U);
  EXPECT_FALSE(assembly.add(one[1])) << "its beginning is gone";
  ASSERT_TRUE(assembly.add(one[0]));
  EXPECT_FALSE(assembly.add(two[1])) << "of another message";
  ASSERT_TRUE(assembly.add(one[0]));
  ASSERT_TRUE(assembly.add(two[0])) << "a new one takes the place of the old";
  for (size_t i = 1; i + 1 < two.size(); ++i) ASSERT_TRUE(assembly.add(two[i]));
  EXPECT_EQ(**assembly.add(two.back()), message_of(200'000));
  EXPECT_EQ(assembly.bytes(), 0U);
}

TEST(Parts, NobodyGainsByManySmallOnes) {
  std::string small = frames_of(message_of(200'000), 1)[0];
  small.resize(100);
  EXPECT_THAT(Assembly().add(small).error().message(), HasSubstr("it is not full"));
}

TEST(Parts, JunkIsRefused) {
  for (const std::string frame : {"\xc1", "\xc1\x01\x01", "\xc1junk!", "junk"}) {
    EXPECT_FALSE(Assembly().add(frame)) << frame;
  }
  std::string none = frames_of(message_of(200'000), 1)[0];
  none[2] = '\0';
  EXPECT_FALSE(Assembly().add(none));
  none[2] = '\1';
  none[3] = '\xff';
  EXPECT_FALSE(Assembly().add(none)) << "more parts than a message can have";
}

}  // namespace
}  // namespace sn::wire
