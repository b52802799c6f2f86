#include "agent/core/session_core.h"

#include "common/wire/plan_group.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/unit/says.h"

#include "common/wire/codec.h"

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

// Nobody has signed it: that is the executor's business.
wire::SignedOrder order_of(wire::OrderKind what) {
  wire::SignedOrder order;
  order.order.bytes = wire::encode(wire::Order{"cn001", "boot", "nonce", std::move(what)});
  return order;
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
    return core_.on_coordinator(wire::Welcome{wire::kProtocolVersion, 3, 0, 20'000, "digest"},
                                now_);
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

// Whoever stands in the coordinator's queue does not leave it: nine thousand would only make it
// longer. A forwarder takes a connection whether there is a coordinator behind it or not.
TEST_F(Session, ADirectConnectionWaitsForItsWelcome) {
  (void)state();
  now_ = now_ + 500;
  EXPECT_TRUE(core_.on_connected(now_).empty());
  EXPECT_EQ(core_.next_tick().ms, now_.ms + kQueueMs);
  const MonotonicTime asked = now_;
  EXPECT_EQ(all<Connect>(at_next_tick()).front().endpoint, "tcp://10.1.1.101:1");
  EXPECT_EQ(now_.ms, asked.ms + kQueueMs) << "and not for ever";
  (void)core_.on_connected(now_);
  EXPECT_EQ(core_.next_tick().ms, now_.ms + kWelcomeMs);
  // One that was lost is none.
  (void)at_next_tick();
  (void)at_next_tick();
  EXPECT_EQ(core_.endpoint(), "tcp://10.1.1.1:1");
  (void)core_.on_connected(now_);
  EXPECT_EQ(all<Connect>(core_.on_connection_lost(now_)).front().endpoint, "tcp://10.1.1.101:1");
}

// What it did as planned is on record, and is not said again; the executor keeps it.
TEST_F(Session, LeavesOutWhatWentAsPlanned) {
  (void)state();
  (void)welcome();
  wire::OutcomeReport report;
  report.outcome.changes = {{"resolver", "/etc/resolv.conf", 2, "a", "b"}};
  report.outcome.findings = {{FindingClass::unclaimed, "/etc/motd", "mentions SN1P", ""},
                             {FindingClass::kept, "/etc/hosts:3", "stays", ""}};
  const auto whole = said<wire::OutcomeReport>(core_.on_executor(report, now_));
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole, report);
  report.outcome.as_planned = true;
  report.outcome.planned_findings = 1;
  const auto brief = said<wire::OutcomeReport>(core_.on_executor(report, now_));
  ASSERT_TRUE(brief);
  EXPECT_TRUE(brief->outcome.changes.empty());
  EXPECT_EQ(brief->outcome.findings.size(), 1U);
  EXPECT_EQ(brief->outcome.findings.front().place, "/etc/motd") << "what nobody was shown";
  wire::ExecutorState state;
  state.mode = "act";
  state.last = {report.outcome};
  (void)core_.on_executor(state, now_);
  (void)core_.on_connection_lost(now_);
  const auto hello = said<wire::Hello>(at_next_tick());
  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->last.front().as_planned);
  EXPECT_TRUE(hello->last.front().changes.empty());
}

TEST_F(Session, AfterTheWelcomeAConnectionIsNoNews) {
  (void)state();
  (void)welcome();
  const MonotonicTime beat = core_.next_tick();
  EXPECT_TRUE(core_.on_connected(now_).empty());
  EXPECT_EQ(core_.next_tick(), beat);
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
  EXPECT_TRUE(core_.next_tick() > now_);
  const auto effects = at_next_tick();
  ASSERT_EQ(all<Connect>(effects).size(), 1U);
  EXPECT_EQ(all<Connect>(effects).front().endpoint, "tcp://10.1.1.101:1");
}

