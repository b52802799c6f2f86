// A store with years of takeovers in it: the coordinator's own core decides them, in simulated
// time, over nodes that do as they were planned; the store is a real one.
//
//   sn_bench_history --store FILE --cluster FILE --takeovers 200
//
// The service nodes of the cluster take turns. What would wait for a quiet second (what is over
// goes to the files, the log is folded) is done after each.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <functional>
#include <string>

#include "common/model/cluster_file.h"
#include "coordinator/core/core.h"
#include "coordinator/store/batches.h"
#include "tests/bench/realistic.h"

namespace {

using namespace sn;
using namespace sn::coordinator;

struct Options {
  std::string store;
  std::string cluster;
  size_t takeovers = 200;
};

// From its end to the next one: what waits for a quiet second has some.
constexpr int64_t kPause_ms = 8'000;
constexpr int64_t kTick_ms = 1'000;
constexpr size_t kEventsABatch = 200;
constexpr int64_t kBeats_ms = 30'000;

class History {
 public:
  History(Engine& engine, Cluster cluster, State state)
      : engine_(engine), cluster_(std::move(cluster)), core_(Config{}, std::move(state)) {}

  void run(size_t takeovers) {
    carry_out(core_.start(cluster_, now()));
    for (const auto& [node, service_nodes] : cluster_.nodes) {
      wire::Hello hello;
      hello.node = node;
      hello.boot_id = hello.instance = "1";
      hello.mode = "act";
      hello.path = "tcp://10.1.1.1:7400";
      hello.directory_digest = cluster_.directory.digest();
      hello.bindings = {{service_nodes.front(), 9}};
      hear(node, hello);
    }
    const auto& all = cluster_.directory.service_nodes;
    for (size_t i = 0; i < takeovers; ++i) {
      take_over(all[i % all.size()], all[(i + 1) % all.size()]);
      std::fprintf(stderr, "\r%zu of %zu", i + 1, takeovers);
    }
    std::fputc('\n', stderr);
  }

 private:
  [[nodiscard]] Now now() const { return {{now_ms_}, {1'700'000'000'000 + now_ms_}}; }

  void take_over(const ServiceNode& from, const ServiceNode& to) {
    ask(ClearServiceNodeCommand{to.name, "root"});
    TakeoverCommand command;
    command.from = from.name;
    command.to = to.name;
    command.planned = true;
    command.brief = true;
    command.by = "root";
    ask(command);
    const int64_t until = now_ms_ + kPause_ms;
    while (now_ms_ < until) tick();
    while (engine_.fold().value_or(false)) {
    }
  }

  void ask(const Command& command) {
    flush();
    answered_ = false;
    carry_out(core_.on_command(++client_, command, now()));
    while (!answered_) {
      if (events_.empty()) flush();
      if (events_.empty()) {
        tick();
        continue;
      }
      const auto event = std::move(events_.front());
      events_.pop_front();
      event();
    }
  }

  void tick() {
    now_ms_ += kTick_ms;
    for (const auto& [node, service_nodes] : cluster_.nodes) {
      if (now_ms_ % kBeats_ms == 0) hear(node, wire::Beat{});
    }
    carry_out(core_.tick(now()));
    flush();
  }

  void hear(const std::string& node, wire::ToCoordinator message) {
    carry_out(core_.on_message(node, keys_.at(node), std::move(message), now()));
  }

  // As the daemon: what comes at once is one batch.
  void carry_out(Effects effects) {
    batches_.add(std::move(effects));
    if (++unflushed_ == kEventsABatch) flush();
  }

  void flush() {
    unflushed_ = 0;
    batches_.flush();
    if (batches_.fenced()) throw std::runtime_error(batches_.fenced()->message());
  }

