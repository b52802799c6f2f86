#include "agent/core/executor_core.h"

#include "tests/unit/agent/core/executor_world.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ExecutorRebind : public ExecutorWorld {};
class ExecutorCrash : public ExecutorWorld {};
class ExecutorQuarantine : public ExecutorWorld {};
class ExecutorRehearsal : public ExecutorWorld {};
wire::WentAhead went_ahead() {
  return {"SN1P", {{"route", "route", 0, "default via 10.1.1.100", "default via 10.1.1.101"}}};
}

class ExecutorScripts : public ExecutorWorld {
 protected:
  // They wait for who is left, and are waited for with the rest.
  void go_ahead() {
    start();
    rebind(7);
    say(scripts());
    gone();
    wait(kPatienceMs);
    say(went_ahead());
    say(scripts());
  }
  // They are at work all the time, and whoever looks sees them and nothing else.
  void they_stay(int64_t ms) {
    const MonotonicTime end = now_ + ms;
    while (true) {
      while (core_.job() != nullptr) {
        is_rebind(job()) ? say(scripts()) : say(wire::InspectReply{});
        gone();
      }
      if (core_.next_tick() > end) break;
      now_ = std::max(now_ + 1, core_.next_tick());
      tick();
    }
    now_ = end;
  }
};
class ExecutorStart : public ExecutorWorld {};
class ExecutorLook : public ExecutorWorld {};
class ExecutorSession : public ExecutorWorld {};
class ExecutorObserves : public ExecutorWorld {
 protected:
  ExecutorObserves() : ExecutorWorld(false) {}
};

const KeptState kNothingKept;

KeptState with_journal(JournalContent journal) {
  KeptState kept;
  kept.journal = std::move(journal);
  return kept;
}

Error unreadable(const std::string& what) {
  return fail(ErrorClass::corrupt, "reading", what, "why", "look at it").value();
}

// ---------------------------------------------------------------- rebind

TEST_F(ExecutorRebind, IsAcceptedAndBegun) {
  start();
  rebind(7);
  EXPECT_TRUE(told<wire::RebindReply>()->accepted);
  ASSERT_EQ(all<SpawnChild>().size(), 1U);
  EXPECT_EQ(all<SpawnChild>().front().job.rebind, rebind_of(7));
}

TEST_F(ExecutorRebind, TheFenceIsRaisedBeforeAnythingIsBegun) {
  start();
  rebind(7);
  ASSERT_TRUE(std::holds_alternative<SpawnChild>(effects_.back()));
  effects_.pop_back();
  ASSERT_TRUE(told<wire::ExecutorState>()) << "before";
  EXPECT_EQ(told<wire::ExecutorState>()->generation, 7U);
}

TEST_F(ExecutorRebind, AnOlderGenerationIsRefused) {
  start();
  rebind(7);
  forget();
  rebind(6);
  const auto reply = told<wire::RebindReply>();
  EXPECT_FALSE(reply->accepted);
  EXPECT_EQ(reply->refused.generation, 7U);
  EXPECT_THAT(text_of(reply->refused.reason),
              HasSubstr("older than the newest that the node has had"));
}

TEST_F(ExecutorRebind, WhoHasBeenReplacedIsNotObeyedInAnything) {
  start();
  wire::Rebind newest = rebind_of(7);
  newest.epoch = 5;
  order(newest);
  EXPECT_TRUE(told<wire::RebindReply>()->accepted);
  EXPECT_EQ(core_.fence().epoch, 5U);
  forget();
  wire::Rebind late = rebind_of(8);
  late.epoch = 4;
  order(late);
  EXPECT_FALSE(told<wire::RebindReply>()->accepted);
  EXPECT_TRUE(told<wire::RebindReply>()->refused.reason.is(FactCode::older_epoch));
  EXPECT_EQ(core_.fence().generation, 7U);
  wire::Rehearse rehearse;
  rehearse.epoch = 4;
  order(rehearse);
  ASSERT_TRUE(told<wire::PlanReply>());
  EXPECT_TRUE(told<wire::PlanReply>()->plan.findings.front().reason.is(FactCode::older_epoch));
}

TEST_F(ExecutorRebind, TheSameGenerationForAnotherTargetIsRefused) {
  start();
  rebind(7);
  rebind(7, "SN3P");
  EXPECT_FALSE(told<wire::RebindReply>()->accepted);
}

