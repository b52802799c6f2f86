#include "agent/plan/left_over.h"

#include <algorithm>

namespace sn::agent {

std::vector<Reference> left_over(const wire::Inventory& inventory,
                                 const std::vector<std::string>& from) {
  std::vector<Reference> left;
  for (const auto& reference : inventory.references) {
    if (reference.role == ReferenceRole::move &&
        std::find(from.begin(), from.end(), reference.owner) != from.end()) {
      left.push_back(reference);
    }
  }
  return left;
}

}  // namespace sn::agent
