// One diskless node: the real session core, and a model of its executor with the real fence
// (agent/core/fence.h). What it refers to is a count for each service node.
//
// What survives what, as on a real node: the end of the session loses its core; the end of the
// executor loses the job, and a journal says whether it was past its commit point; a reboot loses
// /run, and, on a node that keeps nothing, every change.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/fence.h"
#include "agent/core/session_core.h"
#include "tests/sim/laws.h"
#include "tests/sim/random.h"
#include "tests/sim/schedule.h"

namespace sn::sim {

class SimNode {
 public:
  // What the node wants of the world around it.
  struct World {
    std::function<std::string(const std::string& node, const std::string& endpoint)> connect;
    std::function<void(const std::string& connection, const wire::Message&)> send;
    std::function<bool(const std::string& service_node)> answers;  // to a probe
    std::vector<std::string> service_nodes;
  };

  SimNode(std::string name, std::string service_node, std::vector<std::string> endpoints,
          bool keeps_files, Schedule& schedule, Random& random, Laws& laws, World world);

  void power_on();
  void power_off();
  // Another boot, at once.
  void reboot();
  void kill_session();
  void kill_executor();
  // What kept it in quarantine is mended; it still has to be told to look.
  void mend() { broken_ = false; }

  void hear(const std::string& connection, const wire::Message& message);
  void connection_lost(const std::string& connection);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool on() const { return on_; }
  [[nodiscard]] const std::string& connection() const { return connection_; }
  [[nodiscard]] const std::map<std::string, uint32_t>& references() const { return references_; }
  // Its last boot brought back what the image says.
  [[nodiscard]] bool forgot_its_changes() const { return forgot_; }

  // Of a thousand jobs, each.
  struct Mishaps {
    uint64_t fails = 0;   // before its commit point
    uint64_t partly = 0;  // a reference stays
    uint64_t hangs = 0;   // for a minute
    uint64_t dies = 0;    // the executor, somewhere in it
    uint64_t breaks = 0;  // of its deaths: it can't be right any more
  };
  void set_mishaps(Mishaps mishaps) { mishaps_ = mishaps; }

 private:
  struct Job {
    wire::Rebind rebind;
    bool committed = false;
  };

  void start_executor();
  void start_session();
  void carry_out(const agent::SessionEffects& effects);
  void tick_when_due();
  void ask_executor(const wire::LocalMessage& message);
  void take_rebind(const wire::RebindVerb& verb);
  void begin_next();
  void commit(uint64_t incarnation);
  void finish(uint64_t incarnation, bool partly);
  void end_with(Verdict verdict, const std::string& reason);
  void tell_session(const wire::LocalMessage& message);
  [[nodiscard]] wire::ExecutorState state() const;
  [[nodiscard]] uint32_t left(const wire::Rebind& rebind) const;
  [[nodiscard]] std::vector<wire::Binding> bindings() const;

  const std::string name_;
  const std::string image_binding_;
  const std::vector<std::string> endpoints_;
  const bool keeps_files_;
  Schedule& schedule_;
  Random& random_;
  Laws& laws_;
  const World world_;
  Mishaps mishaps_;

  bool on_ = false;
  bool forgot_ = false;
  uint64_t boots_ = 0, sessions_ = 0;
  uint64_t executor_ = 0;  // which one: what an earlier one planned is void
  std::unique_ptr<agent::SessionCore> core_;
  std::string connection_;

  // /run, and what lies on the node's own file system.
  agent::Fence fence_;
  std::optional<Job> journal_;
  bool broken_ = false;         // what it would find if it looked
  bool in_quarantine_ = false;  // what it found
  std::map<std::string, uint32_t> references_;
  // The executor's memory.
  std::optional<Job> job_;
  std::optional<wire::Rebind> waiting_;
  // The child of a job that has ended is not yet gone, and so the job is under way.
  uint64_t ended_ = 0;  // its generation
  MonotonicTime gone_;
};

}  // namespace sn::sim
