// Whole screens, as an administrator sees them at 3 am.
#include "coordinator/snctl/screens.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <time.h>

#include "common/model/node_list.h"
#include "coordinator/snctl/cure_lines.h"
#include "coordinator/snctl/text.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;
using testing::Not;

// 2026-11-12 03:14:07 CET
constexpr int64_t kThen = 1'794'449'647'000;

class Screens : public testing::Test {
 protected:
  Screens() {
    // A zone as a rule, so that no zone database is needed.
    ::setenv("TZ", "CET-1", 1);
    ::tzset();
  }
  ~Screens() override {
    ::unsetenv("TZ");
    ::tzset();
  }

  static void expect_fits(const std::string& screen) {
    for (size_t begin = 0; begin < screen.size();) {
      const size_t end = screen.find('\n', begin);
      ASSERT_NE(end, std::string::npos);
      EXPECT_LE(width_of(screen.substr(begin, end - begin)), kColumns)
          << screen.substr(begin, end - begin);
      begin = end + 1;
    }
  }
};

PlanAnswer plan() {
  PlanAnswer plan;
  plan.from = "SN1P";
  plan.to = "SN2P";
  plan.nodes = 128;
  plan.from_evidence = "silent on 8 ports for 1000 ms";
  plan.from_life = Life::silent;
  plan.from_asked = 127;
  plan.to_seen_alive_by = 127;
  plan.to_asked = 127;
  plan.to_nodes_now = 118;
  plan.to_nodes_after = 246;
  PlanGroup a;
  a.id = "A";
  a.nodes = *expand_node_list("cn[001-110,118-126]");
  a.outlook = Outlook::whole;
  a.to = "SN2P";
  a.plan.references = 9;
  a.plan.files = 7;
  a.plan.routes = 1;
  a.plan.reloads = {"rsyslog", "chrony"};
  a.plan.changes = {
      {"resolver", "/etc/resolv.conf", 2, "nameserver 10.1.1.100", "nameserver 10.1.1.101"},
      {"route", "route default", 0, "via 10.1.1.100 dev eth1", "via 10.1.1.101 dev eth1"},
      {"hosts", "/etc/hosts", 9, "", "10.1.1.101 sn2-eth1"},
      {"niminfo", "/etc/niminfo", 3, std::string(200, 'x'), "one\ntwo"}};
  a.plan.findings = {{FindingClass::kept, "/etc/hosts:3", "the old entry stays", ""},
                     {FindingClass::unclaimed, "/etc/lsf.conf:8", "names sn1-eth1", "edit it"}};
  PlanGroup c;
  c.id = "B";
  c.nodes = {"cn117"};
  c.outlook = Outlook::partly;
  c.to = "SN2P";
  c.plan = a.plan;
  c.plan.findings = {{FindingClass::left, "/etc/chrony.conf:12", "not understood", "fix line 12"}};
  PlanGroup d;
  d.id = "C";
  d.nodes = {"cn127"};
  d.outlook = Outlook::blocked;
  d.to = "SN2P";
  d.reason = "/ is mounted from SN1P";
  d.cure = "boot it from SN2P";
  PlanGroup e;
  e.id = "D";
  e.nodes = {"cn128"};
  e.outlook = Outlook::down;
  e.to = "SN2P";
  e.reason = "not connected";
  plan.groups = {a, c, d, e};
  plan.strays = {{"cn500", "SN3P", 2}};
  return plan;
}

TEST_F(Screens, Plan) {
  const std::string screen = plan_screen(plan(), "", true);
  EXPECT_EQ(
      screen,
      "A (cn001)\n"
      "   /etc/resolv.conf:2\n"
      "     - nameserver 10.1.1.100\n"
      "     + nameserver 10.1.1.101\n"
      "   route default\n"
      "     - via 10.1.1.100 dev eth1\n"
      "     + via 10.1.1.101 dev eth1\n"
      "   /etc/hosts:9\n"
      "     + 10.1.1.101 sn2-eth1\n"
      "   ...1 more: snctl plan SN1P --group A\n"
      "PLAN SN1P -> SN2P   128 nodes   nothing has been changed\n"
      "SN1P silent: coordinator silent on 8 ports for 1000 ms; answers 0 of 127 nodes\n"
      "SN2P answers 127 of 127 nodes; 118 nodes now, 246 after\n"
      "A  119 cn[001-110,118-126]  whole  9 references in 7 files, 1 route, reload rsyslog chrony\n"
      "B    1 cn117  partly  as A; /etc/chrony.conf:12 not understood, stays\n"
      "C    1 cn127  BLOCKED  / is mounted from SN1P\n"
      "       cure: boot it from SN2P\n"
      "D    1 cn128  DOWN  not connected; moves when it connects\n"
      "STRAY cn500  names SN1P 2 times, but belongs to SN3P; it is not moved\n"
      "Kept on purpose: /etc/hosts:3\n"
      "Other mentions, not changed: /etc/lsf.conf:8\n"
      "Do it: snctl takeover SN1P\n"
      "Undo:  snctl failback SN1P\n");
  expect_fits(screen);
}

// On 24 lines the facts and the question are on the screen, whatever would be changed.
TEST_F(Screens, TheFactsStandBesideTheQuestion) {
  const std::string above = plan_screen(plan(), "", true);
  const std::string facts = plan_screen(plan(), "", false);
  EXPECT_TRUE(above.ends_with(facts));
  EXPECT_THAT(facts, Not(HasSubstr("nameserver")));
  EXPECT_LT(std::count(facts.begin(), facts.end(), '\n'), 20);
}