TEST_F(ExecutorRebind, AnotherNodesIsRefused) {
  start();
  wire::Rebind rebind = rebind_of(7);
  rebind.node = "cn002";
  order(rebind);
  EXPECT_FALSE(told<wire::RebindReply>()->accepted);
  EXPECT_EQ(core_.fence().generation, 0U);
}

TEST_F(ExecutorObserves, RefusesARebindWithTheCure) {
  start();
  rebind(7);
  const auto reply = told<wire::RebindReply>();
  EXPECT_FALSE(reply->accepted);
  EXPECT_EQ(text_of(reply->refused.reason), "this node is in observe mode");
  EXPECT_THAT(text_of(reply->refused.cure), HasSubstr("mode = \"act\""));
  EXPECT_TRUE(all<SpawnChild>().empty());
}

TEST_F(ExecutorRebind, SaidAgainWhileUnderWayIsAcceptedAndDoneOnce) {
  start();
  rebind(7);
  forget();
  rebind(7);
  EXPECT_TRUE(told<wire::RebindReply>()->accepted);
  say(outcome_of(7));
  gone();
  EXPECT_TRUE(all<SpawnChild>().empty());
}

TEST_F(ExecutorRebind, WhatIsVerifiedIsAnsweredAgainAndNotDoneAgain) {
  start();
  rebind(7);
  say(outcome_of(7));
  gone();
  forget();
  rebind(7);
  EXPECT_TRUE(told<wire::RebindReply>()->accepted);
  EXPECT_EQ(told<wire::OutcomeReport>()->outcome.verdict, Verdict::verified);
  EXPECT_TRUE(all<SpawnChild>().empty());
}

TEST_F(ExecutorRebind, WhatEndedWorseIsDoneAgainWhenItIsSaidAgain) {
  start();
  rebind(7);
  say(outcome_of(7, Verdict::failed));
  gone();
  forget();
  rebind(7);
  EXPECT_TRUE(rebinds(7));
}

TEST_F(ExecutorRebind, ANewerOneTakesThePlaceOfTheOneThatWaits) {
  start();
  rebind(7);
  rebind(8);
  rebind(9);
  say(outcome_of(7));
  gone();
  EXPECT_TRUE(rebinds(9));
  say(outcome_of(9));
  gone();
  EXPECT_EQ(core_.job(), nullptr);
}

TEST_F(ExecutorRebind, TheOutcomeIsKeptAndTold) {
  start();
  rebind(7);
  say(outcome_of(7));
  ASSERT_EQ(all<StoreOutcome>().size(), 1U);
  EXPECT_EQ(all<StoreOutcome>().front().outcome.generation, 7U);
  EXPECT_EQ(told<wire::OutcomeReport>()->outcome.generation, 7U);
  EXPECT_EQ(told<wire::ExecutorState>()->last.front().verdict, Verdict::verified);
}

TEST_F(ExecutorRebind, AnOutcomeOfAnOlderGenerationIsToldAndNotKept) {
  start();
  rebind(7);
  rebind(8);
  forget();
  say(outcome_of(7));
  EXPECT_TRUE(all<StoreOutcome>().empty());
  EXPECT_EQ(told<wire::OutcomeReport>()->outcome.generation, 7U);
}

TEST_F(ExecutorRebind, AfterAChangeTheFilesAreLookedAtAnew) {
  start();
  rebind(7);
  auto report = outcome_of(7);
  report.outcome.changed = 3;
  say(report);
  gone();
  wait(kSettleMs);
  ASSERT_NE(core_.job(), nullptr);
  EXPECT_EQ(job().kind, Job::Kind::inspect);
}

TEST_F(ExecutorRebind, HasNoDeadlineOnceItIsAtWork) {
  start();
  rebind(7);
  say(wire::Progress{"T7", 7, "observe", 0, 0});
  forget();
  wait(10 * kReadDeadlineMs);
  EXPECT_TRUE(all<KillChild>().empty());
}

TEST_F(ExecutorRebind, OneThatCantBeSpawnedIsToldAsBlocked) {
  start();
  rebind(7);
  take(core_.on_no_child(unreadable("fork"), now_));
  EXPECT_EQ(told<wire::OutcomeReport>()->outcome.verdict, Verdict::blocked);
}

TEST_F(ExecutorRebind, ARecoveryThatCantBeSpawnedNeverSaysUntouched) {
  take(core_.start(with_journal(unfinished(7, true)), directory(), now_));
  tick();
  look({});
  ASSERT_TRUE(rebinds(7));
  take(core_.on_no_child(unreadable("fork"), now_));
  const auto report = told<wire::OutcomeReport>();
  EXPECT_EQ(report->outcome.verdict, Verdict::partly);
  EXPECT_EQ(report->outcome.findings.front().what, FindingClass::left);
}

