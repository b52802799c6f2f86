#include "agent/executor/primitives/change_lease.h"

#include "agent/executor/primitives/run_command.h"
#include "agent/leases/holder.h"

namespace sn::agent {

namespace {

// They answer within milliseconds, or are as stuck as the node.
constexpr uint32_t kDeadlineMs = 3'000;

}  // namespace

Status change_lease(const LeaseChange& change) {
  const LeaseHolder* holder = lease_holder(change.holder);
  if (holder == nullptr) {
    return fail(ErrorClass::internal, "changing", change.place(), Fact(FactCode::unknown_holder));
  }
  const auto commands = holder->commands(change);
  for (const auto& command : commands) {
    const auto result = run_command(command, kDeadlineMs);
    if (result && result->exit_code == 0) continue;
    if (holder->goes_on() && &command != &commands.back()) continue;
    if (!result) return tl::unexpected(result.error());
    return fail(ErrorClass::internal, "running", command.front(), exited(command.front(), *result));
  }
  // What it was told it may do a moment after it has answered, and has done when it answers again.
  (void)run_command(holder->question(), kDeadlineMs);
  return {};
}

}  // namespace sn::agent
