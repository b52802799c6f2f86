#include "coordinator/core/enrolment.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "coordinator/core/names.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

// A Z85 public key has 40 characters.
constexpr size_t kKeyLength = 40;
// Ports below it are root's (ip_sysctl.rst, ip_unprivileged_port_start): a node that has it
// otherwise is named by its own `snagentd check`.
constexpr uint16_t kFirstUsersPort = 1'024;

}  // namespace

Enrolment::Enrolment(const Config& config, const Cluster& cluster, Ledger& ledger, Fleet& fleet,
                     Outbox& outbox)
    : config_(config), cluster_(cluster), ledger_(ledger), fleet_(fleet), outbox_(outbox) {
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
    std::erase(rejected_, command.public_key);
    retired = enrol(command.node, command.public_key, "by " + command.by, now);
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

void Enrolment::on_knock(const Knocked& knocked, bool full, Now now) {
  const std::string& node = knocked.knock.node;
  const auto refuse = [&](Fact why, Cure cure = {}) {
    answer(knocked, false, std::move(why), std::move(cure));
  };
  if (knocked.knock.protocol != wire::kProtocolVersion) {
    return refuse(
        Fact(FactCode::protocol_not_spoken,
             {.value = std::to_string(knocked.knock.protocol), .count = wire::kProtocolVersion}),
        Cure(CureCode::same_version));
  }
  if (find_node(ledger_.state(), node) == nullptr) {
    return refuse(Fact(FactCode::not_in_inventory, {.nodes = {node}}),
                  Cure(CureCode::add_to_inventory));
  }
  const auto used = keys_.find(knocked.public_key);
  if (used != keys_.end()) {
    if (used->second == node) return answer(knocked, true, {}, {});
    return refuse(Fact(FactCode::key_of_another, {.node = used->second}));
  }
  if (contains(rejected_, knocked.public_key)) return refuse(Fact(FactCode::key_rejected));
  if (full) return refuse(Fact(FactCode::nothing_can_be_stored));
  const Fact doubt = doubt_of(knocked);
  if (!doubt.empty()) return list_knock(knocked, doubt, now);
  const Presence* presence = fleet_.find(node);
  if (presence == nullptr || !presence->connected()) return let_in(knocked, now);
  const auto [asked, fresh] = asked_.try_emplace(node, Asked{knocked, now.monotonic});
  if (!fresh) return refuse(Fact(FactCode::old_key_is_asked, {.node = node}));
  outbox_.send(*presence->connection, wire::AreYouThere{});
}

Fact Enrolment::doubt_of(const Knocked& knocked) const {
  const std::string& node = knocked.knock.node;
  const std::string from = knocked.from.to_string();
  if (!config_.enrolment.contains(EnrolBy::address)) return Fact(FactCode::knock_by_hand_only);
  if (!knocked.direct) return Fact(FactCode::knock_through, {.address = from});
  const auto addresses = cluster_.node_addresses.find(node);
  if (addresses == cluster_.node_addresses.end()) {
    return Fact(FactCode::knock_of_no_address, {.address = from});
  }
  if (!addresses->second.contains(knocked.from)) {
    return Fact(FactCode::knock_from_elsewhere,
                {.address = from, .value = addresses->second.begin()->to_string()});
  }
  if (knocked.port >= kFirstUsersPort) {
    return Fact(FactCode::knock_of_anybody, {.address = from, .count = knocked.port});
  }
  return {};
}

void Enrolment::list_knock(const Knocked& knocked, const Fact& why, Now now) {
  const std::string& node = knocked.knock.node;
  if (!config_.enrolment.contains(EnrolBy::manual)) return answer(knocked, false, why, {});
  auto& all = pending_[node];
  auto same = std::find_if(all.begin(), all.end(), [&](const Pending& pending) {
    return pending.shown.public_key == knocked.public_key;
  });
  if (same == all.end() && all.size() >= kMostPending) {
    return answer(knocked, false, Fact(FactCode::knock_too_many, {.count = all.size()}),
                  Cure(CureCode::list_pending));
  }
  const bool news = same == all.end() || same->shown.why.code() != why.code();
  if (same == all.end()) {
    all.push_back({{node, knocked.public_key, {}, {}, now.wall.unix_ms}, {}});
    same = std::prev(all.end());
  }
  same->shown.from = knocked.from.to_string();
  same->shown.why = why;
  same->knocked = now.monotonic;
  if (news) {
    const bool doubled = why.is(FactCode::other_key_answers);
    outbox_.publish(doubled ? event::kKeyDoubled : event::kNodeKnocks, now, "", node, "",
                    text_of(why) + "; key " + knocked.public_key);
  }
  answer(knocked, false, why, Cure(CureCode::accept_key, {.nodes = {node}}));
}

void Enrolment::let_in(const Knocked& knocked, Now now) {
  enrol(knocked.knock.node, knocked.public_key, "address " + knocked.from.to_string(), now);
  answer(knocked, true, {}, {});
}

size_t Enrolment::enrol(const std::string& node, const std::string& key, const std::string& how,
                        Now now) {
  // A key of before is the key of whoever kept it.
  const size_t retired = ledger_.drop_keys(node);
  std::erase_if(keys_, [&](const auto& one) { return one.second == node; });
  keys_[key] = node;
  ledger_.put(NodeKey{node, key, now.wall.unix_ms, how});
  if (retired > 0) {
    admit();
    end_connection(node);
  } else {
    outbox_.admit(key);
  }
  pending_.erase(node);
  outbox_.publish(event::kKeyAdded, now, "", node, "", wording::key_added(key, how));
  return retired;
}

void Enrolment::answer(const Knocked& knocked, bool accepted, Fact reason, Cure cure) {
  outbox_.answer(knocked, {accepted, std::move(reason), std::move(cure)});
}

void Enrolment::tick(Now now) {
  for (auto at = asked_.begin(); at != asked_.end();) {
    const Asked& asked = at->second;
    const Presence* presence = fleet_.find(at->first);
    const bool connected = presence != nullptr && presence->connected();
    const bool answers = connected && presence->heard > asked.since;
    if (!answers && connected && now.monotonic - asked.since < kOldKeyAnswers_ms) {
      ++at;
      continue;
    }
    const Knocked knocked = asked.knocked;
    const std::string path = connected ? presence->hello.path : "";
    at = asked_.erase(at);
    if (answers) {
      list_knock(
          knocked,
          Fact(FactCode::other_key_answers, {.address = knocked.from.to_string(), .value = path}),
          now);
    } else {
      let_in(knocked, now);
    }
  }
  for (auto at = pending_.begin(); at != pending_.end();) {
    std::erase_if(at->second, [&](const Pending& pending) {
      return now.monotonic - pending.knocked >= kKnocksNoMore_ms;
    });
    at = at->second.empty() ? pending_.erase(at) : std::next(at);
  }
}

MonotonicTime Enrolment::next_tick(MonotonicTime latest) const {
  for (const auto& [node, asked] : asked_) {
    const Presence* presence = fleet_.find(node);
    const bool answers = presence != nullptr && presence->heard > asked.since;
    latest = std::min(latest, answers ? asked.since : asked.since + kOldKeyAnswers_ms);
  }
  return latest;
}

void Enrolment::list_pending(ClientId client) {
  PendingAnswer all;
  for (const auto& [node, keys] : pending_) {
    for (const auto& pending : keys) all.keys.push_back(pending.shown);
  }
  outbox_.reply(client, std::move(all));
}

const Enrolment::Pending* Enrolment::meant(const std::string& node, const std::string& fingerprint,
                                           Fact& why) const {
  const auto of = pending_.find(node);
  if (of == pending_.end()) {
    why = Fact(FactCode::knocks_not, {.node = node});
    return nullptr;
  }
  const auto& all = of->second;
  if (fingerprint.empty()) {
    if (all.size() == 1) return &all.front();
    why = Fact(FactCode::knocks_more, {.node = node, .count = all.size()});
    return nullptr;
  }
  const auto found = std::find_if(all.begin(), all.end(), [&](const Pending& pending) {
    return pending.shown.public_key.starts_with(fingerprint);
  });
  if (found != all.end()) return &*found;
  why = Fact(FactCode::knocks_other, {.node = node, .value = fingerprint});
  return nullptr;
}

// All of them or none.
void Enrolment::accept(ClientId client, const AcceptKeysCommand& command, Now now) {
  const auto refuse = [&](Fact why, Cure cure, int exit_code) {
    outbox_.reply(client, RefusalAnswer{std::move(why), std::move(cure), exit_code});
  };
  if (!command.fingerprint.empty() && command.fingerprint.size() < kLeastFingerprint) {
    return refuse(Fact(FactCode::fingerprint_is_short, {.count = kLeastFingerprint}),
                  Cure(CureCode::print_key), 1);
  }
  if (!command.fingerprint.empty() && command.nodes.size() != 1) {
    return refuse(Fact(FactCode::fingerprint_of_one), Cure(CureCode::print_key), 1);
  }
  std::vector<PendingKey> accepted;
  for (const auto& node : command.nodes) {
    Fact why;
    const Pending* pending = meant(node, command.fingerprint, why);
    if (pending == nullptr) {
      return refuse(std::move(why),
                    why.is(FactCode::knocks_more) ? Cure(CureCode::accept_key_of, {.node = node})
                                                  : Cure(CureCode::list_pending),
                    3);
    }
    accepted.push_back(pending->shown);
  }
  for (const auto& key : accepted) enrol(key.node, key.public_key, "by " + command.by, now);
  outbox_.reply(client, DoneAnswer{wording::accepted(command.nodes)});
}

void Enrolment::reject(ClientId client, const RejectKeysCommand& command, Now now) {
  const auto none = std::find_if(command.nodes.begin(), command.nodes.end(),
                                 [&](const auto& node) { return !pending_.contains(node); });
  if (none != command.nodes.end()) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::knocks_not, {.node = *none}),
                                        Cure(CureCode::list_pending), 3});
    return;
  }
  size_t count = 0;
  for (const auto& node : command.nodes) {
    const auto of = pending_.extract(node);
    for (const auto& pending : of.mapped()) {
      if (rejected_.size() >= kMostRejected) rejected_.erase(rejected_.begin());
      rejected_.push_back(pending.shown.public_key);
      outbox_.publish(event::kKeyRejected, now, "", node, "",
                      wording::key_added(pending.shown.public_key, "by " + command.by));
      ++count;
    }
  }
  outbox_.reply(client, DoneAnswer{wording::rejected(count, command.nodes)});
}

void Enrolment::add_notices(std::vector<NodeStatus>& nodes) const {
  for (auto& node : nodes) {
    const auto of = pending_.find(node.node);
    if (of == pending_.end()) continue;
    const auto& all = of->second;
    if (node.connected && !all.front().shown.why.is(FactCode::other_key_answers)) continue;
    node.notice = Fact(FactCode::knocks, {}, all.back().shown.why);
    node.notice_cure = all.size() == 1 ? Cure(CureCode::accept_key, {.nodes = {node.node}})
                                       : Cure(CureCode::accept_key_of, {.node = node.node});
  }
}

}  // namespace sn::coordinator
