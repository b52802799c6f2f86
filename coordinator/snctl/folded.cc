#include "coordinator/snctl/folded.h"

#include <algorithm>

#include "common/facts/text.h"
#include "common/model/node_list.h"
#include "coordinator/snctl/text.h"

namespace sn::coordinator {

namespace {

// A step of it is about this node alone.
bool names(const Cure& cure, const std::string& node) {
  return !cure.empty() &&
         (cure.with().nodes == std::vector<std::string>{node} || names(cure.next(), node));
}

// No node is called so.
const std::vector<std::string> kItself{"\1"};

// Of the same codes, naming these nodes.
Cure naming(const Cure& cure, const std::vector<std::string>& nodes) {
  if (cure.empty()) return {};
  Details with = cure.with();
  if (!with.nodes.empty()) with.nodes = nodes;
  return Cure(cure.code(), std::move(with)).then(naming(cure.next(), nodes));
}

bool moves_nodes(CureCode code) {
  return code == CureCode::move_node || code == CureCode::move_node_or_leave ||
         code == CureCode::move_node_planned;
}

// A command that would name more nodes than a line holds, in a form that names none.
Cure without_long_list(const Cure& cure, bool left_over) {
  if (cure.empty()) return {};
  const Details& with = cure.with();
  const Cure next = without_long_list(cure.next(), left_over);
  if (text_of(Cure(cure.code(), with)).size() <= kColumns)
    return Cure(cure.code(), with).then(next);
  if (cure.code() == CureCode::resume_nodes) {
    return Cure(CureCode::resume, {.takeover = with.takeover}).then(next);
  }
  if (left_over && moves_nodes(cure.code())) {
    const bool planned = with.planned || cure.code() == CureCode::move_node_planned;
    return Cure(CureCode::move_the_rest, {.sn = with.sn, .to = with.to, .planned = planned})
        .then(next);
  }
  return Cure(cure.code(), with).then(next);
}

}  // namespace

void Folded::add(const std::string& node, Row row) {
  std::string shape;
  for (const auto& cure : row.cures) {
    shape += (names(cure, node) ? text_for(cure, kItself) : text_of(cure)) + '\n';
  }
  const auto [place, fresh] = places_.try_emplace({row.text, shape}, groups_.size());
  if (fresh) groups_.push_back({{}, std::move(row)});
  groups_[place->second].nodes.push_back(node);
}

std::vector<Folded::Entry> Folded::entries() const {
  std::vector<const Group*> sorted;
  for (const auto& group : groups_) sorted.push_back(&group);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Group* a, const Group* b) { return a->row.weight > b->row.weight; });
  std::vector<Entry> entries;
  for (const Group* group : sorted) {
    const auto& [nodes, row] = *group;
    Entry entry{nodes, row.text, {}};
    for (const auto& cure : row.cures) {
      const Cure all = names(cure, nodes.front()) ? naming(cure, nodes) : cure;
      entry.cures.push_back(without_long_list(all, row.left_over));
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace sn::coordinator
