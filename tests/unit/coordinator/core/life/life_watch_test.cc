#include "coordinator/core/life/life_watch.h"

#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

// SN1P as this machine and as the nodes see it; every question is answered at once.
class Watching : public World {
 public:
  Life here = Life::serves;
  std::map<std::string, Life> nodes;    // that are not in it see what this machine sees
  size_t looks = 0;                     // that nodes were told to take
  size_t half_way_looks = 0;            // of SN1P: only its kernel is seen; one of each
  std::set<std::string> half_way_seen;  // by whom

  static MachineSighting of(Life life) { return {life, "", std::string(to_string(life)), {}}; }

  void answer() {
    for (bool more = true; more;) {
      more = false;
      for (const auto& probe : std::exchange(probes_, {})) {
        more = true;
        const bool of_sn1 = probe.service_node == "SN1P";
        const Life whole = of_sn1 ? here : Life::serves;
        // Without services only its kernel is asked.
        Life life = probe.services.empty() ? std::min(whole, Life::echo) : whole;
        if (of_sn1 && !probe.services.empty()) life = half_way(life, "");
        carry_out(core_->on_probe(probe.request, of(life), now()));
      }
      for (const auto& send : std::exchange(sent_, {})) {
        const auto* look = std::get_if<wire::Look>(&send.message);
        if (look == nullptr) continue;
        more = true;
        const std::string node = send.connection.substr(2);
        if (look->service_nodes.front() == "SN1P") ++looks;
        const bool of_sn1 = look->service_nodes.front() == "SN1P";
        const Life whole = nodes.contains(node) ? nodes.at(node) : half_way(here, node);
        const Life life = of_sn1 ? whole : Life::serves;
        from(node, wire::Seen{look->request, {{look->service_nodes.front(), of(life)}}});
      }
    }
  }
  Life half_way(Life life, const std::string& by) {
    if (life != Life::serves || half_way_looks == 0 || !half_way_seen.insert(by).second) {
      return life;
    }
    --half_way_looks;
    return Life::echo;
  }
  void run(int64_t ms) {
    for (int64_t passed = 0; passed < ms; passed += 100) {
      advance(100);
      answer();
    }
  }
  LifeStatus life() {
    command(StatusCommand{});
    for (const auto& sn : last_answer<StatusAnswer>()->service_nodes) {
      if (sn.record.name == "SN1P") return sn.life;
    }
    return {};
  }
  size_t events(const char* id) const {
    return static_cast<size_t>(std::count_if(
        events_.begin(), events_.end(),
        [&](const auto& event) { return event.id == id && event.service_node == "SN1P"; }));
  }
};

TEST(LifeWatch, BeforeAnybodyWasAskedItSaysSo) {
  Watching world;
  EXPECT_EQ(world.life().life, Life::unasked);
}

