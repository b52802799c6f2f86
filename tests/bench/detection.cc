// How soon a fleet knows that an NFS server is silent: the coordinator's core and every node's
// session core, as they are, in simulated time. One line of JSON; detection.py makes the table.
//
// What is simulated is the network: a message takes kMessageMs, a healthy server answers a ping
// after kAnswerMs, a dead one never. All nodes connect within the first seconds, as after a restart
// of the coordinator, and the server dies at a moment by chance a minute later. Nothing depends on
// the machine's speed; a round's seed is its number.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "agent/core/session_core.h"
#include "coordinator/core/core.h"

namespace sn::bench {
namespace {

constexpr int64_t kMessageMs = 1;
constexpr int64_t kAnswerMs = 1;
constexpr int64_t kConnectWithinMs = 5'000;
constexpr int64_t kCalmMs = 60'000;
constexpr uint32_t kBeatMs = 30'000;
// Three rounds of pings: by then every node has asked by itself.
constexpr int64_t kPatienceMs = 90'000;
constexpr const char* kServer = "10.1.9.9";

std::string name_of(size_t node) { return "cn" + std::to_string(node); }

Cluster cluster_of(size_t nodes) {
  Cluster cluster;
  for (const char* name : {"SN1P", "SN2P"})
    cluster.directory.service_nodes.push_back({name, {}, {}, ""});
  for (size_t i = 0; i < nodes; ++i) cluster.nodes[name_of(i)] = {"SN1P", "SN2P"};
  return cluster;
}

coordinator::State state_of(size_t nodes) {
  coordinator::State state;
  for (size_t i = 0; i < nodes; ++i) state.keys.push_back({name_of(i), name_of(i), 0});
  return state;
}

class Simulation {
 public:
  Simulation(size_t nodes, uint64_t seed, bool coordinator_sees)
      : random_(seed), coordinator_sees_(coordinator_sees), core_(config(), state_of(nodes)) {
    std::uniform_int_distribution<int64_t> begin(0, kConnectWithinMs);
    carry_out(core_.start(cluster_of(nodes), wall()));
    wake_coordinator();
    std::uniform_int_distribution<int64_t> death(0, agent::kRoundMs);
    death_ = kConnectWithinMs + kCalmMs + death(random_);
    silent_.assign(nodes, -1);
    told_.assign(nodes, -1);
    next_.assign(nodes, INT64_MAX);
    for (size_t i = 0; i < nodes; ++i) {
      agents_.push_back(std::make_unique<agent::SessionCore>(agent::SessionConfig{
          name_of(i), "sim", "boot", "1", {"tcp://10.1.1.1:7400"}, random_()}));
      at(begin(random_), [this, i] {
        wire::NfsServers servers;
        servers.servers.push_back({kServer, 2049, 3, "nfsha", true, {"/"}});
        carry_out(i, agents_[i]->on_executor(servers, now()));
        carry_out(i, agents_[i]->on_executor(wire::ExecutorState{}, now()));
      });
    }
  }

  void run() {
    while (!events_.empty() && known_ < agents_.size()) {
      const Event event = events_.top();
      events_.pop();
      now_ms_ = event.at;
      if (now_ms_ > death_ + kPatienceMs) break;
      event.what();
    }
  }

  // Milliseconds after the death; -1: never. When each node said silent, and when the coordinator
  // heard it.
  [[nodiscard]] std::vector<int64_t> silent() const { return after_death(silent_); }
  [[nodiscard]] std::vector<int64_t> told() const { return after_death(told_); }

 private:
  struct Event {
    int64_t at = 0;
    uint64_t order = 0;
    std::function<void()> what;
    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  static coordinator::Config config() {
    coordinator::Config config;
    config.beat_interval_ms = kBeatMs;
    return config;
  }
  [[nodiscard]] MonotonicTime now() const { return {now_ms_}; }
  [[nodiscard]] coordinator::Now wall() const { return {now(), {1'790'000'000'000 + now_ms_}}; }
  void at(int64_t ms, std::function<void()> what) { events_.push({ms, ++order_, std::move(what)}); }

  [[nodiscard]] std::vector<int64_t> after_death(std::vector<int64_t> times) const {
    for (auto& time : times) {
      if (time >= 0) time -= death_;
    }
    return times;
  }

  // A ping that is sent now: does it come back, and when is that known?
  [[nodiscard]] bool alive() const { return now_ms_ < death_; }

