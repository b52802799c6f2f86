// A child of a node's executor: what agent/executor/work.h would do, on a fake world. It takes
// time, says what a real one says, in that order, and may die anywhere.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/core/fence.h"
#include "agent/core/job.h"
#include "agent/core/quarantine.h"
#include "agent/core/unfinished.h"
#include "tests/sim/random.h"
#include "tests/sim/schedule.h"

namespace sn::sim {

// What lies on the node. What it refers to is a count for each service node.
struct FakeDisk {
  // Under /run, and the fence also on a root that survives a reboot.
  agent::Fence fence;
  std::optional<agent::Unfinished> journal;
  std::optional<agent::QuarantineRecord> quarantine;
  bool odd_place = false;           // a mount is in a state that no step leaves
  bool journal_unreadable = false;  // somebody wrote into it
  std::map<std::string, uint32_t> references;
  MonotonicTime script_ends;  // one of xCAT's is at work until then

  [[nodiscard]] agent::JournalContent read_journal() const;
  [[nodiscard]] bool broken() const { return odd_place || journal_unreadable; }
  // References to any of `from` but `to`.
  [[nodiscard]] uint32_t left(const wire::Rebind& rebind) const;
};

// Of a thousand jobs, each.
struct Mishaps {
  uint64_t fails = 0;    // before its commit point
  uint64_t partly = 0;   // a reference stays
  uint64_t hangs = 0;    // for a minute
  uint64_t dies = 0;     // the executor, somewhere in it
  uint64_t breaks = 0;   // of its deaths: it can't be right any more
  uint64_t crashes = 0;  // the child alone, somewhere in it
  uint64_t scripts = 0;  // one of xCAT's is at work when a rebind looks
};

class FakeChild : public std::enable_shared_from_this<FakeChild> {
 public:
  struct Surroundings {
    FakeDisk& disk;
    Schedule& schedule;
    Random& random;
    Mishaps mishaps;
    std::vector<std::string> service_nodes;
    std::function<MachineSighting(const std::string& service_node,
                                  const std::vector<ServicePort>& services)>
        look;
    int image = 0;  // that the node runs
    std::function<void(const wire::FromChild&)> say;
    std::function<void()> gone;                              // it is dead
    std::function<void(const agent::Job&)> about_to_change;  // its rebind begins
  };

  FakeChild(agent::Job job, Surroundings around);

  void begin();
  // It is gone a moment later.
  void kill();
  // With its executor, or its node: nobody hears of it.
  void vanish() { dead_ = true; }

  [[nodiscard]] const agent::Job& job() const { return job_; }

 private:
  void after(int64_t ms, void (FakeChild::*step)());
  void say(const wire::FromChild& message);
  void end();
  void inspect();
  void plan();
  void rehearse();
  void clear();
  void look_for_scripts();
  void observe();
  void commit();
  void find_odd_place();
  void fail();
  void refuse();
  [[nodiscard]] Fact unready() const;
  void finish();
  void finish_partly();
  void move_references(uint32_t kept);
  void report(Verdict verdict, const Fact& reason);
  [[nodiscard]] wire::Inventory inventory() const;

  const agent::Job job_;
  Surroundings around_;
  bool dead_ = false;
};

}  // namespace sn::sim
