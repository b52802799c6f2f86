#include "agent/plan/drift.h"

#include <algorithm>
#include <map>
#include <set>

namespace sn::agent {

namespace {

// Lines move when a file is edited; a reference is the same wherever it stands in its file.
std::string file_of(const Reference& reference) {
  const size_t colon = reference.place.rfind(':');
  return colon == std::string::npos ? reference.place : reference.place.substr(0, colon);
}

using Key = std::tuple<std::string, std::string, std::string, std::string>;
std::map<Key, const Reference*> index(const wire::Inventory& inventory) {
  std::map<Key, const Reference*> result;
  for (const auto& reference : inventory.references) {
    // Of a file that can't be read: that it can now is no drift of what it says.
    if (reference.guessed) continue;
    result.emplace(Key{file_of(reference), reference.label, reference.value, reference.owner},
                   &reference);
  }
  return result;
}

Details named(const Reference& reference) {
  return {.name = reference.label, .value = reference.value};
}

}  // namespace

std::vector<wire::Drift> find_drift(const wire::Inventory& before, const wire::Inventory& after) {
  const auto old_index = index(before);
  const auto new_index = index(after);
  std::vector<wire::Drift> drifts;
  for (const auto& [key, reference] : new_index) {
    if (old_index.contains(key)) continue;
    drifts.push_back({reference->place, Fact(FactCode::now_names, named(*reference)),
                      reference->owner, after.bindings});
  }
  for (const auto& [key, reference] : old_index) {
    if (new_index.contains(key)) continue;
    drifts.push_back(
        {reference->place, Fact(FactCode::names_no_longer, named(*reference)), "", after.bindings});
  }
  std::set<std::string> named;
  for (const auto& binding : before.bindings) named.insert(binding.service_node);
  std::stable_partition(drifts.begin(), drifts.end(), [&](const wire::Drift& drift) {
    return !drift.service_node.empty() && !named.contains(drift.service_node);
  });
  if (drifts.size() > kMaxDrifts) drifts.resize(kMaxDrifts);
  return drifts;
}

}  // namespace sn::agent
