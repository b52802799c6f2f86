#include "coordinator/control/json/json.h"

#include <gmock/gmock.h>

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

template <class T>
T round_trip(const Answer& answer, bool last = true) {
  const auto line = answer_from_json(answer_to_json(answer, last));
  EXPECT_TRUE(line) << line.error().message();
  EXPECT_EQ(line->last, last);
  return std::get<T>(line->value);
}

TakeoverPart verified_node() {
  TakeoverPart node;
  node.node = "cn001";
  node.previous = "SN1P";
  node.to = "SN2P";
  node.from = {"SN1P"};
  node.generation = 1'700'000'000'000;
  node.verdict = Verdict::verified;
  node.told_unix_ms = 5;
  node.ended_unix_ms = 9;
  node.outcome.verdict = Verdict::verified;
  node.outcome.kept = 2;
  node.outcome.total_us = 12'345;
  node.outcome.reload_us = 1;
  node.outcome.findings = {{FindingClass::kept, "/etc/hosts:3", "stays", "none"}};
  node.outcome.changes = {{"resolver", "/etc/resolv.conf", 2, "a", "b"}};
  return node;
}

ShownTakeover takeover() {
  ShownTakeover takeover;
  takeover.number = 1;
  takeover.from = "SN1P";
  takeover.terms.planned = true;
  takeover.by = "root";
  takeover.started_unix_ms = 1000;
  takeover.finished_unix_ms = 1500;
  takeover.timeout_ms = 60'000;
  takeover.state = TakeoverState::finished;
  takeover.strays = {{"cn500", "SN3P", 2}};
  takeover.nodes["cn001"] = verified_node();
  TakeoverPart pending;
  pending.node = "cn002";
  pending.verdict = Verdict::pending;
  pending.reason = "down";
  takeover.nodes["cn002"] = pending;
  return takeover;
}

TEST(ControlJson, EveryCommandCrossesTheSocket) {
  TakeoverCommand takeover{"SN1P", "SN2P", {"cn001"}, true,     true, StuckPolicy::kill,
                           true,   true,   5000,      "mallory"};
  takeover.rehearse = true;
  takeover.waves = {3, 40, 7};
  takeover.undoes = 16;
  takeover.back_to = "SN1P";
  takeover.rest = true;
  const auto read = command_from_json(command_to_json(takeover), "root");
  ASSERT_TRUE(read) << read.error().message();
  const auto& got = std::get<TakeoverCommand>(*read);
  EXPECT_EQ(got.from, "SN1P");
  EXPECT_EQ(got.to, "SN2P");
  EXPECT_EQ(got.nodes, takeover.nodes);
  EXPECT_TRUE(got.planned && got.strict && got.dry_run && got.confirm);
  EXPECT_EQ(got.stuck, StuckPolicy::kill);
  EXPECT_EQ(got.timeout_ms, 5000U);
  EXPECT_TRUE(got.rehearse);
  EXPECT_EQ(got.waves, takeover.waves);
  EXPECT_EQ(got.undoes, 16U);
  EXPECT_EQ(got.back_to, "SN1P");
  EXPECT_TRUE(got.rest);
  EXPECT_EQ(got.by, "root");  // never what the request says

  const std::vector<Command> others = {ConfirmCommand{true},
                                       StatusCommand{},
                                       HistoryCommand{},
                                       ShowCommand{"T1"},
                                       WatchCommand{"T1"},
                                       FreezeCommand{false, ""},
                                       ClearServiceNodeCommand{"SN1P", ""},
                                       AddKeyCommand{"cn001", "key"},
                                       AcceptKeysCommand{{"cn001", "cn002"}, "abcdefghijkl"},
                                       RejectKeysCommand{{"cn001"}, "abcdefghijkl"},
                                       ListPendingKeysCommand{},
                                       ListKeysCommand{},
                                       RevokeKeyCommand{"cn001"},
                                       AbortCommand{"T1", ""},
                                       ResumeCommand{"T1", ""},
                                       ClearNodeCommand{"cn001", ""},
                                       AddFeedKeyCommand{"wall", "key"},
                                       RevokeFeedKeyCommand{"wall"}};
  for (const auto& command : others) {
    const auto again = command_from_json(command_to_json(command), "root");
    ASSERT_TRUE(again) << command_to_json(command);
    EXPECT_EQ(again->index(), command.index());
    EXPECT_EQ(command_to_json(*again), command_to_json(command));
  }
}

