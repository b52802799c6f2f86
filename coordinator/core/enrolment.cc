#include "coordinator/core/enrolment.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "common/facts/text.h"
#include "coordinator/core/names.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

// What the limit of events kept back is said as a number, after this long.
constexpr int64_t kSayUnsaid_ms = 60'000;

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
    if (key.revoked || find_node(ledger_.state(), key.node) == nullptr) continue;
    keys_[key.public_key] = key.node;
  }
}

void Enrolment::add(ClientId client, const AddKeyCommand& command, Now now) {
  if (command.public_key.size() != kPublicKeyLength) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::key_has_length,
                                             {.value = std::to_string(command.public_key.size())}),
                                        Cure(CureCode::print_key), 1});
    return;
  }
  const auto used = keys_.find(command.public_key);
  const NodeKey* record = record_of(command.public_key);
  if (record != nullptr && record->node != command.node) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::key_of_another, {.node = record->node}),
                                        Cure(CureCode::revoke_key, {.node = record->node}), 3});
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

void Enrolment::admit() { outbox_.admit(keys_); }

void Enrolment::list(ClientId client) {
  KeysAnswer answer{ledger_.state().keys, {}};
  for (const auto& [name, key] : ledger_.state().feed_keys) answer.feed_keys.push_back(key);
  outbox_.reply(client, std::move(answer));
}

void Enrolment::revoke(ClientId client, const RevokeKeyCommand& command, Now now) {
  const auto is_its = [&](const NodeKey& key) { return key.node == command.node && !key.revoked; };
  const auto& keys = ledger_.state().keys;
  const auto last = std::find_if(keys.rbegin(), keys.rend(), is_its);
  if (last == keys.rend()) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::no_key, {.node = command.node}),
                                        Cure(CureCode::list_keys), 3});
    return;
  }
  NodeKey revoked{command.node, last->public_key, now.wall.unix_ms, "by " + command.by, true};
  const size_t count = ledger_.drop_keys(command.node);
  ledger_.put(std::move(revoked));
  retire(command.node);
  forget_asked(command.node);
  end_connection(command.node);
  outbox_.publish(event::kKeyRevoked, now, "", command.node, "", "");
  outbox_.reply(client, DoneAnswer{wording::revoked(count, command.node)});
}

void Enrolment::retire(const std::string& node) {
  for (auto at = keys_.begin(); at != keys_.end();) {
    if (at->second != node) {
      ++at;
      continue;
    }
    outbox_.retire(at->first);
    at = keys_.erase(at);
  }
}

void Enrolment::on_knock(const Knocked& knocked, const std::string& via, bool full, Now now) {
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
    constexpr size_t kMostOfName = 64;
    publish(event::kNodeKnocks, "",
            "a node that is not in the inventory, '" + plain_line(node.substr(0, kMostOfName)) +
                "', from " + knocked.from.to_string(),
            now);
    return refuse(Fact(FactCode::not_in_inventory, {.nodes = {node}}),
                  Cure(CureCode::add_to_inventory));
  }
  const auto used = keys_.find(knocked.public_key);
  if (used != keys_.end() && used->second == node) return answer(knocked, true, {}, {});
  if (Fact obstacle = obstacle_to(knocked); !obstacle.empty()) return refuse(std::move(obstacle));
  if (full) return refuse(Fact(FactCode::nothing_can_be_stored));
  if (const NodeKey* key = revoked_key_of(node)) {
    const std::string by = key->how.starts_with("by ") ? key->how.substr(3) : key->how;
    return list_knock(knocked, Fact(FactCode::key_was_revoked, {.by = by}), now);
  }
  const Fact doubt = doubt_of(knocked);
  if (doubt.empty()) {
    return let_in_unless_it_lives(knocked, "address " + knocked.from.to_string(), now);
  }
  if (!config_.enrolment.contains(EnrolBy::command)) return list_knock(knocked, doubt, now);
  ask_node(knocked, doubt, via, now);
}

