#include "coordinator/store/fold.h"

#include <cstdio>
#include <utility>
#include <variant>

#include "coordinator/store/apply.h"
#include "coordinator/store/record.h"

namespace sn::coordinator {

namespace {

// Under which all keys of nodes are, and nothing else.
constexpr std::string_view kKeyPrefix = "k/";

// Sorted as the numbers are.
std::string digits(uint64_t number) {
  char text[17];
  (void)std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

// Takeovers before the assignments that refer to them; a node's assignments in their order.
std::string takeover_key(uint64_t number) { return "a/" + digits(number).substr(8); }
std::string assignment_key(const std::string& node, uint32_t serial) {
  return "b/" + node + "/" + digits(serial).substr(8);
}
std::string service_node_key(const std::string& name) { return "s/" + name; }
std::string feed_key_key(const std::string& name) { return "l/" + name; }
std::string acknowledgement_key(const std::string& node) { return "d/" + node; }

}  // namespace

std::string files_of(uint64_t takeover) {
  return std::string(kFiles) + digits(takeover).substr(8) + "/";
}

std::string end_of(std::string prefix) {
  ++prefix.back();  // '/' or a digit
  return prefix;
}

Result<ShownTakeover> shown_from(const std::vector<StoreChange>& files, uint64_t takeover) {
  ShownTakeover shown;
  bool found = false;
  for (const auto& change : files) {
    if (const auto* filed = std::get_if<FileTakeover>(&change);
        filed != nullptr && filed->header.number == takeover) {
      static_cast<TakeoverHeader&>(shown) = filed->header;
      found = true;
    } else if (const auto* parts = std::get_if<FileParts>(&change);
               parts != nullptr && parts->takeover == takeover) {
      for (const auto& part : parts->parts) shown.nodes.insert_or_assign(part.node, part);
    }
  }
  if (found) return shown;
  return fail(ErrorClass::corrupt, "reading", takeover_id(takeover), "it is not in the files");
}

void Fold::put(std::string key, const StoreChange& change) {
  changes_[std::move(key)] = bytes_of(change);
}

void Fold::drop_keys(const std::string& node) {
  for (auto key = keys_.begin(); key != keys_.end();) {
    if (key->second != node) {
      ++key;
      continue;
    }
    drop(key->first);
    key = keys_.erase(key);
  }
  without_keys_.insert(node);
}

Result<bool> Fold::forgets(std::string_view key, std::string_view bytes) const {
  if (!key.starts_with(kKeyPrefix)) return false;
  const auto change = read_change(bytes);
  if (!change) return tl::unexpected(change.error());
  const auto* put = std::get_if<PutKey>(&*change);
  return put != nullptr && without_keys_.contains(put->key.node);
}

void Fold::add(const StoreChange& change) {
  if (const auto* assignment = std::get_if<PutAssignment>(&change)) {
    put(assignment_key(assignment->assignment.node, assignment->assignment.serial), change);
  } else if (const auto* dropped = std::get_if<DropAssignment>(&change)) {
    drop(assignment_key(dropped->node, dropped->serial));
  } else if (const auto* service_node = std::get_if<PutServiceNode>(&change)) {
    put(service_node_key(service_node->record.name), change);
  } else if (const auto* takeover = std::get_if<PutTakeover>(&change)) {
    put(takeover_key(takeover->header.number), change);
  } else if (const auto* forgotten = std::get_if<DropTakeover>(&change)) {
    drop(takeover_key(forgotten->takeover));
    const std::string files = files_of(forgotten->takeover);
    std::erase_if(changes_, [&](const auto& one) { return one.first.starts_with(files); });
    forgotten_files_.insert(files);
  } else if (const auto* filed = std::get_if<FileTakeover>(&change)) {
    put(files_of(filed->header.number), change);
  } else if (const auto* parts = std::get_if<FileParts>(&change)) {
    put(files_of(parts->takeover) + digits(parts->piece), change);
  } else if (std::holds_alternative<PutFreeze>(change)) {
    put("f", change);
  } else if (std::holds_alternative<PutGeneration>(change)) {
    put("g", change);
  } else if (std::holds_alternative<PutEpoch>(change)) {
    put("e", change);
  } else if (const auto* key = std::get_if<PutKey>(&change)) {
    std::string place = std::string(kKeyPrefix) + key->key.public_key;
    keys_[place] = key->key.node;
    put(std::move(place), change);
  } else if (const auto* keys = std::get_if<DropKeys>(&change)) {
    drop_keys(keys->node);
  } else if (const auto* subscriber = std::get_if<PutFeedKey>(&change)) {
    put(feed_key_key(subscriber->key.name), change);
  } else if (const auto* gone = std::get_if<DropFeedKey>(&change)) {
    drop(feed_key_key(gone->name));
  } else if (const auto* said = std::get_if<PutAcknowledgement>(&change)) {
    put(acknowledgement_key(said->acknowledgement.node), change);
  } else if (const auto* over = std::get_if<DropAcknowledgement>(&change)) {
    drop(acknowledgement_key(over->node));
  }
}

std::vector<StoreChange> changes_of(const State& state) {
  std::vector<StoreChange> changes;
  for (const auto& [number, takeover] : state.takeovers) {
    changes.emplace_back(PutTakeover{takeover.header()});
  }
  for (const auto& [name, record] : state.nodes) {
    for (const auto& assignment : record.assignments) {
      changes.emplace_back(PutAssignment{assignment});
    }
  }
  for (const auto& [name, record] : state.service_nodes) {
    changes.emplace_back(PutServiceNode{record});
  }
  for (const auto& key : state.keys) changes.emplace_back(PutKey{key});
  for (const auto& [name, key] : state.feed_keys) changes.emplace_back(PutFeedKey{key});
  for (const auto& [node, said] : state.acknowledgements) {
    changes.emplace_back(PutAcknowledgement{said});
  }
  changes.emplace_back(PutFreeze{state.freeze});
  changes.emplace_back(PutGeneration{state.last_generation});
  changes.emplace_back(PutEpoch{state.epoch});
  return changes;
}

Status replay(const StoreChange& change, State& state) {
  const auto* put = std::get_if<PutAssignment>(&change);
  if (put != nullptr && put->assignment.takeover != 0 &&
      !state.takeovers.contains(put->assignment.takeover)) {
    return fail(ErrorClass::corrupt, "reading", "an assignment of " + put->assignment.node,
                takeover_id(put->assignment.takeover) + " has nodes but no header");
  }
  apply(change, state);
  return {};
}

}  // namespace sn::coordinator
