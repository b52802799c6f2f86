#include "common/wire/codec.h"

#include "common/wire/fields.h"
#include "common/wire/pack_fields.h"

namespace sn::wire {

namespace {

template <class Variant>
std::string encode_variant(const Variant& message, const char* const* names) {
  return cut_to_a_message([&](Encoder& encoder) {
    std::visit(
        [&](const auto& m) {
          pack_map(encoder, const_cast<std::remove_cvref_t<decltype(m)>&>(m),
                   names[message.index()]);
        },
        message);
  });
}

template <class Variant>
Result<Variant> decode_variant(std::string_view bytes, const char* const* names) {
  const auto document = Document::parse(bytes, kMessageLimits);
  if (!document) return tl::unexpected(document.error());
  Result<Variant> message(tl::in_place);
  Reading reading;
  if (!read_named(document->root(), names, *message, reading)) return reading.error("message");
  return message;
}

template <class T>
std::string json(const T& message) {
  const auto document = Document::parse(pack(message), kMessageLimits);
  return document ? document->json() : std::string();
}

}  // namespace

// What is sent as a part of a message and kept alone as well.
template std::string pack(const Outcome&);
template Result<Outcome> unpack(std::string_view, const Limits&);

std::string encode(const Message& message) { return encode_variant(message, kMessageNames); }
Result<Message> decode(std::string_view bytes) {
  return decode_variant<Message>(bytes, kMessageNames);
}

std::string encode_local(const LocalMessage& message) {
  return encode_variant(message, kLocalMessageNames);
}
Result<LocalMessage> decode_local(std::string_view bytes) {
  return decode_variant<LocalMessage>(bytes, kLocalMessageNames);
}

std::string encode_outcome(const Outcome& outcome) { return pack(outcome); }
Result<Outcome> decode_outcome(std::string_view bytes) { return unpack<Outcome>(bytes); }

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