TEST(ControlJson, RefusesWhatItDoesNotUnderstand) {
  for (const char* line :
       {"", "[]", "{", "nonsense", "{}", R"({"command":"reboot"})",
        R"({"command":"status","verbose":true})", R"({"command":"takeover","from":7})",
        R"({"command":"takeover","from":"SN1P","by":"mallory"})",
        R"({"command":"takeover","from":"SN1P","timeout_ms":-1})",
        R"({"command":"takeover","from":"SN1P","timeout_ms":4294967296})",
        R"({"command":"takeover","from":"SN1P","timeout_ms":1.5})",
        R"({"command":"takeover","from":"SN1P","nodes":["a",7]})"}) {
    const auto command = command_from_json(line, "root");
    ASSERT_FALSE(command) << line;
    EXPECT_EQ(command.error().what, ErrorClass::invalid_input);
    EXPECT_FALSE(command.error().why.empty());
  }
  EXPECT_THAT(text_of(command_from_json(R"({"command":"status","x":1})", "").error().why),
              HasSubstr("unknown key 'x'"));
}

// The first and the last of them may mean different things to two who read it.
TEST(ControlJson, AKeyThatStandsTwiceIsRefused) {
  for (const auto* line : {R"({"command":"status","command":"freeze"})",
                           R"({"command":"takeover","from":"SN1P","from":"SN2P"})",
                           R"({"command":"takeover","from":"SN1P","waves":{"a":1,"a":2}})"}) {
    const auto command = command_from_json(line, "root");
    ASSERT_FALSE(command) << line;
    EXPECT_THAT(text_of(command.error().why), HasSubstr("stands there twice")) << line;
  }
}

TEST(ControlJson, ATakeoverHasTheDocumentedShape) {
  const std::string json = answer_to_json(TakeoverAnswer{takeover(), false, 5}, true);
  EXPECT_THAT(json, HasSubstr(R"("takeover":"T1")"));
  EXPECT_THAT(json, HasSubstr(R"("state":"finished")"));
  EXPECT_THAT(json, HasSubstr(R"("exit":5)"));
  EXPECT_THAT(json, HasSubstr(R"("duration_ms":500)"));
  EXPECT_THAT(json, HasSubstr(R"("counts":{"verified":1,"partly":0,"blocked":0,"failed":0,)"
                              R"("pending":1,"held":0})"));
  EXPECT_THAT(json, HasSubstr(R"("left":0)"));
  EXPECT_THAT(json, HasSubstr(R"("duration_ms":13)"));  // rounded up
  EXPECT_THAT(json, HasSubstr(R"("reload_ms":1)"));
  // A node that has not spoken has no 0 references left.
  EXPECT_THAT(json, HasSubstr(R"("left":null)"));
  EXPECT_THAT(json, HasSubstr(R"({"class":"kept","place":"/etc/hosts:3")"));
}

TEST(ControlJson, ATakeoverCrossesTheSocket) {
  const auto got = round_trip<TakeoverAnswer>(TakeoverAnswer{takeover(), true, 5}, false);
  EXPECT_TRUE(got.frozen);
  EXPECT_EQ(got.exit_code, 5);
  EXPECT_EQ(got.takeover, takeover());
}

// The beginning of a takeover of 9,000 is not told with each of them.
TEST(ControlJson, ABeginningIsToldWithoutNodes) {
  StartedAnswer started{summary_of(takeover())};
  started.summary.header.plans =
      std::vector<KeptPlan>{{"A", {{"resolver", "/etc/resolv.conf", 2, "a", "b"}}, {}}};
  const std::string json = answer_to_json(started, false);
  EXPECT_THAT(json, HasSubstr(R"({"answer":"started","takeover":"T1")"));
  EXPECT_THAT(json, testing::Not(HasSubstr("cn00")));
  EXPECT_THAT(json, testing::Not(HasSubstr("resolv.conf")));
  const auto got = round_trip<StartedAnswer>(started, false);
  EXPECT_EQ(got.summary.header.number, 1U);
  EXPECT_EQ(got.summary.nodes, 2U);
  EXPECT_EQ(got.summary.targets, started.summary.targets);
}

