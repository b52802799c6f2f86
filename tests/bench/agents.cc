// Many agents in one process, each with its own connection and key, for the coordinator to work
// with.
//
//   sn_bench_agents enrol --store FILE --keys FILE --nodes "cn[0001-1000]"
//   sn_bench_agents run --keys FILE --cluster FILE --bound-to SN1P
//                       --coordinator tcp://127.0.0.1:7400 --coordinator-key KEY
//                       [--first 0 --count 1000]
//
// `enrol` makes a key a node and writes the public ones into the coordinator's store, which must
// not run (a thousand `snctl keys add` would do the same in a minute).
//
// `run` says one JSON line when every agent is welcomed, one whenever all of them have answered a
// Rebind, and ends when its standard input does. --first and --count: some of the keys' agents, so
// that several processes share a fleet that is larger than one's descriptors.
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <queue>
#include <zmq.hpp>

#include "common/base/unique_fd.h"
#include "common/model/cluster_file.h"
#include "common/model/node_list.h"
#include "common/orders/coordinator_key.h"
#include "coordinator/store/engine.h"
#include "tests/bench/own_process.h"
#include "tests/bench/simulated_agent.h"

namespace {

using namespace sn;
using namespace sn::bench;

struct Options {
  std::string store;
  std::string keys;
  std::string nodes;
  std::string cluster;
  std::string bound_to;
  std::string coordinator;
  std::string coordinator_key;
  int64_t rebind_ms = 0;
  size_t first = 0;
  size_t count = SIZE_MAX;
};

int refuse(const std::string& why) {
  std::fprintf(stderr, "sn_bench_agents: %s\n", why.c_str());
  return 1;
}

void tell(const nlohmann::json& line) {
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
}

int enrol(const Options& options) {
  const auto nodes = expand_node_list(options.nodes);
  if (!nodes) return refuse(nodes.error().message());
  auto store = coordinator::open_sqlite_engine(options.store);
  if (!store) return refuse(store.error().message());
  std::ofstream file(options.keys);
  std::vector<coordinator::StoreChange> changes;
  for (const auto& node : *nodes) {
    const auto keys = net::CurveKeys::generate();
    if (!keys) return refuse(keys.error().message());
    file << node << ' ' << keys->secret_key() << '\n';
    changes.emplace_back(coordinator::PutKey{{node, keys->public_key(), wall_now().unix_ms}});
  }
  if (!file.flush()) return refuse("writing " + options.keys);
  struct Kept final : coordinator::Engine::Listener {
    Status done;
    void on_committed() override {}
    void on_fenced(const Error& why) override { done = tl::unexpected(why); }
  } kept;
  (*store)->begin(std::move(changes), kept);
  return kept.done ? 0 : refuse(kept.done.error().message());
}

class Fleet {
 public:
  explicit Fleet(World& world) : world_(world) {}

  Status load(const std::string& path, size_t first, size_t count) {
    std::ifstream file(path);
    size_t number = 0;
    for (std::string node, secret; file >> node >> secret; ++number) {
      if (number < first || number - first >= count) continue;
      auto keys = net::CurveKeys::from_secret(secret);
      if (!keys) return tl::unexpected(keys.error());
      agents_.push_back(std::make_unique<SimulatedAgent>(node, std::move(*keys), world_));
    }
    if (agents_.empty()) return fail(ErrorClass::not_found, "reading", path, "no keys");
    return {};
  }

  [[nodiscard]] size_t size() const { return agents_.size(); }