TEST_F(Session, ARefusalIsLoggedOnceWhileItIsTheSame) {
  (void)state();
  const wire::Refused refused{
      .takeover = {},
      .generation = 0,
      .reason = Fact(FactCode::key_belongs_to, {.node = "cn002", .value = "cn001"}),
      .cure = Cure(CureCode::set_node_or_enrol)};
  const auto told = all<TellRefusal>(core_.on_coordinator(refused, now_));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told.front().reason.is(FactCode::key_belongs_to));
  EXPECT_EQ(told.front().cure.code(), CureCode::set_node_or_enrol);
  (void)at_next_tick();
  EXPECT_TRUE(all<TellRefusal>(core_.on_coordinator(refused, now_)).empty());
  (void)at_next_tick();
  (void)welcome();
  const auto beat = said<wire::Beat>(at_next_tick());
  ASSERT_TRUE(beat);
  (void)core_.on_coordinator(wire::BeatAck{beat->serial}, now_);
  EXPECT_EQ(all<TellRefusal>(core_.on_coordinator(refused, now_)).size(), 1U);
}

// The coordinator does not understand what follows every hello.
TEST_F(Session, AWelcomeThatIsFollowedByARefusalIsNoStorm) {
  (void)state();
  const MonotonicTime begin = now_;
  for (int i = 0; i < 12; ++i) {
    (void)welcome();
    (void)core_.on_coordinator(wire::Refused{}, now_);
    (void)at_next_tick();
  }
  EXPECT_GT(now_ - begin, 60'000);
}

TEST_F(Session, ACoordinatorOfAnotherVersionIsRefused) {
  (void)state();
  wire::Welcome other;
  other.protocol = wire::kProtocolVersion + 1;
  const auto effects = core_.on_coordinator(other, now_);
  EXPECT_FALSE(core_.welcomed());
  const auto told = all<TellRefusal>(effects);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told.front().reason,
              Says("protocol " + std::to_string(wire::kProtocolVersion + 1) +
                   " is not spoken here, only " + std::to_string(wire::kProtocolVersion)));
  EXPECT_EQ(told.front().cure.code(), CureCode::same_version);
  EXPECT_EQ(all<Connect>(at_next_tick()).size(), 1U) << "it may be upgraded";
}

// Not enrolled yet, say: every path leads to the same answer.
TEST_F(Session, ManyRefusalsInARowTryTheOtherPathToo) {
  (void)state();
  int64_t longest = 0;
  for (size_t refusal = 1; refusal < kRefusalsHere; ++refusal) {
    (void)core_.on_coordinator(wire::Refused{}, now_);
    EXPECT_EQ(core_.endpoint(), "tcp://10.1.1.1:1");
    longest = std::max(longest, core_.next_tick() - now_);
    ASSERT_EQ(all<Connect>(at_next_tick()).size(), 1U);
  }
  EXPECT_LE(longest, kMaxBackoffMs * 3 / 2);
  EXPECT_GE(longest, kMaxBackoffMs / 2);
  const auto effects = core_.on_coordinator(wire::Refused{}, now_);
  ASSERT_EQ(all<Connect>(effects).size(), 1U);
  EXPECT_EQ(all<Connect>(effects).front().endpoint, "tcp://10.1.1.101:1");
}

TEST_F(Session, AConnectionLostBeforeTheWelcomeIsNoPath) {
  (void)state();
  const auto effects = core_.on_connection_lost(now_);
  ASSERT_EQ(all<Connect>(effects).size(), 1U);
  EXPECT_EQ(all<Connect>(effects).front().endpoint, "tcp://10.1.1.101:1");
}

TEST_F(Session, AKeyThatIsNotKnownYetIsNoReasonToLeaveThePath) {
  (void)state();
  const auto knocks = core_.on_key_refused(now_);
  ASSERT_EQ(all<ToExecutor>(knocks).size(), 1U);
  EXPECT_TRUE(std::holds_alternative<wire::KnockVerb>(all<ToExecutor>(knocks).front().message));
  EXPECT_EQ(knocks.size(), 1U);
  EXPECT_TRUE(core_.on_connection_lost(now_).empty()) << "it follows the refusal";
  const auto effects = at_next_tick();
  ASSERT_EQ(all<Connect>(effects).size(), 1U);
  EXPECT_EQ(all<Connect>(effects).front().endpoint, "tcp://10.1.1.1:1");
}

TEST_F(Session, OneThatIsLetInConnectsAtOnce) {
  (void)state();
  for (int i = 0; i < 6; ++i) {
    (void)core_.on_key_refused(now_);
    (void)at_next_tick();
  }
  (void)core_.on_key_refused(now_);
  EXPECT_TRUE(core_.on_executor(wire::KnockAnswer{{}, true, {}, {}}, now_).empty());
  EXPECT_EQ(core_.next_tick(), now_);
  EXPECT_EQ(all<Connect>(core_.tick(now_)).size(), 1U);
  // Refused all the same: whoever says that it is let in makes no storm of it.
  (void)core_.on_key_refused(now_);
  (void)core_.on_executor(wire::KnockAnswer{{}, true, {}, {}}, now_);
  EXPECT_GT(core_.next_tick(), now_);
}

