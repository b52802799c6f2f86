// Every message as MessagePack (pack.h), and back.
//
// Decoding is bounded before anything is allocated: kMaxMessageBytes for the whole, then limits on
// arrays, maps, strings and nesting. Whatever comes in, the answer is a value or an Error of class
// corrupt or limit that names the field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/wire/messages.h"
#include "common/wire/pack.h"

namespace sn::wire {

// What a node says is UTF-8: encode() makes it so, decode() refuses what is not. Strings longer
// than kMaxString are cut and lists longer than kMaxItems are shortened, so that what we send is
// always lawful for the peer.
[[nodiscard]] std::string encode(const ToCoordinator& message);
[[nodiscard]] std::string encode(const ToAgent& message);
[[nodiscard]] std::string encode(const Verb& message);
[[nodiscard]] std::string encode(const ToSession& message);
[[nodiscard]] std::string encode(const FromChild& message);
[[nodiscard]] std::string encode(const Order& order);
[[nodiscard]] std::string encode(const Knock& knock);
[[nodiscard]] std::string encode(const KnockAnswer& answer);

// `Message` is one of these. A message of another direction is corrupt: unknown here.
template <class Message>
[[nodiscard]] Result<Message> decode(std::string_view bytes);
extern template Result<ToCoordinator> decode<ToCoordinator>(std::string_view bytes);
extern template Result<ToAgent> decode<ToAgent>(std::string_view bytes);
extern template Result<Verb> decode<Verb>(std::string_view bytes);
extern template Result<ToSession> decode<ToSession>(std::string_view bytes);
extern template Result<FromChild> decode<FromChild>(std::string_view bytes);
extern template Result<Order> decode<Order>(std::string_view bytes);
extern template Result<Knock> decode<Knock>(std::string_view bytes);
extern template Result<KnockAnswer> decode<KnockAnswer>(std::string_view bytes);

// An Outcome alone.
[[nodiscard]] std::string encode_outcome(const Outcome& outcome);
[[nodiscard]] Result<Outcome> decode_outcome(std::string_view bytes);

// A fact or a cure alone, in UTF-8. Empty bytes are none.
[[nodiscard]] std::string encode_fact(const Fact& fact);
[[nodiscard]] Result<Fact> decode_fact(std::string_view bytes);
[[nodiscard]] std::string encode_cure(const Cure& cure);
[[nodiscard]] Result<Cure> decode_cure(std::string_view bytes);

// An Inventory as JSON text, for `snagentd inspect --json`.
[[nodiscard]] std::string inventory_json(const Inventory& inventory);
[[nodiscard]] std::string plan_json(const PlanSummary& plan);
[[nodiscard]] std::string outcome_json(const Outcome& outcome);

// A flat map of strings and unsigned numbers: the events of the status feed.
struct FeedField {
  std::string key;
  std::string text;
  uint64_t number = 0;
  bool is_number = false;
};
[[nodiscard]] std::string encode_feed_event(const std::vector<FeedField>& fields);

}  // namespace sn::wire
