#include "agent/core/quarantine.h"

#include <utility>

namespace sn::agent {

wire::Quarantine quarantine_of(const Error& error) { return {error.fact(), error.cure}; }

Cure with_clear(const Cure& cure, const std::string& node) {
  return cure.has(CureCode::clear_node) ? cure
                                        : cure.then(Cure(CureCode::clear_node, {.node = node}));
}

wire::Quarantine Quarantine::why() const { return why_.value_or(wire::Quarantine{}); }

Error Quarantine::refusal() const {
  const wire::Quarantine told = why();
  return Error{ErrorClass::denied, "", "", Fact(FactCode::in_quarantine, {}, told.reason),
               told.cure,          0};
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
