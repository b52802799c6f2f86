#include "coordinator/core/core.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string key_of(const std::string& node) {
  std::string key = "key-" + node;
  key.resize(40, '.');
  return key;
}

// A coordinator, its store and the agents' side of its wire, in one place. Every batch of effects
// is checked for the one rule that carries everything: nothing leaves before what it relies on is
// put.
class World {
 public:
  explicit World(size_t nodes = 3) : cluster_(make_cluster(nodes)) {
    for (const auto& [node, sns] : cluster_.nodes) state_.keys.push_back({node, key_of(node), 0});
    restart();
  }

  static Cluster make_cluster(size_t nodes) {
    Cluster cluster;
    for (int i = 1; i <= 3; ++i) {
      const std::string n = std::to_string(i);
      cluster.directory.service_nodes.push_back(
          {"SN" + n + "P",
           {"sn" + n},
           {*NetworkAddress::parse("10.1.1.10" + std::to_string(i - 1) + "/24")},
           ""});
    }
    for (size_t i = 1; i <= nodes; ++i) {
      cluster.nodes["cn00" + std::to_string(i)] = {"SN1P", "SN2P"};
    }
    return cluster;
  }

  Now now() const { return {{now_ms_}, {1'790'000'000'000 + now_ms_}}; }

  void restart() {
    core_ = std::make_unique<Core>(Config{}, cluster_, state_);
    sent_.clear();
    replies_.clear();
    carry_out(core_->start(now()));
  }

  void carry_out(Effects effects) {
    for (auto& effect : effects) {
      if (const auto* store = std::get_if<Store>(&effect)) {
        keep(store->change);
      } else if (const auto* send = std::get_if<Send>(&effect)) {
        if (const auto* rebind = std::get_if<wire::Rebind>(&send->message)) {
          // Persisted before spoken: the row that is told is in the store already, because the
          // shell commits a batch's stores first and this row was put in this batch or before.
          told_.push_back(*rebind);
        }
        sent_.push_back(*send);
      } else if (const auto* reply = std::get_if<Reply>(&effect)) {
        replies_.push_back(*reply);
      } else if (const auto* probe = std::get_if<Probe>(&effect)) {
        probes_.push_back(*probe);
      } else if (const auto* publish = std::get_if<Publish>(&effect)) {
        events_.push_back(publish->event);
      }
    }
  }

  void keep(const StoreChange& change) {
    if (const auto* row = std::get_if<PutRow>(&change)) state_.rows[row->row.node] = row->row;
    if (const auto* drop = std::get_if<DropRow>(&change)) state_.rows.erase(drop->node);
    if (const auto* sn = std::get_if<PutServiceNode>(&change)) {
      state_.service_nodes[sn->record.name] = sn->record;
    }
    if (const auto* takeover = std::get_if<PutTakeover>(&change)) {
      auto& kept = state_.takeovers[takeover->takeover.number];
      auto nodes = std::move(kept.nodes);
      kept = takeover->takeover;
      kept.nodes = std::move(nodes);
    }
    if (const auto* node = std::get_if<PutTakeoverNode>(&change)) {
      state_.takeovers[node->takeover].nodes[node->node.node] = node->node;
    }
    if (const auto* freeze = std::get_if<PutFreeze>(&change)) state_.freeze = freeze->freeze;
    if (const auto* generation = std::get_if<PutGeneration>(&change)) {
      state_.last_generation = generation->last_generation;
    }
    if (const auto* key = std::get_if<PutKey>(&change)) state_.keys.push_back(key->key);
  }

  void advance(int64_t ms) {
    const int64_t until = now_ms_ + ms;
    while (now_ms_ < until) {
      now_ms_ = std::min(until, std::max(now_ms_ + 1, core_->next_tick().ms));
      carry_out(core_->tick(now()));
    }
  }

