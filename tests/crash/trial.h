// One thing that goes wrong on one node, and what must be true afterwards.
//
//   kill     the agent's processes die at a call; it is started again and must find its way
//   fault    the call fails or writes half; the outcome must say what is, and a second takeover,
//            by an agent that was started again, must finish what is left
//
// of a takeover, of the failback of one that went well, or of a rehearsal.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/crash/nfs_client.h"
#include "tests/crash/node.h"
#include "tests/crash/stand_in.h"
#include "tests/crash/tracer.h"

namespace sn::crash {

// A call of the first run that changes something: the `occurrence`th with this text.
struct Point {
  std::string name;
  std::string text;
  unsigned occurrence = 0;
  bool writes = false;
  int depth = 0;
};

enum class Victims { all, main, child };
enum class Verb { takeover, failback, rehearsal };

struct Trial {
  std::string id;           // "kill:37:after:all", "back:fault:12:ENOSPC"; what --only takes
  bool old_kernel = false;  // without MOVE_MOUNT_BENEATH
  Verb verb = Verb::takeover;
  std::optional<Point> point;
  bool kill = false;
  bool after = false;
  Victims victims = Victims::all;
  int error = 0;
  bool halve = false;
  unsigned second_kill = 0;  // of the recovery's calls, counted from 1; 0: none
};

// What stays the same for all trials of a worker.
struct Bench {
  const World& world;
  const Programs& programs;
  const Keys& keys;
  StandIn& coordinator;
  std::string log;
  uint64_t& generation;
  // By Trial::old_kernel and Trial::verb, from a run in which nothing goes wrong.
  struct Images {
    Image before, after;
  };
  std::map<std::pair<bool, Verb>, Images> images = {};
};

class Run : public Watcher {
 public:
  Run(Bench& bench, const Trial& trial);
  ~Run() override;

  // Empty: everything is as it must be.
  [[nodiscard]] std::string go();
  // Nothing goes wrong: notes the images, and every point that is met.
  [[nodiscard]] std::string go_well(std::vector<Point>& points);

  Action on_call(Call& call) override;
  void on_end(const Call& call, int64_t result) override;
  void on_main_gone(int status) override;

 private:
  // There: the takeover whose failback is tried.
  enum class Phase { there, first, recovery, again };

  [[nodiscard]] std::string boot();
  // Its takeover is over, and the agent that did it has ended.
  [[nodiscard]] std::string move_there();
  // What is tried, under a new generation.
  void command();
  [[nodiscard]] Bench::Images& images() const;
  [[nodiscard]] std::string start_and_wait(Phase phase);
  [[nodiscard]] std::string await_death();
  // It was not made, and comes again.
  void uncount(const Call& call);
  void strike(const Call& call);
  [[nodiscard]] std::string check_dead() const;
  [[nodiscard]] std::string check_untouched() const;
  [[nodiscard]] std::string check_finished();
  // A daemon takes its time for what it was told.
  void let_daemons_read();
  [[nodiscard]] std::string check_after_fault();
  [[nodiscard]] bool may_be_bare(const std::string& path) const;
  [[nodiscard]] std::string one_or_the_other(const Image& now) const;
  [[nodiscard]] std::string verdict() const;
  [[nodiscard]] std::string recover();

  Bench& bench_;
  const Trial& trial_;
  Node node_;
  Tracer tracer_;
  NfsClient nfs_;
  Phase phase_ = Phase::first;
  uint64_t undo_ = 0;  // the generation that is taken back; 0: none
  std::map<std::string, unsigned> seen_;
  std::vector<Point>* points_ = nullptr;
  bool struck_ = false;
  bool killed_ = false;  // and not yet started again
  bool main_gone_ = false;
  unsigned recovery_calls_ = 0;
  bool killed_again_ = false;
  bool must_be_untouched_ = false;
  std::string wrong_on_the_way_;
};

}  // namespace sn::crash
