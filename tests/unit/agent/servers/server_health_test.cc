#include "agent/servers/server_health.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace sn::agent {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr MonotonicTime kNever{INT64_MAX};

wire::NfsServer server(const std::string& address, bool critical = false) {
  wire::NfsServer one;
  one.address = address;
  one.version = 3;
  one.owner = "nfsha";
  one.critical = critical;
  one.mounts = {"/mnt"};
  return one;
}

// A node whose network is a function: what becomes of a ping that is sent at some time.
class Node {
 public:
  // How long after the ping's start the server answers; nullopt: never.
  using Network = std::function<std::optional<int64_t>(const PingStart&, MonotonicTime)>;

  explicit Node(uint64_t seed = 1) : health_(seed) {}

  void use(const std::vector<wire::NfsServer>& servers) { health_.set_servers(servers, now_); }
  ServerHealth& health() { return health_; }
  [[nodiscard]] MonotonicTime now() const { return now_; }

  // Lives up to that time, waking as seldom as it may.
  void live_until(MonotonicTime end, const Network& network) {
    while (true) {
      MonotonicTime next = health_.next_tick();
      for (const auto& [at, result] : results_) next = std::min(next, at);
      if (next > end) break;
      now_ = std::max(now_, next);
      ++wake_ups_;
      ASSERT_LT(wake_ups_, 100'000U) << "it never rests";
      // Results first, as the session does.
      while (!results_.empty() && results_.begin()->first <= now_) {
        const auto [id, result] = results_.begin()->second;
        results_.erase(results_.begin());
        health_.on_ping(id, result, now_);
      }
      for (const auto& start : health_.tick(now_, 0)) {
        starts_.push_back({start, now_});
        const auto after = network(start, now_);
        const int64_t deadline = start.deadline_ms;
        PingResult result;
        result.answered = after && *after < deadline;
        result.rtt_us = result.answered ? static_cast<uint32_t>(*after * 1000) : 0;
        result.evidence = result.answered ? "answered" : "no connection for 1500 ms";
        results_.emplace(now_ + (result.answered ? *after : deadline), std::pair(start.id, result));
        ++out_[start.address];
      }
      const auto state = state_of("10.1.9.9");
      if (states_.empty() || states_.back().first != state) states_.emplace_back(state, now_);
    }
    now_ = end;
  }
  [[nodiscard]] wire::ServerSighting sighting(const std::string& address = "10.1.9.9") const {
    for (const auto& one : health_.sightings(now_)) {
      if (one.address == address) return one;
    }
    return {};
  }
  [[nodiscard]] ServerState state_of(const std::string& address) const {
    return sighting(address).state;
  }
  struct Start {
    PingStart ping;
    MonotonicTime at;
  };
  std::vector<Start> starts_;
  std::vector<std::pair<ServerState, MonotonicTime>> states_;  // of 10.1.9.9, in turn
  std::map<std::string, size_t> out_;
  size_t wake_ups_ = 0;

 private:
  ServerHealth health_;
  MonotonicTime now_{1'000};
  std::multimap<MonotonicTime, std::pair<uint64_t, PingResult>> results_;
};

std::optional<int64_t> well(const PingStart&, MonotonicTime) { return 1; }
std::optional<int64_t> dead(const PingStart&, MonotonicTime) { return std::nullopt; }

// Well until `from`, dead from then on, well again from `to`.
Node::Network dead_between(MonotonicTime from, MonotonicTime to = kNever) {
  return [=](const PingStart&, MonotonicTime at) -> std::optional<int64_t> {
    if (at < from || at >= to) return 1;
    return std::nullopt;
  };
}

TEST(ServerHealth, WithoutServersItSleepsForEver) {
  Node node;
  EXPECT_EQ(node.health().next_tick(), kNever);
  node.use({server("10.1.9.9")});
  node.use({});
  EXPECT_EQ(node.health().next_tick(), kNever);
}

TEST(ServerHealth, AsksEveryHalfMinuteAtAPhaseOfItsOwn) {
  std::set<int64_t> phases;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Node node(seed);
    node.use({server("10.1.9.9")});
    node.live_until({1'000 + 10 * kRoundMs - 1}, well);
    ASSERT_GE(node.starts_.size(), 10U);
    EXPECT_LT(node.starts_[0].at.ms - 1'000, kFirstLookMs) << "a new server is asked soon";
    phases.insert(node.starts_[1].at.ms % kRoundMs);
    for (size_t i = 2; i < node.starts_.size(); ++i) {
      EXPECT_EQ(node.starts_[i].at - node.starts_[i - 1].at, kRoundMs);
    }
    EXPECT_EQ(node.state_of("10.1.9.9"), ServerState::answering);
  }
  EXPECT_GT(phases.size(), 45U);
}

TEST(ServerHealth, AllServersShareOneWakeUp) {
  Node node;
  node.use({server("10.1.9.9"), server("10.1.1.100"), server("10.1.1.101")});
  node.live_until({1'000 + 2 * kRoundMs}, well);
  node.starts_.clear();
  node.wake_ups_ = 0;
  node.live_until(node.now() + (10 * kRoundMs - 1), well);
  EXPECT_THAT(node.starts_, SizeIs(30));
  // One to begin each round, one for the answers, which come together here.
  EXPECT_EQ(node.wake_ups_, 20U);
}

TEST(ServerHealth, ARoundIsBegunEarlyWhenTheProcessIsAwakeAnyway) {
  ServerHealth health(1);
  health.set_servers({server("10.1.9.9")}, {0});
  for (int i = 0; i < 2; ++i) {  // the first look, and a round
    const MonotonicTime now = health.next_tick();
    for (const auto& start : health.tick(now, 0)) {
      health.on_ping(start.id, {true, 900, "answered"}, now);
    }
  }
  const MonotonicTime due = health.next_tick();
  EXPECT_THAT(health.tick(due + -5'001, 5'000), IsEmpty());
  EXPECT_THAT(health.tick(due + -5'000, 5'000), SizeIs(1));
  EXPECT_THAT(health.tick(due + -4'600, 5'000), IsEmpty()) << "it was begun already";
}

TEST(ServerHealth, TakesPortAndVersionFromTheMount) {
  ServerHealth health(1);
  auto odd = server("10.1.9.9");
  odd.port = 20'049;
  odd.version = 4;
  health.set_servers({odd, server("10.1.9.10")}, {0});
  std::vector<PingStart> starts;
  while (starts.size() < 2) {
    const MonotonicTime now = health.next_tick();
    for (const auto& start : health.tick(now, 0)) {
      starts.push_back(start);
      health.on_ping(start.id, {true, 900, "answered"}, now);
    }
  }
  std::sort(starts.begin(), starts.end(),
            [](const PingStart& a, const PingStart& b) { return a.port > b.port; });
  EXPECT_EQ(starts[0].port, 20'049);
  EXPECT_EQ(starts[0].version, 4U);
  EXPECT_EQ(starts[1].port, kNfsPort);
  EXPECT_EQ(starts[1].version, 3U);
}

TEST(ServerHealth, ADeadServerIsSuspiciousAndThenSilentInTime) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Node node(seed);
    node.use({server("10.1.9.9")});
    const MonotonicTime death{100'000};
    node.live_until({200'000}, dead_between(death));
    ASSERT_THAT(node.states_, SizeIs(4));
    EXPECT_EQ(node.states_[1].first, ServerState::answering);
    EXPECT_EQ(node.states_[2].first, ServerState::suspicious);
    EXPECT_EQ(node.states_[3].first, ServerState::silent);
    const auto asked = std::find_if(node.starts_.begin(), node.starts_.end(),
                                    [&](const auto& start) { return start.at >= death; });
    ASSERT_NE(asked, node.starts_.end());
    EXPECT_LE(asked->at - death, kRoundMs);
    EXPECT_EQ(node.states_[2].second, asked->at + kSuspectMs);
    EXPECT_EQ(node.states_[3].second, asked->at + kSilentMs);
    EXPECT_EQ(node.sighting().since_ms, static_cast<uint64_t>(node.now() - asked->at));
    EXPECT_EQ(node.sighting().evidence, "no connection for 1500 ms");
  }
}

TEST(ServerHealth, ARefusingServerIsSuspiciousAtOnceAndSilentNoEarlier) {
  ServerHealth health(1);
  health.set_servers({server("10.1.9.9")}, {0});
  MonotonicTime now = health.next_tick();
  const MonotonicTime begin = now;
  std::vector<PingStart> starts = health.tick(now, 0);
  std::vector<ServerState> states;
  while (now - begin < 3'000) {
    for (const auto& start : starts) health.on_ping(start.id, {false, 0, "refused"}, now);
    const auto seen = health.sightings(now).front();
    if (states.empty() || states.back() != seen.state) states.push_back(seen.state);
    if (seen.state == ServerState::silent) break;
    now = health.next_tick();
    starts = health.tick(now, 0);
  }
  EXPECT_THAT(states, testing::ElementsAre(ServerState::suspicious, ServerState::silent));
  EXPECT_EQ(now - begin, kSilentMs);
  EXPECT_EQ(health.sightings(now).front().evidence, "refused");
}

TEST(ServerHealth, OneLostPingOfALivingServerIsNoSilence) {
  Node node;
  node.use({server("10.1.9.9")});
  size_t count = 0;
  node.live_until({121'000}, [&](const PingStart&, MonotonicTime) -> std::optional<int64_t> {
    if (++count == 2) return std::nullopt;
    return 1;
  });
  EXPECT_EQ(node.state_of("10.1.9.9"), ServerState::answering);
  for (const auto& [state, at] : node.states_) EXPECT_NE(state, ServerState::silent);
  EXPECT_LE(node.starts_.size(), 6U) << "one more than the first look and four rounds";
}

TEST(ServerHealth, AStopOfThisProcessIsNoSilenceOfAServer) {
  ServerHealth health(1);
  health.set_servers({server("10.1.9.9")}, {0});
  MonotonicTime now = health.next_tick();
  const auto first = health.tick(now, 0);
  now = now + 3'600'000;  // nobody looked for an hour; the deadline is long over
  health.on_ping(first.front().id, {false, 0, "no connection"}, now);
  const auto second = health.tick(now, 0);
  EXPECT_EQ(health.sightings(now).front().state, ServerState::suspicious);
  ASSERT_THAT(second, SizeIs(1));
  now = now + 1;
  health.on_ping(second.front().id, {true, 900, "answered"}, now);
  EXPECT_THAT(health.tick(now, 0), IsEmpty());
  EXPECT_EQ(health.sightings(now).front().state, ServerState::answering);
}

TEST(ServerHealth, ASilentServerIsAskedOftenAndLaterSeldom) {
  Node node;
  node.use({server("10.1.9.9")});
  node.live_until({31'000}, dead);
  const size_t soon = node.starts_.size();
  const MonotonicTime begin = node.starts_.front().at;
  node.live_until(begin + kLongSilenceMs, dead);
  EXPECT_GE(node.starts_.size(), 118U);
  EXPECT_LE(node.starts_.size(), 122U);
  EXPECT_GT(node.starts_.size(), soon);
  node.starts_.clear();
  node.live_until(begin + kLongSilenceMs + 600'000, dead);
  EXPECT_GE(node.starts_.size(), 119U);
  EXPECT_LE(node.starts_.size(), 121U);
}

TEST(ServerHealth, ASilentServerThatAnswersIsAnsweringAndLeftInPeace) {
  Node node;
  node.use({server("10.1.9.9")});
  const MonotonicTime back{150'000};
  node.live_until(back, dead_between({50'000}, back));
  EXPECT_EQ(node.state_of("10.1.9.9"), ServerState::silent);
  (void)node.health().take_news();
  node.live_until(back + kLongSilenceLookMs + 2, dead_between({50'000}, back));
  EXPECT_EQ(node.state_of("10.1.9.9"), ServerState::answering);
  EXPECT_EQ(node.health().take_news(), ServerHealth::News::urgent);
  node.starts_.clear();
  node.live_until(node.now() + kReturnedLookMs, well);
  EXPECT_GE(node.starts_.size(), 9U) << "it may go again";
  node.starts_.clear();
  node.live_until(node.now() + kRoundMs, well);
  EXPECT_LE(node.starts_.size(), 2U);
}

TEST(ServerHealth, ASlowServerIsSlowUntilItAnsweredPromptlyForAWhile) {
  Node node;
  node.use({server("10.1.9.9")});
  node.live_until({31'000}, [](const PingStart&, MonotonicTime) { return 400; });
  EXPECT_EQ(node.state_of("10.1.9.9"), ServerState::slow);
  node.starts_.clear();
  node.live_until({331'000}, [](const PingStart&, MonotonicTime) { return 400; });
  EXPECT_LE(node.starts_.size(), 21U) << "what is slow is not stormed";
  EXPECT_EQ(node.state_of("10.1.9.9"), ServerState::slow);
  for (const auto& [state, at] : node.states_) EXPECT_NE(state, ServerState::suspicious);
  node.live_until(node.now() + kRoundMs, well);
  EXPECT_EQ(node.state_of("10.1.9.9"), ServerState::slow) << "one prompt answer is luck";
  node.live_until(node.now() + 2 * kRoundMs, well);
  EXPECT_EQ(node.state_of("10.1.9.9"), ServerState::answering);
}

TEST(ServerHealth, ALateAnswerIsSlowness) {
  Node node;
  node.use({server("10.1.9.9")});
  size_t count = 0;
  node.live_until({31'000 + 1'000},
                  [&](const PingStart&, MonotonicTime) { return ++count == 1 ? 900 : 300; });
  std::vector<ServerState> states;
  for (const auto& [state, at] : node.states_) states.push_back(state);
  EXPECT_THAT(states, testing::ElementsAre(ServerState::unknown, ServerState::suspicious,
                                           ServerState::slow));
}

TEST(ServerHealth, IsToldToWatchAndStopsWhenTheTimeIsOver) {
  Node node;
  node.use({server("10.1.9.9"), server("10.1.1.100")});
  node.live_until({31'000}, well);
  node.starts_.clear();
  const MonotonicTime told = node.now();
  node.health().watch("10.1.1.100", 10'000, told);
  node.health().watch("10.1.1.77", 10'000, told);  // none of ours
  node.live_until(told + 29'000, well);
  size_t of_it = 0;
  for (const auto& start : node.starts_) {
    if (start.ping.address != "10.1.1.100") continue;
    if (of_it == 0) {
      EXPECT_LE(start.at - told, kWatchSpreadMs);
    }
    ++of_it;
  }
  EXPECT_GE(of_it, 19U);
  EXPECT_LE(of_it, 21U);
  EXPECT_LE(node.starts_.size() - of_it, 1U) << "the others keep their round";
}

TEST(ServerHealth, NoWordOfACoordinatorKeepsItAskingForEver) {
  Node node;
  node.use({server("10.1.9.9")});
  node.health().watch("10.1.9.9", INT64_MAX / 2, node.now());
  node.live_until(node.now() + kMaxWatchMs + 1'000, well);
  node.starts_.clear();
  node.live_until(node.now() + 10 * kRoundMs, well);
  EXPECT_LE(node.starts_.size(), 10U);
}

TEST(ServerHealth, IsSilentWithinABoundOfBeingTold) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Node node(seed);
    node.use({server("10.1.9.9")});
    node.live_until({31'000}, well);
    const MonotonicTime told = node.now();
    node.health().watch("10.1.9.9", 10'000, told);
    node.live_until(told + 5'000, dead);
    ASSERT_EQ(node.states_.back().first, ServerState::silent);
    EXPECT_LE(node.states_.back().second - told, kWatchSpreadMs + kSilentMs);
  }
}

TEST(ServerHealth, GoodNewsCanWaitAndBadNewsCannot) {
  Node node;
  node.use({server("10.1.9.9")});
  EXPECT_EQ(node.health().take_news(), ServerHealth::News::good);
  EXPECT_EQ(node.health().take_news(), ServerHealth::News::none);
  node.live_until({31'000}, well);
  EXPECT_EQ(node.health().take_news(), ServerHealth::News::good);
  node.live_until({61'000}, well);
  EXPECT_EQ(node.health().take_news(), ServerHealth::News::none);
  node.health().set_unanswered("10.1.9.9", "3 sends without a reply for 30 s");
  node.health().set_unanswered("10.1.9.9", "3 sends without a reply for 60 s");
  EXPECT_EQ(node.health().take_news(), ServerHealth::News::good);
  node.live_until({91'000}, dead);
  EXPECT_EQ(node.health().take_news(), ServerHealth::News::urgent);
  EXPECT_EQ(node.sighting().unanswered, "3 sends without a reply for 60 s");
}

TEST(ServerHealth, AChangedListKeepsWhatStays) {
  Node node;
  node.use({server("10.1.9.9"), server("10.1.1.100")});
  node.live_until({31'000}, dead);
  node.live_until({36'000}, dead);
  ASSERT_EQ(node.state_of("10.1.9.9"), ServerState::silent);
  node.use({server("10.1.1.101"), server("10.1.9.9", true), server("10.1.9.9")});
  const auto sightings = node.health().sightings(node.now());
  ASSERT_THAT(sightings, SizeIs(2)) << "one of an address";
  EXPECT_EQ(sightings[0].address, "10.1.9.9");
  EXPECT_EQ(sightings[0].state, ServerState::silent);
  EXPECT_TRUE(sightings[0].critical);
  EXPECT_EQ(sightings[1].state, ServerState::unknown);
}

TEST(ServerHealth, KeepsTheCriticalOnesOfTooMany) {
  std::vector<wire::NfsServer> many;
  for (size_t i = 0; i < kMaxServers + 9; ++i)
    many.push_back(server("10.2.0." + std::to_string(i)));
  many.push_back(server("10.1.9.9", true));
  Node node;
  node.use(many);
  EXPECT_THAT(node.health().sightings(node.now()), SizeIs(kMaxServers));
  EXPECT_TRUE(node.sighting().critical);
}

// Whatever the network does: never more pings out than the limit, never asleep for longer than a
// round, and what it says in the end is true.
TEST(ServerHealth, HoldsItsBoundsInAnyWeather) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Node node(seed);
    std::mt19937_64 random(seed);
    node.use({server("10.1.9.9"), server("10.1.1.100")});
    std::map<std::string, std::vector<MonotonicTime>> ends;
    const auto weather = [&](const PingStart& start, MonotonicTime at) -> std::optional<int64_t> {
      const uint64_t dice = random() % 10;
      const std::optional<int64_t> after =
          dice < 4 ? std::nullopt : std::optional<int64_t>(dice < 7 ? 1 : random() % 2'000);
      auto& list = ends[start.address];
      std::erase_if(list, [&](MonotonicTime end) { return end <= at; });
      list.push_back(at + std::min<int64_t>(after.value_or(start.deadline_ms), start.deadline_ms));
      EXPECT_LE(list.size(), kMaxPingsOut);
      return after;
    };
    node.live_until({400'000}, weather);
    EXPECT_LE(node.health().next_tick() - node.now(), kRoundMs);
    node.live_until({400'000 + 4 * kRoundMs}, well);
    EXPECT_EQ(node.state_of("10.1.9.9"), ServerState::answering) << seed;
    node.live_until({400'000 + 6 * kRoundMs}, dead);
    EXPECT_EQ(node.state_of("10.1.1.100"), ServerState::silent) << seed;
  }
}

}  // namespace
}  // namespace sn::agent
