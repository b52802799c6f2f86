#include "coordinator/core/life/fleet_sighting.h"

namespace sn::coordinator {

void FleetSighting::add_here(const MachineSighting& seen) {
  here = seen;
  // Its own sign goes before an equal one of a node.
  if (seen.life < best.life) return;
  best = seen;
  best_by.clear();
}

void FleetSighting::add(const std::string& node, const MachineSighting& seen) {
  if (seen.life == Life::unasked) return;
  ++asked;
  if (shows_life(seen.life)) ++alive_by;
  if (is_reached(seen.life)) ++reached_by;
  if (seen.life <= best.life) return;
  best = seen;
  best_by = node;
}

}  // namespace sn::coordinator
