#include "coordinator/core/ledger.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace sn::coordinator {

namespace {

// A record's worth, before it is compressed.
constexpr size_t kPartsAPiece = 512;

}  // namespace

void Ledger::seed(const Cluster& cluster, Now now) {
  for (const auto& [node, service_nodes] : cluster.nodes) seed_node(node, service_nodes.front());
  std::vector<std::string> gone;
  for (const auto& [name, record] : state_.nodes) {
    const bool never_moved = record.in_table() && record.generation() == 0;
    if (never_moved && !cluster.nodes.contains(name)) gone.push_back(name);
  }
  for (const auto& node : gone) leave_table(node);
  for (const auto& node : cluster.directory.service_nodes) {
    if (state_.service_nodes.contains(node.name)) continue;
    put(ServiceNodeRecord{node.name, ServiceNodeState::up, now.wall.unix_ms, {}});
  }
}

void Ledger::seed_node(const std::string& node, const std::string& service_node) {
  Assignment first;
  first.node = node;
  first.to = service_node;
  const NodeRecord* record = find_node(state_, node);
  if (record == nullptr) {
    append(std::move(first));
    return;
  }
  const Assignment& present = record->present();
  if (present.state != AssignmentState::observed || record->generation() != 0 ||
      present.to == service_node) {
    return;
  }
  // What a takeover found stays on record with it.
  if (&present != &record->assignments.back()) {
    append(std::move(first));
    return;
  }
  first.serial = present.serial;
  put(std::move(first));
}

// What is on record for a takeover stays, and what it came from.
void Ledger::leave_table(const std::string& node) {
  while (true) {
    const auto record = state_.nodes.find(node);
    if (record == state_.nodes.end()) return;
    const Assignment& last = record->second.assignments.back();
    if (last.takeover != 0) break;
    drop(node, last.serial);
  }
  if (find_node(state_, node) == nullptr) return;
  Assignment left;
  left.node = node;
  left.state = AssignmentState::gone;
  append(std::move(left));
}

void Ledger::put(Assignment assignment) {
  ++decisions_;
  outbox_.store(PutAssignment{assignment});
  state_.put(std::move(assignment));
}

void Ledger::append(Assignment assignment) {
  const auto record = state_.nodes.find(assignment.node);
  assignment.serial = record == state_.nodes.end() ? 1 : record->second.next_serial();
  put(std::move(assignment));
}

void Ledger::drop(const std::string& node, uint32_t serial) {
  outbox_.store(DropAssignment{node, serial});
  state_.drop(node, serial);
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

uint64_t Ledger::new_generation(Now now) {
  const auto floor = static_cast<uint64_t>(std::max<int64_t>(now.wall.unix_ms, 0));
  state_.last_generation = std::max(state_.last_generation + 1, floor);
  outbox_.store(PutGeneration{state_.last_generation});
  return state_.last_generation;
}

std::vector<std::string> Ledger::mend_generations(Now now) {
  state_.last_generation = 0;
  const uint64_t fresh = new_generation(now);
  std::vector<std::string> nodes;
  for (const auto& [name, node] : state_.nodes) {
    if (!is_beyond_any(node.generation())) continue;
    Assignment present = node.present();
    present.generation = fresh;
    put(std::move(present));
    nodes.push_back(name);
  }
  return nodes;
}

uint64_t Ledger::next_takeover() const {
  return state_.takeovers.empty() ? 1 : state_.takeovers.rbegin()->first + 1;
}

const Takeover& Ledger::add(TakeoverHeader takeover) {
  Takeover& added = state_.takeovers[takeover.number];
  static_cast<TakeoverHeader&>(added) = std::move(takeover);
  put_header(added);
  return added;
}

void Ledger::put_header(const Takeover& takeover) { outbox_.store(PutTakeover{takeover.header()}); }

void Ledger::note_told(const std::string& node, Now now) {
  Assignment told = state_.nodes.at(node).present();
  const bool again = told.told_unix_ms != 0;
  if (!again) told.told_unix_ms = now.wall.unix_ms;
  const FactCode what = again         ? FactCode::told_again
                        : told.canary ? FactCode::told_as_canary
                                      : FactCode::told_to_move;
  told.note(now.wall.unix_ms, Fact(what, {.to = told.to}));
  put(std::move(told));
}

void Ledger::set(uint64_t takeover, TakeoverState state, Fact why) {
  Takeover& changed = state_.takeovers.at(takeover);
  changed.state = state;
  changed.why = std::move(why);
  put_header(changed);
}

void Ledger::end(uint64_t takeover, TakeoverState state, Fact why, Now now) {
  ++decisions_;
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
  std::set<uint64_t> named;
  for (const auto& [name, record] : state_.nodes) {
    if (record.in_table()) named.merge(record.takeovers_in_play());
  }
  for (const auto& [name, record] : state_.service_nodes) {
    named.insert(takeover_number(record.takeover).value_or(0));
  }
  for (const uint64_t number : finished) {
    if (!named.contains(number)) forget(number);
  }
}

void Ledger::file(uint64_t takeover, Filed filed, std::vector<TakeoverPart> parts) {
  Takeover& kept = state_.takeovers.at(takeover);
  outbox_.store(FileTakeover{kept.header()});
  FileParts piece{takeover, 0, {}};
  for (size_t i = 0; i < parts.size(); ++i) {
    piece.parts.push_back(std::move(parts[i]));
    const bool last = i + 1 == parts.size();
    if (piece.parts.size() < kPartsAPiece && !last) continue;
    ++piece.piece;
    outbox_.store(piece);
    piece.parts.clear();
  }
  forget_parts(kept);
  kept.nodes.clear();
  kept.plans = {};
  kept.filed = {std::move(filed)};
  put_header(kept);
}

void Ledger::forget_parts(const Takeover& takeover) {
  for (const auto& node : takeover.nodes) {
    Forgetting forgotten = forgetting(state_.nodes.at(node), takeover.number);
    for (auto& bare : forgotten.bare) put(std::move(bare));
    for (const uint32_t serial : forgotten.dropped) drop(node, serial);
  }
}

void Ledger::forget(uint64_t takeover) {
  forget_parts(state_.takeovers.at(takeover));
  state_.takeovers.erase(takeover);
  outbox_.store(DropTakeover{takeover});
}

void Ledger::put(NodeKey key) {
  state_.keys.push_back(key);
  outbox_.store(PutKey{std::move(key)});
}

void Ledger::put(Acknowledgement acknowledgement) {
  outbox_.store(PutAcknowledgement{acknowledgement});
  std::string node = acknowledgement.node;
  state_.acknowledgements.insert_or_assign(std::move(node), std::move(acknowledgement));
}

void Ledger::drop_acknowledgement(const std::string& node) {
  if (state_.acknowledgements.erase(node) > 0) outbox_.store(DropAcknowledgement{node});
}

size_t Ledger::drop_keys(const std::string& node) {
  const size_t count =
      std::erase_if(state_.keys, [&](const NodeKey& key) { return key.node == node; });
  if (count > 0) outbox_.store(DropKeys{node});
  return count;
}

void Ledger::put(FeedKey key) {
  outbox_.store(PutFeedKey{key});
  std::string name = key.name;
  state_.feed_keys.insert_or_assign(std::move(name), std::move(key));
}

void Ledger::drop_feed_key(const std::string& name) {
  state_.feed_keys.erase(name);
  outbox_.store(DropFeedKey{name});
}

}  // namespace sn::coordinator