TEST_F(Session, WhyItIsNotLetInIsSaidOnce) {
  (void)state();
  (void)core_.on_key_refused(now_);
  const wire::KnockAnswer no{{},
                             false,
                             Fact(FactCode::knock_by_hand_only),
                             Cure(CureCode::accept_key, {.nodes = {"cn001"}})};
  const auto said = all<TellRefusal>(core_.on_executor(no, now_));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said.front().reason, no.reason);
  EXPECT_EQ(said.front().cure, no.cure);
  (void)at_next_tick();
  (void)core_.on_key_refused(now_);
  EXPECT_TRUE(core_.on_executor(no, now_).empty());
}

TEST_F(Session, WhoIsAskedWhetherItLivesSaysSoAtOnce) {
  (void)state();
  EXPECT_TRUE(core_.on_coordinator(wire::AreYouThere{}, now_).empty()) << "not welcomed yet";
  (void)welcome();
  EXPECT_TRUE(said<wire::Beat>(core_.on_coordinator(wire::AreYouThere{}, now_)));
}

// The service node's forwarder died with it.
TEST_F(Session, AConnectionLostOnAnotherPathIsMadeOnTheNext) {
  (void)state();
  (void)at_next_tick();
  (void)welcome();
  ASSERT_EQ(core_.endpoint(), "tcp://10.1.1.101:1");
  EXPECT_TRUE(core_.on_connection_lost(now_).empty());
  const auto effects = at_next_tick();
  ASSERT_EQ(all<Connect>(effects).size(), 1U);
  EXPECT_EQ(all<Connect>(effects).front().endpoint, "tcp://10.1.1.1:1");
}

// A coordinator that is started again: the same path once more, soon, and if that does not lead to
// a welcome the next one.
TEST_F(Session, AConnectionLostAfterTheWelcomeIsMadeAgain) {
  (void)state();
  (void)welcome();
  EXPECT_TRUE(core_.on_connection_lost(now_).empty());
  EXPECT_LE(core_.next_tick() - now_, kBackoffMs * 3 / 2);
  auto effects = at_next_tick();
  ASSERT_EQ(all<Connect>(effects).size(), 1U);
  EXPECT_EQ(all<Connect>(effects).front().endpoint, "tcp://10.1.1.1:1");
  ASSERT_TRUE(said<wire::Hello>(effects));
  effects = at_next_tick();
  ASSERT_EQ(all<Connect>(effects).size(), 1U);
  EXPECT_EQ(all<Connect>(effects).front().endpoint, "tcp://10.1.1.101:1");
}

