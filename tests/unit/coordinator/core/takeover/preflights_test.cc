#include "coordinator/core/fleet.h"
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
  command.planned = true;
  command.confirm = true;
  world.begin(command, /*from_alive=*/true);
  world.advance(61'000);
  world.command(ConfirmCommand{true});
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->cure),
              HasSubstr("snctl takeover SN1P --to SN3P --nodes cn001 --planned --strict looks"));
}

TEST(Takeover, ARehearsalIsAskedForByItsOwnMessage) {
  World world;
  world.connect("cn001");
  auto rehearsal = world.takeover_of("SN1P", "SN2P");
  rehearsal.dry_run = rehearsal.rehearse = true;
  world.command(rehearsal);
  ASSERT_FALSE(world.sent_.empty());
  const auto* asked = std::get_if<wire::Rehearse>(&world.sent_.back().message);
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
  report.sightings = {{"SN1P", false, "x"}, {"SN2P", true, "x"}};
  report.plan.outlook = Outlook::whole;
  report.plan.hash = "0123456789abcdef";
  world.from("cn001", report);
  world.answer_preflight();
  ASSERT_FALSE(world.told_.empty());
  EXPECT_EQ(world.told_.front().plan_hash, "0123456789abcdef");
}

TEST(Takeover, AnOrderForWhatWasNotPlannedCarriesNoHash) {
  Presence presence;
  presence.planned = {{"SN1P"}, "SN2P", 0, "hash"};
  EXPECT_EQ(presence.plan_hash({"SN1P"}, "SN2P", 0), "hash");
  EXPECT_EQ(presence.plan_hash({"SN1P", "SN3P"}, "SN2P", 0), "");
  EXPECT_EQ(presence.plan_hash({"SN1P"}, "SN3P", 0), "");
  EXPECT_EQ(presence.plan_hash({"SN1P"}, "SN2P", 7), "");
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
    other.carry_out(
        other.core_->on_probe(probe.request, probe.service_node == "SN2P", "x", other.now()));
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
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
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
