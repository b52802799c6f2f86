#include "agent/core/quarantine.h"

#include <utility>

namespace sn::agent {

wire::Quarantine quarantine_of(const Error& error) {
  Error plain = error;
  plain.cure.clear();
  return {plain.message(), error.cure};
}

std::string with_clear(const std::string& cure, const std::string& node) {
  const std::string clear = "snctl clear " + node;
  if (cure.ends_with(clear)) return cure;
  return cure + (cure.empty() ? "" : ", then ") + clear;
}

wire::Quarantine Quarantine::why() const { return why_.value_or(wire::Quarantine{}); }

Error Quarantine::refusal() const {
  const wire::Quarantine told = why();
  return Error{ErrorClass::denied, "", "", "in quarantine: " + told.reason, told.cure, 0};
}

void Quarantine::enter(wire::Quarantine why) {
  why.cure = with_clear(why.cure, node_);
  why_ = std::move(why);
}

void Quarantine::lift() {
  why_.reset();
  places_.clear();
}

}  // namespace sn::agent