TEST(LifeWatch, OneThatAnswersIsNoNews) {
  Watching world;
  world.connect_each({"cn001", "cn002"});
  world.run(40'000);
  EXPECT_EQ(world.life().life, Life::serves);
  EXPECT_EQ(world.life().here, Life::serves);
  EXPECT_EQ(world.life().alive_by, 2U);
  EXPECT_EQ(world.events("SN0412") + world.events("SN0413") + world.events("SN0414"), 0U);
}

TEST(LifeWatch, ADeathIsShownInLessThanFiveSeconds) {
  Watching world;
  world.connect_each({"cn001", "cn002"});
  for (int64_t ms = 10'000; ms < 11'000; ms += 100) {
    Watching fresh;
    fresh.connect_each({"cn001", "cn002"});
    fresh.run(ms);
    fresh.here = Life::silent;
    fresh.run(4'000);  // and as much as a look's deadline, which is answered at once here
    EXPECT_EQ(fresh.life().life, Life::silent) << ms;
    EXPECT_EQ(fresh.events("SN0412"), 1U);
    EXPECT_EQ(fresh.life().alive_by, 0U);
  }
}

// Nodes look in turn: those that looked in vain before say nothing of now.
TEST(LifeWatch, OneThatIsBackIsNotSaidToBeSeenByNobody) {
  Watching world;
  world.connect_each({"cn001", "cn002"});
  world.run(10'000);
  world.here = Life::silent;
  world.run(30'000);
  EXPECT_EQ(world.life().alive_by, 0U);
  EXPECT_EQ(world.life().asked, 2U);
  world.here = Life::serves;
  for (int64_t ms = 0; ms < 90'000; ms += 1'000) {
    world.run(1'000);
    if (world.life().life != Life::serves) continue;
    EXPECT_EQ(world.life().asked, world.life().alive_by) << ms;
  }
  EXPECT_EQ(world.life().alive_by, 2U);
}

TEST(LifeWatch, WhatNodesSeeAliveIsAlive) {
  Watching world;
  world.connect_each({"cn001", "cn002"});
  world.run(5'000);
  world.here = Life::silent;
  world.nodes = {{"cn001", Life::serves}, {"cn002", Life::serves}};
  world.run(120'000);
  EXPECT_EQ(world.life().life, Life::serves);
  EXPECT_EQ(world.life().here, Life::silent);
  EXPECT_EQ(world.events("SN0412"), 0U);
}

TEST(LifeWatch, NodesAreTheEyesOfAMachineThatHasNoWayThere) {
  Watching world;
  world.here = Life::silent;
  world.nodes = {{"cn001", Life::serves}, {"cn002", Life::serves}};
  world.connect_each({"cn001", "cn002"});
  world.run(10'000);
  EXPECT_EQ(world.life().life, Life::serves);
  world.nodes = {{"cn001", Life::silent}, {"cn002", Life::silent}};
  world.run(4'000);
  EXPECT_EQ(world.life().life, Life::silent);
}

TEST(LifeWatch, WhatNobodyEverSawAliveIsNotCalledDeadByThisMachineAlone) {
  Watching world;
  world.here = Life::silent;
  world.run(60'000);
  EXPECT_EQ(world.life().life, Life::unasked);
  EXPECT_EQ(world.events("SN0412"), 0U);
  world.connect("cn001");  // it looks, and sees nothing either
  world.run(10'000);
  EXPECT_EQ(world.life().life, Life::silent);
}

TEST(LifeWatch, OneWhoseServicesAreDeadIsHalfDead) {
  Watching world;
  world.connect("cn001");
  world.run(5'000);
  world.here = Life::echo;
  world.run(kServiceLookMs + 2'000);
  EXPECT_EQ(world.life().life, Life::echo);
  EXPECT_EQ(world.events("SN0413"), 1U);
  world.here = Life::serves;
  world.run(kTroubleLookMs + 1'000);
  EXPECT_EQ(world.life().life, Life::serves);
  EXPECT_EQ(world.events("SN0414"), 1U);
}

TEST(LifeWatch, OneThatComesUpIsNotCalledHalfDeadOnItsWay) {
  Watching world;
  world.connect("cn001");
  world.run(5'000);
  world.here = Life::silent;
  world.run(10'000);
  ASSERT_EQ(world.life().life, Life::silent);
  // Everybody's next look catches its kernel, and no service yet.
  world.half_way_looks = 2;
  world.here = Life::serves;
  world.run(3'000);
  EXPECT_EQ(world.life().life, Life::serves);
  EXPECT_EQ(world.events("SN0413"), 0U);
  EXPECT_EQ(world.events("SN0414"), 1U);
}

TEST(LifeWatch, FlapsAreCounted) {
  Watching world;
  world.connect("cn001");
  world.run(5'000);
  for (int i = 0; i < 3; ++i) {
    world.here = Life::silent;
    world.run(20'000);
    world.here = Life::serves;
    world.run(20'000);
  }
  EXPECT_EQ(world.life().life, Life::serves);
  EXPECT_EQ(world.life().flaps, 3U);
  EXPECT_EQ(world.events("SN0412"), 3U);
  world.run(kFlapMs);
  EXPECT_EQ(world.life().flaps, 0U) << "an hour ago";
}

TEST(LifeWatch, OneThatIsMarkedFailedAndAnswersIsAnAlarm) {
  Watching world;
  world.connect("cn001");
  world.run(5'000);
  world.here = Life::silent;
  world.nodes = {{"cn001", Life::silent}};
  world.run(10'000);
  world.takeover();
  world.verify("cn001");
  world.run(10'000);
  EXPECT_EQ(world.events("SN0411"), 0U);
  world.here = Life::serves;
  world.run(10'000);
  EXPECT_EQ(world.events("SN0411"), 1U);
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed)
      << "nothing follows from it";
}

TEST(LifeWatch, NodesAreAskedSeldomWhileAllIsWell) {
  Watching world;
  world.connect_each({"cn001", "cn002", "cn003"});
  world.run(5'000);
  world.looks = 0;
  world.run(600'000);
  EXPECT_GE(world.looks, 20U);
  EXPECT_LE(world.looks, 33U) << "three nodes, ten minutes, once a minute each";
}

TEST(LifeWatch, ANodeThatSeesNothingRaisesNoStorm) {
  Watching world;
  world.here = Life::silent;  // no way from here
  world.nodes = {{"cn001", Life::silent}, {"cn002", Life::serves}, {"cn003", Life::silent}};
  world.connect_each({"cn001", "cn002", "cn003"});
  world.run(60'000);
  EXPECT_EQ(world.life().life, Life::serves);
  world.looks = 0;
  world.run(60'000);
  EXPECT_LE(world.looks, 30U * kNodesInTurn + 6U * 3U);
}

TEST(LifeWatch, WhatANodeWasNotAskedForCountsNothing) {
  Watching world;
  world.connect("cn001");
  world.here = Life::silent;
  world.run(20'000);
  EXPECT_EQ(world.life().life, Life::silent);
  world.from("cn001", wire::Seen{4'711, {{"SN1P", Watching::of(Life::serves)}}});
  EXPECT_EQ(world.life().life, Life::silent);
}

}  // namespace
}  // namespace sn::coordinator
