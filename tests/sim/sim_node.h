// One diskless node: the real cores of its session and of its executor, over a fake world
// (fake_child.h): a disk that is a count for each service node, and children that take time and
// die.
//
// What survives what, as on a real node: the end of the session loses its core; the end of the
// executor loses its core and its child, and a journal says whether that was past its commit point;
// a reboot loses /run, and, on a node that keeps nothing, every change.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/core/executor_core.h"
#include "agent/core/session_core.h"
#include "tests/sim/fake_child.h"
#include "tests/sim/laws.h"
#include "tests/sim/random.h"
#include "tests/sim/schedule.h"

namespace sn::sim {

class SimNode {
 public:
  // What the node wants of the world around it.
  struct World {
    std::function<std::string(const std::string& node, const std::string& endpoint)> connect;
    // Whether its TCP connection comes to stand.
    std::function<bool(const std::string& connection)> accepts;
    std::function<void(const std::string& connection, const wire::ToCoordinator&)> send;
    // What a look at it finds; no services: at its kernel only.
    std::function<MachineSighting(const std::string& service_node,
                                  const std::vector<ServicePort>& services)>
        look;
    // For a trace: what the executor logs.
    std::function<void(const std::string& node, const std::string& line)> log;
    std::vector<std::string> service_nodes;
    std::string order_key;  // the coordinator's, public
  };

  SimNode(std::string name, std::string service_node, std::vector<std::string> endpoints,
          bool keeps_files, Schedule& schedule, Random& random, Laws& laws, World world);
  ~SimNode();

  void power_on();
  void power_off();
  // Another boot, at once.
  void reboot();
  void kill_session();
  void kill_executor();
  // Somebody else is it from now on: it is never switched on.
  void give_away() { given_away_ = true; }
  // It can't be right, whether it knows or not.
  [[nodiscard]] bool broken() const { return disk_.broken(); }
  // What kept it in quarantine is mended; it still has to be told to look.
  void mend() { disk_.odd_place = disk_.journal_unreadable = false; }

  void hear(const std::string& connection, const wire::ToAgent& message);
  // Somebody has its session and says this to its executor. `signed_by_us`: the coordinator has,
  // for whomever.
  void misuse_session(const wire::SignedOrder& order, bool signed_by_us);
  // For which start of it an order has to be.
  [[nodiscard]] wire::Order for_this_start(wire::OrderKind what) const {
    return {name_, boot_id(), nonce(), std::move(what)};
  }
  void connection_lost(const std::string& connection);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool on() const { return on_; }
  [[nodiscard]] const std::string& connection() const { return connection_; }
  [[nodiscard]] const std::map<std::string, uint32_t>& references() const {
    return disk_.references;
  }
  // Its last boot brought back what the image says.
  [[nodiscard]] bool forgot_its_changes() const { return forgot_; }
  void set_mishaps(Mishaps mishaps) { mishaps_ = mishaps; }

 private:
  [[nodiscard]] std::string boot_id() const { return name_ + "-" + std::to_string(boots_); }
  [[nodiscard]] std::string nonce() const { return std::to_string(executors_); }
  void note_heard(const wire::Rebind& rebind, const agent::ExecutorEffects& effects);
  void lose_processes();
  void start_executor();
  void start_session();
  void carry_out(const agent::SessionEffects& effects);
  void tick_session_when_due();
  void ask_executor(const wire::Verb& verb);

  void carry_out(const agent::ExecutorEffects& effects);
  void carry_out(const agent::TellSession& effect);
  void carry_out(const agent::StartSession& effect);
  void carry_out(const agent::EndSession& effect);
  void carry_out(const agent::SpawnChild& effect);
  void carry_out(const agent::KillChild& effect);
  void carry_out(const agent::StoreOutcome& effect);
  void carry_out(const agent::StoreQuarantine& effect);
  void carry_out(const agent::RemoveQuarantine& effect);
  void carry_out(const agent::LogLine& effect);
  void carry_out(const agent::StartKnock&) {}  // every node's key is known
  void tick_executor();
  void tick_executor_when_due();
  void hear_child(const wire::FromChild& message);
  void child_gone();
  void begins(const agent::Job& job);
  void judge_outcome(const wire::OutcomeReport& report);
  [[nodiscard]] uint32_t references_to_living() const;

  const std::string name_;
  const std::string image_binding_;
  const int image_;  // one of three
  const std::vector<std::string> endpoints_;
  const bool keeps_files_;
  Schedule& schedule_;
  Random& random_;
  Laws& laws_;
  const World world_;
  Mishaps mishaps_;

  bool on_ = false;
  bool given_away_ = false;
  bool forgot_ = false;
  uint64_t boots_ = 0, sessions_ = 0;
  uint64_t executors_ = 0;  // what an earlier one planned is void
  std::unique_ptr<agent::SessionCore> core_;
  std::unique_ptr<agent::ExecutorCore> executor_;
  std::shared_ptr<FakeChild> child_;
  bool child_answered_ = false;
  bool child_began_ = false;              // to change something
  std::map<uint64_t, int> crashes_;       // of this executor's children in a row, by generation
  std::optional<MonotonicTime> wake_up_;  // of the executor, planned
  std::string connection_;
  FakeDisk disk_;
  std::set<std::string> living_;             // service nodes, when the rebind began
  std::optional<uint32_t> had_living_;       // references to them then
  std::map<uint64_t, wire::Rebind> orders_;  // every one it was told, by generation
};

}  // namespace sn::sim