TEST_F(Session, AConnectionLostWhileRestingIsNoNews) {
  (void)state();
  (void)welcome();
  (void)core_.on_connection_lost(now_);
  const MonotonicTime due = core_.next_tick();
  EXPECT_TRUE(core_.on_connection_lost(now_).empty());
  EXPECT_EQ(core_.next_tick(), due);
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

TEST_F(Session, ADirectoryThatWasMendedIsTold) {
  (void)state();
  (void)welcome();
  wire::ExecutorState mended;
  mended.mode = "act";
  mended.directory_digest = "mended";
  EXPECT_EQ(said<wire::DirectoryRead>(core_.on_executor(mended, now_)),
            wire::DirectoryRead{"mended"});
  EXPECT_FALSE(said<wire::DirectoryRead>(core_.on_executor(mended, now_)));
}

TEST_F(Session, ReportsAPlanOnlyWithEveryProbe) {
  (void)state();
  (void)core_.on_executor(wire::ProbeTargets{{{"SN1P", "10.1.1.100"}, {"SN2P", "10.1.1.101"}}},
                          now_);
  (void)welcome();
  const auto effects = core_.on_coordinator(
      wire::Preflight{.request = 5, .from = {"SN1P"}, .to = "SN2P", .probe_ms = 1'000, .epoch = 3},
      now_);
  const auto probes = all<StartProbe>(effects);
  ASSERT_EQ(probes.size(), 2U);
  ASSERT_EQ(all<ToExecutor>(effects).size(), 1U);
  wire::PlanReply plan;
  plan.request = 5;
  EXPECT_TRUE(core_.on_executor(plan, now_).empty());
  EXPECT_TRUE(core_.on_probe(probes[0].id, {Life::silent, "", "silent", {}}, now_).empty());
  const auto last = core_.on_probe(probes[1].id, {Life::serves, "", "22 connected", {}}, now_);
  const auto report = said<wire::PlanReport>(last);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->request, 5U);
  EXPECT_THAT(report->sightings,
              ElementsAre(wire::Sighting{"SN1P", {Life::silent, "", "silent", {}}},
                          wire::Sighting{"SN2P", {Life::serves, "", "22 connected", {}}}));
}

TEST_F(Session, ReportsAPlanByItsNamesAndTellsAllOfItWhenAsked) {
  (void)state();
  (void)welcome();
  wire::PlanSummary plan;
  plan.hash = "hash";
  plan.shape = "shape";
  plan.files = 7;
  plan.group = wire::plan_group(plan);
  for (uint64_t request = 5; request < 8; ++request) {
    (void)core_.on_coordinator(
        wire::Preflight{
            .request = request, .from = {"SN1P"}, .to = "SN2P", .probe_ms = 1'000, .epoch = 3},
        now_);
    const auto report =
        said<wire::PlanReport>(core_.on_executor(wire::PlanReply{request, plan}, now_));
    EXPECT_EQ(report, (wire::PlanReport{request, {}, "hash", "shape", plan.group}));
  }
  for (uint64_t request = 6; request < 8; ++request) {
    EXPECT_EQ(said<wire::FullPlan>(core_.on_coordinator(wire::TellPlan{request}, now_)),
              (wire::FullPlan{request, plan}));
  }
  EXPECT_FALSE(said<wire::FullPlan>(core_.on_coordinator(wire::TellPlan{5}, now_)))
      << "only the newest are kept";
}

TEST_F(Session, AsksTheNewServiceNodeForWhatThePlanNeedsThere) {
  (void)state();
  const std::vector<ServicePort> life = {{Transport::tcp, 22}};
  (void)core_.on_executor(
      wire::ProbeTargets{{{"SN1P", "10.1.1.100", life}, {"SN2P", "10.1.1.101", life}}}, now_);
  (void)welcome();
  const auto begun = all<StartProbe>(core_.on_coordinator(
      wire::Preflight{.request = 5, .from = {"SN1P"}, .to = "SN2P", .probe_ms = 1'000, .epoch = 3},
      now_));
  ASSERT_EQ(begun.size(), 2U);
  EXPECT_EQ(begun[0].services, life);
  EXPECT_FALSE(begun[0].every_service);
  wire::PlanReply plan;
  plan.request = 5;
  plan.plan.needs = {{Transport::udp, 53}, {Transport::udp, 123}};
  const auto needs = all<StartProbe>(core_.on_executor(plan, now_));
  ASSERT_EQ(needs.size(), 1U);
  EXPECT_EQ(needs[0].address, "10.1.1.101");
  EXPECT_EQ(needs[0].services, plan.plan.needs);
  EXPECT_TRUE(needs[0].every_service);
  const std::vector<ServiceSighting> answers = {{{Transport::udp, 53}, ServiceAnswer::answered},
                                                {{Transport::udp, 123}, ServiceAnswer::silent}};
  EXPECT_TRUE(core_.on_probe(begun[0].id, {Life::silent, "", "silent", {}}, now_).empty());
  EXPECT_TRUE(core_.on_probe(needs[0].id, {Life::serves, "", "53/udp", answers}, now_).empty());
  const auto report = said<wire::PlanReport>(
      core_.on_probe(begun[1].id, {Life::serves, "", "22 connected", {}}, now_));
  ASSERT_TRUE(report);
  ASSERT_EQ(report->sightings.size(), 2U);
  EXPECT_EQ(report->sightings[1].seen.life, Life::serves);
  EXPECT_EQ(report->sightings[1].seen.services, answers) << "whichever look ended last";
}

TEST_F(Session, LooksAtServiceNodesWithoutTheExecutor) {
  (void)state();
  (void)core_.on_executor(wire::ProbeTargets{{{"SN1P", "10.1.1.100"}}}, now_);
  (void)welcome();
  const auto begun = core_.on_coordinator(wire::Look{9, {"SN1P", "SN3P"}, 900}, now_);
  EXPECT_TRUE(all<ToExecutor>(begun).empty());
  const auto probes = all<StartProbe>(begun);
  ASSERT_EQ(probes.size(), 1U) << "no way from here to SN3P";
  const MachineSighting sighting{Life::echo, "", "answers ping", {}};
  const auto seen = said<wire::Seen>(core_.on_probe(probes[0].id, sighting, now_));
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen, (wire::Seen{9, {{"SN1P", sighting}}}));
  // No way to any of them: that is an answer, too.
  EXPECT_EQ(said<wire::Seen>(core_.on_coordinator(wire::Look{10, {"SN3P"}, 900}, now_)),
            (wire::Seen{10, {}}));
}

TEST_F(Session, LooksDoNotTakeThePlaceOfAPlan) {
  (void)state();
  (void)core_.on_executor(wire::ProbeTargets{{{"SN1P", "10.1.1.100"}}}, now_);
  (void)welcome();
  const auto plan = all<StartProbe>(core_.on_coordinator(
      wire::Preflight{.request = 5, .from = {"SN1P"}, .to = "SN2P", .probe_ms = 1'000, .epoch = 3},
      now_));
  ASSERT_EQ(plan.size(), 1U);
  for (uint64_t request = 100; request < 100 + 2 * kMaxPreflights; ++request) {
    (void)core_.on_coordinator(wire::Look{request, {"SN1P"}, 900}, now_);
  }
  EXPECT_TRUE(core_.on_executor(wire::PlanReply{5, {}}, now_).empty());
  EXPECT_TRUE(said<wire::PlanReport>(
      core_.on_probe(plan.front().id, {Life::silent, "", "silent", {}}, now_)));
}

TEST_F(Session, HandsAFailbacksPlanToTheExecutorAsItIs) {
  (void)state();
  (void)welcome();
  const std::vector<ServiceNodeEntry> meant{{"SN1P", {"sn1"}, {"10.1.1.100/24"}, ""}};
  const auto effects = core_.on_coordinator(
      wire::Preflight{6, {"SN2P"}, "SN1P", true, StuckPolicy::orphan, 1'000, 17, meant, true, 4},
      now_);
  const auto asked = all<ToExecutor>(effects);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked.front().message,
            wire::Verb(wire::PlanVerb{
                6, {"SN2P"}, "SN1P", true, StuckPolicy::orphan, 17, meant, true, 4}));
}

TEST_F(Session, ReportsARehearsalLikeAPlan) {
  (void)state();
  (void)welcome();
  const auto order = order_of(
      wire::Rehearse{{7, {"SN2P"}, "SN1P", true, StuckPolicy::orphan, 1'000, 17, {}, false, 3}});
  const auto asked = all<ToExecutor>(core_.on_coordinator(order, now_));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(std::get<wire::OrderVerb>(asked.front().message).order, order) << "as it is";
  const auto report = said<wire::PlanReport>(core_.on_executor(wire::PlanReply{7, {}}, now_));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->request, 7U);
}

TEST_F(Session, TellsAQuarantineOnceAndInEveryHello) {
  const wire::Quarantine why{"the journal can't be read", "snctl clear cn001"};
  wire::ExecutorState in_quarantine;
  in_quarantine.quarantine = {why};
  const auto hello = said<wire::Hello>(core_.on_executor(in_quarantine, now_));
  ASSERT_TRUE(hello);
  EXPECT_THAT(hello->quarantine, ElementsAre(why));
  EXPECT_FALSE(said<wire::Quarantine>(welcome())) << "the hello said it";
  EXPECT_FALSE(said<wire::Quarantine>(core_.on_executor(in_quarantine, now_)));
  EXPECT_EQ(said<wire::Quarantine>(state()), wire::Quarantine{}) << "lifted";
  EXPECT_EQ(said<wire::Quarantine>(core_.on_executor(in_quarantine, now_)), why);
}

TEST_F(Session, AQuarantineThatBeganAfterTheHelloIsToldWithTheWelcome) {
  (void)state();
  const wire::Quarantine why{"the journal can't be read", "snctl clear cn001"};
  wire::ExecutorState in_quarantine;
  in_quarantine.quarantine = {why};
  EXPECT_FALSE(said<wire::Quarantine>(core_.on_executor(in_quarantine, now_)));
  EXPECT_EQ(said<wire::Quarantine>(welcome()), why);
}

// Two coordinators share a log, and one of them does not know yet that the other leads.
TEST_F(Session, WhoHasBeenReplacedIsNotHeard) {
  (void)state();
  (void)welcome();
  const auto late = core_.on_coordinator(order_of(wire::Clear{2}), now_);
  EXPECT_TRUE(all<ToExecutor>(late).empty());
  const auto refused = said<wire::Refused>(late);
  ASSERT_TRUE(refused) << "and is told";
  EXPECT_TRUE(refused->reason.is(FactCode::older_epoch));
  EXPECT_EQ(all<ToExecutor>(core_.on_coordinator(order_of(wire::Clear{3}), now_)).size(), 1U);
}

TEST_F(Session, NorWelcomedByIt) {
  (void)state();
  (void)welcome();
  (void)core_.on_connection_lost(now_);
  while (!said<wire::Hello>(at_next_tick())) {
  }
  const auto late =
      core_.on_coordinator(wire::Welcome{wire::kProtocolVersion, 2, 0, 20'000, "digest"}, now_);
  EXPECT_TRUE(said<wire::Refused>(late));
  EXPECT_FALSE(core_.welcomed());
  while (!said<wire::Hello>(at_next_tick())) {
  }
  (void)core_.on_coordinator(wire::Welcome{wire::kProtocolVersion, 4, 0, 20'000, "digest"}, now_);
  EXPECT_TRUE(core_.welcomed());
}

TEST_F(Session, AClearIsAnsweredWhateverItFinds) {
  (void)state();
  (void)welcome();
  const auto asked = all<ToExecutor>(core_.on_coordinator(order_of(wire::Clear{3}), now_));
  ASSERT_EQ(asked.size(), 1U);
  ASSERT_TRUE(std::holds_alternative<wire::OrderVerb>(asked.front().message));
  const wire::Quarantine why{"the fence can't be read", "snctl clear cn001"};
  EXPECT_EQ(said<wire::Quarantine>(core_.on_executor(wire::ClearReply{1, why}, now_)), why);
  EXPECT_EQ(said<wire::Quarantine>(core_.on_executor(wire::ClearReply{2, {}}, now_)),
            wire::Quarantine{});
  EXPECT_EQ(said<wire::Quarantine>(core_.on_executor(wire::ClearReply{3, {}}, now_)),
            wire::Quarantine{})
      << "somebody asked";
  // The state that comes after it says the same once more.
  EXPECT_FALSE(said<wire::Quarantine>(state()));
}

// While the site changes the coordinator's key: which one it has now is found as the way to it is.
TEST(SessionWithTwoKeys, EveryEndpointIsTriedWithTheNextKeyToo) {
  SessionCore core(
      {"cn001", "0.1", "boot", "1", {"tcp://10.1.1.1:1", "tcp://10.1.1.101:1"}, 42, true, 2});
  MonotonicTime now{1'000};
  wire::ExecutorState state;
  std::vector<std::pair<std::string, size_t>> tried;
  auto effects = core.on_executor(state, now);
  for (int i = 0; i < 9; ++i) {
    for (const auto& connect : all<Connect>(effects))
      tried.emplace_back(connect.endpoint, connect.key);
    effects = core.on_connection_lost(now);
    if (!effects.empty()) continue;
    now = core.next_tick();
    effects = core.tick(now);
  }
  const std::string direct = "tcp://10.1.1.1:1", other = "tcp://10.1.1.101:1";
  ASSERT_GE(tried.size(), 5U);
  tried.resize(5);
  EXPECT_EQ(tried, (std::vector<std::pair<std::string, size_t>>{
                       {direct, 0}, {other, 0}, {direct, 1}, {other, 1}, {direct, 0}}));
}

TEST_F(Session, HandsARebindToTheExecutorAndItsRefusalBack) {
  (void)state();
  (void)welcome();
  wire::Rebind rebind;
  rebind.takeover = "T1";
  rebind.generation = 3;
  rebind.epoch = 3;
  const auto order = order_of(rebind);
  const auto asked = all<ToExecutor>(core_.on_coordinator(order, now_));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(std::get<wire::OrderVerb>(asked.front().message).order, order);
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

// Found by the crash tests on a busy machine: an interrupted takeover was finished right after the
// agent's start, when the hello had gone without it and the welcome had not come.
TEST_F(Session, WhatHappensBetweenHelloAndWelcomeIsSaidAfterTheWelcome) {
  (void)state();
  wire::OutcomeReport report;
  report.outcome.generation = 3;
  EXPECT_FALSE(said<wire::OutcomeReport>(core_.on_executor(report, now_)));
  EXPECT_FALSE(said<wire::Drift>(core_.on_executor(wire::Drift{}, now_)));
  report.outcome.generation = 4;
  (void)core_.on_executor(report, now_);
  const auto effects = welcome();
  const auto told = said<wire::OutcomeReport>(effects);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->outcome.generation, 4U) << "only the last one counts";
  EXPECT_TRUE(said<wire::Drift>(effects));
}

TEST_F(Session, WhatTheNextHelloCarriesIsNotSaidAgain) {
  (void)state();
  (void)core_.on_executor(wire::OutcomeReport{}, now_);
  ASSERT_TRUE(said<wire::Hello>(at_next_tick()));
  EXPECT_FALSE(said<wire::OutcomeReport>(welcome()));
}

TEST_F(Session, SaysAtOnceWhatItWaitsForAndOtherStepsInBeats) {
  (void)state();
  (void)welcome();
  const wire::Progress waits{
      "T1", 3, Fact(FactCode::waiting_for_scripts, {.name = "xcatdsklspost", .pid = 812}), 0, 0};
  const auto effects = core_.on_executor(waits, now_);
  EXPECT_TRUE(said<wire::Accepted>(effects));
  const auto told = said<wire::Progress>(effects);
  ASSERT_TRUE(told);
  EXPECT_EQ(*told, waits);
  EXPECT_FALSE(said<wire::Progress>(core_.on_executor(waits, now_)));
  EXPECT_FALSE(said<wire::Progress>(
      core_.on_executor(wire::Progress{"T1", 3, Fact(FactCode::observing), 0, 0}, now_)));
}

TEST_F(Session, SaysInItsBeatWhatIsBlockedAndForHowLong) {
  (void)state();
  (void)welcome();
  (void)core_.on_executor(wire::Progress{"T1", 3, "stage /etc/hosts", 1, 5}, now_);
  const int64_t begin = now_.ms;
  const auto effects = at_next_tick();
  const auto beat = said<wire::Beat>(effects);
  ASSERT_TRUE(beat);
  EXPECT_EQ(text_of(beat->busy), "stage /etc/hosts");
  EXPECT_EQ(beat->busy_ms, static_cast<uint32_t>(now_.ms - begin));
}

wire::NfsServers servers(const std::vector<std::string>& addresses) {
  wire::NfsServers list;
  for (const auto& address : addresses) {
    list.servers.push_back({address, 2049, 3, "nfsha", true, {"/mnt/" + address}});
  }
  return list;
}

// Lives up to `end` with a coordinator that acknowledges every beat and servers that answer within
// a millisecond, or not at all.
class SessionWithServers : public Session {
 protected:
  void live(int64_t for_ms, bool servers_answer) {
    const MonotonicTime end = now_ + for_ms;
    while (true) {
      MonotonicTime next = core_.next_tick();
      for (const auto& [at, ping] : out_) next = std::min(next, at);
      if (next > end) break;
      now_ = std::max(now_, next);
      ++wake_ups_;
      while (!out_.empty() && out_.begin()->first <= now_) {
        const auto [id, answers] = out_.begin()->second;
        out_.erase(out_.begin());
        see(core_.on_ping(id, {answers, 900, answers ? "answered" : "no connection"}, now_),
            servers_answer);
      }
      see(core_.tick(now_), servers_answer);
    }
    now_ = end;
  }
  void see(const SessionEffects& effects, bool servers_answer) {
    for (const auto& start : all<StartPing>(effects)) {
      pings_.push_back(now_);
      out_.emplace(now_ + (servers_answer ? 1 : start.ping.deadline_ms),
                   std::pair(start.ping.id, servers_answer));
    }
    readings_ += all<ReadMountStats>(effects).size();
    if (auto report = said<wire::ServerHealthReport>(effects)) reports_.push_back(*report);
    if (const auto beat = said<wire::Beat>(effects)) {
      beats_.push_back(now_);
      (void)core_.on_coordinator(wire::BeatAck{beat->serial}, now_);
    }
  }
  std::multimap<MonotonicTime, std::pair<uint64_t, bool>> out_;
  std::vector<MonotonicTime> pings_;
  std::vector<MonotonicTime> beats_;
  std::vector<wire::ServerHealthReport> reports_;
  size_t readings_ = 0;
  size_t wake_ups_ = 0;
};

TEST_F(SessionWithServers, AsksThemAlsoWithoutACoordinator) {
  (void)core_.on_executor(servers({"10.1.9.9"}), now_);
  live(kRoundMs, true);
  EXPECT_FALSE(pings_.empty());
  EXPECT_TRUE(reports_.empty()) << "nobody is there to be told";
  const auto hello = said<wire::Hello>(state());
  ASSERT_TRUE(hello);
  ASSERT_EQ(hello->servers.size(), 1U);
  EXPECT_EQ(hello->servers.front().state, ServerState::answering);
  (void)welcome();
  live(10 * kRoundMs, true);
  EXPECT_TRUE(reports_.empty()) << "what the hello said is not said twice";
}

TEST_F(SessionWithServers, ARoundSharesTheWakeUpOfABeat) {
  (void)state();
  (void)core_.on_coordinator(wire::Welcome{wire::kProtocolVersion, 3, 0, 30'000, "digest"}, now_);
  (void)core_.on_executor(servers({"10.1.9.9", "10.1.1.100"}), now_);
  live(3 * kRoundMs, true);  // until they have fallen into step, if they do
  pings_.clear();
  beats_.clear();
  wake_ups_ = 0;
  live(10 * kRoundMs, true);
  EXPECT_EQ(beats_.size(), 10U);
  EXPECT_EQ(pings_.size(), 20U);
  // A beat that is not met costs each round one more.
  EXPECT_LE(wake_ups_, 30U);
}

TEST_F(SessionWithServers, TellsGoodNewsWithTheNextBeatAndBadNewsAtOnce) {
  (void)state();
  (void)welcome();
  (void)core_.on_executor(servers({"10.1.9.9"}), now_);
  live(2 * kRoundMs, true);
  ASSERT_FALSE(reports_.empty());
  EXPECT_LE(reports_.size(), 2U);
  EXPECT_EQ(reports_.back().servers.front().state, ServerState::answering);
  reports_.clear();
  pings_.clear();
  live(kRoundMs + kSilentMs, false);
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_EQ(reports_[0].servers.front().state, ServerState::suspicious);
  EXPECT_EQ(reports_[1].servers.front().state, ServerState::silent);
  EXPECT_EQ(reports_[1].servers.front().since_ms, static_cast<uint64_t>(kSilentMs));
}

TEST_F(SessionWithServers, WatchesWhenItIsTold) {
  (void)state();
  (void)welcome();
  (void)core_.on_executor(servers({"10.1.9.9"}), now_);
  live(2 * kRoundMs, true);
  pings_.clear();
  (void)core_.on_coordinator(wire::WatchServer{"10.1.9.9", 10'000}, now_);
  live(10'000, true);
  EXPECT_GE(pings_.size(), 19U);
  EXPECT_LE(pings_.size(), 22U);
}

TEST_F(SessionWithServers, WhatTheKernelWaitsForIsToldWithTheServer) {
  (void)state();
  (void)welcome();
  (void)core_.on_executor(servers({"10.1.9.9", "10.1.1.100"}), now_);
  live(2 * kRoundMs, true);
  EXPECT_GE(readings_, 1U);
  EXPECT_LE(readings_, 4U);
  MountStats stats{"nfsha:/x", "/mnt/10.1.9.9", "nfs", 9, {{100, 100, 0, 0}}, 0};
  for (const uint64_t sends : {100U, 103U, 103U}) {
    stats.transports.front().sends = sends;
    (void)core_.on_mount_stats({stats}, now_);
    now_ = now_ + 1'000;
  }
  reports_.clear();
  live(2 * kRoundMs, true);
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].servers[0].unanswered, "3 sends without a reply for 1 s");
  EXPECT_EQ(reports_[0].servers[1].unanswered, "");
}

}  // namespace
}  // namespace sn::agent