// ---------------------------------------------------------------- children that die

TEST_F(ExecutorCrash, BeforeTheCommitPointItIsBegunAgain) {
  start();
  rebind(7);
  gone(unfinished(7, false));
  ASSERT_TRUE(rebinds(7));
  EXPECT_FALSE(job().recovering);
  EXPECT_THAT(all<SpawnChild>().back().leftovers.staged, ElementsAre(StagedFile{"/etc/hosts", ""}));
}

TEST_F(ExecutorCrash, PastTheCommitPointItIsFinished) {
  start();
  rebind(7);
  gone(unfinished(7, true));
  ASSERT_TRUE(rebinds(7));
  EXPECT_TRUE(job().recovering);
  EXPECT_EQ(text_of(job().open_step), "replace /etc/hosts");
  EXPECT_TRUE(all<SpawnChild>().back().leftovers.begun);
}

TEST_F(ExecutorCrash, ThreeTimesBeforeTheCommitPointIsAFailure) {
  start();
  rebind(7);
  for (int i = 0; i <= kMaxCrashes; ++i) gone(unfinished(7, false));
  const auto report = told<wire::OutcomeReport>();
  EXPECT_EQ(report->outcome.verdict, Verdict::failed);
  EXPECT_THAT(text_of(report->outcome.findings.front().reason), HasSubstr("killed 3 times"));
  EXPECT_TRUE(all<StoreQuarantine>().empty());
  EXPECT_EQ(core_.job(), nullptr);
}

TEST_F(ExecutorCrash, ThreeTimesPastTheCommitPointIsQuarantine) {
  start();
  rebind(7);
  for (int i = 0; i <= kMaxCrashes; ++i) gone(unfinished(7, true));
  EXPECT_EQ(told<wire::OutcomeReport>()->outcome.verdict, Verdict::partly);
  ASSERT_EQ(all<StoreQuarantine>().size(), 1U);
  EXPECT_THAT(text_of(all<StoreQuarantine>().front().record.why.reason),
              HasSubstr("past its commit point"));
}

// Found by the simulator (seed 410 of its first run with this core): an older generation was begun
// after a newer one had been accepted.
TEST_F(ExecutorCrash, WhatANewerRebindSupersededIsNotBegunAgain) {
  start();
  rebind(7);
  rebind(8);
  gone(unfinished(7, false));
  EXPECT_TRUE(rebinds(8));
  EXPECT_FALSE(all<SpawnChild>().back().leftovers.staged.empty());
}

TEST_F(ExecutorCrash, WhatIsHalfDoneIsFinishedBeforeANewerRebind) {
  start();
  rebind(7);
  rebind(8);
  gone(unfinished(7, true));
  EXPECT_TRUE(rebinds(7));
  say(outcome_of(7));
  gone();
  EXPECT_TRUE(rebinds(8));
}

TEST_F(ExecutorCrash, AreCountedForEachRebindByItself) {
  start();
  rebind(7);
  for (int i = 0; i < kMaxCrashes; ++i) gone(unfinished(7, true));
  rebind(8);
  say(outcome_of(7));
  gone();
  ASSERT_TRUE(rebinds(8));
  for (int i = 0; i < kMaxCrashes; ++i) gone(unfinished(8, false));
  EXPECT_TRUE(rebinds(8));
}

TEST_F(ExecutorCrash, OfALookIsAnswered) {
  start();
  verb(wire::InspectVerb{5});
  gone();
  EXPECT_EQ(told<wire::InspectReply>()->request, 5U);
  EXPECT_THAT(text_of(told<wire::InspectReply>()->error), HasSubstr("without an answer"));
}

// ---------------------------------------------------------------- quarantine

TEST_F(ExecutorQuarantine, RefusesARebindWithReasonAndCure) {
  start();
  take(core_.on_trouble({"a mount is neither", "mount it"}, std::nullopt, now_));
  rebind(7);
  const auto reply = told<wire::RebindReply>();
  EXPECT_FALSE(reply->accepted);
  EXPECT_EQ(text_of(reply->refused.reason), "in quarantine: a mount is neither");
  EXPECT_EQ(text_of(reply->refused.cure), "mount it; then snctl clear cn001");
}

TEST_F(ExecutorQuarantine, PlansAreBlocked) {
  start();
  take(core_.on_trouble({"a mount is neither", "mount it"}, std::nullopt, now_));
  verb(wire::PlanVerb{5, {"SN1P"}, "SN2P"});
  EXPECT_EQ(told<wire::PlanReply>()->request, 5U);
  EXPECT_EQ(told<wire::PlanReply>()->plan.outlook, Outlook::blocked);
}