// Whoever else knocks in its name waits for the same answer, which is the node's.
void Enrolment::ask_node(const Knocked& knocked, const Fact& doubt, const std::string& via,
                         Now now) {
  const std::string& node = knocked.knock.node;
  if (const auto asked = at_command_.find(node); asked != at_command_.end()) {
    auto& knocks = asked->second.knocks;
    if (knocks.size() >= kMostPending) return list_knock(knocked, doubt, now);
    knocks.push_back(knocked);
    return;
  }
  auto& questions =
      questions_.try_emplace(node, Bucket{kQuestionsBurst, now.monotonic}).first->second;
  if (at_command_.size() >= kMostAsked) {
    return list_knock(knocked, Fact(FactCode::nodes_are_asked, {.count = at_command_.size()}), now);
  }
  if (!questions.take(now.monotonic, kQuestionsBurst, kQuestionsPerSecond)) {
    return list_knock(knocked, doubt, now);
  }
  at_command_[node] = {knocked.request, {knocked}};
  outbox_.ask(AskNode{knocked.request, node, via});
}

void Enrolment::on_node_key(uint64_t request, const std::string& key, const std::string& said,
                            Now now) {
  const auto asked = std::find_if(at_command_.begin(), at_command_.end(),
                                  [&](const auto& one) { return one.second.request == request; });
  if (asked == at_command_.end()) return;
  const Question question = std::move(asked->second);
  at_command_.erase(asked);
  for (const Knocked& knocked : question.knocks) {
    if (key == knocked.public_key) {
      let_in_unless_it_lives(knocked, "command", now);
    } else {
      list_knock(knocked,
                 key.empty() ? Fact(FactCode::command_has_no_key, {.said = said})
                             : Fact(FactCode::command_has_other_key),
                 now);
    }
  }
}

void Enrolment::let_in_unless_it_lives(const Knocked& knocked, const std::string& how, Now now) {
  const std::string& node = knocked.knock.node;
  const Presence* presence = fleet_.find(node);
  if (presence == nullptr || !presence->connected()) return let_in(knocked, how, now);
  const auto [asked, fresh] = asked_.try_emplace(node, Asked{knocked, how, now.monotonic});
  if (!fresh) {
    return answer(knocked, false, Fact(FactCode::old_key_is_asked, {.node = node}), {});
  }
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
  if (!knocked.of_root()) {
    return Fact(FactCode::knock_of_anybody, {.address = from, .count = knocked.port});
  }
  return {};
}

Fact Enrolment::obstacle_to(const Knocked& knocked) const {
  const NodeKey* record = record_of(knocked.public_key);
  if (record == nullptr || record->node == knocked.knock.node) return {};
  return Fact(FactCode::key_of_another, {.node = record->node});
}

const NodeKey* Enrolment::record_of(const std::string& public_key) const {
  const auto& keys = ledger_.state().keys;
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const NodeKey& key) { return key.public_key == public_key; });
  return found == keys.end() ? nullptr : &*found;
}

const NodeKey* Enrolment::revoked_key_of(const std::string& node) const {
  const auto& keys = ledger_.state().keys;
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const NodeKey& key) {
    return key.revoked && key.node == node;
  });
  return found == keys.end() ? nullptr : &*found;
}

void Enrolment::publish(const event::Kind& kind, const std::string& node, const std::string& text,
                        Now now) {
  const bool is_alarm = std::string_view(kind.id) == event::kKeyDoubled.id;
  if (is_alarm ? alarms_.take(now.monotonic, kKeyAlarms, kKeyAlarmsPerSecond)
               : events_.take(now.monotonic, kKnockEvents, kKnockEventsPerSecond)) {
    outbox_.publish(kind, now, "", node, "", text);
  } else if (unsaid_++ == 0) {
    unsaid_since_ = now.monotonic;
  }
}

bool Enrolment::make_room(std::vector<Pending>& all, const Knocked& knocked) {
  if (all.size() < kMostPending) return true;
  // An alarm stays.
  const auto of_source = [&](const Pending& one) {
    if (one.shown.why.is(FactCode::other_key_answers)) return std::ptrdiff_t{0};
    return std::count_if(all.begin(), all.end(),
                         [&](const Pending& other) { return other.shown.from == one.shown.from; });
  };
  const auto most = std::max_element(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    return of_source(a) < of_source(b);  // the first, which is the oldest
  });
  if (of_source(*most) > 1) {
    all.erase(most);
    return true;
  }
  // Everybody has one. Root somewhere is more than anybody.
  const auto anybody = std::find_if(all.begin(), all.end(), [](const Pending& other) {
    return !other.of_root && !other.shown.why.is(FactCode::other_key_answers);
  });
  if (!knocked.of_root() || anybody == all.end()) return false;
  all.erase(anybody);
  return true;
}