TEST_F(Screens, PlanSaysWhatSetsAGroupApart) {
  PlanAnswer answer = plan();
  PlanGroup more = answer.groups.front();
  more.id = "B";
  more.nodes = {"cn111"};
  more.plan.changes.push_back(
      {"mount", "mount /install", 0, "10.1.1.100:/install", "10.1.1.101:/install"});
  PlanGroup less = answer.groups.front();
  less.id = "C";
  less.nodes = {"cn112"};
  less.plan.changes.erase(less.plan.changes.begin() + 2);
  PlanGroup other = answer.groups.front();
  other.id = "D";
  other.nodes = {"cn113"};
  other.plan.changes.front().after = "nameserver 10.1.2.101";
  PlanGroup reload = answer.groups.front();
  reload.id = "E";
  reload.nodes = {"cn114"};
  reload.plan.reloads = {"rsyslog"};
  answer.groups = {answer.groups.front(), more, less, other, reload};
  const std::string screen = plan_screen(answer, "", false);
  EXPECT_THAT(screen, HasSubstr("cn111  whole  as A, and mount /install\n"));
  EXPECT_THAT(screen, HasSubstr("cn112  whole  as A, but not /etc/hosts\n"));
  EXPECT_THAT(screen,
              HasSubstr("cn113  whole  as A, with /etc/resolv.conf: nameserver 10.1.2.101\n"));
  EXPECT_THAT(screen, HasSubstr("cn114  whole  as A, reload rsyslog\n"));
  // Alone it has nobody to be like.
  EXPECT_THAT(plan_screen(answer, "B", true), HasSubstr("cn111  whole  9 references in 7 files"));
}

TEST_F(Screens, NothingIsOfferedWhereNobodyWouldMove) {
  PlanAnswer refused = plan();
  refused.groups = {refused.groups[2]};
  const std::string screen = plan_screen(refused, "", true);
  EXPECT_THAT(screen, HasSubstr("No node would move now.\n"));
  EXPECT_THAT(screen, Not(HasSubstr("Do it")));
}

TEST_F(Screens, AFileThatIsNotUnderstoodIsNamedWithItsLine) {
  PlanAnswer odd = plan();
  PlanGroup& group = odd.groups[2];
  group.reason = Fact(FactCode::not_understood, {}, Fact(FactCode::quote_not_closed));
  group.plan.findings = {{FindingClass::blocked, "/etc/niminfo:19", group.reason, {}}};
  EXPECT_THAT(plan_screen(odd, "", false),
              HasSubstr("BLOCKED  /etc/niminfo:19 not understood: the quote is not closed"));
}

TEST_F(Screens, PlanOfALivingServiceNodeNamesPlanned) {
  PlanAnswer alive = plan();
  alive.from_sign = "10.1.1.100:22 connected";
  alive.from_life = Life::serves;
  alive.from_mac = "52:54:00:12:34:56";
  EXPECT_THAT(
      plan_screen(alive, "", true),
      HasSubstr("SN1P is ALIVE: 10.1.1.100:22 connected, from 52:54:00:12:34:56, says the"));
  EXPECT_THAT(plan_screen(alive, "", true), HasSubstr("Do it: snctl takeover SN1P --planned\n"));
}

TEST_F(Screens, OneThatIsHalfDeadIsAskedAboutFirst) {
  PlanAnswer half = plan();
  half.from_sign = "answers ping, silent on 11 ports for 1000 ms";
  half.from_life = Life::echo;
  half.from_mac = "52:54:00:12:34:56";
  half.from_by = "cn007";
  EXPECT_THAT(plan_screen(half, "", true),
              HasSubstr("SN1P is HALF DEAD: it answers ping, silent on 11 ports for 1000 ms, from "
                        "52:54:00:12:34:56, says\n     cn007; answers 0 of 127 nodes\n"));
  EXPECT_THAT(plan_screen(half, "", true), HasSubstr("Do it: snctl takeover SN1P --fenced\n"));
  EXPECT_EQ(fence_question(half),
            "SN1P is half dead: what is left of it may still hand out addresses and pull nodes "
            "back.\nDo you vouch that it is switched off or isolated? [y/N] ");
  half.power = "sn1: off";
  half.off = true;
  EXPECT_EQ(fence_question(half), "");
  EXPECT_THAT(plan_screen(half, "", true), HasSubstr("power: sn1: off, so none of it counts"));
  half.off = false;
  half.fenced = true;
  EXPECT_EQ(fence_question(half), "");
  EXPECT_EQ(fence_question(plan()), "");
}

TEST_F(Screens, PlanShowsEveryLineOfOneGroup) {
  const std::string screen = plan_screen(plan(), "A", true);
  EXPECT_THAT(screen, HasSubstr("     - " + std::string(200, 'x') + "\n     + one\n     + two\n"));
  EXPECT_THAT(screen, HasSubstr("unclaimed      /etc/lsf.conf:8 names sn1-eth1\n"));
  EXPECT_THAT(screen, HasSubstr("cure: edit it"));
  EXPECT_THAT(screen, Not(HasSubstr("more:")));
  EXPECT_EQ(plan_screen(plan(), "Z", true), "");
}

TEST_F(Screens, PlanNamesWhatAnotherTakeoverHasInHand) {
  PlanAnswer again = plan();
  again.under_way = {{"T16", {"cn002", "cn003"}}};
  again.taken_over = {{"T15", {"cn001"}}};
  const std::string screen = plan_screen(again, "", true);
  EXPECT_THAT(screen,
              HasSubstr("UNDER WAY 2 cn[002-003]  in T16, which goes on with them: snctl "));
  EXPECT_THAT(screen, HasSubstr("TAKEN OVER 1 cn001  T15 is still moving it"));
}

TEST_F(Screens, PlanOfAFailbackNamesWhomItLeavesAlone) {
  PlanAnswer back = plan();
  back.undoes = 16;
  back.left_alone = {"cn002", "cn003"};
  EXPECT_THAT(plan_screen(back, "", true),
              HasSubstr("LEFT ALONE 2 cn[002-003]  back already, or moved"));
}

TEST_F(Screens, PlanAsksOneQuestion) {
  PlanAnswer asking = plan();
  asking.asks = true;
  EXPECT_THAT(plan_screen(asking, "", true), Not(HasSubstr("Do it")));
  EXPECT_EQ(plan_question(asking),
            "Move 128 nodes from SN1P to SN2P (120 now, the others when they can)? [y/N] ");
}