  // The connection of a node is called as it is.
  void speak(const Effect& effect) {
    if (const auto* send = std::get_if<Send>(&effect)) {
      const auto* preflight = std::get_if<wire::Preflight>(&send->message);
      if (preflight == nullptr) return;
      events_.emplace_back([this, node = send->connection, asked = *preflight] {
        const auto plan = bench::realistic_plan(*cluster_.directory.find(asked.from.front()),
                                                *cluster_.directory.find(asked.to));
        hear(node, wire::report_on(asked.request, {}, plan));
        // Who is not asked for it is not listened to.
        hear(node, wire::FullPlan{asked.request, plan});
      });
    } else if (const auto* order = std::get_if<Order>(&effect)) {
      const auto* rebind = std::get_if<wire::Rebind>(&order->order.what);
      if (rebind == nullptr) return;
      events_.emplace_back(
          [this, node = order->connection, asked = *rebind] { obey(node, asked); });
    } else if (const auto* probe = std::get_if<Probe>(&effect)) {
      events_.emplace_back([this, request = probe->request] {
        carry_out(core_.on_probe(request, {Life::serves, "", "22 connected", {}}, now()));
      });
    } else if (const auto* reply = std::get_if<Reply>(&effect)) {
      if (const auto* refusal = std::get_if<RefusalAnswer>(&reply->answer)) {
        throw std::runtime_error(text_of(refusal->reason));
      }
      answered_ = answered_ || (reply->client == client_ && reply->last);
    }
  }

  void obey(const std::string& node, const wire::Rebind& asked) {
    wire::OutcomeReport report;
    report.outcome = bench::realistic_outcome(asked, *cluster_.directory.find(asked.from.front()),
                                              *cluster_.directory.find(asked.to));
    report.outcome.as_planned = asked.kept_lines == report.outcome.changes.size() &&
                                report.outcome.plan_hash == asked.plan_hash;
    if (report.outcome.as_planned) {
      report.outcome.changes.clear();
      report.outcome.findings.clear();
    }
    report.bindings = {{asked.to, 9}};
    hear(node, report);
  }

 public:
  // Of nobody who could connect.
  static std::map<std::string, std::string> keys_of(const Cluster& cluster) {
    std::map<std::string, std::string> keys;
    for (const auto& [node, service_nodes] : cluster.nodes) {
      std::string key = node;
      key.resize(40, '.');
      keys[node] = key;
    }
    return keys;
  }

 private:
  Engine& engine_;
  const Cluster cluster_;
  const std::map<std::string, std::string> keys_ = keys_of(cluster_);
  int64_t now_ms_ = 0;
  Core core_;
  std::deque<std::function<void()>> events_;
  Batches batches_{engine_,
                   [this](Effects& batch) {
                     for (const auto& effect : batch) speak(effect);
                   },
                   [this] { return MonotonicTime{now_ms_}; }};
  ClientId client_ = 0;
  bool answered_ = false;
  size_t unflushed_ = 0;
};

int refuse(const std::string& why) {
  std::fprintf(stderr, "sn_bench_history: %s\n", why.c_str());
  return 1;
}

// Whom the coordinator is to hear.
class Enrolled final : public Engine::Listener {
 public:
  void on_committed() override {}
  void on_fenced(const Error& why) override { throw std::runtime_error(why.message()); }
};

int run(const Options& options) {
  auto cluster = load_cluster(options.cluster);
  if (!cluster) return refuse(cluster.error().message());
  auto engine = open_sqlite_engine(options.store);
  if (!engine) return refuse(engine.error().message());
  Enrolled enrolled;
  std::vector<StoreChange> keys;
  for (const auto& [node, key] : History::keys_of(*cluster))
    keys.emplace_back(PutKey{{node, key, 1}});
  (*engine)->begin(std::move(keys), enrolled);
  auto state = (*engine)->claim({1'700'000'000'000});
  if (!state) return refuse(state.error().message());
  History(**engine, std::move(*cluster), std::move(*state)).run(options.takeovers);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("a store with many takeovers in it");
  app.add_option("--store", options.store, "the coordinator's state.db")->required();
  app.add_option("--cluster", options.cluster, "cluster.toml")->required();
  app.add_option("--takeovers", options.takeovers, "how many");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& why) {
    return refuse(why.what());
  }
}
