// A node that can no longer be right takes no commands until somebody has looked at it: its journal
// or its fence can't be read, a mount is in a state that no step of ours leaves, or finishing what
// was begun kills the process that tries. Pure; agent/executor/quarantine_file.h keeps it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/mounts/plan_mounts.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

struct QuarantineRecord {
  wire::Quarantine why;
  std::vector<MountSwap> places;  // that were neither old nor new
  bool operator==(const QuarantineRecord&) const = default;
};

// The error as the reason, its cure as the cure.
[[nodiscard]] wire::Quarantine quarantine_of(const Error& error);

// "mend this, then snctl clear cn001".
[[nodiscard]] Cure with_clear(const Cure& cure, const std::string& node);

// Whether this node is in it, and why.
class Quarantine {
 public:
  explicit Quarantine(std::string node) : node_(std::move(node)) {}

  [[nodiscard]] bool active() const { return why_.has_value(); }
  // What is told; empty: in none.
  [[nodiscard]] wire::Quarantine why() const;
  // What a command is answered.
  [[nodiscard]] Error refusal() const;
  [[nodiscard]] const std::vector<MountSwap>& places() const { return places_; }
  // What is to be kept while it is active.
  [[nodiscard]] QuarantineRecord record() const { return {why(), places_}; }

  // A newer reason takes the place of the old one; the places stay.
  void enter(wire::Quarantine why);
  void set_places(std::vector<MountSwap> places) { places_ = std::move(places); }
  void lift();

 private:
  std::string node_;
  std::optional<wire::Quarantine> why_;
  std::vector<MountSwap> places_;
};

}  // namespace sn::agent