  wire::Hello hello_of(const std::string& node, std::vector<wire::Binding> bindings) {
    wire::Hello hello;
    hello.node = node;
    hello.boot_id = "boot";
    hello.instance = "1";
    hello.mode = "act";
    hello.path = "tcp://10.1.1.1:7400";
    hello.directory_digest = cluster_.directory.digest();
    hello.bindings = std::move(bindings);
    return hello;
  }
  void connect(const std::string& node, std::vector<wire::Binding> bindings = {{"SN1P", 9}}) {
    from(node, hello_of(node, std::move(bindings)));
  }
  void from(const std::string& node, const wire::Message& message) {
    carry_out(core_->on_message("c-" + node, key_of(node), message, now()));
  }

  // Ends every probe that is out, and lets every connected node report on its preflight.
  void answer_preflight(bool from_alive = false, bool to_alive = true) {
    for (const auto& probe : std::exchange(probes_, {})) {
      const bool alive = probe.service_node == leaving_ ? from_alive : to_alive;
      carry_out(core_->on_probe(probe.request, alive, alive ? "22 connected" : "silent", now()));
    }
    for (const auto& send : std::vector<Send>(sent_)) {
      const auto* preflight = std::get_if<wire::Preflight>(&send.message);
      if (preflight == nullptr || preflight->request <= answered_) continue;
      wire::PlanReport report;
      report.request = preflight->request;
      for (const auto& name : preflight->from) report.sightings.push_back({name, from_alive, "x"});
      report.sightings.push_back({preflight->to, to_alive, "x"});
      report.plan.outlook = Outlook::whole;
      report.plan.shape = "same";
      // Connections are called "?-NODE" here.
      carry_out(
          core_->on_message(send.connection, key_of(send.connection.substr(2)), report, now()));
    }
    for (const auto& send : sent_) {
      if (const auto* preflight = std::get_if<wire::Preflight>(&send.message)) {
        answered_ = std::max(answered_, preflight->request);
      }
    }
  }

  void command(const Command& command, ClientId client = 1) {
    carry_out(core_->on_command(client, command, now()));
  }
  TakeoverCommand takeover_of(const std::string& from_sn, const std::string& to = "") {
    leaving_ = from_sn;
    TakeoverCommand command;
    command.from = from_sn;
    command.to = to;
    command.by = "root";
    return command;
  }
  void takeover(const std::string& from_sn = "SN1P", const std::string& to = "") {
    command(takeover_of(from_sn, to));
    answer_preflight();
  }

  void verify(const std::string& node) {
    const Row& row = state_.rows.at(node);
    outcome(node, Verdict::verified, row.generation, row.service_node);
  }
  void outcome(const std::string& node, Verdict verdict, uint64_t generation,
               const std::string& to) {
    wire::OutcomeReport report;
    report.outcome.takeover = state_.rows.at(node).takeover;
    report.outcome.generation = generation;
    report.outcome.to = to;
    report.outcome.verdict = verdict;
    if (verdict != Verdict::verified) {
      report.outcome.findings.push_back({FindingClass::blocked, "/", "is on SN1P", "reboot"});
    }
    report.bindings = {{to, 9}};
    from(node, report);
  }

  std::vector<std::string> told() {
    std::vector<std::string> nodes;
    for (const auto& rebind : std::exchange(told_, {})) nodes.push_back(rebind.node);
    return nodes;
  }
  template <class T>
  const T* last_answer() const {
    for (auto i = replies_.rbegin(); i != replies_.rend(); ++i) {
      if (const auto* answer = std::get_if<T>(&i->answer)) return answer;
    }
    return nullptr;
  }

  Cluster cluster_;
  State state_;  // the store
  std::unique_ptr<Core> core_;
  std::vector<Send> sent_;
  std::vector<Reply> replies_;
  std::vector<wire::Rebind> told_;
  std::vector<Probe> probes_;
  std::vector<Event> events_;
  std::string leaving_;
  uint64_t answered_ = 0;
  int64_t now_ms_ = 1'000;
};