ShownTakeover takeover() {
  ShownTakeover takeover;
  takeover.number = 17;
  takeover.from = "SN1P";
  takeover.by = "root";
  takeover.started_unix_ms = kThen;
  takeover.finished_unix_ms = kThen + 800;
  takeover.state = TakeoverState::finished;
  const auto names = *expand_node_list("cn[001-116,118-126]");
  for (const auto& name : names) {
    TakeoverPart node;
    node.node = name;
    node.previous = "SN1P";
    node.to = "SN2P";
    node.verdict = Verdict::verified;
    node.outcome.verdict = Verdict::verified;
    node.outcome.places = 41;
    node.outcome.kept = 2;
    node.outcome.boot_time_only = 1;
    node.outcome.total_us = name == "cn044" ? 310'000 : 90'000;
    node.outcome.reload_us = name == "cn044" ? 250'000 : 0;
    takeover.nodes[name] = node;
  }
  TakeoverPart partly = takeover.nodes.at("cn001");
  partly.node = "cn117";
  partly.verdict = partly.outcome.verdict = Verdict::partly;
  partly.outcome.left = 1;
  partly.outcome.unclaimed = 3;
  partly.outcome.findings = {
      {FindingClass::left, "/etc/chrony.conf:12", "not understood", "fix line 12"},
      {FindingClass::unclaimed, "/etc/lsf.conf:8", "names sn1-eth1", ""}};
  partly.reason = "/etc/chrony.conf:12 not understood";
  partly.cure = "fix line 12 on cn117, then snctl takeover SN1P";
  takeover.nodes["cn117"] = partly;
  TakeoverPart blocked;
  blocked.node = "cn127";
  blocked.verdict = Verdict::blocked;
  blocked.reason = "/ is mounted from SN1P";
  blocked.cure = "boot it from SN2P";
  takeover.nodes["cn127"] = blocked;
  TakeoverPart pending;
  pending.node = "cn128";
  pending.to = "SN2P";
  pending.verdict = Verdict::pending;
  pending.reason = "down; moves when it connects";
  takeover.nodes["cn128"] = pending;
  return takeover;
}

TEST_F(Screens, Takeover) {
  const sn::coordinator::ShownTakeover ended = takeover();
  const std::string screen =
      takeover_header(summary_of(ended)) + takeover_screen({ended, false, 4});
  EXPECT_EQ(
      screen,
      "T17 SN1P -> SN2P  128 nodes  03:14:07 CET  by root\n"
      "VERIFIED  125 cn[001-116,118-126]  known references to SN1P left: 0 in 41 known places\n"
      "PARTLY      1 cn117  known references to SN1P left: 1; /etc/chrony.conf:12 not "
      "understood\n"
      "              cure: fix line 12 on cn117, then snctl takeover SN1P\n"
      "BLOCKED     1 cn127  / is mounted from SN1P; untouched\n"
      "              cure: boot it from SN2P\n"
      "PENDING     1 cn128  down; moves when it connects\n"
      "Kept on purpose 252   Boot-time only 126   Other mentions, not changed 3: snctl show T17 "
      "--mentions\n"
      "Took 0.80 s   on a node at most 0.31 s (cn044, reloads 0.25 s)\n"
      "Undo: snctl failback T17     exit 4\n");
  expect_fits(screen);
}

// Commands are copied one by one.
TEST(CureLines, EachStepHasALineOfItsOwn) {
  const Cure cure = Cure(CureCode::clear_service_node, {.sn = "SN1P"})
                        .then(Cure(CureCode::failback, {.takeover = 7}));
  EXPECT_EQ(cure_lines(2, cure),
            "  cure: when it is well again: snctl sn clear SN1P\n  then: snctl failback T7\n");
}

TEST(SaidOf, AReasonThatIsASentenceStandsBehindAColon) {
  EXPECT_EQ(said_of("/etc/hosts", "it is immutable"), "/etc/hosts: it is immutable");
  EXPECT_EQ(said_of("/etc/motd", "mentions SN1P"), "/etc/motd mentions SN1P");
  EXPECT_EQ(said_of("", "it ended"), "it ended");
}

TEST_F(Screens, WhatWasVouchedForIsShown) {
  sn::coordinator::ShownTakeover vouched = takeover();
  vouched.fenced = vouched.forced = true;
  EXPECT_THAT(takeover_header(summary_of(vouched)), HasSubstr("by root  fenced  forced\n"));
  EXPECT_THAT(history_screen({{summary_of(vouched)}}), HasSubstr("  fenced,forced  "));
}

// Its cure would be one of this takeover, which is not the node's any more.
TEST_F(Screens, ANodeThatIsInAnotherTakeoverByNowSaysSo) {
  sn::coordinator::ShownTakeover older = takeover();
  for (auto& [name, node] : older.nodes) {
    if (node.verdict == Verdict::blocked) node.since = 19;
  }
  EXPECT_THAT(takeover_screen({older, false, 4}), HasSubstr("; now in T19\n"));
}

TEST_F(Screens, ARunningTakeoverSaysHowToComeBack) {
  sn::coordinator::ShownTakeover running = takeover();
  running.state = TakeoverState::running;
  running.finished_unix_ms = 0;
  EXPECT_THAT(takeover_header(summary_of(running)), HasSubstr("terminal lost? snctl watch T17"));
  EXPECT_THAT(takeover_screen({running, true, 5}), HasSubstr("still running: snctl watch T17\n"));
  EXPECT_THAT(takeover_screen({running, true, 5}), HasSubstr("FROZEN"));
}

TEST_F(Screens, AStoppedTakeoverSaysWhyAndWhatToType) {
  sn::coordinator::ShownTakeover stopped = takeover();
  stopped.state = TakeoverState::stopped;
  stopped.why = "canary cn117 ended partly: /etc/chrony.conf:12 not understood";
  stopped.nodes.at("cn117").canary = true;
  stopped.nodes.at("cn117").outlook = Outlook::whole;
  stopped.nodes.at("cn117").told_unix_ms = kThen + 10;
  stopped.nodes.at("cn117").ended_unix_ms = kThen + 120;
  const std::string screen = takeover_screen({stopped, false, 4});
  EXPECT_THAT(screen, HasSubstr("canary  cn117  NOT as planned: cn117  0.11 s\n"));
  EXPECT_THAT(screen, HasSubstr("STOPPED  canary cn117 ended partly: /etc/chrony.conf:12 not"));
  EXPECT_THAT(screen, HasSubstr("Go on: snctl resume T17     Give up: snctl abort T17\n"));
  expect_fits(screen);
}

