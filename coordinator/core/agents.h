// What agents say: which node may speak, what follows from each message, and which nodes have
// fallen silent.
#pragma once

#include <string>
#include <vector>

#include "coordinator/core/config.h"
#include "coordinator/core/enrolment.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/hello.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/life/life_watch.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/quarantines.h"
#include "coordinator/core/rebinds.h"
#include "coordinator/core/server_watch.h"
#include "coordinator/core/takeover/preflights.h"
#include "coordinator/core/takeover/running_takeovers.h"
#include "coordinator/core/verdicts.h"

namespace sn::coordinator {

class Agents {
 public:
  // Every part of the core that an agent's message can concern.
  struct Parts {
    const Config& config;
    const std::string& directory_digest;  // of the service nodes in the inventory here
    const Enrolment& enrolment;
    Ledger& ledger;
    Fleet& fleet;
    ServerWatch& servers;
    LifeWatch& life;
    Verdicts& verdicts;
    Rebinds& rebinds;
    RunningTakeovers& running;
    Preflights& preflights;
    Quarantines& quarantines;
    Outbox& outbox;
  };
  explicit Agents(Parts parts) : to_(parts) {}

  // A message under a key that is not enrolled, or that claims another node's name, is refused.
  void on_message(const ConnectionId& connection, const std::string& public_key,
                  wire::ToCoordinator message, Now now);
  // No verdict on the node: it will say hello again, over this or another path.
  void on_send_failed(const ConnectionId& connection, Now now);
  // Takes nodes as gone that have not been heard of for too long.
  void expire(Now now);

 private:
  void on_hello(const ConnectionId& connection, const std::string& node, const wire::Hello& hello,
                Now now);
  void refuse(const ConnectionId& connection, const std::string& node, const wire::Hello& hello,
              HelloMeaning why, Now now);
  // What follows from every hello that is believed: the node is connected.
  void arrive(const ConnectionId& connection, const std::string& node, const wire::Hello& hello,
              Now now);
  void act_on(HelloMeaning meaning, const std::string& node, const wire::Hello& hello, Now now);
  void hold_newer_generation(const NodeRecord& node, const wire::Hello& hello, Now now);
  void hold_other_target(const NodeRecord& node, const wire::Hello& hello, Now now);
  void hold_elsewhere(const NodeRecord& node, const wire::Hello& hello, Now now);

  void take(Presence& presence, const wire::Beat& beat, Now now);
  void take(Presence& presence, const wire::Inventory& inventory, Now now);
  void take(Presence& presence, const wire::Mounts& mounts, Now now);
  void take(Presence& presence, const wire::PlanReport& report, Now now);
  void take(Presence& presence, const wire::FullPlan& told, Now now);
  void take(Presence& presence, const wire::Seen& seen, Now now);
  void take(Presence& presence, const wire::Accepted& accepted, Now now);
  void take(Presence& presence, const wire::Progress& progress, Now now);
  void take(Presence& presence, const wire::OutcomeReport& report, Now now);
  void take(Presence& presence, const wire::Drift& drift, Now now);
  void take(Presence& presence, const wire::Refused& refused, Now now);
  void take(Presence& presence, const wire::ServerHealthReport& health, Now now);
  void take(Presence& presence, const wire::Quarantine& quarantine, Now now);
  void take(Presence& presence, const wire::DirectoryRead& read, Now now);
  // Dealt with before: nothing follows.
  void take(Presence&, const wire::Hello&, Now) {}

  void lose(const std::string& node, Now now);

  const Parts to_;
};

}  // namespace sn::coordinator