TEST(Takeover, MovesEveryConnectedNodeAndEndsVerified) {
  World world;
  for (const char* node : {"cn001", "cn002", "cn003"}) world.connect(node);
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn001", "cn002", "cn003"));
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::failed);
  for (const char* node : {"cn001", "cn002", "cn003"}) world.verify(node);
  const auto* answer = world.last_answer<TakeoverAnswer>();
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->takeover.state, TakeoverState::finished);
  EXPECT_EQ(answer->exit_code, 0);
  EXPECT_EQ(world.state_.rows.at("cn001").service_node, "SN2P");
  EXPECT_THAT(world.state_.rows.at("cn001").from, IsEmpty());
}

TEST(Takeover, ShowsWhatANodeWaitsForAndForHowLong) {
  World world;
  for (const char* node : {"cn001", "cn002"}) world.connect(node);
  world.takeover();
  const std::string waits = "waiting for xcatdsklspost (pid 812)";
  world.from("cn002", wire::Progress{"T1", world.state_.rows.at("cn002").generation, waits, 0, 0});
  EXPECT_EQ(world.events_.back().what, "node_waits");
  EXPECT_EQ(world.events_.back().node, "cn002");
  EXPECT_EQ(world.events_.back().text, waits);
  world.advance(100);
  const auto* progress = world.last_answer<ProgressAnswer>();
  ASSERT_NE(progress, nullptr);
  EXPECT_EQ(progress->delayed, 1U);
  EXPECT_EQ(progress->delay, "cn002 " + waits);

  world.advance(5'000);
  wire::Beat beat;
  beat.busy = waits;
  beat.busy_ms = 12'000;
  world.from("cn002", beat);
  world.advance(100);
  EXPECT_EQ(world.last_answer<ProgressAnswer>()->delay, "cn002 " + waits + ", 12 s");
  world.command(ShowCommand{"T1"}, 2);
  const auto* shown = world.last_answer<TakeoverAnswer>();
  EXPECT_EQ(shown->takeover.nodes.at("cn002").reason, "now " + waits + ", 12 s");
  EXPECT_EQ(shown->takeover.nodes.at("cn001").reason, "");
  world.command(StatusCommand{});
  EXPECT_EQ(world.last_answer<StatusAnswer>()->nodes.at(1).busy, waits + ", 12 s");

  world.verify("cn002");
  world.advance(100);
  EXPECT_EQ(world.last_answer<ProgressAnswer>()->delayed, 0U);
  world.command(StatusCommand{});
  EXPECT_EQ(world.last_answer<StatusAnswer>()->nodes.at(1).busy, "");
}

TEST(Takeover, SeedingNeverMovesANode) {
  World world;
  world.connect("cn001", {{"SN3P", 9}});
  world.restart();
  world.connect("cn001", {{"SN3P", 9}});
  world.advance(120'000);
  EXPECT_THAT(world.told(), IsEmpty());
  world.command(StatusCommand{});
  const auto* status = world.last_answer<StatusAnswer>();
  EXPECT_THAT(status->nodes.front().notice, HasSubstr("reports SN3P, the table says SN1P"));
}

TEST(Takeover, EditingTheInventoryNeverMovesAMovedNode) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.told();
  world.cluster_.nodes["cn001"] = {"SN3P", "SN1P"};
  world.restart();
  world.connect("cn001", {{"SN2P", 9}});
  world.advance(60'000);
  EXPECT_EQ(world.state_.rows.at("cn001").service_node, "SN2P");
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Takeover, RefusesWhileTheServiceNodeLivesAndNamesPlanned) {
  World world;
  world.connect("cn001");
  world.command(world.takeover_of("SN1P"));
  world.answer_preflight(/*from_alive=*/true);
  const auto* refusal = world.last_answer<RefusalAnswer>();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->exit_code, 3);
  EXPECT_THAT(refusal->cure, HasSubstr("--planned"));
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.state_.rows.at("cn001").service_node, "SN1P");

  auto planned = world.takeover_of("SN1P");
  planned.planned = true;
  world.command(planned);
  world.answer_preflight(/*from_alive=*/true);
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  EXPECT_EQ(world.state_.service_nodes.at("SN1P").state, ServiceNodeState::maintenance);
}

