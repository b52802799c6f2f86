#include "coordinator/core/service_nodes.h"

#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Takeover, AfterTheServiceNodeIsClearedALateNodeIsHeldAndNamed) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.told();
  world.clear("SN1P");
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("cn[002-003]"));
  world.connect("cn003");
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.present("cn003").state, AssignmentState::held);
  EXPECT_THAT(text_of(world.present("cn003").cure), HasSubstr("snctl takeover SN1P"));
}

TEST(Promise, ClearingDoesNotSayThatAMovedNodeWasNotMoved) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.outcome("cn001", Verdict::partly, world.node("cn001").generation(), "SN2P");
  world.clear("SN1P");
  EXPECT_EQ(world.part(1, "cn001").verdict, Verdict::partly)
      << text_of(world.part(1, "cn001").reason);
}

// Ends the looks that are out.
void answer(World& world, bool alive) {
  for (const auto& probe : std::exchange(world.probes_, {})) {
    world.carry_out(world.core_->on_probe(probe.request, World::sighting(alive), world.now()));
  }
}

// A takeover of SN1P that has marked it failed.
void fail_sn1(World& world) {
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  ASSERT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed);
  world.probes_.clear();
}

TEST(ServiceNodes, OneThatAnswersIsClearedWithoutAQuestion) {
  World world;
  fail_sn1(world);
  world.command(ClearServiceNodeCommand{"SN1P", "root", true});
  EXPECT_FALSE(world.last_answer<DoneAnswer>()) << "it is looked at first";
  answer(world, true);
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::up);
  EXPECT_EQ(world.last_answer<DoneAnswer>()->text.find("did not answer"), std::string::npos);
}

TEST(ServiceNodes, OneThatIsSilentIsAskedAbout) {
  World world;
  fail_sn1(world);
  world.command(ClearServiceNodeCommand{"SN1P", "root", true});
  answer(world, false);
  ASSERT_TRUE(world.last_answer<QuestionAnswer>());
  EXPECT_EQ(text_of(world.last_answer<QuestionAnswer>()->what), "SN1P does not answer (silent)");
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed);
  world.command(ConfirmCommand{false});
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed);
  EXPECT_EQ(world.last_answer<RefusalAnswer>()->exit_code, 3);

  world.command(ClearServiceNodeCommand{"SN1P", "root", true});
  answer(world, false);
  world.command(ConfirmCommand{true});
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::up);
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("did not answer"));
}

TEST(ServiceNodes, OneThatIsSilentIsClearedWithoutAQuestionIfNobodyIsToBeAsked) {
  World world;
  fail_sn1(world);
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  answer(world, false);
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::up);
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("did not answer"));
}

TEST(ServiceNodes, NothingIsClearedForSomebodyWhoIsGone) {
  World world;
  fail_sn1(world);
  world.command(ClearServiceNodeCommand{"SN1P", "root", true});
  world.carry_out(world.core_->on_client_gone(1, world.now()));
  answer(world, true);
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed);
}

TEST(ServiceNodes, ClearingOneThatIsUpSaysNothingOfIt) {
  World world;
  world.command(ClearServiceNodeCommand{"SN2P", "root"});
  EXPECT_EQ(world.last_answer<DoneAnswer>()->text, "SN2P: cleared");
}

}  // namespace
}  // namespace sn::coordinator