TEST_F(ExecutorQuarantine, GoesOnLooking) {
  start();
  take(core_.on_trouble({"a mount is neither", ""}, std::nullopt, now_));
  verb(wire::InspectVerb{5});
  EXPECT_EQ(job().kind, Job::Kind::inspect);
}

TEST_F(ExecutorQuarantine, WhatWaitsIsRefusedWhenItIsEntered) {
  start();
  rebind(7);
  rebind(8);
  forget();
  take(core_.on_trouble({"a mount is neither", ""}, std::nullopt, now_));
  EXPECT_EQ(told<wire::OutcomeReport>()->outcome.generation, 8U);
  EXPECT_EQ(told<wire::OutcomeReport>()->outcome.verdict, Verdict::blocked);
}

TEST_F(ExecutorQuarantine, IsKeptWithThePlacesThatTheChildHasWritten) {
  start();
  QuarantineRecord written{{"a mount is neither", ""}, {MountSwap{}}};
  written.places.front().source = "sn2:/apps";
  take(core_.on_trouble(written.why, written, now_));
  EXPECT_EQ(all<StoreQuarantine>().front().record.places, written.places);
  EXPECT_EQ(core_.odd_places(), written.places);
}

TEST_F(ExecutorQuarantine, ARestartDoesNotForgetIt) {
  KeptState kept;
  kept.quarantine = QuarantineRecord{{"a mount is neither", "mount it"}, {}};
  start(kept);
  rebind(7);
  EXPECT_FALSE(told<wire::RebindReply>()->accepted);
}

TEST_F(ExecutorQuarantine, WhatAnotherVersionKeptIsNotOverwritten) {
  KeptState kept;
  kept.quarantine = QuarantineRecord{{Fact(FactCode::quarantine_unreadable), {}}, {}};
  take(core_.start(kept, directory(), now_));
  EXPECT_TRUE(all<StoreQuarantine>().empty());
  rebind(7);
  EXPECT_FALSE(told<wire::RebindReply>()->accepted);
}

TEST_F(ExecutorQuarantine, AStartInItFinishesNothing) {
  KeptState kept = with_journal(unfinished(7, true));
  kept.quarantine = QuarantineRecord{{"a mount is neither", "mount it"}, {}};
  start(kept);
  EXPECT_EQ(core_.job(), nullptr);
}

TEST_F(ExecutorQuarantine, AFenceThatCantBeReadIsAReason) {
  KeptState kept;
  kept.fence = tl::unexpected(unreadable("generation"));
  take(core_.start(kept, directory(), now_));
  EXPECT_EQ(text_of(all<StoreQuarantine>().front().record.why.reason), "reading generation: why");
}

TEST_F(ExecutorQuarantine, AJournalThatCantBeReadIsAReason) {
  take(core_.start(with_journal(tl::unexpected(unreadable("journal"))), directory(), now_));
  EXPECT_EQ(text_of(all<StoreQuarantine>().front().record.why.reason), "reading journal: why");
}

TEST_F(ExecutorQuarantine, AClearLooksAndLiftsIt) {
  start();
  take(core_.on_trouble({"a mount is neither", ""}, std::nullopt, now_));
  order(wire::Clear{}, 5);
  ASSERT_EQ(job().kind, Job::Kind::clear);
  forget();
  take(core_.on_looked_again({5, {}}, std::optional<Unfinished>{}, now_));
  EXPECT_EQ(all<RemoveQuarantine>().size(), 1U);
  EXPECT_TRUE(told<wire::ClearReply>()->quarantine.reason.empty());
  EXPECT_TRUE(told<wire::ExecutorState>()->quarantine.empty());
}

TEST_F(ExecutorQuarantine, AClearThatStillFindsTroubleStaysInIt) {
  start();
  take(core_.on_trouble({"a mount is neither", ""}, std::nullopt, now_));
  order(wire::Clear{}, 5);
  forget();
  take(core_.on_looked_again({5, {"it is bare", "mount it"}}, std::optional<Unfinished>{}, now_));
  EXPECT_TRUE(all<RemoveQuarantine>().empty());
  EXPECT_EQ(text_of(told<wire::ClearReply>()->quarantine.reason), "it is bare");
  gone();
  rebind(7);
  EXPECT_FALSE(told<wire::RebindReply>()->accepted);
}

