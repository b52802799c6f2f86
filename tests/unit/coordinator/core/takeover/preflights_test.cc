#include "common/wire/plan_group.h"
#include "coordinator/core/fleet.h"
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

wire::PlanSummary whole_plan(const std::string& shape) {
  wire::PlanSummary plan;
  plan.outlook = Outlook::whole;
  plan.shape = shape;
  plan.files = 7;
  plan.group = wire::plan_group(plan);
  return plan;
}

wire::PlanReport report_of(uint64_t request, const std::string& shape) {
  return wire::report_on(request, {}, whole_plan(shape));
}

TEST(Takeover, RefusesWhileTheServiceNodeLivesAndNamesPlanned) {
  World world;
  world.connect("cn001");
  world.command(world.takeover_of("SN1P"));
  world.answer_preflight(/*from_alive=*/true);
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->exit_code, 3);
  EXPECT_THAT(text_of(refusal->cure), HasSubstr("--planned"));
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.node("cn001").service_node(), "SN1P");

  auto planned = world.takeover_of("SN1P");
  planned.planned = true;
  world.command(planned);
  world.answer_preflight(/*from_alive=*/true);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::maintenance);
}

// What is to be typed is what was typed, and not more.
TEST(Takeover, TheCureOfARefusalKeepsItsOptions) {
  World world;
  world.connect("cn001");
  auto command = world.takeover_of("SN1P", "SN3P");
  command.nodes = {"cn001"};
  command.strict = true;
  world.begin(command, /*from_alive=*/true);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->cure),
              HasSubstr("snctl takeover SN1P --to SN3P --nodes cn001 --planned --strict;"));
}

TEST(Takeover, ARehearsalIsAskedForByItsOwnMessage) {
  World world;
  world.connect("cn001");
  auto rehearsal = world.takeover_of("SN1P", "SN2P");
  rehearsal.dry_run = rehearsal.rehearse = true;
  world.command(rehearsal);
  ASSERT_FALSE(world.ordered_.empty());
  const auto* asked = std::get_if<wire::Rehearse>(&world.ordered_.back().order.what);
  ASSERT_NE(asked, nullptr);
  EXPECT_THAT(asked->from, ElementsAre("SN1P"));
  EXPECT_EQ(asked->to, "SN2P");
}

TEST(Takeover, TheOrderCarriesTheHashOfThePlanThatTheNodeReported) {
  World world;
  world.connect("cn001");
  world.command(world.takeover_of("SN1P", "SN2P"));
  wire::PlanReport report;
  report.request = std::get<wire::Preflight>(world.sent_.back().message).request;
  report.sightings = {{"SN1P", World::sighting(false)}, {"SN2P", World::sighting(true)}};
  report.hash = "0123456789abcdef";
  report.shape = "fedcba9876543210";
  report.group = whole_plan("").group;
  world.from("cn001", report);
  world.from("cn001", wire::FullPlan{report.request, whole_plan("")});
  world.answer_preflight();
  ASSERT_FALSE(world.told_.empty());
  EXPECT_EQ(world.told_.front().plan_hash, "0123456789abcdef");
  EXPECT_EQ(world.told_.front().plan_shape, "fedcba9876543210");
}

TEST(Takeover, AnOrderForWhatWasNotPlannedCarriesNoHash) {
  Presence presence;
  presence.confirmed = {12, {"SN1P"}, "SN2P", 0, "hash", "shape"};
  EXPECT_EQ(presence.confirmed_for(12, {"SN1P"}, "SN2P", 0), &presence.confirmed);
  EXPECT_EQ(presence.confirmed_for(13, {"SN1P"}, "SN2P", 0), nullptr);
  EXPECT_EQ(presence.confirmed_for(12, {"SN1P", "SN3P"}, "SN2P", 0), nullptr);
  EXPECT_EQ(presence.confirmed_for(12, {"SN1P"}, "SN3P", 0), nullptr);
  EXPECT_EQ(presence.confirmed_for(12, {"SN1P"}, "SN2P", 7), nullptr);
}

