#include "coordinator/core/hello.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "coordinator/core/fleet.h"

namespace sn::coordinator {
namespace {

using enum HelloMeaning;

// cn001 of T1, which moves it from SN1P, marked failed, to SN2P under generation 10: released, and
// its verdict is open.
State state_of_t1() {
  State state;
  state.service_nodes["SN1P"] = {"SN1P", ServiceNodeState::failed, 0, "T1"};
  Takeover& takeover = state.takeovers[1];
  takeover.number = 1;
  takeover.from = "SN1P";
  Assignment moved;
  moved.node = "cn001";
  moved.serial = 1;
  moved.takeover = 1;
  moved.generation = 10;
  moved.to = "SN2P";
  moved.from = {"SN1P"};
  moved.state = AssignmentState::released;
  moved.verdict = Verdict::pending;
  state.put(moved);
  return state;
}

Assignment never_moved() {
  Assignment first;
  first.node = "cn001";
  first.serial = 1;
  first.to = "SN1P";
  return first;
}

// It names SN1P and has seen no generation.
wire::Hello hello_of_cn001() {
  wire::Hello hello;
  hello.node = "cn001";
  hello.bindings = {{"SN1P", 9}};
  return hello;
}

wire::Outcome verified_on_sn2p() {
  wire::Outcome outcome;
  outcome.generation = 10;
  outcome.to = "SN2P";
  outcome.verdict = Verdict::verified;
  return outcome;
}

// What the hello means as long as nothing acts on it, so that the table stays as it is.
std::vector<HelloMeaning> meanings(const State& state, const wire::Hello& hello) {
  std::vector<HelloMeaning> all;
  for (auto next = next_meaning(state, "cn001", hello, std::nullopt); next != nothing;
       next = next_meaning(state, "cn001", hello, next)) {
    all.push_back(next);
  }
  return all;
}

Assignment& present_in(State& state) { return state.nodes.at("cn001").assignments.back(); }

struct HelloCase {
  const char* name;
  void (*change)(State& state, Assignment& present, wire::Hello& hello);
  std::vector<HelloMeaning> expected;
};

const HelloCase kCases[] = {
    {"IsRefusedUnderAnothersKey",
     [](State&, Assignment&, wire::Hello& hello) { hello.node = "cn002"; },
     {claims_other_name}},
    {"IsRefusedInAnotherProtocol",
     [](State&, Assignment&, wire::Hello& hello) { ++hello.protocol; },
     {other_protocol}},
    {"OfANodeThatIsNotInTheTableMeansNothingElse",
     [](State& state, Assignment&, wire::Hello& hello) {
       state.nodes.clear();
       hello.last = {verified_on_sn2p()};
     },
     {unknown_node}},
    {"OfANodeThatWasNeverMovedMayKnowAGeneration",
     [](State&, Assignment& present, wire::Hello& hello) {
       present = never_moved();
       hello.generation = 7;
     },
     {foreign_past}},
    {"OfANodeThatWasNeverMovedWithAGenerationThatCannotBeIsForAPerson",
     [](State&, Assignment& present, wire::Hello& hello) {
       present = never_moved();
       hello.generation = uint64_t{1} << 62;
     },
     {newer_generation}},
    {"WithANewerGenerationIsForAPerson",
     [](State&, Assignment&, wire::Hello& hello) {
       hello.generation = 11;
       hello.last = {verified_on_sn2p()};
     },
     {newer_generation}},
    {"WithANewerGenerationOfAHeldNodeIsForAPerson",
     [](State&, Assignment& present, wire::Hello& hello) {
       present.generation = 0;
       present.state = AssignmentState::held;
       hello.generation = 11;
     },
     {newer_generation}},
    {"WithAnotherTargetUnderTheSameGenerationIsForAPerson",
     [](State&, Assignment&, wire::Hello& hello) {
       hello.generation = 10;
       hello.generation_target = "SN3P";
     },
     {other_target}},
    {"OfANodeOnItsWayIsToldAndAwaited",
     [](State&, Assignment&, wire::Hello&) {},
     {awaited, to_be_told}},
    {"OfANodeWhoseTurnHasNotComeIsAwaitedOnly",
     [](State&, Assignment& present, wire::Hello&) { present.state = AssignmentState::queued; },
     {awaited}},
    {"OfALateNodeOfAForgottenTakeoverIsToldOnly",
     [](State& state, Assignment&, wire::Hello&) { state.takeovers.clear(); },
     {to_be_told}},
    {"OfAnUntouchedNodeMeansNothing",
     [](State&, Assignment& present, wire::Hello&) { present = never_moved(); },
     {}},
    {"OfAHeldNodeMeansNothing",
     [](State&, Assignment& present, wire::Hello&) {
       present.state = AssignmentState::held;
       present.verdict = Verdict::held;
     },
     {}},
    {"SaysHowTheLastOrderEndedFirst",
     [](State&, Assignment&, wire::Hello& hello) {
       hello.generation = 10;
       hello.generation_target = "SN2P";
       hello.last = {verified_on_sn2p()};
     },
     {outcome, awaited, to_be_told}},
    {"InQuarantineSaysSoBeforeWhatElseItMeans",
     [](State&, Assignment&, wire::Hello& hello) {
       hello.quarantine = {{Fact(FactCode::not_told), {}}};
     },
     {in_quarantine, awaited, to_be_told}},
    {"OutOfQuarantineReleasesWhatWasHeldForIt",
     [](State&, Assignment& present, wire::Hello&) {
       present.state = AssignmentState::held;
       present.verdict = Verdict::held;
       present.reason = Fact(FactCode::in_quarantine, {}, Fact(FactCode::not_told));
     },
     {out_of_quarantine}},
    {"InQuarantineStillHoldsWhatWasHeldForIt",
     [](State&, Assignment& present, wire::Hello& hello) {
       present.state = AssignmentState::held;
       present.verdict = Verdict::held;
       present.reason = Fact(FactCode::in_quarantine, {}, Fact(FactCode::not_told));
       hello.quarantine = {{Fact(FactCode::not_told), {}}};
     },
     {in_quarantine}},
    {"OfANodeThatNeverHeardOfItsAbortedTakeoverGivesItBack",
     [](State& state, Assignment&, wire::Hello&) {
       state.takeovers.at(1).state = TakeoverState::aborted;
     },
     {never_heard, awaited, to_be_told}},
    {"OfANodeThatHeardOfItsAbortedTakeoverLetsItFinish",
     [](State& state, Assignment&, wire::Hello& hello) {
       state.takeovers.at(1).state = TakeoverState::aborted;
       hello.generation = 10;
       hello.generation_target = "SN2P";
     },
     {awaited, to_be_told}},
    {"OfANodeThatIsHalfMovedByItsAbortedTakeoverLetsItFinish",
     [](State& state, Assignment& present, wire::Hello&) {
       state.takeovers.at(1).state = TakeoverState::aborted;
       present.outcome.verdict = Verdict::partly;
     },
     {awaited, to_be_told}},
    {"OfANodeOnItsWayThatNamesNothingMeantIsForAPerson",
     [](State&, Assignment&, wire::Hello& hello) { hello.bindings = {{"SN3P", 9}}; },
     {elsewhere}},
    {"OfAQueuedNodeThatNamesNothingMeantIsForAPerson",
     [](State&, Assignment& present, wire::Hello& hello) {
       present.state = AssignmentState::queued;
       hello.bindings = {{"SN3P", 9}};
     },
     {elsewhere}},
    {"OfANodeOnItsWayThatNamesNothingIsTold",
     [](State&, Assignment&, wire::Hello& hello) { hello.bindings.clear(); },
     {awaited, to_be_told}},
    {"OfANodeOnItsWayThatNamesWhatIsLeftBehindWidensWhatItLeaves",
     [](State& state, Assignment&, wire::Hello& hello) {
       state.service_nodes["SN3P"] = {"SN3P", ServiceNodeState::maintenance, 0, "T2"};
       hello.bindings = {{"SN3P", 9}};
     },
     {to_leave_more, awaited, to_be_told}},
    {"OfANodeOnItsWayThatALostTableMovedWidensWhatItLeaves",
     [](State&, Assignment&, wire::Hello& hello) {
       hello.generation = 9;
       hello.generation_target = "SN3P";
       hello.bindings = {{"SN3P", 9}};
     },
     {to_leave_more, awaited, to_be_told}},
    {"OfAVerifiedNodeThatForgotItsMoveAndNamesWhatIsLeftBehindMovesItAgain",
     [](State&, Assignment& present, wire::Hello&) {
       present.verdict = Verdict::verified;
       present.arrived = true;
     },
     {rebooted}},
    {"OfAVerifiedNodeThatForgotItsMoveAndIsWhereItBelongsMeansNothing",
     [](State&, Assignment& present, wire::Hello& hello) {
       present.verdict = Verdict::verified;
       present.arrived = true;
       hello.bindings = {{"SN2P", 9}};
     },
     {}},
    {"OfAVerifiedNodeThatForgotItsMoveIsLeftAloneIfWhatItNamesIsUp",
     [](State& state, Assignment& present, wire::Hello&) {
       present.verdict = Verdict::verified;
       present.arrived = true;
       state.service_nodes["SN1P"].state = ServiceNodeState::up;
     },
     {}},
    {"OfAVerifiedNodeThatDriftedIsShownNotCorrected",
     [](State&, Assignment& present, wire::Hello& hello) {
       present.verdict = Verdict::verified;
       present.arrived = true;
       hello.generation = 10;
       hello.generation_target = "SN2P";
       hello.last = {verified_on_sn2p()};
     },
     {outcome}},
};

class Hello : public testing::TestWithParam<HelloCase> {};

TEST_P(Hello, MeansThis) {
  State state = state_of_t1();
  wire::Hello hello = hello_of_cn001();
  GetParam().change(state, present_in(state), hello);
  EXPECT_EQ(meanings(state, hello), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Table, Hello, testing::ValuesIn(kCases),
                         [](const auto& of) { return std::string(of.param.name); });

// What one meaning does to the assignment decides what follows.
TEST(HelloMeanings, AreAskedOfTheTableAsItIsByThen) {
  State state = state_of_t1();
  wire::Hello hello = hello_of_cn001();
  hello.generation = 10;
  hello.generation_target = "SN2P";
  hello.bindings = {{"SN2P", 9}};
  hello.last = {verified_on_sn2p()};
  ASSERT_EQ(next_meaning(state, "cn001", hello, std::nullopt), outcome);
  present_in(state).verdict = Verdict::verified;
  present_in(state).arrived = true;
  EXPECT_EQ(next_meaning(state, "cn001", hello, outcome), nothing);
}

TEST(HelloMeanings, WhatIsToBeLeftAsWellIsNamedOnce) {
  State state = state_of_t1();
  const NodeRecord& node = state.nodes.at("cn001");
  const auto hello = hello_of_cn001();
  EXPECT_TRUE(more_to_leave(state, node, {"SN1P", "SN2P", "SN3P"}, hello).empty());
  present_in(state).from.clear();
  EXPECT_EQ(more_to_leave(state, node, {"SN1P", "SN2P", "SN1P"}, hello),
            std::vector<std::string>{"SN1P"});
}

}  // namespace
}  // namespace sn::coordinator
