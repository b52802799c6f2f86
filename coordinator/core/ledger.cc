#include "coordinator/core/ledger.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace sn::coordinator {

void Ledger::seed(const Cluster& cluster, Now now) {
  seed_rows(cluster);
  for (const auto& node : cluster.directory.service_nodes) {
    if (state_.service_nodes.contains(node.name)) continue;
    put(ServiceNodeRecord{node.name, ServiceNodeState::up, now.wall.unix_ms, {}});
  }
}

void Ledger::seed_rows(const Cluster& cluster) {
  for (const auto& [node, service_nodes] : cluster.nodes) {
    const auto found = state_.rows.find(node);
    if (found == state_.rows.end()) {
      Row row;
      row.node = node;
      row.service_node = service_nodes.front();
      put(std::move(row));
    } else if (found->second.state == RowState::observed && found->second.generation == 0 &&
               found->second.service_node != service_nodes.front()) {
      Row row = found->second;
      row.service_node = service_nodes.front();
      put(std::move(row));
    }
  }
  std::vector<std::string> gone;
  for (const auto& [node, row] : state_.rows) {
    if (row.generation == 0 && !cluster.nodes.contains(node)) gone.push_back(node);
  }
  for (const auto& node : gone) {
    outbox_.store(DropRow{node});
    state_.rows.erase(node);
  }
}

void Ledger::put(Row row) {
  outbox_.store(PutRow{row});
  std::string node = row.node;
  state_.rows.insert_or_assign(std::move(node), std::move(row));
}

void Ledger::put(ServiceNodeRecord record) {
  outbox_.store(PutServiceNode{record});
  std::string name = record.name;
  state_.service_nodes.insert_or_assign(std::move(name), std::move(record));
}

void Ledger::put(const Freeze& freeze) {
  state_.freeze = freeze;
  outbox_.store(PutFreeze{freeze});
}

uint64_t Ledger::new_generation(uint64_t seen, Now now) {
  const auto floor = static_cast<uint64_t>(std::max<int64_t>(now.wall.unix_ms, 0));
  state_.last_generation = std::max({state_.last_generation + 1, seen + 1, floor});
  outbox_.store(PutGeneration{state_.last_generation});
  return state_.last_generation;
}

uint64_t Ledger::next_takeover() const {
  return state_.takeovers.empty() ? 1 : state_.takeovers.rbegin()->first + 1;
}

const Takeover& Ledger::add(Takeover takeover) {
  put_header(takeover);
  for (const auto& [name, node] : takeover.nodes) {
    outbox_.store(PutTakeoverNode{takeover.number, node});
  }
  const uint64_t number = takeover.number;
  return state_.takeovers.emplace(number, std::move(takeover)).first->second;
}

void Ledger::put_header(const Takeover& takeover) { outbox_.store(PutTakeover{takeover.header()}); }

void Ledger::put(uint64_t takeover, TakeoverNode node) {
  outbox_.store(PutTakeoverNode{takeover, node});
  std::string name = node.node;
  state_.takeovers.at(takeover).nodes.insert_or_assign(std::move(name), std::move(node));
}

void Ledger::note_told(uint64_t takeover, const std::string& node, Now now) {
  const TakeoverNode* part = part_of(&state_.takeovers.at(takeover), node);
  if (part == nullptr) return;
  TakeoverNode told = *part;
  const bool again = told.told_unix_ms != 0;
  if (!again) told.told_unix_ms = now.wall.unix_ms;
  const FactCode what = again         ? FactCode::told_again
                        : told.canary ? FactCode::told_as_canary
                                      : FactCode::told_to_move;
  told.note(now.wall.unix_ms, Fact(what, {.to = told.to}));
  put(takeover, std::move(told));
}

void Ledger::set(uint64_t takeover, TakeoverState state, Fact why) {
  Takeover& changed = state_.takeovers.at(takeover);
  changed.state = state;
  changed.why = std::move(why);
  put_header(changed);
}

void Ledger::end(uint64_t takeover, TakeoverState state, Fact why, Now now) {
  state_.takeovers.at(takeover).finished_unix_ms = now.wall.unix_ms;
  set(takeover, state, std::move(why));
}

void Ledger::resume(uint64_t takeover, Now now) {
  Takeover& resumed = state_.takeovers.at(takeover);
  resumed.resumed_unix_ms = now.wall.unix_ms;
  resumed.finished_unix_ms = 0;
  set(takeover, TakeoverState::running, {});
}

void Ledger::forget_old_takeovers() {
  std::vector<uint64_t> finished;
  for (const auto& [number, takeover] : state_.takeovers) {
    const bool over = takeover.state == TakeoverState::finished ||
                      (takeover.state == TakeoverState::aborted && takeover.finished_unix_ms != 0);
    if (over) finished.push_back(number);
  }
  if (finished.size() <= kKeptTakeovers) return;
  finished.resize(finished.size() - kKeptTakeovers);
  std::set<std::string> named;
  for (const auto& [node, row] : state_.rows) named.insert(row.takeover);
  for (const auto& [name, record] : state_.service_nodes) named.insert(record.takeover);
  for (const uint64_t number : finished) {
    if (named.contains(state_.takeovers.at(number).id())) continue;
    state_.takeovers.erase(number);
    outbox_.store(DropTakeover{number});
  }
}

void Ledger::put(NodeKey key) {
  state_.keys.push_back(key);
  outbox_.store(PutKey{std::move(key)});
}

size_t Ledger::drop_keys(const std::string& node) {
  const size_t count =
      std::erase_if(state_.keys, [&](const NodeKey& key) { return key.node == node; });
  if (count > 0) outbox_.store(DropKeys{node});
  return count;
}

}  // namespace sn::coordinator