TEST(Takeover, RefusesABackupThatAnswersNobody) {
  World world;
  world.connect("cn001");
  world.command(world.takeover_of("SN1P"));
  world.answer_preflight(false, /*to_alive=*/false);
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("SN2P answers none of 1"));
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

TEST(Takeover, ADownNodeStaysPendingAndConvergesWhenItConnects) {
  World world;
  world.connect("cn001");
  world.connect("cn002");
  world.takeover();
  world.verify("cn001");
  world.verify("cn002");
  const auto* answer = world.last_answer<TakeoverAnswer>();
  EXPECT_EQ(answer->takeover.state, TakeoverState::finished);
  EXPECT_EQ(answer->exit_code, 5);
  EXPECT_THAT(answer->takeover.nodes.at("cn003").reason, HasSubstr("never seen"));
  world.told();

  world.advance(3 * 7 * 86'400'000LL);  // three weeks
  world.restart();
  world.connect("cn003");
  EXPECT_THAT(world.told(), ElementsAre("cn003"));
  world.verify("cn003");
  EXPECT_EQ(world.state_.takeovers.at(1).nodes.at("cn003").verdict, Verdict::verified);
}

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
  EXPECT_EQ(world.state_.rows.at("cn003").state, RowState::held);
  EXPECT_THAT(world.state_.rows.at("cn003").cure, HasSubstr("snctl takeover SN1P"));
}

TEST(Takeover, AnUnfinishedOneGoesOnAfterARestart) {
  World world;
  for (const char* node : {"cn001", "cn002", "cn003"}) world.connect(node);
  world.takeover();
  world.verify("cn001");
  world.told();
  world.restart();
  world.connect("cn001", {{"SN2P", 9}});
  for (const char* node : {"cn002", "cn003"}) world.connect(node);
  EXPECT_THAT(world.told(), ElementsAre("cn002", "cn003"));
  world.verify("cn002");
  world.verify("cn003");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
}

TEST(Takeover, ANodeThatMissedOneMoveLosesBothOldServiceNodesInTheNext) {
  World world;
  world.connect("cn001");
  world.takeover();  // cn002 and cn003 are down
  world.verify("cn001");
  world.told_.clear();
  world.takeover("SN2P", "SN3P");
  world.connect("cn002");
  ASSERT_FALSE(world.told_.empty());
  EXPECT_THAT(world.told_.back().from, ElementsAre("SN1P", "SN2P"));
  EXPECT_EQ(world.told_.back().to, "SN3P");
  EXPECT_THAT(world.told_.front().from, ElementsAre("SN2P"));  // cn001 had arrived
}

TEST(Takeover, RunAgainItOnlyTouchesWhatIsLeft) {
  World world;
  world.connect("cn001");
  world.connect("cn002");
  world.takeover();
  world.verify("cn001");
  world.outcome("cn002", Verdict::blocked, world.state_.rows.at("cn002").generation, "SN2P");
  world.advance(61'000);
  world.connect("cn001", {{"SN2P", 9}});
  world.connect("cn002");
  world.told();
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  world.verify("cn002");
  world.connect("cn003");
  world.verify("cn003");
  world.takeover();
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("nothing to do"));
  EXPECT_THAT(world.told(), ElementsAre("cn003"));
}

TEST(Takeover, NamesAnUnknownServiceNodeAndOneWithoutNodes) {
  World world;
  world.command(world.takeover_of("SN9P"));
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("SN9P"));
  world.command(world.takeover_of("SN3P"));
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("no node is bound to SN3P"));
}

TEST(Takeover, ANodeWithoutABackupIsNamedAndDoesNotStopTheOthers) {
  World world;
  world.cluster_.nodes["cn002"] = {"SN1P"};
  world.restart();
  world.connect("cn001");
  world.connect("cn002");
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  const auto& node = world.state_.takeovers.at(1).nodes.at("cn002");
  EXPECT_EQ(node.verdict, Verdict::blocked);
  EXPECT_THAT(node.reason, HasSubstr("no backup"));
  EXPECT_EQ(world.state_.rows.at("cn002").service_node, "SN1P");
}