// What a group's plan had said stands once, beside the nodes that say only that it was done.
TEST(ControlJson, WhatWasPlannedStandsOnce) {
  ShownTakeover shown = takeover();
  shown.plans = std::vector<KeptPlan>{{"A", {{"resolver", "/etc/resolv.conf", 2, "a", "b"}}, {}}};
  shown.nodes.begin()->second.outcome.as_planned = true;
  const auto got = round_trip<TakeoverAnswer>(TakeoverAnswer{shown, false, 0}, true);
  EXPECT_EQ(got.takeover, shown);
}

TEST(ControlJson, ARefusalHasTheDocumentedShape) {
  const RefusalAnswer refusal{Fact(FactCode::in_maintenance, {.sn = "SN1P"}),
                              Cure(CureCode::clear_service_node, {.sn = "SN1P"}), 3};
  EXPECT_THAT(
      answer_to_json(refusal, true),
      HasSubstr(R"("refused":{"reason":{"code":"in_maintenance","text":"SN1P is in maintenance",)"
                R"("sn":"SN1P"},"cure":{"code":"clear_service_node",)"
                R"("text":"when it is well again: snctl sn clear SN1P","sn":"SN1P"}},"exit":3)"));
  const auto got = round_trip<RefusalAnswer>(refusal);
  EXPECT_EQ(text_of(got.reason), text_of(refusal.reason));
  EXPECT_EQ(got.exit_code, 3);
}

TEST(ControlJson, APlanCrossesTheSocket) {
  PlanAnswer plan;
  plan.from = "SN1P";
  plan.to = "SN2P";
  plan.nodes = 2;
  plan.asks = true;
  plan.from_evidence = "silent";
  PlanGroup group;
  group.id = "A";
  group.nodes = {"cn001", "cn002"};
  group.outlook = Outlook::whole;
  group.plan.reloads = {"chrony"};
  group.plan.changes = {{"route", "route", 0, "old", "new"}};
  group.plan.references = 9;
  plan.groups = {group};
  plan.strays = {{"cn500", "SN3P", 2}};
  const auto got = round_trip<PlanAnswer>(plan);
  EXPECT_EQ(got.nodes, 2U);
  EXPECT_TRUE(got.asks);
  ASSERT_EQ(got.groups.size(), 1U);
  EXPECT_EQ(got.groups[0].nodes, group.nodes);
  EXPECT_EQ(got.groups[0].plan.changes, group.plan.changes);
  EXPECT_EQ(got.groups[0].plan.reloads, group.plan.reloads);
  EXPECT_EQ(got.strays, plan.strays);
}