TEST_F(Screens, AStoppedTakeoverNamesTheWayPastWhomItStoppedFor) {
  sn::coordinator::ShownTakeover stopped = takeover();
  stopped.state = TakeoverState::stopped;
  stopped.why =
      Fact(FactCode::canary_ended, {.node = "cn117", .value = "partly"}, Fact(FactCode::it_ended));
  EXPECT_THAT(takeover_screen({stopped, false, 4}),
              HasSubstr("Go on without: snctl resume T17 --without cn117\n"));
  stopped.why = Fact(FactCode::ended_worse, {.nodes = {"cn116"}, .count = 1},
                     Fact(FactCode::not_ended_after, {.nodes = {"cn117"}, .count = 1}));
  EXPECT_THAT(takeover_screen({stopped, false, 4}),
              HasSubstr("Go on without: snctl resume T17 --without 'cn[116-117]'\n"));
  stopped.why = Fact(FactCode::frozen_for, {.ms = 1'000});
  EXPECT_THAT(takeover_screen({stopped, false, 4}), testing::Not(HasSubstr("without")));
}

TEST_F(Screens, ACanaryThatIsHeldIsNotAsPlanned) {
  sn::coordinator::ShownTakeover ended = takeover();
  TakeoverPart& canary = ended.nodes.at("cn117");
  canary.canary = true;
  canary.verdict = Verdict::held;
  canary.told_unix_ms = kThen + 10;
  canary.ended_unix_ms = kThen + 120;
  EXPECT_THAT(takeover_screen({ended, false, 4}), HasSubstr("canary  cn117  HELD: cn117  0.11 s"));
}

TEST_F(Screens, WhoWasNotToldIsNotSaidToHaveBeen) {
  sn::coordinator::ShownTakeover running = takeover();
  running.state = TakeoverState::running;
  running.nodes.at("cn128").reason.clear();
  TakeoverPart& told = running.nodes.at("cn127");
  told = running.nodes.at("cn128");
  told.node = "cn127";
  told.told_unix_ms = kThen;
  const std::string screen = takeover_screen({running, false, 5});
  EXPECT_THAT(screen, HasSubstr("1 cn128  not started yet\n"));
  EXPECT_THAT(screen, HasSubstr("1 cn127  working\n"));
}

TEST_F(Screens, AFailbackSaysWhoIsExactlyAsBefore) {
  sn::coordinator::ShownTakeover back = takeover();
  back.undoes = 16;
  for (const char* name : {"cn001", "cn002"}) back.nodes.at(name).outcome.restored = 9;
  back.nodes.at("cn003").outcome.findings = {
      {FindingClass::note,
       "/etc/resolv.conf",
       Fact(FactCode::planned_from_what_it_is, {}, Fact(FactCode::changed_since, {.by = "T16"})),
       {}}};
  // Some of it was, and one thing is not.
  back.nodes.at("cn117").outcome.restored = 8;
  const std::string screen = takeover_header(summary_of(back)) + takeover_screen({back, false, 4});
  EXPECT_THAT(screen, HasSubstr("by root  failback of T16\n"));
  EXPECT_THAT(screen, HasSubstr("EXACTLY AS BEFORE 2 cn[001-002]\n"));
  EXPECT_THAT(screen, HasSubstr("NOT EXACTLY 1 cn003  /etc/resolv.conf changed since T16"));
  expect_fits(screen);
}

TEST_F(Screens, OneNodesStoryHasTimesAndReasons) {
  sn::coordinator::ShownTakeover ended = takeover();
  TakeoverPart& node = ended.nodes.at("cn117");
  node.told_unix_ms = kThen + 1'500;
  node.ended_unix_ms = kThen + 1'700;
  node.note(kThen + 1'500, "told to move to SN2P, as canary");
  node.note(kThen + 1'700, "partly: /etc/chrony.conf:12 not understood");
  const std::string screen = takeover_node_screen(ended, "cn117");
  EXPECT_THAT(screen, HasSubstr("started after 1.50 s, took 0.20 s\n"));
  EXPECT_THAT(screen, HasSubstr("03:14:08 CET  told to move to SN2P, as canary\n"));
  for (size_t i = 0; i < 3 * kMaxLogLines; ++i) node.note(kThen, std::to_string(i));
  EXPECT_EQ(node.log.size(), kMaxLogLines);
  EXPECT_EQ(text_of(node.log.front().what), "told to move to SN2P, as canary");
  EXPECT_EQ(text_of(node.log.back().what), std::to_string(3 * kMaxLogLines - 1));
}

ProgressAnswer progress() {
  ProgressAnswer progress;
  progress.takeover = "T17";
  progress.done = 64;
  progress.of = 128;
  return progress;
}

TEST_F(Screens, ProgressIsOneLine) {
  ProgressAnswer half = progress();
  half.offline = 2;
  EXPECT_EQ(progress_line(half, kThen, kThen + 800, 100),
            "[################................] 64/128  0.80 s  2 are down, not waited for");
  EXPECT_EQ(progress_line({}, kThen, kThen, 100), "[................................] 0/0  0.00 s");
  ProgressAnswer waits = progress();
  waits.done = 0;
  waits.of = 3;
  waits.delayed = 2;
  waits.delayed_node = "cn001";
  waits.delay = Fact(FactCode::at_work_for, {.ms = 12'000},
                     Fact(FactCode::waiting_for_scripts, {.name = "xcatdsklspost", .pid = 812}));
  EXPECT_EQ(progress_line(waits, kThen, kThen + 12'000, 120),
            "[................................] 0/3  12 s  cn001 waiting for xcatdsklspost "
            "(pid 812), 12 s, 1 more");
}

// The clock goes on although nothing is heard, and names who is waited for.
TEST_F(Screens, ProgressHasAClockAndANameToWaitFor) {
  ProgressAnswer waits = progress();
  waits.slowest = "cn044";
  waits.slowest_told_unix_ms = kThen + 1'000;
  EXPECT_EQ(progress_line(waits, kThen, kThen + 13'000, 100),
            "[################................] 64/128  13 s  waiting for cn044 12 s");
  EXPECT_EQ(progress_line(waits, kThen, kThen + 20'000, 100),
            "[################................] 64/128  20 s  waiting for cn044 19 s");
  waits.slowest_ended_unix_ms = kThen + 1'310;
  EXPECT_EQ(progress_line(waits, kThen, kThen + 20'000, 100),
            "[################................] 64/128  20 s  slowest cn044 0.31 s");
}

TEST_F(Screens, ProgressFitsTheTerminal) {
  ProgressAnswer waits = progress();
  waits.canaries = *expand_node_list("cn[001-004,017,044,101,110,119]");
  waits.slowest = "cn044";
  waits.slowest_told_unix_ms = kThen;
  waits.offline = 12;
  for (const size_t columns : {40U, 79U, 99U, 199U}) {
    const std::string line = progress_line(waits, kThen, kThen + 12'000, columns);
    EXPECT_LE(width_of(line), columns) << line;
  }
  EXPECT_THAT(progress_line(waits, kThen, kThen + 12'000, 79), HasSubstr("64/128  12 s"));
  EXPECT_THAT(progress_line(waits, kThen, kThen + 12'000, 199),
              HasSubstr("[################................] 64/128"));
}

TEST_F(Screens, ProgressEndsFull) {
  sn::coordinator::ShownTakeover ended = takeover();
  ended.nodes.erase("cn128");
  for (auto& [name, node] : ended.nodes) {
    node.told_unix_ms = kThen + 100;
    node.ended_unix_ms = kThen + (name == "cn044" ? 410 : 200);
  }
  EXPECT_EQ(progress_line(progress_of(ended), kThen, ended.finished_unix_ms, 100),
            "[################################] 127/127  0.80 s  slowest cn044 0.31 s");
}

TEST_F(Screens, OneNodesPart) {
  sn::coordinator::ShownTakeover ended = takeover();
  ended.nodes.at("cn117").outcome.changes = {
      {"resolver", "/etc/resolv.conf", 2, "nameserver 10.1.1.100", "nameserver 10.1.1.101"}};
  const std::string screen = takeover_node_screen(ended, "cn117");
  EXPECT_THAT(screen, HasSubstr("cn117  PARTLY  SN1P -> SN2P"));
  EXPECT_THAT(screen, HasSubstr("    - nameserver 10.1.1.100\n    + nameserver 10.1.1.101\n"));
  EXPECT_THAT(screen, HasSubstr("left           /etc/chrony.conf:12 not understood\n"));
  EXPECT_EQ(takeover_node_screen(ended, "cn999"), "");
}

TEST_F(Screens, MentionsAreFolded) {
  EXPECT_EQ(mentions_screen(takeover()), "unclaimed      cn117  /etc/lsf.conf:8 names sn1-eth1\n");
  EXPECT_EQ(mentions_screen({}), "nothing else names \n");
}

NodeStatus node(const std::string& name, const std::string& sn, Verdict verdict) {
  NodeStatus status;
  status.node = name;
  status.service_node = status.on = sn;
  status.verdict = verdict;
  status.takeover = "T17";
  status.connected = true;
  status.ever_seen = true;
  status.seen_unix_ms = kThen - 60'000;
  status.path = "tcp://10.1.0.1:7400";
  status.mode = "act";
  status.version = "0.1.0";
  status.bindings = {{sn, 9}};
  return status;
}

StatusAnswer status() {
  StatusAnswer view;
  view.now_unix_ms = kThen + 360'000;
  view.up_since_unix_ms = kThen - 41LL * 86'400'000;
  ServiceNodeStatus sn1;
  sn1.record = {"SN1P", ServiceNodeState::failed, kThen, "T17"};
  sn1.nodes = 2;
  sn1.blocked = 1;
  sn1.pending = 1;
  sn1.life = {Life::silent, kThen, 127, 0, Life::silent, "silent on 11 ports", "", "", 1};
  ServiceNodeStatus sn2;
  sn2.record = {"SN2P", ServiceNodeState::up, 0, ""};
  sn2.nodes = 126;
  sn2.verified = 125;
  sn2.partly = 1;
  sn2.life = {Life::serves, kThen, 3, 3, Life::serves, "10.1.1.101:22 connected", "", "", 0};
  view.service_nodes = {sn1, sn2};
  auto fine = node("cn001", "SN2P", Verdict::verified);
  auto partly = node("cn117", "SN2P", Verdict::partly);
  partly.reason = "/etc/chrony.conf:12 not understood";
  partly.cure = "fix line 12";
  auto down = node("cn128", "SN2P", Verdict::pending);
  down.on = "SN1P";
  down.connected = false;
  auto also_down = node("cn129", "SN2P", Verdict::pending);
  also_down.on = "SN1P";
  also_down.connected = false;
  auto drift = node("cn042", "SN2P", Verdict::verified);
  drift.notice = "DRIFT /etc/resolv.conf: back to SN1P";
  drift.notice_cure = "snctl status cn042";
  view.nodes = {fine, drift, partly, down, also_down};
  view.last = summary_of(takeover());
  return view;
}

TEST_F(Screens, Status) {
  const std::string screen = status_screen(status());
  EXPECT_EQ(screen,
            "03:20:07 CET  coordinator up 41 d, not frozen\n"
            "SN    STATE               NODES  VERIFIED  PARTLY  BLOCKED  PENDING  SEEN ALIVE BY\n"
            "SN1P  FAILED since 03:14      2         -       -        1        1  0 of 127, MN no\n"
            "SN2P  up                    126       125       1        -        -  3 of 3, MN yes\n"
            "NOT FINE\n"
            " SN1P  FAILED since 03:14 by T17\n"
            "    cure: when it is well again: snctl sn clear SN1P\n"
            " cn117  on SN2P, partly: /etc/chrony.conf:12 not understood\n"
            "    cure: fix line 12\n"
            " cn[128-129]  on SN1P, pending on the way to SN2P; down since 03:13, moves when it "
            "connects\n"
            "    cure: rpower 'cn[128-129]' stat\n"
            " cn042  DRIFT /etc/resolv.conf: back to SN1P\n"
            "    cure: snctl status cn042\n"
            "PATH  tcp://10.1.0.1:7400 3, not connected 2\n"
            "LAST  T17 SN1P -> SN2P  125 of 128 verified, 1 partly, 1 blocked, 1 pending\n");
  expect_fits(screen);
}

SeenServer seen(const std::string& address, const std::string& owner, ServerState state) {
  SeenServer server;
  server.address = address;
  server.port = 2049;
  server.owner = owner;
  server.state = state;
  server.since_unix_ms = kThen;
  server.evidence = address + ":2049 no connection for 1500 ms";
  server.mounts = 2;
  return server;
}

TEST_F(Screens, StatusNamesSilentServersAndWhomTheyLeaveAlone) {
  StatusAnswer view = status();
  auto one = node("cn001", "SN2P", Verdict::verified);
  one.servers = {seen("10.1.9.9", "nfsha", ServerState::silent),
                 seen("10.1.1.101", "SN2P", ServerState::silent)};
  one.servers.front().critical = true;
  auto two = one;
  two.node = "cn002";
  auto gone = one;
  gone.node = "cn003";
  gone.connected = false;
  auto slow = node("cn004", "SN2P", Verdict::verified);
  slow.servers = {seen("10.1.9.9", "nfsha", ServerState::slow)};
  view.nodes = {one, two, gone, slow};
  view.service_nodes = {view.service_nodes.back()};
  view.service_nodes.front().life = {Life::serves, kThen, 2, 0, Life::serves, "", "", "", 0};
  NfsServerStatus nfsha{"10.1.9.9", 2049, "nfsha", 128, 2, 125, 1, 0, 2, kThen, "", {}};
  nfsha.here = SeenFrom::silent;
  const NfsServerStatus fine{"10.1.9.8", 2049, "", 9, 0, 9, 0, 0, 0, 0, "", SeenFrom::answering};
  view.nfs_servers = {fine, nfsha};
  view.last.reset();
  const std::string screen = status_screen(view);
  EXPECT_EQ(screen,
            "03:20:07 CET  coordinator up 41 d, not frozen\n"
            "SN    STATE  NODES  VERIFIED  PARTLY  BLOCKED  PENDING  SEEN ALIVE BY\n"
            "SN2P  up       126       125       1        -        -  0 of 2, MN yes\n"
            "NFS SERVER      NODES  ANSWERING  SLOW  SILENT  SINCE  MN\n"
            "nfsha 10.1.9.9    128        125     1       2  03:14  no\n"
            "NOT FINE\n"
            " cn[001-002]  NFS server nfsha 10.1.9.9 is SILENT: 2 mounts of it hang, also what the "
            "node runs\n    from; NFS server SN2P 10.1.1.101 is SILENT: 2 mounts of it hang\n"
            "    cure: rpcinfo -T tcp 10.1.9.9 nfs asks it; bring it back, and the nodes go on by "
            "themselves\n"
            "    cure: snctl takeover SN2P\n"
            " cn003  down since 03:13\n"
            "    cure: rpower cn003 stat\n"
            " cn004  NFS server nfsha 10.1.9.9 answers slowly\n"
            "    cure: rpcinfo -T tcp 10.1.9.9 nfs asks it; see its load and the network\n"
            "PATH  tcp://10.1.0.1:7400 3, not connected 1\n");
  expect_fits(screen);
  view.nfs_servers = {fine};
  EXPECT_THAT(status_screen(view), HasSubstr("NFS   1 server, none is silent or slow\n"));
}

TEST_F(Screens, StatusOfOneNodeShowsItsServersWithEvidence) {
  StatusAnswer view = status();
  auto one = node("cn001", "SN2P", Verdict::verified);
  one.servers = {seen("10.1.9.9", "nfsha", ServerState::silent),
                 seen("fd00::9", "", ServerState::answering)};
  one.servers[0].critical = true;
  one.servers[0].unanswered = "3 sends without a reply for 31 s";
  one.servers[1].port = 20'049;
  one.servers[1].evidence = "[fd00::9]:20049 answered in 0.8 ms";
  view.nodes = {one};
  const std::string screen = status_of_screen(view, "cn001");
  EXPECT_THAT(
      screen,
      HasSubstr(
          "  NFS nfsha 10.1.9.9 SILENT since 03:14, 2 mounts, critical: 10.1.9.9:2049 no "
          "connection for 1500\n"
          "      ms; 3 sends without a reply for 31 s\n"
          "  NFS [fd00::9]:20049 answering since 03:14, 2 mounts: [fd00::9]:20049 answered in "
          "0.8 ms\n"));
  expect_fits(screen);
}

TEST_F(Screens, AFrozenCoordinatorSaysSoFirst) {
  StatusAnswer view = status();
  view.freeze = {true, "root", kThen};
  const std::string screen = status_screen(view);
  const std::string first = screen.substr(0, screen.find("SN    STATE"));
  EXPECT_THAT(first, HasSubstr("FROZEN since 03:14 by root"));
  EXPECT_THAT(first, HasSubstr("snctl thaw"));
}

TEST_F(Screens, AHealthyClusterIsOneLine) {
  StatusAnswer view = status();
  view.service_nodes.clear();
  view.nodes = {node("cn001", "SN2P", Verdict::none)};
  EXPECT_THAT(status_screen(view), HasSubstr("All 1 node fine\n"));
}

TEST_F(Screens, StatusOfOneNode) {
  EXPECT_EQ(status_of_screen(status(), "cn117"),
            "cn117  on SN2P  PARTLY  by T17\n"
            "  references it reports: SN2P 9\n"
            "  connected over tcp://10.1.0.1:7400, act mode, snagentd 0.1.0, heard 03:13:07 CET\n"
            "  on SN2P, partly: /etc/chrony.conf:12 not understood\n"
            "    cure: fix line 12\n");
  EXPECT_EQ(status_of_screen(status(), "cn999"), "");
}

TEST_F(Screens, StatusOfOneNodeShowsItsMounts) {
  StatusAnswer view = status();
  NfsMount root;
  root.place = "/";
  root.source = "nfsha:/root/cn117";
  root.address = "10.1.9.9";
  root.owner = "nfsha";
  root.version = "3";
  root.critical = "/";
  NfsMount home;
  home.place = "/shared_home";
  home.source = "[fd01::1]:/shared_home";
  home.address = "fd01::1";
  home.version = "4.1";
  home.read_only = true;
  home.upon = {"bind /data"};
  for (auto& node : view.nodes) {
    if (node.node == "cn117") node.mounts = {root, home};
  }
  EXPECT_THAT(status_of_screen(view, "cn117"),
              HasSubstr("MOUNT         FROM          SERVER          NFS      NEEDED FOR\n"
                        "/             /root/cn117   nfsha 10.1.9.9  3    rw  /\n"
                        "/shared_home  /shared_home  fd01::1         4.1  ro\n"
                        "  upon /shared_home  bind /data\n"));
}

TEST_F(Screens, StatusOfOneServiceNode) {
  const std::string screen = status_of_screen(status(), "SN2P");
  EXPECT_THAT(screen, HasSubstr("NODES  cn[001,042,117]\n"));
  EXPECT_THAT(screen, HasSubstr("NOT FINE\n cn117  on SN2P"));
  EXPECT_THAT(status_of_screen(status(), "SN1P"), HasSubstr("snctl sn clear SN1P"));
}

TEST_F(Screens, AServiceNodeThatFellSilentIsTheFirstThingThatIsNotFine) {
  StatusAnswer view = status();
  view.service_nodes.front().record = {"SN1P", ServiceNodeState::up, 0, ""};
  EXPECT_THAT(status_screen(view),
              HasSubstr("SN1P  SILENT since 03:14      2         -       -        1        1  "
                        "0 of 127, MN no\n"));
  EXPECT_THAT(status_screen(view),
              HasSubstr("NOT FINE\n"
                        " SN1P  SILENT since 03:14, seen alive by 0 of 127 nodes, MN no\n"
                        "    cure: snctl takeover SN1P\n"));
  view.service_nodes.front().life = {
      Life::echo,          kThen, 3, 2, Life::echo, "answers ping, silent on 11 ports", "",
      "52:54:00:12:34:56", 2};
  EXPECT_THAT(
      status_screen(view),
      HasSubstr(" SN1P  HALF DEAD since 03:14, seen alive by 2 of 3 nodes, MN yes: it "
                "answers ping, silent on 11\n    ports, from 52:54:00:12:34:56; fell silent "
                "2 times in the last hour\n"));
  view.service_nodes.front().life = {};
  EXPECT_THAT(status_screen(view), HasSubstr("SN1P  not asked"));
  expect_fits(status_screen(view));
}

TEST_F(Screens, AServiceNodeThatReturnedFromTheDead) {
  StatusAnswer view = status();
  for (auto& sn : view.service_nodes) {
    if (sn.record.name == "SN1P") {
      sn.life = {Life::serves, kThen, 1, 1, Life::serves, "10.1.1.100:22 connected", "", "", 3};
    }
  }
  const char* const kText =
      "SN1P  FAILED since 03:14 by T17, and ANSWERS AGAIN since 03:14 (10.1.1.100:22 connected)";
  EXPECT_THAT(status_screen(view), HasSubstr(kText));
  EXPECT_THAT(status_screen(view), HasSubstr("cure: stop its DHCP server"));
  EXPECT_THAT(status_of_screen(view, "SN1P"), HasSubstr("ANSWERS AGAIN since 03:14"));
}

TEST_F(Screens, History) {
  HistoryAnswer view{{summary_of(takeover())}};
  EXPECT_EQ(
      history_screen(view),
      "ID   STARTED                  FROM  TO    HOW  NODES  VERIFIED    TOOK  EXIT  OTHERS\n"
      "T17  2026-11-12 03:14:07 CET  SN1P  SN2P  -      128       125  0.80 s     4  1 partly, "
      "1 blocked, 1 pending\n");
  EXPECT_EQ(history_screen({}), "no takeover yet\n");
}

TEST_F(Screens, RefusalsAndErrorsNameTheCure) {
  EXPECT_EQ(refusal_screen({"SN1P is alive", "snctl takeover SN1P --planned", 3}),
            "refused: SN1P is alive\n  cure: snctl takeover SN1P --planned\n");
  EXPECT_EQ(refusal_screen({"no takeover 'T9'", "", 1}), "error: no takeover 'T9'\n");
}

TEST_F(Screens, WhoSaidNoIsNotRefused) {
  EXPECT_EQ(refusal_screen({Fact(FactCode::nothing_changed), {}, 3}), "nothing was changed\n");
}

// ---------------------------------------------------------------- many nodes, many troubles

TEST_F(Screens, OneNodeIsOneRowAndTheWorstComesFirst) {
  StatusAnswer view = status();
  auto drift = node("cn001", "SN2P", Verdict::verified);
  drift.notice = Fact(FactCode::drift_notice, {}, "x");
  drift.notice_cure = Cure(CureCode::acknowledge, {.nodes = {"cn001"}});
  auto blocked = node("cn002", "SN2P", Verdict::blocked);
  blocked.on = "SN1P";
  blocked.reason = "/ is mounted from SN1P";
  blocked.cure = "boot it from SN2P";
  blocked.notice = Fact(FactCode::directory_differs);
  blocked.notice_cure = Cure(CureCode::copy_directory);
  blocked.servers = {seen("10.1.1.100", "SN1P", ServerState::silent)};
  auto failed = node("cn003", "SN2P", Verdict::failed);
  failed.on = "SN1P";
  view.nodes = {drift, blocked, failed};
  view.service_nodes = {view.service_nodes.back()};
  const std::string screen = status_screen(view);
  EXPECT_LT(screen.find(" cn003  on SN1P, failed"), screen.find(" cn002  on SN1P, blocked"));
  EXPECT_LT(screen.find(" cn002  on SN1P, blocked"), screen.find(" cn001  DRIFT"));
  EXPECT_EQ(screen.find("cn002"), screen.rfind("cn002"));
  EXPECT_THAT(screen, HasSubstr("    cure: boot it from SN2P\n    cure: snctl takeover SN1P\n"));
  EXPECT_THAT(screen, HasSubstr("    cure: snctl ack cn001 if it is meant so"));
  expect_fits(screen);
}

TEST_F(Screens, ALineEndOfAServiceDoesNotBreakAScreen) {
  StatusAnswer view = status();
  view.nodes = {node("cn001", "SN2P", Verdict::partly)};
  view.nodes.front().reason = Fact(std::string("svc: rsyslog is refused\n (see its log)\n"));
  EXPECT_THAT(status_screen(view),
              HasSubstr(" cn001  on SN2P, partly: svc: rsyslog is refused  (see its log)\n"));
  sn::coordinator::ShownTakeover ended = takeover();
  ended.nodes.at("cn117").reason = view.nodes.front().reason;
  EXPECT_THAT(takeover_screen({ended, false, 4}),
              HasSubstr("svc: rsyslog is refused  (see its log)\n"));
}

TEST_F(Screens, AListOfNodesIsCapped) {
  sn::coordinator::ShownTakeover ended = takeover();
  const TakeoverPart one = ended.nodes.at("cn001");
  ended.nodes.clear();
  for (int i = 0; i < 300; ++i) {
    TakeoverPart part = one;
    part.node = "x" + std::to_string(1000 + 2 * i);
    ended.nodes[part.node] = part;
  }
  const std::string screen = takeover_screen({ended, false, 0});
  EXPECT_LT(std::count(screen.begin(), screen.end(), '\n'), 8);
  EXPECT_THAT(screen, HasSubstr("snctl show T17 --nodes"));
  expect_fits(screen);
  const std::string all = takeover_nodes_screen(ended);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 301);
  EXPECT_THAT(all, HasSubstr("x1598  VERIFIED  SN1P  SN2P\n"));
}

TEST_F(Screens, ALongNameOfAServiceNodeIsCut) {
  StatusAnswer view = status();
  const std::string name(63, 'n');
  view.service_nodes.front().record.name = name;
  view.nodes.clear();
  const std::string screen = status_screen(view);
  const std::string first = screen.substr(0, screen.find("NOT FINE"));
  expect_fits(first);
  EXPECT_THAT(first, HasSubstr("nnnnnnnnnnnnnnnnn...  FAILED"));
}

// A command is copied as it stands, or it is none.
TEST_F(Screens, ACommandIsNeverBroken) {
  StatusAnswer view = status();
  view.nodes.clear();
  for (int i = 0; i < 100; ++i) {
    auto one = node("x" + std::to_string(1000 + 2 * i), "SN2P", Verdict::verified);
    one.notice = Fact(FactCode::drift_notice, {}, "x");
    one.notice_cure = Cure(CureCode::acknowledge, {.nodes = {one.node}});
    view.nodes.push_back(one);
  }
  const std::string screen = status_screen(view);
  const size_t begin = screen.find("cure: snctl ack 'x[1000,");
  ASSERT_NE(begin, std::string::npos) << screen;
  EXPECT_THAT(screen.substr(begin, screen.find('\n', begin) - begin),
              HasSubstr(",1198]' if it is"));
}

TEST_F(Screens, ALongListOfTheLeftOverIsTheRest) {
  StatusAnswer view = status();
  view.nodes.clear();
  for (int i = 0; i < 100; ++i) {
    auto one = node("x" + std::to_string(1000 + 2 * i), "SN2P", Verdict::held);
    one.on = "SN1P";
    one.cure = Cure(CureCode::move_node_planned, {.sn = "SN1P", .nodes = {one.node}});
    view.nodes.push_back(one);
  }
  EXPECT_THAT(status_screen(view), HasSubstr("    cure: snctl takeover SN1P --rest --planned\n"));
}

TEST_F(Screens, AStopIsToldOnce) {
  sn::coordinator::ShownTakeover stopped = takeover();
  stopped.state = TakeoverState::stopped;
  stopped.why = "canary cn117 ended partly";
  TakeoverPart& waits = stopped.nodes.at("cn128");
  waits.reason = Fact(FactCode::not_told_still_on, {.sn = "SN1P"},
                      Fact(FactCode::was_stopped, {.takeover = 17}));
  waits.cure = Cure(CureCode::resume_or_abort, {.takeover = 17});
  const std::string screen = takeover_screen({stopped, false, 4});
  EXPECT_THAT(screen,
              HasSubstr("1 cn128  not told, still on SN1P: T17 was stopped\nKept on purpose"));
  EXPECT_EQ(screen.find("snctl resume T17"), screen.rfind("snctl resume T17"));
}

TEST_F(Screens, AFullDiskIsTheFirstThingThatIsNotFine) {
  StatusAnswer view = status();
  view.disk = {"/var/lib/sncoord", 0, 1, true};
  EXPECT_THAT(
      status_screen(view),
      HasSubstr("NOT FINE\n /var/lib/sncoord  is full: 0 of 1 MiB free; no takeover begins\n"
                "    cure: df /var/lib/sncoord"));
}

TEST_F(Screens, AfterARestartNodesAreNotCalledLost) {
  StatusAnswer view = status();
  view.up_since_unix_ms = view.now_unix_ms - 30;
  auto away = node("cn001", "SN2P", Verdict::verified);
  away.connected = away.ever_seen = false;
  view.nodes = {away};
  view.service_nodes.clear();
  EXPECT_THAT(status_screen(view),
              HasSubstr(" cn001  reconnecting: the coordinator has just started\nPATH"));
  view.up_since_unix_ms = view.now_unix_ms - 3'600'000;
  EXPECT_THAT(status_screen(view), HasSubstr("    cure: xdsh cn001 systemctl status snagentd"));
  // A clock that was set back is no time before the start.
  view.up_since_unix_ms = view.now_unix_ms + 3'600'000;
  EXPECT_THAT(status_screen(view), HasSubstr("coordinator up 0.00 s"));
}

TEST_F(Screens, AnAcknowledgedDriftIsFineAndStillSaid) {
  StatusAnswer view = status();
  auto one = node("cn001", "SN2P", Verdict::verified);
  one.acknowledged = Fact(FactCode::acknowledged, {.by = "root"},
                          Fact(FactCode::drift_notice, {}, "/etc/motd: x"));
  view.nodes = {one};
  view.service_nodes.clear();
  EXPECT_THAT(status_screen(view), HasSubstr("All 1 node fine\n"));
  EXPECT_THAT(status_of_screen(view, "cn001"),
              HasSubstr("  acknowledged by root: DRIFT /etc/motd: x\n"));
}

TEST_F(Screens, AFailbackToAServiceNodeIsNamedByIt) {
  PlanAnswer back = plan();
  back.undoes = 16;
  back.back_to = "SN1P";
  back.from = "SN2P,SN3P";
  back.to = "SN1P";
  EXPECT_THAT(plan_screen(back, "", false), HasSubstr("Do it: snctl failback SN1P\n"));
  EXPECT_EQ(plan_question(back),
            "Move 128 nodes back from SN2P,SN3P to SN1P, each as before it left SN1P (120 now, "
            "the others when they can)? [y/N] ");
  sn::coordinator::ShownTakeover header = takeover();
  header.undoes = 16;
  header.back_to = "SN1P";
  EXPECT_THAT(takeover_header(summary_of(header)), HasSubstr("by root  failback to SN1P\n"));
}

TEST_F(Screens, EventsAreOneLine) {
  Event event;
  event.unix_ms = kThen;
  event.id = "SN0320";
  event.what = "node_verified";
  event.takeover = "T17";
  event.node = "cn042";
  event.text = "on SN2P, 9 changes";
  EXPECT_EQ(event_line(event), "03:14:07 CET SN0320 T17 cn042 node verified: on SN2P, 9 changes\n");
}

}  // namespace
}  // namespace sn::coordinator
