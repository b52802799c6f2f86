#include "coordinator/core/feed_keys.h"

#include <gmock/gmock.h>

#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const std::string kWall(40, 'w');
const std::string kOther(40, 'o');

FactCode refusal(const World& world) { return world.last_answer<RefusalAnswer>()->reason.code(); }

TEST(FeedKeys, WhoIsNamedMaySubscribeAlsoAfterARestartUntilItIsRevoked) {
  World world;
  EXPECT_THAT(world.subscribers_, IsEmpty());
  world.command(AddFeedKeyCommand{"wall", kWall, "root"});
  EXPECT_THAT(world.subscribers_, ElementsAre(Pair(kWall, "wall")));
  EXPECT_EQ(world.events_.back().id, "SN0425");
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, testing::HasSubstr("not served over TCP yet"));
  world.restart();
  EXPECT_THAT(world.subscribers_, ElementsAre(Pair(kWall, "wall")));
  world.command(ListKeysCommand{});
  EXPECT_THAT(world.last_answer<KeysAnswer>()->feed_keys,
              ElementsAre(testing::Field(&FeedKey::by, "root")));
  world.command(RevokeFeedKeyCommand{"wall", "root"});
  EXPECT_THAT(world.subscribers_, IsEmpty());
  EXPECT_EQ(world.events_.back().id, "SN0426");
  world.command(RevokeFeedKeyCommand{"wall", "root"});
  EXPECT_EQ(refusal(world), FactCode::no_feed_key);
}

TEST(FeedKeys, ANewKeyRetiresTheOldOne) {
  World world;
  world.command(AddFeedKeyCommand{"wall", kWall, "root"});
  world.command(AddFeedKeyCommand{"wall", kOther, "root"});
  EXPECT_THAT(world.subscribers_, ElementsAre(Pair(kOther, "wall")));
}

TEST(FeedKeys, IsNobodyElsesAndHasAName) {
  World world;
  world.command(AddFeedKeyCommand{"wall", kWall, "root"});
  world.command(AddFeedKeyCommand{"other", kWall, "root"});
  EXPECT_EQ(refusal(world), FactCode::key_of_another);
  world.command(AddFeedKeyCommand{"other", key_of("cn001"), "root"});
  EXPECT_EQ(refusal(world), FactCode::key_of_another) << "what a node has lies on the node";
  world.command(AddFeedKeyCommand{"other", "short", "root"});
  EXPECT_EQ(refusal(world), FactCode::key_has_length);
  for (const char* name : {"", "-x", "a b", "a\nb", "a/b"}) {
    world.command(AddFeedKeyCommand{name, kOther, "root"});
    EXPECT_EQ(refusal(world), FactCode::no_subscriber_name) << name;
  }
  EXPECT_THAT(world.subscribers_, ElementsAre(Pair(kWall, "wall")));
}

TEST(FeedKeys, AreNotWithoutEnd) {
  World world;
  for (size_t i = 0; i < kMostFeedKeys; ++i) {
    const std::string number = std::to_string(100 + i);
    world.command(AddFeedKeyCommand{"s" + number, std::string(37, 's') + number, "root"});
  }
  EXPECT_EQ(world.subscribers_.size(), kMostFeedKeys);
  world.command(AddFeedKeyCommand{"wall", kWall, "root"});
  EXPECT_EQ(refusal(world), FactCode::most_subscribers);
}

TEST(OnlyReads, WhatTellsAndCostsNobodyAnything) {
  EXPECT_TRUE(only_reads(StatusCommand{}));
  EXPECT_TRUE(only_reads(WatchCommand{}));
  EXPECT_TRUE(only_reads(ListKeysCommand{}));
  TakeoverCommand plan;
  plan.dry_run = true;
  EXPECT_FALSE(only_reads(plan)) << "every node looks at its files";
  EXPECT_FALSE(only_reads(FreezeCommand{}));
  EXPECT_FALSE(only_reads(AddFeedKeyCommand{}));
  EXPECT_FALSE(only_reads(ConfirmCommand{}));
}

}  // namespace
}  // namespace sn::coordinator
