#include "agent/executor/child_memory.h"

#include "agent/executor/work.h"
#include "agent/mounts/markers.h"

namespace sn::agent {

void ChildMemory::remember(const wire::FromChild& message, const Job& job,
                           const std::vector<NfsMount>& mounts) {
  if (const auto* found = std::get_if<wire::OpenSockets>(&message)) {
    sockets.clear();
    for (const auto& socket : found->sockets) {
      sockets.push_back({socket.peer, socket.service_node, socket.count});
    }
  } else if (const auto* read = std::get_if<wire::Markers>(&message)) {
    remember_markers(read->markers, mounts, markers);
  } else if (const auto* made = std::get_if<wire::MadePlan>(&message)) {
    std::erase_if(made_plans, [&](const wire::MadePlan& one) { return one.hash == made->hash; });
    made_plans.push_back(*made);
    if (made_plans.size() > kMaxMadePlans) made_plans.erase(made_plans.begin());
  } else if (const auto* inspected = std::get_if<wire::InspectReply>(&message)) {
    if (job.kind != Job::Kind::inspect || !job.with_mentions) return;
    mentions.clear();
    for (const auto& finding : inspected->inventory.findings) {
      if (finding.what != FindingClass::unclaimed) continue;
      mentions.push_back({finding.place, finding.reason.with().sn});
    }
  }
}

}  // namespace sn::agent
