// One thing that goes wrong in the middle of a takeover of the real sncoordd, and what must be true
// afterwards: nothing was said that its store does not hold, and the takeover ends by itself.
//
//   kill     it dies at a call on its store, or when something leaves for an agent; what it wrote
//            is there
//   power    the same, and what it wrote and did not sync is gone
//   fault    the call on its store fails
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/state.h"
#include "tests/crash/fake_agents.h"
#include "tests/crash/tracer.h"
#include "tests/crash/trial.h"

namespace sn::crash {

struct CoordinatorTrial {
  std::string id;  // "coordinator:power:12:after"
  std::optional<Point> point;
  bool kill = false;
  bool power = false;
  bool after = false;
  int error = 0;
};

// Made once a worker: a store that knows the agents' keys.
class CoordinatorBench {
 public:
  CoordinatorBench(std::string directory, std::string daemon, std::string client)
      : directory_(std::move(directory)), daemon_(std::move(daemon)), client_(std::move(client)) {}
  [[nodiscard]] std::string make();

  [[nodiscard]] std::string state_directory() const { return directory_ + "/state"; }
  [[nodiscard]] std::string log() const { return directory_ + "/log"; }

 private:
  friend class CoordinatorRun;
  std::string directory_, daemon_, client_;
  std::vector<net::CurveKeys> keys_;
  std::string public_key_;
  std::map<std::string, std::string> fresh_;  // the store, by file
};

class CoordinatorRun : public Watcher {
 public:
  CoordinatorRun(CoordinatorBench& bench, const CoordinatorTrial& trial);
  ~CoordinatorRun() override;

  [[nodiscard]] std::string go();
  [[nodiscard]] std::string go_well(std::vector<Point>& points);

  Action on_call(Call& call) override;
  void on_end(const Call& call, int64_t result) override;
  void on_main_gone(int status) override;

 private:
  [[nodiscard]] std::string start();
  void start_daemon() const;
  void ask_for_takeover();
  [[nodiscard]] std::string name_of(const Call& call, const std::string& path) const;
  [[nodiscard]] std::optional<coordinator::State> store() const;
  [[nodiscard]] bool finished();
  [[nodiscard]] std::string check_told() const;
  [[nodiscard]] std::string describe_end() const;
  [[nodiscard]] std::string recover();
  void cut_power() const;
  void strike();

  CoordinatorBench& bench_;
  const CoordinatorTrial& trial_;
  Tracer tracer_;
  FakeAgents agents_;
  pid_t first_ = 0;
  int commands_ = -1;
  pid_t client_ = 0;
  bool watching_ = false;
  bool struck_ = false;
  bool main_gone_ = false;
  int64_t looked_ms_ = 0;
  std::map<std::string, unsigned> seen_;
  std::vector<Point>* points_ = nullptr;
  std::map<std::string, std::string> durable_;  // by path, as it was synced last
};

}  // namespace sn::crash