TEST_F(ExecutorQuarantine, AfterAClearWhatIsUnfinishedIsFinished) {
  start();
  take(core_.on_trouble({"a mount is neither", ""}, std::nullopt, now_));
  order(wire::Clear{}, 5);
  take(core_.on_looked_again({5, {}}, unfinished(7, true), now_));
  gone();
  ASSERT_TRUE(rebinds(7));
  EXPECT_TRUE(job().recovering);
}

TEST_F(ExecutorQuarantine, AClearBringsTheFenceThatCouldNotBeRead) {
  KeptState kept;
  kept.fence = tl::unexpected(unreadable("generation"));
  start(kept);
  order(wire::Clear{}, 5);
  say(wire::FenceRead{0, 9, "SN2P", {}});
  take(core_.on_looked_again({5, {}}, std::optional<Unfinished>{}, now_));
  gone();
  rebind(8);
  EXPECT_FALSE(told<wire::RebindReply>()->accepted);
}

TEST_F(ExecutorQuarantine, AClearWithoutOneIsAnsweredAtOnce) {
  start();
  order(wire::Clear{}, 5);
  EXPECT_EQ(told<wire::ClearReply>()->request, 5U);
  EXPECT_TRUE(all<SpawnChild>().empty());
}

// ---------------------------------------------------------------- rehearsals

TEST_F(ExecutorRehearsal, IsAJobOfItsOwn) {
  start();
  order(wire::Rehearse{{5, {"SN1P"}, "SN2P", true, StuckPolicy::kill, 0, 3}});
  ASSERT_EQ(job().kind, Job::Kind::rehearse);
  EXPECT_THAT(job().plan.from, ElementsAre("SN1P"));
  EXPECT_EQ(job().plan.to, "SN2P");
  EXPECT_TRUE(job().plan.strict);
  EXPECT_EQ(job().plan.stuck, StuckPolicy::kill);
  EXPECT_EQ(job().plan.undo, 3U);
}

TEST_F(ExecutorRehearsal, DoesNotRaiseTheFence) {
  start();
  order(wire::Rehearse{{5, {"SN1P"}, "SN2P"}});
  EXPECT_EQ(core_.fence().generation, 0U);
}

TEST_F(ExecutorObserves, StagesNothingInARehearsalAndSaysSo) {
  start();
  order(wire::Rehearse{{5, {"SN1P"}, "SN2P"}});
  ASSERT_EQ(job().kind, Job::Kind::plan);
  wire::PlanReply reply;
  reply.request = 5;
  reply.plan.outlook = Outlook::whole;
  say(reply);
  const auto answer = told<wire::PlanReply>();
  EXPECT_EQ(answer->plan.outlook, Outlook::whole);
  ASSERT_EQ(answer->plan.findings.size(), 1U);
  EXPECT_TRUE(answer->plan.findings.front().reason.is(FactCode::nothing_staged_observing));
}

TEST_F(ExecutorRehearsal, IsRefusedWhileARebindIsAtWork) {
  start();
  rebind(7);
  order(wire::Rehearse{{5, {"SN1P"}, "SN2P"}});
  EXPECT_EQ(text_of(told<wire::PlanReply>()->plan.findings.front().reason), "a rebind is at work");
}

TEST_F(ExecutorRehearsal, ARebindThatComesEndsItAndComesFirst) {
  start();
  order(wire::Rehearse{{5, {"SN1P"}, "SN2P"}});
  forget();
  rebind(7);
  EXPECT_EQ(all<KillChild>().size(), 1U);
  Unfinished staged;
  staged.staged = {{"/etc/hosts", ""}};
  gone(staged);
  EXPECT_THAT(text_of(told<wire::PlanReply>()->plan.findings.front().reason),
              HasSubstr("in the middle"));
  ASSERT_TRUE(rebinds(7));
  EXPECT_EQ(all<SpawnChild>().back().leftovers.staged, staged.staged);
}

TEST_F(ExecutorRehearsal, HasADeadlineAndWhatItStagedIsClearedAway) {
  start();
  order(wire::Rehearse{{5, {"SN1P"}, "SN2P"}});
  wait(kRehearsalDeadlineMs);
  EXPECT_EQ(all<KillChild>().size(), 1U);
  EXPECT_THAT(text_of(told<wire::PlanReply>()->plan.findings.front().reason),
              HasSubstr("for 30 s"));
  forget();
  Unfinished staged;
  staged.staged = {{"/etc/hosts", ""}};
  gone(staged);
  EXPECT_FALSE(told<wire::PlanReply>()) << "it was answered";
  ASSERT_EQ(job().kind, Job::Kind::inspect);
  EXPECT_TRUE(all<SpawnChild>().back().leftovers.journal);
}