TEST(Takeover, APlanWaitsForANodeThatWasThereLately) {
  World world;
  world.connect_each({"cn001", "cn002"});
  world.carry_out(world.core_->on_send_failed("c-cn002", world.now()));
  auto plan = world.takeover_of("SN1P");
  plan.dry_run = true;
  world.begin(plan);
  EXPECT_EQ(world.last_answer<PlanAnswer>(), nullptr) << "it may be on its way over another path";
  world.connect("cn002");
  const auto* asked = std::get_if<wire::Preflight>(&world.sent_.back().message);
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(world.sent_.back().connection, "c-cn002");
  world.report("cn002", report_of(asked->request, "same"), whole_plan("same"));
  ASSERT_NE(world.last_answer<PlanAnswer>(), nullptr);
  EXPECT_EQ(world.last_answer<PlanAnswer>()->groups.front().nodes.size(), 2U);
}

// The plan of three nodes, each of which is asked for its report.
uint64_t begin_plan_of_three(World& world) {
  world.connect_each({"cn001", "cn002", "cn003"});
  world.mute_ = {"cn001", "cn002", "cn003"};
  auto plan = world.takeover_of("SN1P");
  plan.dry_run = true;
  world.begin(plan);
  for (const auto& send : world.sent_) {
    const auto* asked = std::get_if<wire::Preflight>(&send.message);
    if (asked != nullptr) return asked->request;
  }
  return 0;
}

std::vector<std::string> asked_for_their_plan(const World& world) {
  std::vector<std::string> nodes;
  for (const auto& send : world.sent_) {
    if (std::holds_alternative<wire::TellPlan>(send.message)) {
      nodes.push_back(send.connection.substr(2));
    }
  }
  return nodes;
}

TEST(Takeover, TwoOfAGroupAreAskedForTheWholePlanAndOneAnswerIsEnough) {
  World world;
  const uint64_t request = begin_plan_of_three(world);
  for (const auto* node : {"cn001", "cn002", "cn003"}) {
    world.from(node, report_of(request, "same"));
  }
  EXPECT_THAT(asked_for_their_plan(world), ElementsAre("cn001", "cn002"));
  const wire::PlanSummary whole = whole_plan("same");
  world.from("cn003", wire::FullPlan{request, whole});
  EXPECT_EQ(world.last_answer<PlanAnswer>(), nullptr) << "it was not asked";
  world.from("cn002", wire::FullPlan{request, whole});
  const auto* answer = world.last_answer<PlanAnswer>();
  ASSERT_NE(answer, nullptr);
  ASSERT_EQ(answer->groups.size(), 1U);
  EXPECT_EQ(answer->groups.front().nodes.size(), 3U);
  EXPECT_EQ(answer->groups.front().plan, whole);
}

// It would say for all of them that the dead one is another machine, or that nobody can be moved.
TEST(Takeover, APlanThatIsNotOfItsGroupIsNotHeard) {
  World world;
  const uint64_t request = begin_plan_of_three(world);
  for (const auto* node : {"cn001", "cn002", "cn003"}) {
    world.from(node, report_of(request, "same"));
  }
  auto lie = whole_plan("same");
  lie.findings.push_back(
      {FindingClass::blocked, "", Fact(FactCode::entry_differs, {.sn = "SN1P"}), {}});
  world.from("cn001", wire::FullPlan{request, lie});
  lie.group = wire::plan_group(lie);
  world.from("cn001", wire::FullPlan{request, lie});
  EXPECT_EQ(world.last_answer<PlanAnswer>(), nullptr);
  world.from("cn002", wire::FullPlan{request, whole_plan("same")});
  ASSERT_NE(world.last_answer<PlanAnswer>(), nullptr);
  EXPECT_EQ(world.last_answer<PlanAnswer>()->groups.front().outlook, Outlook::whole);
}

TEST(Takeover, AnotherOfTheGroupIsAskedWhenThoseWhoWereAreGone) {
  World world;
  const uint64_t request = begin_plan_of_three(world);
  for (const auto* node : {"cn001", "cn002", "cn003"}) {
    world.from(node, report_of(request, "same"));
  }
  world.carry_out(world.core_->on_send_failed("c-cn001", world.now()));
  EXPECT_THAT(asked_for_their_plan(world), ElementsAre("cn001", "cn002", "cn003"));
  world.connect("cn002");
  EXPECT_THAT(asked_for_their_plan(world), ElementsAre("cn001", "cn002", "cn003", "cn002"))
      << "over its new connection";
  world.from("cn003", wire::FullPlan{request, whole_plan("same")});
  EXPECT_NE(world.last_answer<PlanAnswer>(), nullptr);
}

