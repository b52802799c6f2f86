#include "coordinator/core/enrolment.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

// A Z85 public key has 40 characters.
constexpr size_t kKeyLength = 40;

}  // namespace

Enrolment::Enrolment(Ledger& ledger, Fleet& fleet, Outbox& outbox)
    : ledger_(ledger), fleet_(fleet), outbox_(outbox) {
  read_keys();
}

void Enrolment::settle() {
  const auto before = std::exchange(keys_, {});
  read_keys();
  if (keys_ == before) return;
  for (const auto& [key, node] : before) {
    if (!keys_.contains(key)) end_connection(node);
  }
  admit();
}

void Enrolment::read_keys() {
  keys_.clear();
  for (const auto& key : ledger_.state().keys) {
    if (find_node(ledger_.state(), key.node) != nullptr) keys_[key.public_key] = key.node;
  }
}

void Enrolment::add(ClientId client, const AddKeyCommand& command, Now now) {
  if (command.public_key.size() != kKeyLength) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::key_has_length,
                                             {.value = std::to_string(command.public_key.size())}),
                                        Cure(CureCode::print_key), 1});
    return;
  }
  const auto used = keys_.find(command.public_key);
  if (used != keys_.end() && used->second != command.node) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::key_of_another, {.node = used->second}),
                                        Cure(CureCode::revoke_key, {.node = used->second}), 3});
    return;
  }
  if (find_node(ledger_.state(), command.node) == nullptr) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::not_in_inventory, {.nodes = {command.node}}),
                                        Cure(CureCode::add_to_inventory), 3});
    return;
  }
  size_t retired = 0;
  const auto same = std::count_if(keys_.begin(), keys_.end(),
                                  [&](const auto& key) { return key.second == command.node; });
  if (used == keys_.end() || same > 1) {
    // A key of before is the key of whoever kept it.
    retired = ledger_.drop_keys(command.node);
    std::erase_if(keys_, [&](const auto& key) { return key.second == command.node; });
    keys_[command.public_key] = command.node;
    ledger_.put(NodeKey{command.node, command.public_key, now.wall.unix_ms});
    admit();
    if (retired > 0) end_connection(command.node);
    outbox_.publish(event::kKeyAdded, now, "", command.node, "", command.public_key);
  }
  outbox_.reply(client, DoneAnswer{wording::enrolled(command.node, retired)});
}

void Enrolment::end_connection(const std::string& node) {
  const Presence* presence = fleet_.find(node);
  if (presence == nullptr || !presence->connected()) return;
  outbox_.refuse(*presence->connection, Fact(FactCode::key_revoked), {});
  fleet_.leave(ConnectionId(*presence->connection));
}

void Enrolment::admit() {
  std::set<std::string> keys;
  for (const auto& [key, node] : keys_) keys.insert(key);
  outbox_.admit(std::move(keys));
}

void Enrolment::list(ClientId client) { outbox_.reply(client, KeysAnswer{ledger_.state().keys}); }

void Enrolment::revoke(ClientId client, const RevokeKeyCommand& command, Now now) {
  const size_t count = ledger_.drop_keys(command.node);
  if (count == 0) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::no_key, {.node = command.node}),
                                        Cure(CureCode::list_keys), 3});
    return;
  }
  std::erase_if(keys_, [&](const auto& key) { return key.second == command.node; });
  admit();
  end_connection(command.node);
  outbox_.publish(event::kKeyRevoked, now, "", command.node, "", "");
  outbox_.reply(client, DoneAnswer{wording::revoked(count, command.node)});
}

}  // namespace sn::coordinator