// ---------------------------------------------------------------- xCAT's scripts

TEST_F(ExecutorScripts, ARebindWaitsForThemAndOthersAreDone) {
  start();
  rebind(7);
  say(scripts());
  EXPECT_THAT(text_of(told<wire::Progress>()->step), HasSubstr("xcatdsklspost (pid 812)"));
  EXPECT_TRUE(core_.waits_for_scripts());
  gone();
  verb(wire::InspectVerb{5});
  EXPECT_EQ(job().kind, Job::Kind::inspect);
}

TEST_F(ExecutorScripts, WhenTheyEndTheRebindIsBegunAnew) {
  start();
  rebind(7);
  say(scripts());
  gone();
  take(core_.on_scripts({}));
  tick();
  EXPECT_TRUE(rebinds(7));
  EXPECT_FALSE(core_.waits_for_scripts());
}

// The plan was made of a node that boots: what its scripts write is no reason to hold it.
TEST_F(ExecutorScripts, AnOrderThatWaitedForThemHoldsToNoPlan) {
  start();
  wire::Rebind rebind = rebind_of(7);
  rebind.plan_hash = "hash";
  rebind.plan_shape = "shape";
  order(rebind);
  EXPECT_EQ(job().rebind.plan_hash, "hash");
  say(scripts());
  gone();
  take(core_.on_scripts({}));
  tick();
  EXPECT_EQ(job().rebind.plan_hash, "");
  EXPECT_EQ(job().rebind.plan_shape, "");
}

TEST_F(ExecutorScripts, ThatHaveEndedMeanwhileAreNotWaitedFor) {
  start();
  rebind(7);
  say(wire::ScriptsAtWork{});
  gone();
  EXPECT_TRUE(rebinds(7));
}

TEST_F(ExecutorScripts, ThatDoNotEndBlockTheNodeByName) {
  start();
  rebind(7);
  say(scripts());
  gone();
  they_stay(kScriptsMs);
  const auto report = told<wire::OutcomeReport>();
  EXPECT_EQ(report->outcome.verdict, Verdict::blocked);
  EXPECT_THAT(text_of(report->outcome.findings.front().reason), HasSubstr("xcatdsklspost"));
  EXPECT_FALSE(core_.waits_for_scripts());
}

TEST_F(ExecutorScripts, TheDeadlineCountsFromTheFirstWait) {
  start();
  rebind(7);
  say(scripts());
  gone();
  they_stay(kScriptsMs / 2);
  take(core_.on_scripts({}));
  tick();
  say(scripts());
  gone();
  they_stay(kScriptsMs / 2);
  EXPECT_EQ(told<wire::OutcomeReport>()->outcome.verdict, Verdict::blocked);
}

TEST_F(ExecutorScripts, AreLookedAtAgainAndAgainWhenPatienceEnds) {
  start();
  rebind(7);
  EXPECT_FALSE(job().may_go_ahead);
  say(scripts());
  gone();
  wait(kPatienceMs - 1);
  EXPECT_EQ(core_.job(), nullptr);
  for (const int64_t ms : {int64_t{1}, int64_t{2'000}, int64_t{2'000}}) {
    wait(ms);
    ASSERT_TRUE(rebinds(7));
    EXPECT_TRUE(job().may_go_ahead);
    say(scripts());  // they wait for nobody that is left
    gone();
    EXPECT_TRUE(core_.waits_for_scripts());
  }
}