TEST(ControlJson, StatusHasTheDocumentedShape) {
  StatusAnswer status;
  status.freeze = {true, "root", 5};
  status.disk = {"/var/lib/sncoord", 0, 1, true};
  status.feed_epoch = "abc";
  status.feed_serial = 7;
  ServiceNodeStatus sn;
  sn.record = {"SN1P", ServiceNodeState::failed, 3, "T1"};
  sn.nodes = 1;
  status.service_nodes = {sn};
  NodeStatus node;
  node.node = "cn001";
  node.service_node = "SN1P";
  node.on = "SN2P";
  node.state = AssignmentState::released;
  node.verdict = Verdict::partly;
  node.connected = true;
  node.bindings = {{"SN1P", 9}};
  status.nodes = {node};
  status.last = summary_of(takeover());
  const Answer answer = status;
  const std::string json = answer_to_json(answer, true);
  EXPECT_THAT(json, HasSubstr(R"("frozen":true)"));
  EXPECT_THAT(json, HasSubstr(R"({"node":"cn001","sn":"SN1P","on":"SN2P","row":"released")"));
  EXPECT_THAT(json, HasSubstr(R"("observed":{"SN1P":9})"));
  EXPECT_THAT(json, HasSubstr(R"("feed":{"epoch":"abc","serial":7})"));
  const auto got = round_trip<StatusAnswer>(answer);
  EXPECT_EQ(got.nodes[0].service_node, node.service_node);
  EXPECT_EQ(got.nodes[0].on, node.on);
  EXPECT_EQ(got.disk, status.disk);
  EXPECT_EQ(got.nodes[0].state, node.state);
  EXPECT_EQ(got.nodes[0].verdict, node.verdict);
  EXPECT_EQ(got.nodes[0].reason, node.reason);
  EXPECT_EQ(got.nodes[0].cure, node.cure);
  EXPECT_EQ(got.nodes[0].from, node.from);
  EXPECT_EQ(got.nodes[0].bindings, node.bindings);
  EXPECT_EQ(got.service_nodes[0].record, sn.record);
  EXPECT_EQ(got.feed_serial, 7U);
  ASSERT_TRUE(got.last);
  EXPECT_EQ(got.last->header.id(), "T1");
  EXPECT_EQ(got.last->nodes, 2U);
  EXPECT_EQ(got.last->counts.at(Verdict::verified), 1U);
}

TEST(ControlJson, TheRestCrossesTheSocket) {
  EXPECT_EQ(round_trip<DoneAnswer>(DoneAnswer{"frozen"}).text, "frozen");
  EXPECT_EQ(round_trip<ProgressAnswer>(ProgressAnswer{"T1", 3, 8, 1}).of, 8U);
  const Fact waits(FactCode::waiting_for_scripts, {.name = "xcatdsklspost", .pid = 812});
  const auto delayed = round_trip<ProgressAnswer>(ProgressAnswer{"T1", 3, 8, 1, 2, "cn1", waits});
  EXPECT_EQ(delayed.delayed, 2U);
  EXPECT_EQ(delayed.delayed_node, "cn1");
  EXPECT_EQ(delayed.delay, waits);
  const auto history = round_trip<HistoryAnswer>(HistoryAnswer{{summary_of(takeover())}});
  ASSERT_EQ(history.takeovers.size(), 1U);
  EXPECT_EQ(history.takeovers[0].nodes, 2U);
  const NodeKey key{"cn001", "key", 3, "address 10.1.1.7", true};
  const PendingKey pending{"cn001", "key", "10.1.1.7", Fact(FactCode::knock_by_hand_only), 5};
  EXPECT_THAT(round_trip<PendingAnswer>(PendingAnswer{{pending}}).keys,
              testing::ElementsAre(pending));
  const FeedKey feed_key{"wall", "key", 7, "root"};
  const auto keys = round_trip<KeysAnswer>(KeysAnswer{{key}, {feed_key}});
  EXPECT_THAT(keys.keys, testing::ElementsAre(key));
  EXPECT_THAT(keys.feed_keys, testing::ElementsAre(feed_key));
  Event event;
  event.serial = 9;
  event.id = "SN0320";
  event.service_node = "SN1P";
  const auto got = round_trip<Event>(event, false);
  EXPECT_EQ(got.serial, 9U);
  EXPECT_EQ(got.service_node, "SN1P");
}

TEST(ControlJson, WhatNodesReportCanNotBreakIt) {
  const std::string json = answer_to_json(DoneAnswer{"bad \xff\xfe \n \"quoted\""}, true);
  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_TRUE(answer_from_json(json));
}

TEST(ControlJson, AnAnswerOfAnotherVersionIsAnErrorNotACrash) {
  for (const char* line : {"", "{}", "[]", R"({"answer":"poem"})", R"({"answer":"takeover"})",
                           R"({"answer":"status","nodes":7})", R"({"answer":"refused"})",
                           R"({"answer":"takeover","nodes":[7]})",
                           R"({"answer":"plan","groups":[{"changes":[{"line":-1}]}]})"}) {
    EXPECT_FALSE(answer_from_json(line)) << line;
  }
}

}  // namespace
}  // namespace sn::coordinator
