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
  Row row;
  row.node = "cn001";
  row.service_node = "SN2P";
  row.generation = 10;
  row.state = RowState::released;
  row.from = {"SN1P"};
  row.takeover = "T1";
  row.verdict = Verdict::pending;
  state.rows["cn001"] = row;
  state.service_nodes["SN1P"] = {"SN1P", ServiceNodeState::failed, 0, "T1"};
  Takeover takeover;
  takeover.number = 1;
  takeover.from = "SN1P";
  TakeoverNode& part = takeover.nodes["cn001"];
  part.node = "cn001";
  part.previous = "SN1P";
  part.to = "SN2P";
  part.from = {"SN1P"};
  part.generation = 10;
  state.takeovers[1] = takeover;
  return state;
}

Row never_moved() {
  Row row;
  row.node = "cn001";
  row.service_node = "SN1P";
  return row;
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

// What the hello means as long as nothing acts on it, so that the row stays as it is.
std::vector<HelloMeaning> meanings(const State& state, const wire::Hello& hello) {
  std::vector<HelloMeaning> all;
  for (auto next = next_meaning(state, "cn001", hello, std::nullopt); next != nothing;
       next = next_meaning(state, "cn001", hello, next)) {
    all.push_back(next);
  }
  return all;
}

struct HelloCase {
  const char* name;
  void (*change)(State& state, Row& row, wire::Hello& hello);
  std::vector<HelloMeaning> expected;
};

const HelloCase kCases[] = {
    {"IsRefusedUnderAnothersKey",
     [](State&, Row&, wire::Hello& hello) { hello.node = "cn002"; },
     {claims_other_name}},
    {"IsRefusedInAnotherProtocol",
     [](State&, Row&, wire::Hello& hello) { ++hello.protocol; },
     {other_protocol}},
    {"IsRefusedWithAGenerationThatLeavesNoNewerOne",
     [](State&, Row&, wire::Hello& hello) { hello.generation = kMaxGeneration + 1; },
     {unlawful_generation}},
    {"OfANodeWithoutARowMeansNothingElse",
     [](State& state, Row&, wire::Hello& hello) {
       state.rows.clear();
       hello.last = {verified_on_sn2p()};
     },
     {unknown_node}},
    {"OfANodeThatWasNeverMovedMayKnowAGeneration",
     [](State&, Row& row, wire::Hello& hello) {
       row = never_moved();
       hello.generation = 7;
     },
     {foreign_past}},
    {"WithANewerGenerationIsForAPerson",
     [](State&, Row&, wire::Hello& hello) {
       hello.generation = 11;
       hello.last = {verified_on_sn2p()};
     },
     {newer_generation}},
    {"WithANewerGenerationOfAHeldRowIsForAPerson",
     [](State&, Row& row, wire::Hello& hello) {
       row.generation = 0;
       row.state = RowState::held;
       hello.generation = 11;
     },
     {newer_generation}},
    {"WithAnotherTargetUnderTheSameGenerationIsForAPerson",
     [](State&, Row&, wire::Hello& hello) {
       hello.generation = 10;
       hello.generation_target = "SN3P";
     },
     {other_target}},
    {"OfANodeOnItsWayIsToldAndAwaited", [](State&, Row&, wire::Hello&) {}, {awaited, to_be_told}},
    {"OfANodeWhoseTurnHasNotComeIsAwaitedOnly",
     [](State&, Row& row, wire::Hello&) { row.state = RowState::queued; },
     {awaited}},
    {"OfALateNodeOfAForgottenTakeoverIsToldOnly",
     [](State& state, Row&, wire::Hello&) { state.takeovers.clear(); },
     {to_be_told}},
    {"OfAnUntouchedNodeMeansNothing",
     [](State&, Row& row, wire::Hello&) { row = never_moved(); },
     {}},
    {"OfAHeldNodeMeansNothing",
     [](State&, Row& row, wire::Hello&) {
       row.state = RowState::held;
       row.verdict = Verdict::held;
     },
     {}},
    {"SaysHowTheLastOrderEndedFirst",
     [](State&, Row&, wire::Hello& hello) {
       hello.generation = 10;
       hello.generation_target = "SN2P";
       hello.last = {verified_on_sn2p()};
     },
     {outcome, awaited, to_be_told}},
    {"InQuarantineSaysSoBeforeWhatElseItMeans",
     [](State&, Row&, wire::Hello& hello) { hello.quarantine = {{Fact(FactCode::not_told), {}}}; },
     {in_quarantine, awaited, to_be_told}},
    {"OutOfQuarantineReleasesWhatWasHeldForIt",
     [](State&, Row& row, wire::Hello&) {
       row.state = RowState::held;
       row.verdict = Verdict::held;
       row.reason = Fact(FactCode::in_quarantine, {}, Fact(FactCode::not_told));
     },
     {out_of_quarantine}},
    {"InQuarantineStillHoldsWhatWasHeldForIt",
     [](State&, Row& row, wire::Hello& hello) {
       row.state = RowState::held;
       row.verdict = Verdict::held;
       row.reason = Fact(FactCode::in_quarantine, {}, Fact(FactCode::not_told));
       hello.quarantine = {{Fact(FactCode::not_told), {}}};
     },
     {in_quarantine}},
    {"OfANodeThatNeverHeardOfItsAbortedTakeoverGivesItBack",
     [](State& state, Row&, wire::Hello&) { state.takeovers.at(1).state = TakeoverState::aborted; },
     {never_heard, awaited, to_be_told}},
    {"OfANodeThatHeardOfItsAbortedTakeoverLetsItFinish",
     [](State& state, Row&, wire::Hello& hello) {
       state.takeovers.at(1).state = TakeoverState::aborted;
       hello.generation = 10;
       hello.generation_target = "SN2P";
     },
     {awaited, to_be_told}},
    {"OfANodeThatIsHalfMovedByItsAbortedTakeoverLetsItFinish",
     [](State& state, Row&, wire::Hello&) {
       state.takeovers.at(1).state = TakeoverState::aborted;
       state.takeovers.at(1).nodes.at("cn001").outcome.verdict = Verdict::partly;
     },
     {awaited, to_be_told}},
    {"OfANodeOnItsWayThatNamesNothingMeantIsForAPerson",
     [](State&, Row&, wire::Hello& hello) { hello.bindings = {{"SN3P", 9}}; },
     {elsewhere}},
    {"OfAQueuedNodeThatNamesNothingMeantIsForAPerson",
     [](State&, Row& row, wire::Hello& hello) {
       row.state = RowState::queued;
       hello.bindings = {{"SN3P", 9}};
     },
     {elsewhere}},
    {"OfANodeOnItsWayThatNamesNothingIsTold",
     [](State&, Row&, wire::Hello& hello) { hello.bindings.clear(); },
     {awaited, to_be_told}},
    {"OfANodeOnItsWayThatNamesWhatIsLeftBehindWidensWhatItLeaves",
     [](State& state, Row&, wire::Hello& hello) {
       state.service_nodes["SN3P"] = {"SN3P", ServiceNodeState::maintenance, 0, "T2"};
       hello.bindings = {{"SN3P", 9}};
     },
     {to_leave_more, awaited, to_be_told}},
    {"OfANodeOnItsWayThatALostTableMovedWidensWhatItLeaves",
     [](State&, Row&, wire::Hello& hello) {
       hello.generation = 9;
       hello.generation_target = "SN3P";
       hello.bindings = {{"SN3P", 9}};
     },
     {to_leave_more, awaited, to_be_told}},
    {"OfAVerifiedNodeThatForgotItsMoveAndNamesWhatIsLeftBehindMovesItAgain",
     [](State&, Row& row, wire::Hello&) {
       row.verdict = Verdict::verified;
       row.from.clear();
     },
     {rebooted}},
    {"OfAVerifiedNodeThatForgotItsMoveAndIsWhereItBelongsMeansNothing",
     [](State&, Row& row, wire::Hello& hello) {
       row.verdict = Verdict::verified;
       row.from.clear();
       hello.bindings = {{"SN2P", 9}};
     },
     {}},
    {"OfAVerifiedNodeThatForgotItsMoveIsLeftAloneIfWhatItNamesIsUp",
     [](State& state, Row& row, wire::Hello&) {
       row.verdict = Verdict::verified;
       row.from.clear();
       state.service_nodes["SN1P"].state = ServiceNodeState::up;
     },
     {}},
    {"OfAVerifiedNodeThatDriftedIsShownNotCorrected",
     [](State&, Row& row, wire::Hello& hello) {
       row.verdict = Verdict::verified;
       row.from.clear();
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
  GetParam().change(state, state.rows.at("cn001"), hello);
  EXPECT_EQ(meanings(state, hello), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Table, Hello, testing::ValuesIn(kCases),
                         [](const auto& of) { return std::string(of.param.name); });

// What one meaning does to the row decides what follows.
TEST(HelloMeanings, AreAskedOfTheRowAsItIsByThen) {
  State state = state_of_t1();
  wire::Hello hello = hello_of_cn001();
  hello.generation = 10;
  hello.generation_target = "SN2P";
  hello.bindings = {{"SN2P", 9}};
  hello.last = {verified_on_sn2p()};
  ASSERT_EQ(next_meaning(state, "cn001", hello, std::nullopt), outcome);
  state.rows.at("cn001").verdict = Verdict::verified;
  state.rows.at("cn001").from.clear();
  EXPECT_EQ(next_meaning(state, "cn001", hello, outcome), nothing);
}

TEST(HelloMeanings, WhatIsToBeLeftAsWellIsNamedOnce) {
  const State state = state_of_t1();
  Row row = state.rows.at("cn001");
  const auto hello = hello_of_cn001();
  EXPECT_TRUE(more_to_leave(state, row, {"SN1P", "SN2P", "SN3P"}, hello).empty());
  row.from.clear();
  EXPECT_EQ(more_to_leave(state, row, {"SN1P", "SN2P", "SN1P"}, hello),
            std::vector<std::string>{"SN1P"});
}

}  // namespace
}  // namespace sn::coordinator
