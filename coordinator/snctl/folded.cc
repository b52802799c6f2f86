#include "coordinator/snctl/folded.h"

#include "common/facts/text.h"

namespace sn::coordinator {

namespace {

// A step of it is about this node alone.
bool names(const Cure& cure, const std::string& node) {
  return !cure.empty() &&
         (cure.with().nodes == std::vector<std::string>{node} || names(cure.next(), node));
}

// No node is called so.
const std::vector<std::string> kItself{"\1"};

}  // namespace

void Folded::add(const std::string& node, const std::string& text, const Cure& cure) {
  const std::string shape = names(cure, node) ? text_for(cure, kItself) : text_of(cure);
  const auto [place, fresh] = places_.try_emplace({text, shape}, groups_.size());
  if (fresh) groups_.push_back({{}, text, cure});
  groups_[place->second].nodes.push_back(node);
}

std::vector<Folded::Entry> Folded::entries() const {
  std::vector<Entry> entries;
  for (const auto& [nodes, text, cure] : groups_) {
    entries.push_back(
        {nodes, text, names(cure, nodes.front()) ? text_for(cure, nodes) : text_of(cure)});
  }
  return entries;
}

}  // namespace sn::coordinator