void Enrolment::list_knock(const Knocked& knocked, const Fact& why, Now now) {
  const std::string& node = knocked.knock.node;
  const bool doubled = why.is(FactCode::other_key_answers);
  const auto tell = [&] {
    publish(doubled ? event::kKeyDoubled : event::kNodeKnocks, node,
            text_of(why) + "; key " + knocked.public_key, now);
  };
  if (!config_.enrolment.contains(EnrolBy::manual) && !doubled) {
    return answer(knocked, false, why, {});
  }
  if (contains(rejected_, knocked.public_key)) {
    return answer(knocked, false, Fact(FactCode::key_rejected), {});
  }
  auto& all = pending_[node];
  auto same = std::find_if(all.begin(), all.end(), [&](const Pending& pending) {
    return pending.shown.public_key == knocked.public_key;
  });
  const bool news =
      same == all.end() || (doubled && !same->shown.why.is(FactCode::other_key_answers));
  if (news && doubled) tell();
  if (same == all.end()) {
    if (!make_room(all, knocked)) {
      return answer(knocked, false, Fact(FactCode::knock_too_many, {.count = all.size()}),
                    Cure(CureCode::list_pending));
    }
    all.push_back({{node, knocked.public_key, {}, {}, now.wall.unix_ms}, false, {}});
    same = std::prev(all.end());
    if (!doubled) tell();
  }
  same->shown.from = knocked.from.to_string();
  if (!same->shown.why.is(FactCode::other_key_answers)) same->shown.why = why;
  same->of_root = knocked.of_root();
  same->knocked = now.monotonic;
  answer(knocked, false, why, Cure(CureCode::accept_key, {.nodes = {node}}));
}

void Enrolment::let_in(const Knocked& knocked, const std::string& how, Now now) {
  const std::string& node = knocked.knock.node;
  if (Fact obstacle = obstacle_to(knocked); !obstacle.empty()) {
    return answer(knocked, false, std::move(obstacle), {});
  }
  const auto [changes, fresh] = changes_.try_emplace(node, Bucket{kKeysBurst, now.monotonic});
  if (!changes->second.take(now.monotonic, kKeysBurst, kKeysPerSecond)) {
    return list_knock(
        knocked,
        Fact(FactCode::keys_change_too_often, {.count = static_cast<uint64_t>(kKeysBurst)}), now);
  }
  enrol(node, knocked.public_key, how, now);
  answer(knocked, true, {}, {});
}

void Enrolment::forget_asked(const std::string& node) {
  const auto asked = asked_.extract(node);
  if (!asked.empty()) {
    answer(asked.mapped().knocked, false, Fact(FactCode::decided_meanwhile), {});
  }
  const auto question = at_command_.extract(node);
  if (question.empty()) return;
  for (const Knocked& knocked : question.mapped().knocks) {
    answer(knocked, false, Fact(FactCode::decided_meanwhile), {});
  }
}

size_t Enrolment::enrol(const std::string& node, const std::string& key, const std::string& how,
                        Now now) {
  forget_asked(node);
  // A key of before is the key of whoever kept it.
  const size_t retired = ledger_.drop_keys(node);
  retire(node);
  keys_[key] = node;
  ledger_.put(NodeKey{node, key, now.wall.unix_ms, how});
  outbox_.admit(key, node);
  if (retired > 0) end_connection(node);
  pending_.erase(node);
  outbox_.publish(event::kKeyAdded, now, "", node, "", wording::key_added(key, how));
  return retired;
}

void Enrolment::answer(const Knocked& knocked, bool accepted, Fact reason, Cure cure) {
  outbox_.answer(knocked, {{}, accepted, std::move(reason), std::move(cure)});
}

