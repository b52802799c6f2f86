#include "coordinator/link/connections.h"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <string>

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr size_t kMost = 1'000;

// Connections as the kernel would tell of them.
class ConnectionsTest : public testing::Test {
 protected:
  struct Peer {
    net::TcpPeer peer;
    net::TcpProgress progress;
  };

  void accept(int descriptor, const std::string& address = "10.1.1.66") {
    peers_[descriptor] = {{*IpAddress::parse(address), static_cast<uint16_t>(20'000 + ++ports_),
                           *IpAddress::parse("10.1.1.1"), 7400},
                          {}};
    connections_.accepted(descriptor, now_);
  }
  // All of them say nothing, but for what a test lets them say.
  void advance(int64_t ms) {
    now_ = now_ + ms;
    for (auto& [descriptor, peer] : peers_) {
      peer.progress.heard_ms += ms;
      peer.progress.said_ms += ms;
    }
    // A round of looks.
    for (size_t i = 0; i < kLooksOfRound; ++i) connections_.look(now_);
  }
  using Heard = Connections::Heard;
  Heard hear(int descriptor, const std::string& key) {
    const auto at = peers_.find(descriptor);
    return connections_.heard(descriptor, key,
                              at == peers_.end() ? IpAddress() : at->second.peer.address);
  }
  net::TcpProgress& progress(int descriptor) { return peers_.at(descriptor).progress; }
  uint64_t ended_by(Connections::Cause cause) { return connections_.take_ended().counts[cause]; }

  std::map<int, Peer> peers_;
  std::vector<int> ended_;
  int ports_ = 0;
  uint64_t memory_ = 0;
  MonotonicTime now_{1'000};
  Connections connections_{
      {[this](int descriptor) {
         const auto at = peers_.find(descriptor);
         return at == peers_.end() ? std::nullopt : std::optional(at->second.peer);
       },
       [this](int descriptor) {
         const auto at = peers_.find(descriptor);
         return at == peers_.end() ? std::nullopt : std::optional(at->second.progress);
       },
       [this](int descriptor) { ended_.push_back(descriptor); }, [this] { return memory_; }},
      kMost};
};

TEST_F(ConnectionsTest, AStrangerThatSaysNothingIsEnded) {
  accept(5);
  advance(kMostSilence_ms - 1);
  EXPECT_THAT(ended_, IsEmpty());
  advance(1);
  EXPECT_THAT(ended_, ElementsAre(5));
  advance(kMostSilence_ms);
  EXPECT_THAT(ended_, ElementsAre(5));
  const auto said = connections_.take_ended();
  EXPECT_EQ(said.counts.at(Connections::Cause::silent), 1U);
  EXPECT_EQ(said.last.to_string(), "10.1.1.66");
  EXPECT_THAT(connections_.take_ended().counts, IsEmpty());
}

TEST_F(ConnectionsTest, SoIsOneThatStopsInItsHandshake) {
  accept(5);
  advance(kMostSilence_ms - 1);
  progress(5).received = 64;
  progress(5).heard_ms = 0;
  advance(kMostSilence_ms - 1);
  EXPECT_THAT(ended_, IsEmpty());
  advance(1);
  EXPECT_THAT(ended_, ElementsAre(5));
}

TEST_F(ConnectionsTest, WhoWaitsForUsIsNot) {
  accept(5);  // its greeting is not read yet
  progress(5).received = 64;
  progress(5).unread = true;
  accept(6);  // it was answered a moment ago
  accept(7);  // it has said all, and its key is looked up
  progress(7).received = kHandshakeBytes;
  advance(kMostSilence_ms - 1);
  progress(6).said_ms = 0;
  advance(1'000);
  EXPECT_THAT(ended_, IsEmpty());
  // But not for ever.
  progress(6).said_ms = progress(6).heard_ms = 0;
  advance(kMostStrange_ms);
  EXPECT_THAT(ended_, ElementsAre(5, 6, 7));
}

TEST_F(ConnectionsTest, WhoseKeyIsKnownMayBeSilent) {
  accept(5);
  EXPECT_NE(Heard::unknown, hear(5, "key"));
  EXPECT_EQ(connections_.strangers(), 0U);
  advance(10 * kMostStrange_ms);
  EXPECT_THAT(ended_, IsEmpty());
}

TEST_F(ConnectionsTest, ADescriptorThatNobodySpokeOfIsNotKnown) {
  EXPECT_EQ(Heard::unknown, hear(5, "key"));
  EXPECT_EQ(Heard::unknown, hear(-1, "key"));
  connections_.closed(5);
}

TEST_F(ConnectionsTest, AnAddressHasFewStrangersTheOldestGoes) {
  for (int i = 0; i < static_cast<int>(kMostStrangersOfAddress); ++i) accept(100 + i);
  accept(50, "10.1.1.7");
  EXPECT_THAT(ended_, IsEmpty());
  // Many nodes come through one forwarder: who is not waited for stays.
  accept(9);
  EXPECT_THAT(ended_, IsEmpty());
  advance(kPatience_ms);
  progress(100).received = kHandshakeBytes;
  progress(101).unread = true;
  progress(102).said_ms = 0;
  accept(10);
  EXPECT_THAT(ended_, ElementsAre(103));
  EXPECT_EQ(ended_by(Connections::Cause::too_many), 1U);
  // Who is known does not count.
  EXPECT_NE(Heard::unknown, hear(10, "key"));
  for (int i = 0; i < 64; ++i) EXPECT_NE(Heard::unknown, hear(100 + i, "key " + std::to_string(i)));
  accept(11);
  EXPECT_THAT(ended_, ElementsAre(103));
}

TEST_F(ConnectionsTest, ForwardersAndThisMachineHaveMany) {
  connections_.set_forwarders({*IpAddress::parse("10.1.1.100")});
  for (int i = 0; i < 200; ++i) accept(1'000 + i, "10.1.1.100");
  for (int i = 0; i < 200; ++i) accept(2'000 + i, "10.1.1.1");
  EXPECT_THAT(ended_, IsEmpty());
}

TEST_F(ConnectionsTest, DescriptorsAreLeftForTheRest) {
  connections_.set_forwarders({*IpAddress::parse("10.1.1.100")});
  accept(3, "10.1.1.7");
  EXPECT_NE(Heard::unknown, hear(3, "key"));
  accept(4, "10.1.1.8");
  for (int i = 0; i < static_cast<int>(kMost) - 2; ++i) accept(1'000 + i, "10.1.1.100");
  EXPECT_THAT(ended_, IsEmpty());
  // The oldest of who has the most.
  accept(5'000, "10.1.1.9");
  EXPECT_THAT(ended_, ElementsAre(1'000));
}

TEST_F(ConnectionsTest, ANodeHasFewConnections) {
  for (int i = 0; i < static_cast<int>(kMostConnectionsOfNode); ++i) {
    accept(10 + i);
    EXPECT_NE(Heard::unknown, hear(10 + i, "key"));
  }
  connections_.closed(11);
  accept(20);
  EXPECT_NE(Heard::unknown, hear(20, "key"));
  EXPECT_THAT(ended_, IsEmpty());
  accept(21);
  EXPECT_NE(Heard::unknown, hear(21, "key"));
  EXPECT_NE(Heard::unknown, hear(21, "key"));
  EXPECT_THAT(ended_, ElementsAre(10));
  EXPECT_EQ(ended_by(Connections::Cause::of_node), 1U);
}

TEST_F(ConnectionsTest, AMessageHasAnEnd) {
  accept(5);
  EXPECT_NE(Heard::unknown, hear(5, "key"));
  for (int i = 0; i < 10; ++i) {
    EXPECT_NE(Heard::unknown, hear(5, "key"));
    progress(5).received += kMostUnfinished;
    advance(1'000);
  }
  EXPECT_THAT(ended_, IsEmpty());
  progress(5).received += kMostUnfinished;
  advance(1'000);
  EXPECT_THAT(ended_, IsEmpty());
  progress(5).received += 1;
  advance(1'000);
  EXPECT_THAT(ended_, ElementsAre(5));
  EXPECT_EQ(ended_by(Connections::Cause::endless), 1U);
}

TEST_F(ConnectionsTest, AlsoAStrangersFirst) {
  accept(5);
  progress(5).received = kMostUnfinishedOfStranger;
  advance(1'000);
  EXPECT_THAT(ended_, IsEmpty());
  progress(5).received += 1;
  advance(1'000);
  EXPECT_THAT(ended_, ElementsAre(5));
}

TEST_F(ConnectionsTest, AllAreLookedAtWhenMemoryGrows) {
  for (int i = 0; i < 100; ++i) accept(10 + i, "10.1.1.1");
  progress(109).received = kMostUnfinished + 1;
  connections_.look(now_);
  EXPECT_THAT(ended_, IsEmpty());
  memory_ += kMostGrowth + 1;
  connections_.look(now_);
  EXPECT_THAT(ended_, ElementsAre(109));
}

TEST_F(ConnectionsTest, WhatHasTheNumberNowIsNotEnded) {
  accept(5);
  peers_[5].peer.port = 7;  // libzmq closed it, and another one came: not said yet
  advance(kMostSilence_ms);
  EXPECT_THAT(ended_, IsEmpty());
  accept(5);
  advance(1);
  EXPECT_THAT(ended_, IsEmpty());
  EXPECT_EQ(connections_.size(), 1U);
}

TEST_F(ConnectionsTest, AMessageIsOfTheConnectionThatItCameOver) {
  accept(5);
  EXPECT_EQ(hear(5, "key"), Heard::first);
  EXPECT_EQ(hear(5, "key"), Heard::again);
  // Its descriptor is another's, and what was in the queue is read afterwards.
  accept(5, "10.1.1.7");
  EXPECT_EQ(connections_.heard(5, "key", *IpAddress::parse("10.1.1.66")), Heard::unknown);
  EXPECT_EQ(connections_.strangers(), 1U);
  EXPECT_EQ(hear(5, "other"), Heard::first);
  // Also where both came through one forwarder: the last one that speaks has it.
  EXPECT_EQ(hear(5, "third"), Heard::first);
  for (int i = 0; i < static_cast<int>(kMostConnectionsOfNode); ++i) {
    accept(10 + i, "10.1.1.7");
    EXPECT_EQ(hear(10 + i, "other"), Heard::first);
  }
  EXPECT_THAT(ended_, IsEmpty());
}

TEST_F(ConnectionsTest, AnAddressBeginsOnlySoMany) {
  // All of them speak at once, so that nothing else bounds them.
  const auto begin = [this](int count) {
    for (int i = 0; i < count; ++i) {
      accept(5);
      EXPECT_NE(Heard::unknown, hear(5, "key"));
      connections_.closed(5);
    }
  };
  begin(static_cast<int>(kBegunBurst));
  EXPECT_THAT(ended_, IsEmpty());
  begin(1);
  EXPECT_EQ(ended_.size(), 1U);
  advance(1'000);
  begin(static_cast<int>(kBegunPerSecond));
  EXPECT_EQ(ended_.size(), 1U);
  begin(1);
  EXPECT_EQ(ended_.size(), 2U);
  accept(6, "10.1.1.7");
  EXPECT_EQ(ended_.size(), 2U);
}

TEST_F(ConnectionsTest, OfAllTheNetworkWithTheMostGivesUpOne) {
  accept(4, "10.2.2.8");
  // A host with many addresses has as many strangers.
  for (int i = 0; i < static_cast<int>(kMost) - 1; ++i) {
    accept(1'000 + i, "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250));
  }
  EXPECT_THAT(ended_, IsEmpty());
  accept(5, "10.2.2.9");
  EXPECT_THAT(ended_, ElementsAre(1'000));
}

TEST_F(ConnectionsTest, ThoseWhoSeemToWaitHideNobody) {
  connections_.set_forwarders({*IpAddress::parse("10.1.1.66")});
  for (int i = 0; i < static_cast<int>(kMost) - 1; ++i) {
    accept(1'000 + i);
    progress(1'000 + i).unread = true;
  }
  accept(5, "10.1.1.7");
  advance(kMostSilence_ms);
  EXPECT_THAT(ended_, ElementsAre(5));
}

TEST_F(ConnectionsTest, SaysWhetherAllWereHeardOrClosed) {
  accept(5);
  accept(6);
  EXPECT_NE(Heard::unknown, hear(6, "key"));
  EXPECT_TRUE(connections_.all_heard(1, now_));
  advance(kMostStrange_ms);
  EXPECT_THAT(ended_, ElementsAre(5));
  EXPECT_FALSE(connections_.all_heard(kMostStrange_ms, now_));  // libzmq keeps it
  connections_.closed(5);
  EXPECT_TRUE(connections_.all_heard(kMostStrange_ms, now_));
}

TEST_F(ConnectionsTest, NothingIsKeptOfWhatIsGone) {
  for (int i = 0; i < 100; ++i) {
    accept(5);
    accept(6);
    EXPECT_NE(Heard::unknown, hear(6, "key"));
    connections_.closed(5);
    peers_.erase(6);  // before its end was said
    connections_.closed(6);
  }
  EXPECT_EQ(connections_.size(), 0U);
  EXPECT_EQ(connections_.strangers(), 0U);
}

}  // namespace
}  // namespace sn::coordinator
