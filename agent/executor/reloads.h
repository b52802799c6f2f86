// The daemons of one rebind: which read their files again, in which order, and whether each runs on
// them afterwards. How one of them is restarted: services.h.
//
// A service that is down by us is durable (owed_starts.h) before anything else is begun, so that
// whoever finishes the rebind starts it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/executor/journal.h"
#include "agent/executor/rebind.h"
#include "agent/plan/observation.h"
#include "agent/plan/plan.h"

namespace sn::agent {

class Reloads {
 public:
  // A failure or a daemon on its old file becomes a finding of `outcome`, to which the time is
  // added too. All three outlive this.
  Reloads(const wire::Rebind& rebind, const RebindEnvironment& environment, wire::Outcome& outcome)
      : rebind_(rebind), env_(environment), outcome_(outcome) {}

  // The next step takes the place of the interrupted one in the journal; what that left down is
  // noted before.
  void take_up_owed();
  // `replaced`: the paths of the plan's files that were. `journal`: an open one; nullptr: none.
  void carry_out(const Plan& plan, const std::set<std::string>& replaced, const Observation& before,
                 Journal* journal);
  // A daemon that ended after its restart, or that still runs on its old file, is named; what is
  // down by us is noted for the next run.
  void verify(const Plan& plan, const Observation& after);

 private:
  enum class Patience { none, of_the_daemon };
  // Whether each follows its files, of the services that were asked just now.
  using Answers = std::map<std::string, bool>;

  [[nodiscard]] std::vector<std::string> services_of(const Plan& plan,
                                                     const std::set<std::string>& replaced,
                                                     const Observation& before,
                                                     const RunningServices& running) const;
  [[nodiscard]] Status carry_out_one(const std::string& service, bool runs,
                                     const std::vector<Argv>& live_commands) const;
  [[nodiscard]] std::vector<Argv> live_commands(const std::string& service, const Plan& plan,
                                                const std::set<std::string>& replaced) const;
  // The service that an interrupted run was restarting, which ran before; empty: none.
  [[nodiscard]] std::string interrupted() const;
  // The services that run on something else than their files say.
  [[nodiscard]] std::vector<std::string> stale(const Plan& plan, const Observation& observation,
                                               const RunningServices& running,
                                               const Answers& answers) const;
  // A daemon that can be asked follows the new service node and none of the old ones.
  [[nodiscard]] bool follows(const Daemon& daemon, const Plan& plan, Patience patience) const;
  void note_owed();
  void find(FindingClass what, std::string place, Fact reason, Cure cure);

  const wire::Rebind& rebind_;
  const RebindEnvironment& env_;
  wire::Outcome& outcome_;
  std::set<std::string> tried_;       // to restart or start
  std::set<std::string> reloaded_;    // those of them where it went well
  std::set<std::string> owed_;        // down by us, unless they run
  std::set<std::string> noted_owed_;  // as the next run would read it
};

}  // namespace sn::agent
