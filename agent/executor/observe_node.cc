#include "agent/executor/observe_node.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "agent/executor/primitives/run_command.h"
#include "agent/leases/holder.h"
#include "agent/plan/inventory.h"
#include "agent/references/resolver.h"
#include "agent/watch/process.h"

namespace sn::agent {

namespace {

// They answer within milliseconds, or are as stuck as the node. A rebind asks twice, so one that
// hangs costs it a second.
constexpr uint32_t kQuestionMs = 500;

bool runs(std::string_view process) {
  const auto pids = all_pids();
  return std::any_of(pids.begin(), pids.end(), [&](int pid) {
    return process_name(pid) == process && in_own_pid_namespace(pid);
  });
}

// The servers of the directory that its files name: these are the files' to change.
std::vector<std::string> named_in_files(const LeaseHolder& holder, const Observation& observation,
                                        const IdentityIndex& identity) {
  std::vector<std::string> named;
  for (const auto& file : observation.files) {
    const auto kinds = holder.named_in();
    if (std::find(kinds.begin(), kinds.end(), file.kind->name()) == kinds.end()) continue;
    const auto references = file.kind->discover(file.path, file.text, identity);
    if (!references) continue;
    for (const auto& reference : *references) named.push_back(reference.owner);
  }
  return named;
}

// Programs ask somebody on this node, who asks others.
bool asks_a_stub(const Observation& observation) {
  for (const auto& file : observation.files) {
    if (file.kind->name() != "resolver") continue;
    for (const auto& server : listed_name_servers(file.text)) {
      const auto address = IpAddress::parse(server);
      if (address && address->is_loopback()) return true;
    }
  }
  return false;
}

void read_leases(const LeaseHolder& holder, const Directory& directory, Observation& observation) {
  if (access(holder.trace().c_str(), F_OK) != 0) return;
  if (!holder.process_name().empty() && !runs(holder.process_name())) return;
  const auto answer = run_command(holder.question(), kQuestionMs);
  if (!answer && answer.error().what == ErrorClass::not_found) return;  // no such program
  const bool cut = answer && answer->output.size() >= kMaxCommandOutput;
  const bool failed = answer && !cut && answer->exit_code != 0;
  // It does not run, unless its process was seen.
  if (failed && holder.process_name().empty()) return;
  // Looking through /etc/hosts takes time: only where files and daemon say the same.
  std::vector<std::string> named;
  std::optional<IdentityIndex> identity;
  if (!holder.named_in().empty()) {
    identity.emplace(identity_on(observation, directory));
    named = named_in_files(holder, observation, *identity);
  }
  if (!answer || cut || failed) {
    // Whether it follows its files is asked after the change, with more patience (Reloads).
    if (!named.empty() && holder.is_asked_after_reload()) return;
    observation.unread.push_back(
        {std::string(holder.name()),
         cut      ? Fact(FactCode::too_much_output)
         : failed ? exited(holder.question().front(), *answer)
                  : answer.error().fact(),
         Cure(CureCode::ask_it_by_hand, {.value = holder.question().front()}),
         Tier::secondary,
         {}});
    return;
  }
  for (auto& lease : holder.read(answer->output)) {
    // It reads an /etc/resolv.conf that it does not write, and again when somebody asks it.
    const bool as_a_whole = lease.subject.empty() && holder.asks() == kNameService;
    if (as_a_whole && !asks_a_stub(observation)) continue;
    std::erase_if(lease.servers, [&](const std::string& server) {
      if (named.empty() || !lease.subject.empty()) return false;
      const auto owner = identity->owner_of(server);
      return owner && std::find(named.begin(), named.end(), owner->name) != named.end();
    });
    // NetworkManager tells resolved what it is to ask on its devices.
    const bool told =
        !lease.subject.empty() &&
        std::any_of(observation.leases.begin(), observation.leases.end(),
                    [&](const Lease& other) { return other.subject == lease.subject; });
    if (!lease.servers.empty() && !told) observation.leases.push_back(std::move(lease));
  }
}

}  // namespace

Observation observe_node(const Directory& directory, bool live, Look look) {
  Observation observation = observe(directory, live, look);
  if (!live) return observation;
  for (const auto& holder : all_lease_holders()) read_leases(*holder, directory, observation);
  return observation;
}

}  // namespace sn::agent
