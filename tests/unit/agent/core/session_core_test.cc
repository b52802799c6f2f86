#include "agent/core/session_core.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

using testing::ElementsAre;

template <class T>
std::vector<T> all(const SessionEffects& effects) {
  std::vector<T> found;
  for (const auto& effect : effects) {
    if (const auto* one = std::get_if<T>(&effect)) found.push_back(*one);
  }
  return found;
}

template <class M>
std::optional<M> said(const SessionEffects& effects) {
  for (const auto& effect : effects) {
    if (const auto* out = std::get_if<ToCoordinator>(&effect)) {
      if (const auto* message = std::get_if<M>(&out->message)) return *message;
    }
  }
  return std::nullopt;
}

class Session : public testing::Test {
 protected:
  Session()
      : core_({"cn001", "0.1", "boot", "1", {"tcp://10.1.1.1:1", "tcp://10.1.1.101:1"}, 42}) {}

  SessionEffects state(uint64_t generation = 0) {
    wire::ExecutorState state;
    state.mode = "act";
    state.generation = generation;
    return core_.on_executor(state, now_);
  }
  SessionEffects welcome() {
    return core_.on_coordinator(wire::Welcome{1, 0, 20'000, "digest"}, now_);
  }
  SessionEffects at_next_tick() {
    now_ = core_.next_tick();
    return core_.tick(now_);
  }

  SessionCore core_;
  MonotonicTime now_{1'000};
};

TEST_F(Session, SaysNothingBeforeTheExecutorToldItsState) {
  EXPECT_TRUE(core_.tick({1'000'000}).empty());
  const auto effects = state(7);
  ASSERT_TRUE(said<wire::Hello>(effects));
  EXPECT_EQ(said<wire::Hello>(effects)->generation, 7U);
}

TEST_F(Session, AConnectionWithoutWelcomeIsNoPath) {
  (void)state();
  const auto effects = at_next_tick();
  EXPECT_EQ(now_.ms, 1'000 + kWelcomeMs);
  ASSERT_EQ(all<Connect>(effects).size(), 1U);
  EXPECT_EQ(all<Connect>(effects).front().endpoint, "tcp://10.1.1.101:1");
  EXPECT_EQ(said<wire::Hello>(effects)->path, "tcp://10.1.1.101:1");
}

TEST_F(Session, RestsAfterEveryPathFailedAndLongerEachRound) {
  (void)state();
  int64_t longest = 0;
  for (int round = 0; round < 12; ++round) {
    (void)at_next_tick();
    const auto effects = at_next_tick();
    EXPECT_TRUE(all<Connect>(effects).empty());
    const int64_t rest = core_.next_tick() - now_;
    EXPECT_LE(rest, kMaxBackoffMs * 3 / 2);
    longest = std::max(longest, rest);
    EXPECT_EQ(all<Connect>(at_next_tick()).size(), 1U);
  }
  EXPECT_GE(longest, kMaxBackoffMs / 2);
}

TEST_F(Session, ABeatThatIsNotAcknowledgedEndsThePath) {
  (void)state();
  (void)welcome();
  ASSERT_TRUE(said<wire::Beat>(at_next_tick()));
  const auto effects = at_next_tick();
  EXPECT_EQ(all<Connect>(effects).front().endpoint, "tcp://10.1.1.101:1");
}

TEST_F(Session, AnAcknowledgedBeatKeepsThePath) {
  (void)state();
  (void)welcome();
  for (int i = 0; i < 5; ++i) {
    const auto beat = said<wire::Beat>(at_next_tick());
    ASSERT_TRUE(beat);
    EXPECT_TRUE(core_.on_coordinator(wire::BeatAck{beat->serial}, now_).empty());
  }
  EXPECT_EQ(core_.endpoint(), "tcp://10.1.1.1:1");
}

TEST_F(Session, KeepsThePathThatWorked) {
  (void)state();
  (void)at_next_tick();
  (void)welcome();
  (void)core_.on_coordinator(wire::Refused{}, now_);
  EXPECT_EQ(core_.endpoint(), "tcp://10.1.1.1:1");
  EXPECT_TRUE(core_.next_tick() > now_);
}

TEST_F(Session, SaysTheMountsAfterEveryWelcomeAndWhenTheyChange) {
  (void)state();
  wire::Mounts mounts;
  mounts.mounts.emplace_back().place = "/install";
  EXPECT_TRUE(core_.on_executor(mounts, now_).empty());  // nobody listens yet
  EXPECT_EQ(said<wire::Mounts>(welcome()), mounts);
  mounts.mounts.clear();
  EXPECT_EQ(said<wire::Mounts>(core_.on_executor(mounts, now_)), mounts);
}

TEST_F(Session, ReportsAPlanOnlyWithEveryProbe) {
  (void)state();
  (void)core_.on_executor(wire::ProbeTargets{{{"SN1P", "10.1.1.100"}, {"SN2P", "10.1.1.101"}}},
                          now_);
  (void)welcome();
  const auto effects = core_.on_coordinator(
      wire::Preflight{5, {"SN1P"}, "SN2P", false, StuckPolicy::keep, 1'000}, now_);
  const auto probes = all<StartProbe>(effects);
  ASSERT_EQ(probes.size(), 2U);
  ASSERT_EQ(all<ToExecutor>(effects).size(), 1U);
  wire::PlanReply plan;
  plan.request = 5;
  EXPECT_TRUE(core_.on_executor(plan, now_).empty());
  EXPECT_TRUE(core_.on_probe(probes[0].id, false, "silent", now_).empty());
  const auto last = core_.on_probe(probes[1].id, true, "22 connected", now_);
  const auto report = said<wire::PlanReport>(last);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->request, 5U);
  EXPECT_THAT(report->sightings, ElementsAre(wire::Sighting{"SN1P", false, "silent"},
                                             wire::Sighting{"SN2P", true, "22 connected"}));
}

TEST_F(Session, HandsARebindToTheExecutorAndItsRefusalBack) {
  (void)state();
  (void)welcome();
  wire::Rebind rebind;
  rebind.takeover = "T1";
  rebind.generation = 3;
  const auto asked = all<ToExecutor>(core_.on_coordinator(rebind, now_));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(std::get<wire::RebindVerb>(asked.front().message).rebind, rebind);
  wire::RebindReply reply;
  reply.refused.takeover = "T1";
  reply.refused.reason = "observe mode";
  const auto effects = core_.on_executor(reply, now_);
  ASSERT_TRUE(said<wire::Refused>(effects));
}

TEST_F(Session, AnOutcomeThatCouldNotBeSaidIsInTheNextHello) {
  (void)state();
  wire::ExecutorState with_outcome;
  with_outcome.generation = 3;
  with_outcome.last.emplace_back();
  with_outcome.last.front().generation = 3;
  EXPECT_FALSE(said<wire::OutcomeReport>(core_.on_executor(wire::OutcomeReport{}, now_)));
  (void)core_.on_executor(with_outcome, now_);
  const auto effects = at_next_tick();
  ASSERT_TRUE(said<wire::Hello>(effects));
  EXPECT_EQ(said<wire::Hello>(effects)->last.size(), 1U);
}

TEST_F(Session, SaysAtOnceWhatItWaitsForAndOtherStepsInBeats) {
  (void)state();
  (void)welcome();
  const wire::Progress waits{"T1", 3, "waiting for xcatdsklspost (pid 812)", 0, 0};
  const auto effects = core_.on_executor(waits, now_);
  EXPECT_TRUE(said<wire::Accepted>(effects));
  const auto told = said<wire::Progress>(effects);
  ASSERT_TRUE(told);
  EXPECT_EQ(*told, waits);
  EXPECT_FALSE(said<wire::Progress>(core_.on_executor(waits, now_)));
  EXPECT_FALSE(
      said<wire::Progress>(core_.on_executor(wire::Progress{"T1", 3, "observe", 0, 0}, now_)));
}

TEST_F(Session, SaysInItsBeatWhatIsBlockedAndForHowLong) {
  (void)state();
  (void)welcome();
  (void)core_.on_executor(wire::Progress{"T1", 3, "stage /etc/hosts", 1, 5}, now_);
  const int64_t begin = now_.ms;
  const auto effects = at_next_tick();
  const auto beat = said<wire::Beat>(effects);
  ASSERT_TRUE(beat);
  EXPECT_EQ(beat->busy, "stage /etc/hosts");
  EXPECT_EQ(beat->busy_ms, static_cast<uint32_t>(now_.ms - begin));
}

}  // namespace
}  // namespace sn::agent