TEST(Takeover, RefusesAFailedTarget) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.command(world.takeover_of("SN2P", "SN1P"));
  EXPECT_THAT(world.last_answer<RefusalAnswer>()->reason, HasSubstr("marked failed"));
}

TEST(Takeover, ANodeThatReportsAThirdServiceNodeIsHeld) {
  World world;
  world.connect("cn001");
  world.connect("cn002", {{"SN3P", 9}});
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  EXPECT_EQ(world.state_.rows.at("cn002").state, RowState::held);
  EXPECT_EQ(world.state_.rows.at("cn002").service_node, "SN1P");
}

TEST(Takeover, ShowsNodesThatNameTheServiceNodeWithoutBelongingToIt) {
  World world;
  world.cluster_.nodes["cn003"] = {"SN3P", "SN2P"};
  world.restart();
  world.connect("cn001");
  world.connect("cn003", {{"SN1P", 1}, {"SN3P", 8}});
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  ASSERT_EQ(world.state_.takeovers.at(1).strays.size(), 1U);
  EXPECT_EQ(world.state_.takeovers.at(1).strays.front().node, "cn003");
}

TEST(Freeze, StopsAllSendingAndOutlivesARestart) {
  World world;
  world.connect("cn001");
  world.command(FreezeCommand{true, "root"});
  world.command(world.takeover_of("SN1P"));
  EXPECT_EQ(world.last_answer<RefusalAnswer>()->exit_code, 3);
  world.command(FreezeCommand{false, "root"});
  world.takeover();
  world.told();
  world.command(FreezeCommand{true, "root"});
  world.restart();
  world.connect("cn001");
  world.connect("cn002");
  world.advance(30'000);
  EXPECT_THAT(world.told(), IsEmpty());
  world.connect("cn001");
  world.connect("cn002");
  world.command(FreezeCommand{false, "root"});
  EXPECT_THAT(world.told(), ElementsAre("cn001", "cn002"));
}

TEST(Generation, IsNewerThanWhatAnyNodeReportedAndThanTheClock) {
  World world;
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = 9'000'000'000'000'000;
  hello.generation_target = "SN1P";
  world.from("cn001", hello);
  world.takeover();
  EXPECT_EQ(world.state_.rows.at("cn001").generation, 9'000'000'000'000'001);
}

TEST(Generation, ANodeWithANewerOneThanTheTableIsHeld) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.told();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = world.state_.rows.at("cn001").generation + 5;
  hello.generation_target = "SN3P";
  world.from("cn001", hello);
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.state_.rows.at("cn001").state, RowState::held);
}

TEST(Generation, TheSameOneForAnotherTargetIsAConflict) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.told();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = world.state_.rows.at("cn001").generation;
  hello.generation_target = "SN3P";
  world.from("cn001", hello);
  EXPECT_EQ(world.state_.rows.at("cn001").state, RowState::held);
}

TEST(Outcome, OfAnOlderGenerationChangesNothing) {
  World world;
  world.connect("cn001");
  world.takeover();
  const uint64_t old = world.state_.rows.at("cn001").generation;
  world.advance(61'000);
  world.connect("cn001");
  world.takeover();
  world.outcome("cn001", Verdict::verified, old, "SN2P");
  EXPECT_EQ(world.state_.rows.at("cn001").verdict, Verdict::pending);
}

TEST(Outcome, VerifiedWithReferencesLeftIsNotVerified) {
  World world;
  world.connect("cn001");
  world.takeover();
  wire::OutcomeReport report;
  report.outcome.takeover = "T1";
  report.outcome.generation = world.state_.rows.at("cn001").generation;
  report.outcome.to = "SN2P";
  report.outcome.verdict = Verdict::verified;
  report.outcome.left = 1;
  world.from("cn001", report);
  EXPECT_EQ(world.state_.rows.at("cn001").verdict, Verdict::partly);
}

TEST(Outcome, LostOnTheWayIsTakenFromTheNextHello) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.told();
  auto hello = world.hello_of("cn001", {{"SN2P", 9}});
  hello.generation = world.state_.rows.at("cn001").generation;
  hello.generation_target = "SN2P";
  wire::Outcome outcome;
  outcome.takeover = "T1";
  outcome.generation = hello.generation;
  outcome.to = "SN2P";
  outcome.verdict = Verdict::verified;
  hello.last.push_back(outcome);
  world.from("cn001", hello);
  EXPECT_EQ(world.state_.rows.at("cn001").verdict, Verdict::verified);
  EXPECT_THAT(world.told(), IsEmpty());
}