void Enrolment::tick(Now now) {
  for (auto at = asked_.begin(); at != asked_.end();) {
    Asked& asked = at->second;
    const Presence* presence = fleet_.find(at->first);
    const bool connected = presence != nullptr && presence->connected();
    const bool answers = connected && presence->heard >= asked.since;
    // What lay unread while this thread was busy with others is heard first.
    const bool over = now.monotonic - asked.since >= kOldKeyAnswers_ms;
    if (!answers && connected && (!over || !std::exchange(asked.waited, true))) {
      ++at;
      continue;
    }
    const Knocked knocked = asked.knocked;
    const std::string how = asked.how;
    const std::string path = connected ? presence->hello.path : "";
    at = asked_.erase(at);
    if (answers) {
      list_knock(
          knocked,
          Fact(FactCode::other_key_answers, {.address = knocked.from.to_string(), .value = path}),
          now);
    } else {
      let_in(knocked, how, now);
    }
  }
  for (auto at = pending_.begin(); at != pending_.end();) {
    std::erase_if(at->second, [&](const Pending& pending) {
      return now.monotonic - pending.knocked >= kKnocksNoMore_ms;
    });
    at = at->second.empty() ? pending_.erase(at) : std::next(at);
  }
  if (unsaid_ > 0 && now.monotonic - unsaid_since_ >= kSayUnsaid_ms) {
    outbox_.publish(event::kNodeKnocks, now, "", "", "", wording::more_knocks(unsaid_));
    unsaid_ = 0;
  }
}

MonotonicTime Enrolment::next_tick(MonotonicTime latest) const {
  for (const auto& [node, asked] : asked_) {
    const Presence* presence = fleet_.find(node);
    const bool answers = presence != nullptr && presence->heard >= asked.since;
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
      const Cure cure = why.is(FactCode::knocks_more)
                            ? Cure(CureCode::accept_key_of, {.node = node})
                            : Cure(CureCode::list_pending);
      return refuse(std::move(why), cure, 3);
    }
    const std::string& key = pending->shown.public_key;
    const NodeKey* record = record_of(key);
    const bool is_others = record != nullptr && record->node != node;
    const auto same = std::find_if(accepted.begin(), accepted.end(), [&](const PendingKey& other) {
      return other.public_key == key;
    });
    if (is_others || same != accepted.end()) {
      const std::string& whose = is_others ? record->node : same->node;
      return refuse(Fact(FactCode::key_of_another, {.node = whose}), Cure(CureCode::list_pending),
                    3);
    }
    accepted.push_back(pending->shown);
  }
  for (const auto& key : accepted) enrol(key.node, key.public_key, "by " + command.by, now);
  outbox_.reply(client, DoneAnswer{wording::accepted(command.nodes)});
}

// All of them or none.
void Enrolment::reject(ClientId client, const RejectKeysCommand& command, Now now) {
  std::vector<PendingKey> rejected;
  for (const auto& node : command.nodes) {
    Fact why;
    const Pending* pending = meant(node, command.fingerprint, why);
    if (pending == nullptr) {
      outbox_.reply(client, RefusalAnswer{std::move(why), Cure(CureCode::list_pending), 3});
      return;
    }
    rejected.push_back(pending->shown);
  }
  for (const auto& key : rejected) {
    auto& all = pending_[key.node];
    std::erase_if(all, [&](const Pending& one) { return one.shown == key; });
    if (all.empty()) pending_.erase(key.node);
    if (rejected_.size() >= kMostRejected) rejected_.erase(rejected_.begin());
    rejected_.push_back(key.public_key);
    outbox_.publish(event::kKeyRejected, now, "", key.node, "",
                    wording::key_added(key.public_key, "by " + command.by));
  }
  outbox_.reply(client, DoneAnswer{wording::rejected(rejected.size(), command.nodes)});
}

std::map<std::string, std::pair<Fact, Cure>> Enrolment::notices() const {
  std::map<std::string, std::pair<Fact, Cure>> notices;
  for (const auto& [node, all] : pending_) {
    const auto alarm = std::find_if(all.begin(), all.end(), [](const Pending& pending) {
      return pending.shown.why.is(FactCode::other_key_answers);
    });
    const Pending& worst = alarm == all.end() ? all.back() : *alarm;
    notices[node] = {Fact(FactCode::knocks, {}, worst.shown.why),
                     all.size() == 1 ? Cure(CureCode::accept_key, {.nodes = {node}})
                                     : Cure(CureCode::accept_key_of, {.node = node})};
  }
  return notices;
}

}  // namespace sn::coordinator
