#include "common/wire/plan_group.h"

#include "common/base/digest.h"
#include "common/facts/text.h"
#include "common/wire/codec.h"

namespace sn::wire {

// The coordinator computes it anew of what it heard, which is UTF-8.
std::string plan_group(const PlanSummary& plan) {
  Digest group;
  group.add(plan.shape).add(to_string(plan.outlook));
  for (const auto& finding : plan.findings) {
    // How many sockets are open to a service node differs from node to node, and moves nothing.
    if (finding.what == FindingClass::unclaimed) continue;
    group.add(to_string(finding.what)).add(encode_fact(finding.reason));
    group.add(std::to_string(static_cast<unsigned>(finding.cure.code())));
  }
  for (const auto& service : plan.reloads) group.add(utf8_of(service));
  for (const auto& change : plan.changes) group.add(change.kind).add(utf8_of(change.path));
  return group.short_hex();
}

}  // namespace sn::wire