// Verified forgets what the node left; a later word to the contrary must bring it back, or there is
// nothing to say to the node, and nothing to name to the administrator.
TEST(Outcome, ANodeThatTakesBackThatItArrivedKnowsAgainWhatItLeaves) {
  World world(1);
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  const uint64_t generation = world.state_.rows.at("cn001").generation;
  world.outcome("cn001", Verdict::failed, generation, "SN2P");
  EXPECT_THAT(world.state_.rows.at("cn001").from, ElementsAre("SN1P"));
  world.told_.clear();
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.generation = generation;
  hello.generation_target = "SN2P";
  world.from("cn001", hello);
  ASSERT_EQ(world.told_.size(), 1U);
  EXPECT_THAT(world.told_.front().from, ElementsAre("SN1P"));

  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  world.from("cn001", hello);
  EXPECT_EQ(world.state_.rows.at("cn001").state, RowState::held);
  EXPECT_THAT(world.state_.rows.at("cn001").cure, HasSubstr("snctl takeover SN1P --planned"));
}

TEST(Keys, AMessageUnderAnUnknownKeyIsRefused) {
  World world;
  const auto effects = world.core_->on_message("c-x", std::string(40, 'x'),
                                               world.hello_of("cn001", {}), world.now());
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<wire::Refused>(std::get<Send>(effects[0]).message));
}

TEST(Keys, ANodeCannotSpeakForAnother) {
  World world;
  world.carry_out(
      world.core_->on_message("c-x", key_of("cn002"), world.hello_of("cn001", {}), world.now()));
  world.command(StatusCommand{});
  for (const auto& node : world.last_answer<StatusAnswer>()->nodes) EXPECT_FALSE(node.connected);
}

TEST(Keys, ARevokedKeyIsNotHeardAnyMore) {
  World world;
  world.connect("cn001");
  world.command(RevokeKeyCommand{"cn001"});
  EXPECT_FALSE(world.core_->keys().contains(key_of("cn001")));
  world.connect("cn001");
  world.command(StatusCommand{});
  EXPECT_FALSE(world.last_answer<StatusAnswer>()->nodes.front().connected);
}

TEST(Confirmation, NothingHappensBeforeTheQuestionIsAnswered) {
  World world;
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.confirm = true;
  world.command(command);
  world.answer_preflight();
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

TEST(Watch, ALostTerminalEndsNothing) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.carry_out(world.core_->on_client_gone(1, world.now()));
  world.command(WatchCommand{"T1"}, 2);
  world.verify("cn001");
  const auto* answer = world.last_answer<TakeoverAnswer>();
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(world.replies_.back().client, 2U);
  EXPECT_EQ(answer->takeover.state, TakeoverState::finished);
}

TEST(Feed, SerialsHaveNoGap) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  for (size_t i = 0; i < world.events_.size(); ++i) EXPECT_EQ(world.events_[i].serial, i + 1);
}

