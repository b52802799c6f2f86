// Who holds servers while it runs: how it is asked for them, and told others. Values and pure
// functions; executor/observe_node.h and executor/primitives/change_lease.h act by them. A holder
// is one class and one line in all_lease_holders().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/leases/lease.h"
#include "agent/references/daemon.h"

namespace sn::agent {

class LeaseHolder {
 public:
  virtual ~LeaseHolder() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  // There while it runs, and perhaps longer: where this is missing it is not asked.
  [[nodiscard]] virtual std::string trace() const = 0;
  // It is asked only where such a process runs (/proc/PID/comm, proc(5)), because the question
  // would start it. Empty: the question starts nothing.
  [[nodiscard]] virtual std::string_view process_name() const { return {}; }
  // Where its servers are asked.
  [[nodiscard]] virtual ServicePort asks() const = 0;
  [[nodiscard]] virtual Argv question() const = 0;
  // A file that it writes when its servers change; empty: there is none.
  [[nodiscard]] virtual std::string written_to() const { return {}; }
  // The kinds of files that say what it asks as a whole (Lease::subject is empty): what they name
  // is theirs to change, and is no lease.
  [[nodiscard]] virtual std::vector<std::string_view> named_in() const { return {}; }
  // Whether it follows them is asked after their change, with more patience (executor/reloads.h).
  [[nodiscard]] virtual bool is_asked_after_reload() const { return false; }
  // What the question printed. An interface without servers is none.
  [[nodiscard]] virtual std::vector<Lease> read(std::string_view answer) const = 0;
  // One by one; the first that fails ends the change. Of one that is half done the rest is another
  // change, planned from what is there then.
  [[nodiscard]] virtual std::vector<Argv> commands(const LeaseChange& change) const = 0;
  // A command that fails is no reason not to try the next one; the last decides.
  [[nodiscard]] virtual bool goes_on() const { return false; }
  // What brings the old servers back by itself; no fact: nothing does.
  [[nodiscard]] virtual Fact returns(const LeaseChange& change) const = 0;
};

// systemd-resolved's servers of an interface (resolvectl(1)), NetworkManager's of a device
// (nmcli(1)), chronyd's sources (chronyc(1)). NetworkManager comes before resolved, which it tells.
[[nodiscard]] const std::vector<std::unique_ptr<LeaseHolder>>& all_lease_holders();
[[nodiscard]] const LeaseHolder* lease_holder(std::string_view name);  // nullptr: none

}  // namespace sn::agent
