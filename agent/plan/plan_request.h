// What a plan depends on, besides the node: whom to leave for whom, and on which terms. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/reference.h"
#include "common/wire/messages.h"

namespace sn::agent {

struct PlanRequest {
  std::vector<std::string> from;
  std::string to;
  bool strict = false;  // refuse the whole node where a secondary file can't move
  StuckPolicy stuck = StuckPolicy::keep;
  uint64_t undo = 0;                         // as wire::Rebind::undo
  std::vector<ServiceNodeEntry> meant = {};  // as wire::Rebind::meant
  bool planned = false;                      // as wire::Rebind::planned

  // Who is left is dead: whatever can be moved is better off, also if something stays.
  [[nodiscard]] bool is_rescue() const { return !planned && !strict && undo == 0; }
};

[[nodiscard]] inline PlanRequest plan_request_of(const wire::Rebind& rebind) {
  return {rebind.from, rebind.to,    rebind.strict, rebind.stuck,
          rebind.undo, rebind.meant, rebind.planned};
}

}  // namespace sn::agent
