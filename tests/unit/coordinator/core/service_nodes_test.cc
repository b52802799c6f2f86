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
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
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
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  EXPECT_EQ(world.part(1, "cn001").verdict, Verdict::partly)
      << text_of(world.part(1, "cn001").reason);
}

// Ends the looks that are out, and lets the next ones begin.
void look(World& world, bool alive) {
  world.probes_.clear();
  world.advance(kFailedLookMs);
  for (const auto& probe : std::exchange(world.probes_, {})) {
    EXPECT_EQ(probe.service_node, "SN1P") << "only the failed one is looked at";
    world.carry_out(
        world.core_->on_probe(probe.request, alive, "10.1.1.100 port 22 accepts", world.now()));
  }
}

size_t alarms(const World& world) {
  return static_cast<size_t>(
      std::count_if(world.events_.begin(), world.events_.end(),
                    [](const Event& event) { return event.id == "SN0411"; }));
}

ServiceNodeStatus shown(World& world) {
  world.command(StatusCommand{});
  for (const auto& sn : world.last_answer<StatusAnswer>()->service_nodes) {
    if (sn.record.name == "SN1P") return sn;
  }
  return {};
}

TEST(ServiceNodes, OneThatReturnsFromTheDeadIsAnAlarmOnce) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  ASSERT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed);
  look(world, false);
  EXPECT_EQ(alarms(world), 0U);
  look(world, true);
  look(world, true);
  EXPECT_EQ(alarms(world), 1U);
  EXPECT_GT(shown(world).returned.since_unix_ms, 0);
  EXPECT_EQ(shown(world).returned.evidence, "10.1.1.100 port 22 accepts");
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed)
      << "nothing follows from it";
  look(world, false);
  EXPECT_EQ(shown(world).returned.since_unix_ms, 0);
  look(world, true);
  EXPECT_EQ(alarms(world), 2U);
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  EXPECT_EQ(world.last_answer<DoneAnswer>()->text.find("did not answer"), std::string::npos);
  EXPECT_EQ(shown(world).returned.since_unix_ms, 0);
}

TEST(ServiceNodes, OneThatIsUpIsNotLookedAt) {
  World world;
  world.advance(3 * kFailedLookMs);
  EXPECT_THAT(world.probes_, IsEmpty());
}

TEST(ServiceNodes, ClearingOneThatWasNeverLookedAtSaysNothingOfIt) {
  World world;
  world.command(ClearServiceNodeCommand{"SN2P", "root"});
  EXPECT_EQ(world.last_answer<DoneAnswer>()->text, "SN2P is marked up");
}

TEST(ServiceNodes, ClearingOneThatIsStillSilentSaysSo) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  look(world, false);
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("it did not answer"));
}

}  // namespace
}  // namespace sn::coordinator
