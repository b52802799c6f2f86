#include "coordinator/core/feed_keys.h"

#include <algorithm>
#include <utility>

#include "common/facts/text.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

constexpr std::string_view kLettersOfName =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

bool is_subscriber_name(const std::string& name) {
  return !name.empty() && name.size() <= kMostSubscriberName && name.front() != '-' &&
         name.find_first_not_of(kLettersOfName) == std::string::npos;
}

}  // namespace

void FeedKeys::admit() {
  std::map<std::string, std::string> keys;
  for (const auto& [name, key] : ledger_.state().feed_keys) keys[key.public_key] = name;
  outbox_.admit_subscribers(std::move(keys));
}

void FeedKeys::add(ClientId client, const AddFeedKeyCommand& command, Now now) {
  const State& state = ledger_.state();
  const auto refuse = [&](Fact why, Cure cure) {
    outbox_.reply(client, RefusalAnswer{std::move(why), std::move(cure), 3});
  };
  if (!is_subscriber_name(command.name)) {
    return refuse(Fact(FactCode::no_subscriber_name,
                       {.name = plain_line(command.name.substr(0, kMostSubscriberName))}),
                  Cure(CureCode::name_subscriber));
  }
  if (command.public_key.size() != kPublicKeyLength) {
    return refuse(
        Fact(FactCode::key_has_length, {.value = std::to_string(command.public_key.size())}),
        Cure(CureCode::key_of_subscriber));
  }
  const auto node = std::find_if(state.keys.begin(), state.keys.end(), [&](const NodeKey& key) {
    return key.public_key == command.public_key;
  });
  if (node != state.keys.end()) {
    return refuse(Fact(FactCode::key_of_another, {.node = node->node}),
                  Cure(CureCode::key_of_subscriber));
  }
  for (const auto& [name, key] : state.feed_keys) {
    if (name == command.name || key.public_key != command.public_key) continue;
    return refuse(Fact(FactCode::key_of_another, {.node = name}),
                  Cure(CureCode::revoke_feed_key, {.name = name}));
  }
  const auto before = state.feed_keys.find(command.name);
  const bool had_one = before != state.feed_keys.end();
  const bool same = had_one && before->second.public_key == command.public_key;
  if (!had_one && state.feed_keys.size() >= kMostFeedKeys) {
    return refuse(Fact(FactCode::most_subscribers, {.count = kMostFeedKeys}),
                  Cure(CureCode::revoke_some_feed_key));
  }
  if (!same) {
    ledger_.put(FeedKey{command.name, command.public_key, now.wall.unix_ms, command.by});
    admit();
    outbox_.publish(event::kFeedKeyAdded, now, "", "", "", command.name);
  }
  outbox_.reply(client, DoneAnswer{wording::may_subscribe(command.name, had_one && !same,
                                                          config_.feed_over_tcp)});
}

void FeedKeys::revoke(ClientId client, const RevokeFeedKeyCommand& command, Now now) {
  if (!ledger_.state().feed_keys.contains(command.name)) {
    const std::string name = plain_line(command.name.substr(0, kMostSubscriberName));
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::no_feed_key, {.name = name}),
                                        Cure(CureCode::list_keys), 3});
    return;
  }
  ledger_.drop_feed_key(command.name);
  admit();
  outbox_.publish(event::kFeedKeyRevoked, now, "", "", "", command.name);
  outbox_.reply(client, DoneAnswer{wording::may_not_subscribe(command.name)});
}

}  // namespace sn::coordinator