TEST_F(ExecutorScripts, ThatWaitForWhoIsLeftAreWaitedForWithTheRest) {
  go_ahead();
  EXPECT_THAT(text_of(told<wire::Progress>()->step), HasSubstr("which waits for SN1P"));
  gone();
  forget();
  they_stay(10'000);
  EXPECT_FALSE(told<wire::Progress>()) << "and nobody looks at them again";
  EXPECT_TRUE(core_.waits_for_scripts());
  take(core_.on_scripts({}));
  tick();
  ASSERT_TRUE(rebinds(7));
  EXPECT_EQ(job().ahead, went_ahead().changes) << "the outcome tells all that was changed";
}

TEST_F(ExecutorScripts, AreNotAskedWhatTheyWaitForWhereWhoIsLeftLives) {
  start();
  wire::Rebind rebind = rebind_of(7);
  rebind.planned = true;
  order(rebind);
  say(scripts());
  gone();
  forget();
  wait(2 * kPatienceMs);
  EXPECT_FALSE(rebinds(7));
  EXPECT_TRUE(core_.waits_for_scripts());
}

TEST_F(ExecutorScripts, ThatWaitForWhoIsLeftInVainAreLookedAtOnce) {
  start();
  rebind(7);
  say(scripts());
  gone();
  wait(kPatienceMs);
  say(wire::WentAhead{"SN1P", {}});  // nothing that it needs could be moved
  say(scripts());
  EXPECT_THAT(text_of(told<wire::Progress>()->step), testing::Not(HasSubstr("have moved")));
  gone();
  forget();
  they_stay(10'000);
  EXPECT_FALSE(told<wire::Progress>());
}

TEST_F(ExecutorScripts, ThatWentAheadIsNeverUntouched) {
  go_ahead();
  gone();
  they_stay(1);
  take(core_.on_scripts({}));
  tick();
  ASSERT_TRUE(rebinds(7));
  say(outcome_of(7, Verdict::blocked));
  EXPECT_EQ(told<wire::OutcomeReport>()->outcome.verdict, Verdict::partly);
}

TEST_F(ExecutorScripts, ThatDoNotEndLeaveTheNodePartlyWhereItWentAhead) {
  go_ahead();
  gone();
  they_stay(kScriptsMs);
  const auto report = told<wire::OutcomeReport>();
  EXPECT_EQ(report->outcome.verdict, Verdict::partly);
  EXPECT_EQ(report->outcome.changes, went_ahead().changes);
}

TEST_F(ExecutorScripts, ANewerRebindEndsTheOlderOnesWait) {
  start();
  rebind(7);
  say(scripts());
  gone();
  rebind(8);
  EXPECT_TRUE(rebinds(8));
  take(core_.on_scripts({}));
  say(outcome_of(8));
  gone();
  EXPECT_EQ(core_.job(), nullptr) << "the older one must not come back";
}

TEST_F(ExecutorScripts, FoundByAnOlderRebindAreNotWaitedFor) {
  start();
  rebind(7);
  rebind(8);
  say(scripts());
  EXPECT_FALSE(core_.waits_for_scripts());
  gone();
  EXPECT_TRUE(rebinds(8));
}

TEST_F(ExecutorScripts, SaidAgainWhileItWaitsIsDoneOnce) {
  start();
  rebind(7);
  say(scripts());
  gone();
  rebind(7);
  EXPECT_EQ(core_.job(), nullptr);
  EXPECT_TRUE(core_.waits_for_scripts());
}

TEST_F(ExecutorScripts, ALookThatBlocksIsMadeAgainByNamesOnly) {
  start();
  rebind(7);
  EXPECT_FALSE(job().names_only);
  wait(kLookForScriptsMs);
  EXPECT_EQ(all<KillChild>().size(), 1U);
  gone();
  ASSERT_TRUE(rebinds(7));
  EXPECT_TRUE(job().names_only);
}

TEST_F(ExecutorScripts, ALookThatBlocksIsNotMadeAgainForAnOlderRebind) {
  start();
  rebind(7);
  rebind(8);
  wait(kLookForScriptsMs);
  gone();
  EXPECT_TRUE(rebinds(8));
}

TEST_F(ExecutorScripts, ALookThatWasDoneWhenItWasKilledCountsAsACrash) {
  start();
  rebind(7);
  wait(kLookForScriptsMs);
  say(wire::Progress{"T7", 7, "observe", 0, 0});
  gone(unfinished(7, false));
  ASSERT_TRUE(rebinds(7));
  EXPECT_FALSE(job().names_only);
  EXPECT_EQ(job().crashes, 1);
}

TEST_F(ExecutorScripts, AFinishIsNotWaitedFor) {
  take(core_.start(with_journal(unfinished(7, true)), directory(), now_));
  tick();
  look({});
  wait(kLookForScriptsMs);
  EXPECT_TRUE(all<KillChild>().empty());
}

// ---------------------------------------------------------------- start, looks, session

TEST_F(ExecutorStart, LooksFirst) {
  take(core_.start(kNothingKept, directory(), now_));
  tick();
  EXPECT_EQ(job().kind, Job::Kind::inspect);
  EXPECT_TRUE(job().with_mentions);
}

TEST_F(ExecutorStart, WhatWasNotBegunIsClearedAway) {
  take(core_.start(with_journal(unfinished(7, false)), directory(), now_));
  tick();
  EXPECT_TRUE(logged("SN1011"));
  EXPECT_FALSE(all<SpawnChild>().front().leftovers.begun);
  EXPECT_TRUE(all<SpawnChild>().front().leftovers.journal);
}

TEST_F(ExecutorStart, WhatIsPastItsCommitPointIsFinished) {
  start(with_journal(unfinished(7, true)));
  ASSERT_TRUE(rebinds(7));
  EXPECT_TRUE(job().recovering);
}

TEST_F(ExecutorStart, TheFenceOfAnEarlierExecutorHolds) {
  KeptState kept;
  kept.fence->generation = 9;
  kept.fence->target = "SN2P";
  start(kept);
  rebind(8);
  EXPECT_FALSE(told<wire::RebindReply>()->accepted);
}

TEST_F(ExecutorLook, ChangesAreLookedAtTogetherAfterAMoment) {
  start();
  core_.on_change(now_);
  core_.on_change(now_ + 100);
  wait(kSettleMs - 1);
  EXPECT_EQ(core_.job(), nullptr);
  wait(1);
  EXPECT_EQ(job().kind, Job::Kind::inspect);
}

TEST_F(ExecutorLook, WhatInotifyDoesNotSeeIsFoundInTime) {
  start();
  wait(kRoutineLookMs);
  ASSERT_NE(core_.job(), nullptr);
  EXPECT_TRUE(job().with_mentions);
}

TEST_F(ExecutorLook, TellsDrift) {
  start();
  verb(wire::InspectVerb{5});
  wire::InspectReply reply;
  reply.inventory.bindings = {{"SN3P", 1}};
  reply.inventory.references = {
      {"resolver", "/etc/resolv.conf:2", "nameserver", "10.1.1.102", "SN3P", {}}};
  say(reply);
  EXPECT_EQ(told<wire::Drift>()->service_node, "SN3P");
}

TEST_F(ExecutorLook, WhatARebindChangedIsNoDrift) {
  start();
  rebind(7);
  wire::InspectReply reply;
  reply.inventory.bindings = {{"SN2P", 1}};
  reply.inventory.references = {
      {"resolver", "/etc/resolv.conf:2", "nameserver", "10.1.1.101", "SN2P", {}}};
  say(reply);
  EXPECT_FALSE(told<wire::Drift>());
}

TEST_F(ExecutorLook, OneThatBlocksIsToldAndItsChildKilledOnceMoreLater) {
  start();
  verb(wire::InspectVerb{5});
  wait(kReadDeadlineMs);
  EXPECT_THAT(text_of(told<wire::InspectReply>()->error), HasSubstr("blocked for 15 s"));
  forget();
  wait(kReadDeadlineMs);
  EXPECT_EQ(all<KillChild>().size(), 1U);
  EXPECT_FALSE(told<wire::InspectReply>());
}

TEST_F(ExecutorLook, AMountThatChangesIsToldAndLookedAt) {
  start();
  NfsMount mount;
  mount.place = "/shared";
  take(core_.on_mounts({mount}, {}, now_));
  EXPECT_THAT(told<wire::Mounts>()->mounts, ElementsAre(mount));
  wait(kSettleMs);
  EXPECT_NE(core_.job(), nullptr);
  forget();
  take(core_.on_mounts({mount}, {}, now_));
  EXPECT_TRUE(effects_.empty());
}

TEST_F(ExecutorSession, ANewOneIsToldEverything) {
  start();
  rebind(7);
  say(scripts());
  NfsMount mount;
  mount.place = "/shared";
  take(core_.on_mounts({mount}, {}, now_));
  take(core_.on_session_gone(now_));
  forget();
  take(core_.on_session_started(now_));
  EXPECT_TRUE(told<wire::NfsServers>());
  EXPECT_TRUE(told<wire::Progress>());
  EXPECT_EQ(told<wire::ExecutorState>()->generation, 7U);
  EXPECT_EQ(told<wire::Mounts>()->mounts.size(), 1U);
}

TEST_F(ExecutorSession, IsStartedAgainAndNotInACircle) {
  start();
  take(core_.on_session_gone(now_));
  tick();
  EXPECT_TRUE(all<StartSession>().empty()) << "it was started this very moment";
  wait(kSessionRestartMs);
  EXPECT_EQ(all<StartSession>().size(), 1U);
}

TEST_F(ExecutorSession, OneThatCantBeStartedIsTriedAgain) {
  start();
  take(core_.on_session_not_started(unreadable("fork"), now_));
  wait(kSessionRestartMs);
  EXPECT_EQ(all<StartSession>().size(), 1U);
}

}  // namespace
}  // namespace sn::agent
