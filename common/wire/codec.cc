#include "common/wire/codec.h"

#include "common/wire/fields.h"
#include "common/wire/pack_fields.h"

namespace sn::wire {

namespace {

template <class T>
std::string json(const T& message) {
  const std::string bytes = cut_to_a_message([&](Encoder& encoder) {
    encoder.write_texts();
    pack_value(encoder, const_cast<T&>(message));
  });
  const auto document = Document::parse(bytes, kMessageLimits);
  return document ? document->json() : std::string();
}

// A node's files hold any bytes; who reads of them (feeds, JSON, a person's screen) takes text.
template <class T>
std::string pack_utf8(const T& message) {
  return cut_to_a_message([&](Encoder& encoder) {
    encoder.only_utf8();
    pack_value(encoder, const_cast<T&>(message));
  });
}

template <class Message>
constexpr bool kIsOfNode = std::is_same_v<Message, ToCoordinator> || std::is_same_v<Message, Knock>;

}  // namespace

// What is sent as a part of a message and kept alone as well.
template std::string pack(const Outcome&);
template Result<Outcome> unpack(std::string_view, const Limits&);

std::string encode(const ToCoordinator& message) { return pack_utf8(message); }
std::string encode(const ToAgent& message) { return pack(message); }
std::string encode(const Verb& message) { return pack(message); }
std::string encode(const ToSession& message) { return pack(message); }
std::string encode(const FromChild& message) { return pack(message); }
std::string encode(const Order& order) { return pack(order); }
std::string encode(const Knock& knock) { return pack_utf8(knock); }
std::string encode(const KnockAnswer& answer) { return pack(answer); }

template <class Message>
Result<Message> decode(std::string_view bytes) {
  const auto document = Document::parse(bytes, kMessageLimits);
  if (!document) return tl::unexpected(document.error());
  Result<Message> message(tl::in_place);
  Reading reading(kIsOfNode<Message> ? Reading::Texts::utf8 : Reading::Texts::any);
  if (!read_value(document->root(), *message, reading)) return reading.error("message");
  return message;
}
template Result<ToCoordinator> decode<ToCoordinator>(std::string_view bytes);
template Result<ToAgent> decode<ToAgent>(std::string_view bytes);
template Result<Verb> decode<Verb>(std::string_view bytes);
template Result<ToSession> decode<ToSession>(std::string_view bytes);
template Result<FromChild> decode<FromChild>(std::string_view bytes);
template Result<Order> decode<Order>(std::string_view bytes);
template Result<Knock> decode<Knock>(std::string_view bytes);
template Result<KnockAnswer> decode<KnockAnswer>(std::string_view bytes);

std::string encode_outcome(const Outcome& outcome) { return pack(outcome); }
Result<Outcome> decode_outcome(std::string_view bytes) { return unpack<Outcome>(bytes); }

namespace {

// What can't be kept whole is kept as `rest`: nothing that was kept is ever too large to be read.
template <class T>
std::string kept(const T& value, const T& rest) {
  Encoder encoder(kKeptLimits);
  encoder.only_utf8();
  pack_value(encoder, const_cast<T&>(value));
  if (!encoder.cut() && encoder.size() <= kKeptLimits.bytes) return encoder.take();
  return pack_whole(rest, kKeptLimits).value_or("");
}

}  // namespace

std::string encode_fact(const Fact& fact) {
  return fact.empty() ? "" : kept(fact, Fact(fact.code()));
}
Result<Fact> decode_fact(std::string_view bytes) {
  return bytes.empty() ? Fact() : unpack<Fact>(bytes, kKeptLimits);
}
std::string encode_cure(const Cure& cure) {
  return cure.empty() ? "" : kept(cure, Cure(cure.code()));
}
Result<Cure> decode_cure(std::string_view bytes) {
  return bytes.empty() ? Cure() : unpack<Cure>(bytes, kKeptLimits);
}

std::string inventory_json(const Inventory& inventory) { return json(inventory); }
std::string plan_json(const PlanSummary& plan) { return json(plan); }
std::string outcome_json(const Outcome& outcome) { return json(outcome); }

std::string encode_feed_event(const std::vector<FeedField>& event) {
  Encoder encoder(kMessageLimits);
  encoder.map(event.size());
  for (const auto& field : event) {
    encoder.text(field.key);
    if (field.is_number) {
      encoder.number(field.number);
    } else {
      encoder.text(field.text);
    }
  }
  return encoder.take();
}

}  // namespace sn::wire
