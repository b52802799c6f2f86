// How the fleet sees one service node: this machine's own look and those of nodes, taken together.
// Nobody is outvoted: one sign of life is life, and who saw it is named.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/model/life.h"

namespace sn::coordinator {

struct FleetSighting {
  MachineSighting here;   // this machine's; unasked: it did not look, or has not seen the end of it
  size_t asked = 0;       // nodes that looked
  size_t alive_by = 0;    // of them: saw any sign of life
  size_t reached_by = 0;  // of these: by IP
  // The strongest sign, whose it is (empty: this machine's), and how it was seen.
  MachineSighting best;
  std::string best_by;

  void add_here(const MachineSighting& seen);
  void add(const std::string& node, const MachineSighting& seen);

  // One node says that it lives, everybody else who looked that it does not.
  [[nodiscard]] bool is_one_against_all() const {
    return alive_by == 1 && asked > 2 && !shows_life(here.life) && here.life != Life::unasked;
  }
};

}  // namespace sn::coordinator