TEST(Presence, ANodeThatSaysNoBeatIsTakenAsGone) {
  World world;
  world.connect("cn001");
  world.advance(60'000);
  world.command(StatusCommand{});
  EXPECT_TRUE(world.last_answer<StatusAnswer>()->nodes.front().connected);
  world.advance(20'000);
  world.command(StatusCommand{});
  EXPECT_FALSE(world.last_answer<StatusAnswer>()->nodes.front().connected);
}

TEST(Presence, AHelloOverAnotherPathReplacesTheOldOne) {
  World world;
  world.connect("cn001");
  world.carry_out(world.core_->on_message("2-cn001", key_of("cn001"),
                                          world.hello_of("cn001", {{"SN1P", 9}}), world.now()));
  world.takeover();
  EXPECT_EQ(world.sent_.back().connection, "2-cn001");
}

// ---------------------------------------------------------------- found by a hostile reviewer

TEST(Promise, ANodeThatReportsAHugeGenerationDoesNotPoisonTheOthers) {
  World world;
  world.connect("cn001");
  world.connect("cn002");
  auto hello = world.hello_of("cn003", {{"SN1P", 9}});
  hello.generation = UINT64_MAX - 1;
  world.from("cn003", hello);
  world.takeover();
  const uint64_t first = world.state_.rows.at("cn001").generation;
  EXPECT_LT(first, uint64_t{1} << 62) << "all the others were told it, and keep it";
  world.verify("cn001");
  world.verify("cn002");
  world.advance(61'000);
  world.takeover("SN2P", "SN3P");
  EXPECT_GT(world.state_.rows.at("cn001").generation, first)
      << "every agent refuses a generation that is older than the newest it has seen";
}

TEST(Promise, TheWorldIsLookedAtAgainWhenAQuestionStoodForHours) {
  World world;
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.confirm = true;
  world.command(command);
  world.answer_preflight();
  ASSERT_TRUE(world.last_answer<PlanAnswer>()->asks);
  world.advance(8 * 3'600'000LL);
  world.connect("cn001");
  world.probes_.clear();
  world.command(ConfirmCommand{true});
  EXPECT_FALSE(world.told().size() == 1 && world.probes_.empty())
      << "eight hours later SN1P is taken for dead without a look";
}

TEST(Promise, WhoSaysYesGetsTheTargetThatWasShown) {
  World world;
  for (auto& [node, sns] : world.cluster_.nodes) sns = {"SN1P", "SN2P", "SN3P"};
  world.restart();
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.confirm = true;
  world.command(command, 1);
  world.answer_preflight();
  ASSERT_EQ(world.last_answer<PlanAnswer>()->to, "SN2P");
  // Another administrator takes SN2P (nobody is bound to it but cn003, say) out of service.
  world.state_.rows.at("cn003").service_node = "SN2P";
  world.state_.service_nodes["SN2P"] = {"SN2P", ServiceNodeState::failed, 0, ""};
  World other;  // the same, with SN2P failed while the question stands
  for (auto& [node, sns] : other.cluster_.nodes) sns = {"SN1P", "SN2P", "SN3P"};
  other.state_.rows = {};
  Row row;
  row.node = "cn003";
  row.service_node = "SN2P";
  row.generation = 1;
  other.state_.rows["cn003"] = row;
  other.restart();
  other.connect("cn001");
  auto asks = other.takeover_of("SN1P");
  asks.confirm = true;
  asks.nodes = {"cn001"};
  other.command(asks, 1);
  other.answer_preflight();
  ASSERT_EQ(other.last_answer<PlanAnswer>()->to, "SN2P");
  other.command(other.takeover_of("SN2P", "SN3P"), 2);
  other.answer_preflight();
  ASSERT_EQ(other.state_.service_nodes.at("SN2P").state, ServiceNodeState::failed);
  other.told();
  other.command(ConfirmCommand{true}, 1);
  EXPECT_NE(other.state_.rows.at("cn001").service_node, "SN3P")
      << "nobody was shown SN3P, nobody probed it";
}

TEST(Promise, ANodeRebootedFromWhatNamesTheOldOneConvergesAgain) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.told();
  world.connect("cn001", {{"SN1P", 9}});  // /run is empty: it knows of no generation
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  // One that has seen the generation drifted: shown, not corrected.
  world.verify("cn001");
  auto hello = world.hello_of("cn001", {{"SN1P", 1}, {"SN2P", 8}});
  hello.generation = world.state_.rows.at("cn001").generation;
  hello.generation_target = "SN2P";
  world.from("cn001", hello);
  EXPECT_THAT(world.told(), IsEmpty());
  world.command(StatusCommand{});
  EXPECT_THAT(world.last_answer<StatusAnswer>()->nodes.front().notice,
              HasSubstr("names SN1P again"));
}

TEST(Promise, TheCureOfAVerifiedNodeThatNamesTheOldOneAgainWorks) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.verify("cn001");
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  world.connect("cn001", {{"SN1P", 9}});  // rebooted from the image
  world.told();
  world.command(StatusCommand{});
  EXPECT_THAT(world.last_answer<StatusAnswer>()->nodes.front().notice_cure,
              HasSubstr("snctl takeover SN1P --nodes cn001"));
  auto command = world.takeover_of("SN1P");
  command.nodes = {"cn001"};
  world.command(command);
  world.answer_preflight();
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
}

TEST(Promise, TheCureOfANodeThatReportsAThirdServiceNodeWorks) {
  World world;
  world.connect("cn001", {{"SN3P", 9}});
  world.command(StatusCommand{});
  EXPECT_THAT(world.last_answer<StatusAnswer>()->nodes.front().notice_cure,
              HasSubstr("snctl takeover SN3P --nodes cn001"));
  auto command = world.takeover_of("SN3P");
  command.nodes = {"cn001"};
  world.command(command);
  world.answer_preflight();
  EXPECT_EQ(world.last_answer<RefusalAnswer>(), nullptr)
      << world.last_answer<RefusalAnswer>()->reason;
}

TEST(Promise, ClearingDoesNotSayThatAMovedNodeWasNotMoved) {
  World world;
  world.connect("cn001");
  world.takeover();
  world.outcome("cn001", Verdict::partly, world.state_.rows.at("cn001").generation, "SN2P");
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  EXPECT_EQ(world.state_.takeovers.at(1).nodes.at("cn001").verdict, Verdict::partly)
      << world.state_.takeovers.at(1).nodes.at("cn001").reason;
}

TEST(Promise, ANodeThatMovedWhileItWasHeldIsNotHeldForEver) {
  World world;
  world.connect("cn001");
  auto command = world.takeover_of("SN1P");
  command.timeout_ms = 2'000;
  world.command(command);
  world.answer_preflight();
  ASSERT_THAT(world.told(), ElementsAre("cn001"));
  world.advance(3'000);  // slow: the takeover ends, the node is still at it
  world.command(ClearServiceNodeCommand{"SN1P", "root"});
  const Row row = world.state_.rows.at("cn001");
  world.outcome("cn001", Verdict::verified, row.generation, "SN2P");
  EXPECT_EQ(world.state_.rows.at("cn001").verdict, Verdict::verified)
      << world.state_.rows.at("cn001").reason;
}

TEST(CoreMounts, AChangeIsAnEventAndTheFirstReportIsNone) {
  World world;
  world.connect("cn001");
  const auto from_server = [](const std::string& server) {
    NfsMount mount;
    mount.place = "/install";
    mount.source = server + ":/install";
    mount.address = server;
    mount.owner = server == "10.1.1.100" ? "SN1P" : "SN2P";
    return mount;
  };
  const auto mount_events = [&] {
    std::vector<std::string> texts;
    for (const auto& event : world.events_) {
      if (event.what.starts_with("mount_")) texts.push_back(event.what + " " + event.service_node);
    }
    world.events_.clear();
    return texts;
  };
  world.from("cn001", wire::Mounts{{from_server("10.1.1.100")}});
  EXPECT_THAT(mount_events(), IsEmpty());
  world.from("cn001", wire::Mounts{{from_server("10.1.1.100")}});
  EXPECT_THAT(mount_events(), IsEmpty());
  world.from("cn001", wire::Mounts{{from_server("10.1.1.101")}});
  EXPECT_THAT(mount_events(), ElementsAre("mount_gone SN1P", "mount_appeared SN2P"));
  world.command(StatusCommand{});
  const auto* status = world.last_answer<StatusAnswer>();
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->nodes.front().mounts.front().address, "10.1.1.101");
}

}  // namespace
}  // namespace sn::coordinator