TEST(Takeover, AGroupOfWhichNobodyTellsThePlanGaveNoneInTime) {
  World world;
  const uint64_t request = begin_plan_of_three(world);
  world.from("cn001", report_of(request, "silent"));
  world.report("cn002", report_of(request, "same"), whole_plan("same"));
  world.report("cn003", report_of(request, "same"), whole_plan("same"));
  EXPECT_EQ(world.last_answer<PlanAnswer>(), nullptr);
  world.advance(3'000);
  const auto* answer = world.last_answer<PlanAnswer>();
  ASSERT_NE(answer, nullptr);
  ASSERT_EQ(answer->groups.size(), 2U);
  EXPECT_THAT(answer->groups.back().nodes, ElementsAre("cn001"));
  EXPECT_EQ(answer->groups.back().outlook, Outlook::silent);
}

TEST(Takeover, NobodyWaitsForThePlanOfOneThatLeft) {
  World world;
  const uint64_t request = begin_plan_of_three(world);
  for (const auto* node : {"cn002", "cn003"}) {
    world.report(node, report_of(request, "same"), whole_plan("same"));
  }
  world.from("cn001", report_of(request, "its own"));
  EXPECT_EQ(world.last_answer<PlanAnswer>(), nullptr);
  world.carry_out(world.core_->on_send_failed("c-cn001", world.now()));
  world.advance(1);
  EXPECT_NE(world.last_answer<PlanAnswer>(), nullptr);
}

TEST(Takeover, APlanWaitsForNobodyBeyondItsTime) {
  World world;
  world.connect_each({"cn001", "cn002"});
  world.carry_out(world.core_->on_send_failed("c-cn002", world.now()));
  auto plan = world.takeover_of("SN1P");
  plan.dry_run = true;
  world.begin(plan);
  world.advance(3'000);
  ASSERT_NE(world.last_answer<PlanAnswer>(), nullptr);
  EXPECT_EQ(world.last_answer<PlanAnswer>()->groups.back().outlook, Outlook::down);
}

TEST(Takeover, ARehearsalIsRefusedWhileFrozen) {
  World world;
  world.connect("cn001");
  world.command(FreezeCommand{true, "root"});
  auto rehearsal = world.takeover_of("SN1P");
  rehearsal.dry_run = rehearsal.rehearse = true;
  world.begin(rehearsal);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("frozen"));
}

TEST(Takeover, RefusesABackupThatAnswersNobody) {
  World world;
  world.connect("cn001");
  world.command(world.takeover_of("SN1P"));
  world.answer_preflight(false, /*to_alive=*/false);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason),
              HasSubstr("SN2P answers none of 1"));
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Takeover, OneSilentNodeStopsNeitherThePreflightNorTheOthers) {
  World world;
  world.connect("cn001");
  world.command(world.takeover_of("SN1P"));
  world.answer_preflight();
  world.connect("cn002");
  EXPECT_THAT(world.told(), ElementsAre("cn001", "cn002"));
  // Now one that is asked and says nothing.
  World other;
  other.connect("cn001");
  other.command(other.takeover_of("SN1P"));
  for (const auto& probe : other.probes_) {
    other.carry_out(other.core_->on_probe(
        probe.request, World::sighting(probe.service_node == "SN2P"), other.now()));
  }
  EXPECT_THAT(other.told(), IsEmpty());
  other.advance(5'000);
  EXPECT_THAT(other.told(), ElementsAre("cn001"));
}

TEST(Confirmation, NothingHappensBeforeTheQuestionIsAnswered) {
  World world;
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.confirm = true;
  world.begin(command);
  ASSERT_NE(world.last_answer<PlanAnswer>(), nullptr);
  EXPECT_TRUE(world.last_answer<PlanAnswer>()->asks);
  EXPECT_THAT(world.told(), IsEmpty());
  world.command(ConfirmCommand{true});
  EXPECT_THAT(world.told(), IsEmpty()) << "everything is looked at once more";
  world.answer_preflight();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

// A takeover of SN1P whose question stands, and everybody saw it so.
void ask(World& world, MachineSighting from) {
  world.from_sighting_ = std::move(from);
  auto command = world.takeover_of("SN1P");
  command.confirm = true;
  world.command(command);
  world.answer_preflight();
}

TEST(Confirmation, OneThatCameBackWhileTheQuestionStoodIsNotLeft) {
  World world;
  world.connect("cn001");
  ask(world, World::sighting(false));
  ASSERT_TRUE(world.last_answer<PlanAnswer>()->asks);
  world.from_sighting_ = World::sighting(true);
  world.command(ConfirmCommand{true});
  world.answer_preflight();
  EXPECT_THAT(world.told(), IsEmpty());
  ASSERT_NE(world.last_answer<RefusalAnswer>(), nullptr);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("SN1P is alive"));
}

TEST(Confirmation, AfterAMinuteItIsLookedAndAskedAgain) {
  World world;
  world.connect("cn001");
  ask(world, World::sighting(false));
  world.advance(61'000);
  world.replies_.clear();
  world.command(ConfirmCommand{true});
  world.answer_preflight();
  EXPECT_THAT(world.told(), IsEmpty());
  ASSERT_NE(world.last_answer<PlanAnswer>(), nullptr);
  EXPECT_TRUE(world.last_answer<PlanAnswer>()->asks);
  world.command(ConfirmCommand{true});
  world.answer_preflight();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(Confirmation, AColleagueWhoWasFasterIsNamed) {
  World world;
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.nodes = {"cn001"};
  command.confirm = true;
  world.begin(command);
  auto other = world.takeover_of("SN1P", "SN3P");
  other.nodes = {"cn001"};
  other.by = "alice";
  world.command(other, 2);
  world.answer_preflight();
  world.outcome("cn001", Verdict::verified, world.node("cn001").generation(), "SN3P");
  world.command(ConfirmCommand{true});
  world.answer_preflight();
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(text_of(refusal->reason), "T1 (alice) moved them to SN3P meanwhile");
  EXPECT_EQ(refusal->exit_code, 3);
}

// ---------------------------------------------------------------- half dead

const MachineSighting kPing{Life::echo, "52:54:00:12:34:56", "answers ping", {}};

TEST(HalfDead, IsRefusedWhereNobodyCanBeAsked) {
  World world;
  world.connect("cn001");
  world.from_sighting_ = kPing;
  world.takeover();
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(text_of(refusal->reason),
            "SN1P is HALF DEAD: it answers ping, from 52:54:00:12:34:56, says coordinator; 1 of 1 "
            "nodes see it");
  EXPECT_THAT(text_of(refusal->cure), HasSubstr("snctl takeover SN1P --fenced"));
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(HalfDead, IsLeftByWhoVouchesForIt) {
  World world;
  world.connect("cn001");
  world.from_sighting_ = kPing;
  auto command = world.takeover_of("SN1P");
  command.fenced = true;
  world.begin(command);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed);
  EXPECT_TRUE(world.state_.takeovers.at(1).fenced) << "recorded, with who typed it";
}

TEST(HalfDead, TakesTwoAnswers) {
  World world;
  world.connect("cn001");
  ask(world, kPing);
  ASSERT_TRUE(world.last_answer<PlanAnswer>());
  EXPECT_EQ(world.last_answer<PlanAnswer>()->from_life, Life::echo);
  world.command(ConfirmCommand{true, false});
  world.answer_preflight();
  EXPECT_THAT(world.told(), IsEmpty()) << "the second was not given";
  EXPECT_NE(world.last_answer<RefusalAnswer>(), nullptr);
  ask(world, kPing);
  world.command(ConfirmCommand{true, true});
  world.answer_preflight();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  EXPECT_TRUE(world.state_.takeovers.at(1).fenced);
}

TEST(HalfDead, AServiceThatAnswersIsRefusedWhateverIsVouchedAtTheQuestion) {
  World world;
  world.connect("cn001");
  ask(world, kPing);
  world.from_sighting_ = World::sighting(true);
  world.command(ConfirmCommand{true, true});
  world.answer_preflight();
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("SN1P is alive"));
}

TEST(HalfDead, DoesNotCountWhereTheSiteSaysThatItIsOff) {
  World world;
  world.knows_power_ = true;
  world.restart();
  world.connect("cn001");
  world.from_sighting_ = kPing;
  world.takeover();
  ASSERT_EQ(world.powers_.size(), 1U);
  EXPECT_EQ(world.powers_.front().service_node, "SN1P");
  EXPECT_THAT(world.told(), IsEmpty());
  world.carry_out(
      world.core_->on_power(world.powers_.front().request, Power::off, "sn1: off", world.now()));
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(HalfDead, CountsWhereThePowerIsOnOrUnknown) {
  for (const Power power : {Power::on, Power::unknown}) {
    World world;
    world.knows_power_ = true;
    world.restart();
    world.connect("cn001");
    world.from_sighting_ = kPing;
    world.takeover();
    ASSERT_EQ(world.powers_.size(), 1U);
    world.carry_out(world.core_->on_power(world.powers_.front().request, power, "", world.now()));
    EXPECT_THAT(world.told(), IsEmpty());
    EXPECT_NE(world.last_answer<RefusalAnswer>(), nullptr);
    EXPECT_EQ(world.powers_.size(), 1U) << "asked once";
  }
}

// ---------------------------------------------------------------- what nodes will need there

const ServicePort kDns{Transport::udp, 53};
const ServicePort kNtp{Transport::udp, 123};

std::vector<ServiceSighting> answers(ServiceAnswer dns, ServiceAnswer ntp) {
  return {{kDns, dns}, {kNtp, ntp}};
}

TEST(Readiness, IsShownAndASilentServiceIsAnnounced) {
  World world;
  world.connect_each({"cn001", "cn002"});
  world.needed_["cn001"] = answers(ServiceAnswer::answered, ServiceAnswer::silent);
  world.needed_["cn002"] = answers(ServiceAnswer::answered, ServiceAnswer::answered);
  auto command = world.takeover_of("SN1P");
  command.dry_run = true;
  world.begin(command);
  const auto* plan = world.last_answer<PlanAnswer>();
  ASSERT_NE(plan, nullptr);
  ASSERT_EQ(plan->to_services.size(), 2U);
  EXPECT_EQ(plan->to_services[0].service, kDns);
  EXPECT_EQ(plan->to_services[0].ok, 2U);
  EXPECT_EQ(plan->to_services[1].silent, 1U);
  ASSERT_EQ(plan->groups.size(), 3U) << "whole, partly, down";
  EXPECT_EQ(plan->groups[1].outlook, Outlook::partly);
  EXPECT_THAT(plan->groups[1].nodes, ElementsAre("cn001"));
  EXPECT_THAT(plan->groups[1].unready, ElementsAre(ServiceSighting{kNtp, ServiceAnswer::silent}));
}

TEST(Readiness, ARescueGoesOnWithoutTime) {
  World world;
  world.connect("cn001");
  world.needed_["cn001"] = answers(ServiceAnswer::answered, ServiceAnswer::refused);
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(Readiness, WithoutNamesItIsForcedOrAskedAbout) {
  World world;
  world.connect("cn001");
  world.needed_["cn001"] = answers(ServiceAnswer::silent, ServiceAnswer::answered);
  world.takeover();
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(text_of(refusal->reason), "SN2P does not serve 1 node on 53/udp");
  EXPECT_THAT(text_of(refusal->cure), HasSubstr("snctl takeover SN1P --force"));
  EXPECT_THAT(world.told(), IsEmpty());
  auto command = world.takeover_of("SN1P");
  command.force = true;
  world.begin(command);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  EXPECT_TRUE(world.state_.takeovers.at(1).forced);
}

TEST(Readiness, WhoCannotReachTheBackupAtAllHoldsNobodyUp) {
  World world;
  world.connect_each({"cn001", "cn002"});
  world.needed_["cn002"] = answers(ServiceAnswer::silent, ServiceAnswer::silent);
  world.cut_off_ = "cn002";
  world.takeover();
  EXPECT_THAT(world.told(), testing::Contains("cn001"));
}

TEST(Readiness, AQuestionIsEnough) {
  World world;
  world.connect("cn001");
  world.needed_["cn001"] = answers(ServiceAnswer::silent, ServiceAnswer::answered);
  ask(world, World::sighting(false));
  ASSERT_TRUE(world.last_answer<PlanAnswer>());
  world.command(ConfirmCommand{true});
  world.answer_preflight();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(Readiness, EveryObjectionIsListedWithTheOneCommandForAll) {
  World world;
  world.connect("cn001");
  world.needed_["cn001"] = answers(ServiceAnswer::silent, ServiceAnswer::answered);
  world.from_sighting_ = kPing;
  world.takeover();
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_THAT(text_of(refusal->reason), HasSubstr("HALF DEAD"));
  EXPECT_THAT(text_of(refusal->reason), HasSubstr("; SN2P does not serve 1 node on 53/udp"));
  EXPECT_THAT(text_of(refusal->cure), HasSubstr("snctl takeover SN1P --fenced --force"));
}

TEST(Readiness, WhereNothingBurnsTheNodeStaysUntouched) {
  World world;
  world.connect_each({"cn001", "cn002"});
  world.needed_["cn001"] = answers(ServiceAnswer::answered, ServiceAnswer::silent);
  auto planned = world.takeover_of("SN1P");
  planned.planned = true;
  world.begin(planned, /*from_alive=*/true);
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  EXPECT_EQ(world.node("cn001").service_node(), "SN1P");
  EXPECT_EQ(world.part(1, "cn001").verdict, Verdict::blocked);
  EXPECT_EQ(text_of(world.part(1, "cn001").reason), "SN2P does not answer on 123/udp");
}

TEST(Readiness, ANodeThatWaitsForAServiceAsksAgainForTenMinutes) {
  World world;
  world.connect("cn001");
  world.takeover();
  ASSERT_THAT(world.told(), ElementsAre("cn001"));
  wire::OutcomeReport report;
  report.outcome.takeover = "T1";
  report.outcome.generation = world.node("cn001").generation();
  report.outcome.to = "SN2P";
  report.outcome.verdict = Verdict::partly;
  report.bindings = {{"SN2P", 9}};
  report.outcome.findings = {{FindingClass::not_in_effect, "",
                              Fact(FactCode::service_silent, {.to = "SN2P", .value = "123/udp"}),
                              Cure(CureCode::start_service_there, {.to = "SN2P"})}};
  world.from("cn001", report);
  EXPECT_EQ(world.present("cn001").verdict, Verdict::partly);
  world.advance(9'000);
  EXPECT_THAT(world.told(), IsEmpty());
  world.advance(3'000);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  world.from("cn001", report);
  world.advance(12'000);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  world.verify("cn001");
  EXPECT_EQ(world.present("cn001").verdict, Verdict::verified);
  world.advance(60'000);
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(OneAgainstAll, IsNamedWithTheCommandThatLeavesItOut) {
  World world;
  world.connect_each({"cn001", "cn002", "cn003"});
  world.from_sighting_ = World::sighting(false);
  world.claims_life_ = "cn002";
  world.takeover();
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(text_of(refusal->reason),
            "cn002 alone says that SN1P lives (22 connected); the coordinator and 2 other nodes "
            "see nothing of it");
  EXPECT_EQ(text_of(refusal->cure), "if cn002 is wrong: snctl takeover SN1P --without cn002");
  auto without = world.takeover_of("SN1P");
  without.without = {"cn002"};
  world.begin(without);
  EXPECT_THAT(world.told(), ElementsAre("cn001", "cn003"));
}

TEST(Confirmation, GoesWithTheClientThatAsked) {
  World world;
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.confirm = true;
  world.command(command, 7);
  world.answer_preflight();
  world.carry_out(world.core_->on_client_gone(7, world.now()));
  world.command(ConfirmCommand{true}, 7);
  EXPECT_THAT(world.told(), IsEmpty());
}

}  // namespace
}  // namespace sn::coordinator
