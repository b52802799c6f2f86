// A cluster in one process: the real coordinator core and many nodes over a network that loses,
// doubles, delays and reorders, under an administrator who types things twice. One seed decides
// all of it, and the same seed does the same again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/orders/signed_orders.h"
#include "coordinator/core/core.h"
#include "coordinator/store/batches.h"
#include "coordinator/store/engine.h"
#include "tests/sim/hostile_node.h"
#include "tests/sim/laws.h"
#include "tests/sim/random.h"
#include "tests/sim/schedule.h"
#include "tests/sim/service_nodes.h"
#include "tests/sim/shared_log.h"
#include "tests/sim/sim_node.h"

namespace sn::sim {

struct Report {
  uint64_t seed = 0;
  size_t nodes = 0;
  int64_t simulated_ms = 0;
  uint64_t deeds = 0;   // everything that happened
  uint64_t faults = 0;  // of it, what went wrong on purpose
  uint64_t takeovers = 0;
  uint64_t verdicts = 0;
  uint64_t digest = 0;  // of every message and decision: the same seed, the same digest
  std::optional<std::string> breach;
};

class World {
 public:
  // `traced`: whose story is printed as it happens; empty: nobody's.
  explicit World(uint64_t seed, std::string traced = {});
  ~World();

  // Half an hour of trouble, then calm for long enough that everything converges.
  Report run();

 private:
  struct Connection {
    std::string node;
    std::string through;       // a service node whose forwarder it is; empty: direct
    uint64_t coordinator = 0;  // where it leads to
  };
  // A process. Of several that live only the last one leads; who led before stands still, or does
  // not know yet that it was replaced.
  struct Coordinator {
    uint64_t number = 0;
    std::unique_ptr<SharedLogEngine> engine;
    std::unique_ptr<coordinator::Core> core;
    std::unique_ptr<coordinator::Batches> batches;
    MonotonicTime since;
    bool stands_still = false;
    std::vector<Schedule::Deed> meanwhile;  // came while it stood still
    size_t words_left = SIZE_MAX;           // then it dies
  };
  // Which ways are blocked for a node.
  struct Partition {
    bool up = false, down = false;
  };

  // ---- the network
  std::string connect(const std::string& node, const std::string& endpoint);
  void to_coordinator(const std::string& connection, const wire::ToCoordinator& message);
  void to_node(uint64_t coordinator, const std::string& connection, const wire::ToAgent& message);
  [[nodiscard]] bool carries(const std::string& connection, bool up) const;
  [[nodiscard]] bool accepts(const std::string& connection) const;
  template <class Deliver>
  void through_the_network(bool blocked, const Deliver& deliver);

  // ---- the coordinator
  void start_coordinator();
  void crash_coordinator();
  // Another one takes its place while it stands still.
  void replace_coordinator();
  void go_on(uint64_t number);
  void bury(Coordinator& dead);
  // nullptr: there is none.
  [[nodiscard]] Coordinator* leader();
  // By its process, when it does not stand still. A dead one does nothing.
  void by(uint64_t number, std::function<void(Coordinator&)> deed);
  void carry_out(Coordinator& by, coordinator::Effects effects);
  void speak(Coordinator& by, coordinator::Effects& batch);
  void speak(Coordinator& by, coordinator::Effect& effect, const wire::SignedOrder& signed_order);
  void say(Coordinator& by, const std::string& connection, const wire::ToAgent& message);
  void commit(const std::vector<coordinator::StoreChange>& batch);
  // What a takeover that begins or stops just now must be for.
  void judge_takeovers(const std::map<uint64_t, coordinator::TakeoverState>& before);
  // An operator who looks at the status all the time.
  void look_at_status();
  void judge_status(const coordinator::StatusAnswer& status);
  void tick_when_due(Coordinator& coordinator);
  void command(coordinator::Command command);
  [[nodiscard]] coordinator::Now now() const;

  // ---- what goes wrong
  void plan_trouble();
  void trouble();
  void overhear(const std::vector<wire::SignedOrder>& orders);
  void misuse_a_session();
  void wish_ill();
  void say_ill();
  void stop_service(const std::string& service_node);
  void edit_inventory(const std::string& node);
  void type_something();
  void steer();
  coordinator::Waves some_waves();
  void calm();

  void tell(const std::string& node, const std::string& what) const;
  void note(uint64_t word);
  void note(const std::string& text);

  const std::string traced_;
  Random random_;
  Schedule schedule_;
  const orders::OrderKey order_key_{*net::CurveKeys::generate()};
  const orders::OrderKey thiefs_key_{*net::CurveKeys::generate()};
  std::optional<Random> thief_;  // in some seeds; a stream of its own
  std::deque<wire::SignedOrder> overheard_;
  std::set<std::string> signed_;          // what the coordinator has
  std::unique_ptr<HostileNode> hostile_;  // in some seeds
  Laws laws_;
  Report report_;
  Cluster cluster_;
  std::vector<std::string> service_nodes_;
  ServiceNodes service_nodes_now_{schedule_};
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::map<std::string, SimNode*> by_name_;
  std::map<std::string, Connection> connections_;
  std::map<std::string, Partition> partitions_;
  uint64_t connection_count_ = 0;
  uint64_t loss_ = 0, doubling_ = 0;  // of a thousand messages
  int64_t delay_ms_ = 1;
  uint64_t dies_in_a_batch_ = 0;  // of a thousand batches of the coordinator

  coordinator::State durable_;
  SharedLog shared_log_{durable_, [this](const auto& batch) { commit(batch); }};
  SharedLogEngine::Pace pace_;
  MonotonicTime claimed_;  // the present epoch
  // The same as bytes, folded now and then.
  std::unique_ptr<coordinator::Engine> bytes_;
  size_t commits_ = 0;
  bool frozen_before_ = false;  // the last batch, and not thawed in it
  // By it, whatever it made of them later: node, generation.
  std::set<std::pair<std::string, uint64_t>> released_;
  std::optional<coordinator::State> backup_;
  std::map<uint64_t, std::shared_ptr<Coordinator>> alive_;  // by number
  uint64_t coordinators_ = 0;                               // the last that was started
  uint64_t onlooker_ = 0;  // the client that asked for the status last
  uint64_t clients_ = 0;
  std::map<uint64_t, uint64_t> waiting_;  // clients without their last answer; whose they are
  bool calm_ = false;
  bool over_ = false;
  MonotonicTime calm_since_;
};

}  // namespace sn::sim