  // Until standard input ends.
  Status run() {
    epoll_event event{EPOLLIN, {nullptr}};
    if (epoll_ctl(world_.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0) {
      return fail_errno("watching", "standard input");
    }
    const int64_t begin = monotonic_us();
    for (auto& agent : agents_) {
      if (auto status = agent->start(); !status) return status;
      note(*agent);
    }
    while (true) {
      if (!told_storm_) tell_storm(begin);
      std::array<epoll_event, 256> events{};
      const int count = epoll_wait(world_.epoll, events.data(), events.size(), timeout_ms());
      if (count < 0 && errno != EINTR) return fail_errno("waiting", "epoll");
      for (int i = 0; i < count; ++i) {
        auto* agent = static_cast<SimulatedAgent*>(events[static_cast<size_t>(i)].data.ptr);
        if (agent == nullptr) return {};
        if (auto status = agent->on_readable(); !status) return status;
        note(*agent);
      }
      if (auto status = on_time(monotonic_now()); !status) return status;
      if (world_.outcomes >= size()) tell_wave();
    }
  }

 private:
  struct Due {
    MonotonicTime when;
    SimulatedAgent* agent;
    bool operator>(const Due& other) const { return when > other.when; }
  };

  // After every event of an agent: when it is next due, and whether it is welcomed.
  void note(SimulatedAgent& agent) {
    const MonotonicTime next = agent.next();
    if (next != agent.scheduled) {
      agent.scheduled = next;
      due_.push({next, &agent});
    }
    if (agent.welcomed() == agent.counted_welcomed) return;
    agent.counted_welcomed = agent.welcomed();
    welcomed_ += agent.counted_welcomed ? 1 : -1;
  }

  Status on_time(MonotonicTime now) {
    while (!due_.empty() && due_.top().when <= now) {
      const Due due = due_.top();
      due_.pop();
      if (due.when != due.agent->scheduled) continue;  // it is due at another time by now
      due.agent->scheduled = MonotonicTime{INT64_MAX};
      if (auto status = due.agent->on_time(now); !status) return status;
      note(*due.agent);
    }
    return {};
  }

  [[nodiscard]] int timeout_ms() const {
    if (due_.empty()) return 1'000;
    return static_cast<int>(std::clamp<int64_t>(due_.top().when - monotonic_now(), 0, 1'000));
  }

  void tell_storm(int64_t begin) {
    if (welcomed_ != static_cast<int64_t>(agents_.size())) return;
    told_storm_ = true;
    tell({{"what", "storm"},
          {"agents", size()},
          {"wall_us", monotonic_us() - begin},
          {"cpu_us", own_cpu_us()},
          {"reconnects", world_.reconnects}});
  }

  void tell_wave() {
    tell({{"what", "wave"},
          {"agents", size()},
          {"rebinds", world_.rebinds},
          {"first_rebind_unix_ms", world_.first_rebind_unix_ms},
          {"wall_us", world_.last_outcome_us - world_.first_rebind_us},
          {"cpu_us", own_cpu_us()},
          {"rebind_bytes", world_.rebind_bytes},
          {"outcome_bytes", world_.outcome_bytes},
          {"reconnects", world_.reconnects}});
    world_.rebinds = world_.outcomes = world_.rebind_bytes = world_.outcome_bytes = 0;
  }

  World& world_;
  std::vector<std::unique_ptr<SimulatedAgent>> agents_;
  // The earliest on top; one that is not as its agent has it is out of date.
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  int64_t welcomed_ = 0;
  bool told_storm_ = false;
};

int run(const Options& options) {
  raise_descriptors();
  const auto cluster = load_cluster(options.cluster);
  if (!cluster) return refuse(cluster.error().message());
  const auto coordinator_key = orders::CoordinatorKey::parse(options.coordinator_key);
  if (!coordinator_key) return refuse("--coordinator-key is none");
  auto context = net::Context::create();
  if (!context) return refuse(context.error().message());
  // libzmq's own limit is 1023 a context.
  context->get().set(zmq::ctxopt::max_sockets, 65'535);
  const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  World world{.context = *context,
              .directory = cluster->directory,
              .coordinator = options.coordinator,
              .coordinator_key = coordinator_key->curve,
              .bound_to = options.bound_to,
              .rebind_ms = options.rebind_ms,
              .epoll = epoll.get()};
  Fleet fleet(world);
  if (auto status = fleet.load(options.keys, options.first, options.count); !status)
    return refuse(status.error().message());
  if (auto status = fleet.run(); !status) return refuse(status.error().message());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("many agents in one process");
  app.require_subcommand(1);
  auto* enrol_verb = app.add_subcommand("enrol", "make keys and add them to a store");
  enrol_verb->add_option("--store", options.store, "the coordinator's state.db")->required();
  enrol_verb->add_option("--keys", options.keys, "where the secret keys go")->required();
  enrol_verb->add_option("--nodes", options.nodes, "their names")->required();
  auto* run_verb = app.add_subcommand("run", "connect and answer");
  run_verb->add_option("--keys", options.keys, "what enrol wrote")->required();
  run_verb->add_option("--cluster", options.cluster, "cluster.toml")->required();
  run_verb->add_option("--bound-to", options.bound_to, "their service node")->required();
  run_verb->add_option("--coordinator", options.coordinator, "tcp://ADDRESS:PORT")->required();
  run_verb->add_option("--coordinator-key", options.coordinator_key, "what sncoordd key prints")
      ->required();
  run_verb->add_option("--rebind-ms", options.rebind_ms, "how long a rebind takes");
  run_verb->add_option("--first", options.first, "the first of the keys that is ours");
  run_verb->add_option("--count", options.count, "and how many");
  CLI11_PARSE(app, argc, argv);
  return *enrol_verb ? enrol(options) : run(options);
}