  void carry_out(size_t node, const agent::SessionEffects& effects) {
    for (const auto& effect : effects) {
      if (const auto* out = std::get_if<agent::ToCoordinator>(&effect)) {
        note_silence(node, out->message, silent_);
        at(now_ms_ + kMessageMs, [this, node, message = out->message] {
          if (note_silence(node, message, told_)) ++known_;
          carry_out(core_.on_message(name_of(node), name_of(node), message, wall()));
          wake_coordinator();
        });
      } else if (const auto* start = std::get_if<agent::StartPing>(&effect)) {
        const agent::PingResult result{alive(), static_cast<uint32_t>(kAnswerMs * 1000), ""};
        at(now_ms_ + (result.answered ? kAnswerMs : start->ping.deadline_ms),
           [this, node, id = start->ping.id, result] {
             carry_out(node, agents_[node]->on_ping(id, result, now()));
             // As the session does: what ended first, then the time.
             tick(node);
           });
      }
    }
    wake(node);
  }

  bool note_silence(size_t node, const wire::ToCoordinator& message,
                    std::vector<int64_t>& times) const {
    const auto* report = std::get_if<wire::ServerHealthReport>(&message);
    if (report == nullptr || times[node] >= 0) return false;
    for (const auto& server : report->servers) {
      if (server.state == ServerState::silent) times[node] = now_ms_;
    }
    return times[node] >= 0;
  }

  void tick(size_t node) { carry_out(node, agents_[node]->tick(now())); }

  void wake(size_t node) {
    const int64_t due = std::max(agents_[node]->next_tick().ms, now_ms_);
    if (due == next_[node] || agents_[node]->next_tick().ms == INT64_MAX) return;
    next_[node] = due;
    at(due, [this, node, due] {
      if (next_[node] != due) return;  // it was woken otherwise meanwhile
      next_[node] = INT64_MAX;
      tick(node);
    });
  }

  void carry_out(const coordinator::Effects& effects) {
    for (const auto& effect : effects) {
      if (const auto* send = std::get_if<coordinator::Send>(&effect)) {
        const size_t node = std::stoul(send->connection.substr(2));
        at(now_ms_ + kMessageMs, [this, node, message = send->message] {
          carry_out(node, agents_[node]->on_coordinator(message, now()));
        });
      } else if (const auto* ping = std::get_if<coordinator::Ping>(&effect)) {
        const bool answered = coordinator_sees_ && alive();
        at(now_ms_ + (answered ? kAnswerMs : ping->deadline_ms),
           [this, request = ping->request, answered] {
             carry_out(core_.on_ping(request, answered, "", wall()));
             wake_coordinator();
           });
      }
    }
  }

  void wake_coordinator() {
    const int64_t due = std::max(core_.next_tick().ms, now_ms_ + 1);
    if (due == core_next_) return;
    core_next_ = due;
    at(due, [this, due] {
      if (core_next_ != due) return;
      core_next_ = INT64_MAX;
      carry_out(core_.tick(wall()));
      wake_coordinator();
    });
  }

  std::mt19937_64 random_;
  const bool coordinator_sees_;
  coordinator::Core core_;
  std::vector<std::unique_ptr<agent::SessionCore>> agents_;
  std::vector<int64_t> next_;
  std::vector<int64_t> silent_;
  std::vector<int64_t> told_;
  std::priority_queue<Event> events_;
  uint64_t order_ = 0;
  int64_t now_ms_ = 0;
  int64_t death_ = 0;
  int64_t core_next_ = INT64_MAX;
  size_t known_ = 0;
};

}  // namespace
}  // namespace sn::bench

int main(int argc, char** argv) {
  size_t nodes = 100;
  uint64_t rounds = 20;
  bool blind = false;
  CLI::App app("How soon a fleet knows that an NFS server is silent, in simulated time");
  app.add_option("--nodes", nodes, "size of the fleet")->check(CLI::Range(1, 10'000));
  app.add_option("--rounds", rounds, "deaths, each in a fleet of its own")
      ->check(CLI::Range(1, 10'000));
  app.add_flag("--blind", blind, "the coordinator itself has no way to the server");
  CLI11_PARSE(app, argc, argv);
  nlohmann::json output;
  output["per_node_ms"] = nlohmann::json::array();
  output["fleet_ms"] = nlohmann::json::array();
  for (uint64_t round = 1; round <= rounds; ++round) {
    sn::bench::Simulation simulation(nodes, round, !blind);
    simulation.run();
    for (const int64_t ms : simulation.silent()) output["per_node_ms"].push_back(ms);
    int64_t last = 0;
    for (const int64_t ms : simulation.told()) last = ms < 0 || last < 0 ? -1 : std::max(last, ms);
    output["fleet_ms"].push_back(last);
  }
  std::printf("%s\n", output.dump().c_str());
  return 0;
}
