#include "common/net/rpc_call.h"

#include <gmock/gmock.h>

#include <random>

namespace sn::net {
namespace {

using testing::HasSubstr;

constexpr uint32_t kXid = 0x1a2b3c4d;

std::string words(std::initializer_list<uint32_t> list) {
  std::string bytes;
  for (const uint32_t word : list) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(word >> shift));
  }
  return bytes;
}

// One record of one fragment.
std::string record(const std::string& body) {
  return words({0x80000000U | static_cast<uint32_t>(body.size())}) + body;
}

const std::string kSuccess = record(words({kXid, 1, 0, 0, 0, 0}));

Result<std::optional<RpcReply>> read(const std::string& bytes) {
  RpcReplyReader reader(kXid);
  return reader.take(bytes);
}

TEST(RpcCall, ACallIsTheFortyFourBytesOfRfc5531) {
  // Record mark; xid; CALL; RPC version 2; NFS; version 4; NULL; AUTH_NONE twice, both empty.
  EXPECT_EQ(encode_null_call(kXid, kNfsProgram, 4),
            words({0x80000028U, kXid, 0, 2, 100003, 4, 0, 0, 0, 0, 0}));
}

TEST(RpcCall, SuccessIsAnAnswer) {
  const auto answer = read(kSuccess);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(**answer, RpcReply{});
}

TEST(RpcCall, EveryObjectionIsAnAnswerToo) {
  const std::pair<std::string, std::string> objections[] = {
      {words({kXid, 1, 0, 0, 0, 1}), "does not serve this program"},
      {words({kXid, 1, 0, 0, 0, 2, 3, 3}), "only 3 to 3"},
      {words({kXid, 1, 0, 0, 0, 3}), "this procedure"},
      {words({kXid, 1, 0, 0, 0, 4}), "arguments"},
      {words({kXid, 1, 0, 0, 0, 5}), "system error"},
      {words({kXid, 1, 1, 0, 2, 2}), "other RPC versions, 2 to 2"},
      {words({kXid, 1, 1, 1, 5}), "authentication error 5"}};
  for (const auto& [body, text] : objections) {
    const auto answer = read(record(body));
    ASSERT_TRUE(answer && *answer) << text;
    EXPECT_THAT((*answer)->objection, HasSubstr(text));
  }
}

TEST(RpcCall, ACallAsRootSaysSoAndBringsItsArguments) {
  // AUTH_SYS: a stamp, a name of no bytes, uid 0, gid 0, no further gids.
  EXPECT_EQ(encode_call(kXid, {100005, 3, 1, words({2}) + std::string("/x\0\0", 4), true}),
            words({0x80000044U, kXid, 0, 2, 100005, 3, 1, 1, 20, kXid, 0, 0, 0, 0, 0, 0, 2}) +
                std::string("/x\0\0", 4));
}

TEST(RpcCall, ResultsAreGivenAsTheyAre) {
  const auto answer = read(record(words({kXid, 1, 0, 0, 0, 0, 13})));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(**answer, (RpcReply{{}, words({13})}));
}

TEST(RpcCall, AVerifierIsPassedOverWithItsPadding) {
  const std::string body = words({kXid, 1, 0, 6, 5}) + std::string("abcde\0\0\0", 8) + words({0});
  const auto answer = read(record(body));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(**answer, RpcReply{});
}

TEST(RpcCall, AReplyMayComeInAnyPieces) {
  for (size_t cut = 0; cut <= kSuccess.size(); ++cut) {
    RpcReplyReader reader(kXid);
    const auto first = reader.take(std::string_view(kSuccess).substr(0, cut));
    ASSERT_TRUE(first);
    ASSERT_EQ(first->has_value(), cut == kSuccess.size());
    if (*first) continue;
    const auto second = reader.take(std::string_view(kSuccess).substr(cut));
    ASSERT_TRUE(second && *second) << cut;
  }
}

TEST(RpcCall, AReplyMayComeInSeveralFragments) {
  const std::string body = words({kXid, 1, 0, 0, 0, 0});
  const std::string bytes =
      words({8}) + body.substr(0, 8) + words({0}) + words({0x80000000U | 16}) + body.substr(8);
  const auto answer = read(bytes);
  ASSERT_TRUE(answer && *answer);
}

TEST(RpcCall, WhatIsNoReplyToThisCallIsAnError) {
  const std::pair<std::string, std::string> faults[] = {
      {record(words({kXid + 1, 1, 0, 0, 0, 0})), "another call"},
      {record(words({kXid, 0, 2, 100003, 4, 0, 0, 0, 0, 0})), "no reply"},
      {record(words({kXid, 1, 2})), "does not know"},
      {record(words({kXid, 1, 0, 0, 0, 9})), "does not know"},
      {record(words({kXid, 1, 1, 7})), "does not know"},
      {record(words({kXid, 1})), "cut short"},
      {record(words({kXid, 1, 0, 0})), "cut short"},
      {record(words({kXid, 1, 0, 0, 8, 1})), "cut short"},
      {record(words({kXid, 1, 0, 0, 401})), "verifier"},
      {record(words({kXid, 1, 0, 0, 0, 3, 0})), "after its end"},
      {kSuccess + "x", "after its end"},
      {"HTTP/1.1 400 Bad Request\r\n", "larger"},
      {words({0xffffffffU}), "larger"}};
  for (const auto& [bytes, why] : faults) {
    const auto answer = read(bytes);
    ASSERT_FALSE(answer) << why;
    EXPECT_EQ(answer.error().what, ErrorClass::corrupt);
    EXPECT_THAT(text_of(answer.error().why), HasSubstr(why));
  }
}

TEST(RpcCall, EmptyFragmentsDoNotGoOnForEver) {
  RpcReplyReader reader(kXid);
  size_t taken = 0;
  while (taken <= kMaxRpcFragments) {
    ++taken;
    if (!reader.take(words({0}))) break;
  }
  EXPECT_EQ(taken, kMaxRpcFragments + 1);
}

TEST(RpcCall, AnyBytesInAnyPiecesEndWithinTheLimit) {
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = kSuccess;
    for (int change = 0; change < 3; ++change) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    RpcReplyReader whole(kXid), pieces(kXid);
    const auto at_once = whole.take(bytes);
    Result<std::optional<RpcReply>> last = std::optional<RpcReply>();
    for (size_t at = 0; at < bytes.size() && last && !*last; ++at) {
      last = pieces.take(std::string_view(bytes).substr(at, 1));
    }
    // Byte by byte the rest after a complete reply is not looked at; else both say the same.
    if (at_once) {
      ASSERT_TRUE(last);
      EXPECT_EQ(*last, *at_once);
    } else if (at_once.error().why != "bytes after its end") {
      EXPECT_FALSE(last);
    }
  }
}

}  // namespace
}  // namespace sn::net
