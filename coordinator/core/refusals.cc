#include "coordinator/core/refusals.h"

#include <vector>

#include "common/base/nearest.h"

namespace sn::coordinator {

const Takeover* find_or_refuse(const State& state, Outbox& outbox, ClientId client,
                               const std::string& id) {
  const Takeover* takeover = find_takeover(state, id);
  if (takeover == nullptr) {
    outbox.reply(client, RefusalAnswer{Fact(FactCode::no_such_takeover, {.value = id}),
                                       Cure(CureCode::history_lists), 3});
  }
  return takeover;
}

bool refuse_if_frozen(const State& state, Outbox& outbox, ClientId client) {
  if (!state.freeze.frozen) return false;
  outbox.reply(client, RefusalAnswer{Fact(FactCode::frozen_by, {.by = state.freeze.by}),
                                     Cure(CureCode::thaw), 3});
  return true;
}

bool refuse_if_spent(const State& state, Outbox& outbox, ClientId client) {
  if (!has_spent_generations(state)) return false;
  outbox.reply(client, RefusalAnswer{Fact(FactCode::generations_are_spent,
                                          {.generation = state.last_generation}),
                                     Cure(CureCode::mend_table), 3});
  return true;
}

RefusalAnswer no_such_service_node(const Directory& directory, const std::string& typed) {
  std::vector<std::string> names;
  std::string all;
  for (const auto& node : directory.service_nodes) {
    names.push_back(node.name);
    all += (all.empty() ? "" : " ") + node.name;
  }
  const std::string meant = nearest(typed, names);
  return {Fact(FactCode::no_such_service_node, {.value = typed}),
          meant.empty() ? Cure(CureCode::inventory_knows, {.value = all})
                        : Cure(CureCode::service_node_meant, {.to = meant, .value = all}),
          3};
}

bool refuse_if_full(const Disk& disk, Outbox& outbox, ClientId client) {
  if (!disk.full) return false;
  outbox.reply(
      client,
      RefusalAnswer{Fact(FactCode::disk_full,
                         {.place = disk.place, .count = disk.free_mib, .of = disk.wanted_mib}),
                    Cure(CureCode::free_disk, {.place = disk.place}), 3});
  return true;
}

}  // namespace sn::coordinator
