#include "common/wire/codec.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>
#include <msgpack.hpp>
#include <sstream>
#include <type_traits>

#include "common/wire/fields.h"

namespace sn::wire {

namespace {

struct Packer : msgpack::packer<msgpack::sbuffer> {
  Packer(msgpack::sbuffer& buffer, size_t items)
      : msgpack::packer<msgpack::sbuffer>(buffer), max_items(items) {}
  size_t max_items;
};

// Encodes with ever shorter lists until the whole is lawful for the peer. A node has dozens of
// items of some hundred bytes, so that the first round is the only one outside of tests.
template <class Encode>
std::string bounded(const Encode& encode_with) {
  for (size_t items = kMaxItems;; items /= 2) {
    msgpack::sbuffer buffer;
    Packer packer(buffer, items);
    encode_with(packer);
    if (buffer.size() <= kMaxMessageBytes || items == 0) return {buffer.data(), buffer.size()};
  }
}

void pack_text(Packer& packer, std::string_view text) {
  const auto size = static_cast<uint32_t>(std::min(text.size(), kMaxString));
  packer.pack_str(size);
  packer.pack_str_body(text.data(), size);
}

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
void pack_map(Packer& packer, T& message, const char* type);

template <class T>
void pack_value(Packer& packer, T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    pack_text(packer, value);
  } else if constexpr (std::is_same_v<T, bool>) {
    packer.pack(value);
  } else if constexpr (std::is_enum_v<T>) {
    pack_text(packer, to_string(value));
  } else if constexpr (std::is_unsigned_v<T>) {
    packer.pack(static_cast<uint64_t>(value));
  } else if constexpr (IsVector<T>::value) {
    const size_t size = std::min(value.size(), packer.max_items);
    packer.pack_array(static_cast<uint32_t>(size));
    for (size_t i = 0; i < size; ++i) pack_value(packer, value[i]);
  } else {
    pack_map(packer, value, nullptr);
  }
}

struct CountFields {
  uint32_t count = 0;
  template <class T>
  void operator()(const char*, T&) {
    ++count;
  }
};

struct PackFields {
  Packer& packer;
  template <class T>
  void operator()(const char* key, T& value) {
    pack_text(packer, key);
    pack_value(packer, value);
  }
};

template <class T>
void pack_map(Packer& packer, T& message, const char* type) {
  CountFields counter;
  fields(counter, message);
  packer.pack_map(counter.count + (type != nullptr ? 1 : 0));
  if (type != nullptr) {
    pack_text(packer, "t");
    pack_text(packer, type);
  }
  PackFields visitor{packer};
  fields(visitor, message);
}

template <class Variant>
std::string encode_variant(const Variant& message) {
  // `fields` takes its argument by reference for decoding too; encoding does not write to it.
  return bounded([&](Packer& packer) {
    std::visit(
        [&](const auto& m) {
          pack_map(packer, const_cast<std::remove_cvref_t<decltype(m)>&>(m),
                   kNames<Variant>[message.index()]);
        },
        message);
  });
}

// ---------------------------------------------------------------- decoding

tl::unexpected<Error> corrupt(std::string field, std::string why) {
  return fail(ErrorClass::corrupt, "decoding field", std::move(field), std::move(why));
}

template <class E>
bool enum_from(std::string_view text, E& value) {
  // The enums are small and dense; 16 is more than any has. Past its end an enum's to_string
  // repeats one of its words, which was found at its own place before.
  for (unsigned i = 0; i < 16; ++i) {
    const auto candidate = static_cast<E>(i);
    if (to_string(candidate) == text) {
      value = candidate;
      return true;
    }
  }
  return false;
}

template <class T>
Status read_map(const msgpack::object& object, T& message, const std::string& where);

template <class T>
Status read_value(const msgpack::object& object, T& value, const std::string& where) {
  if constexpr (std::is_same_v<T, std::string>) {
    if (object.type != msgpack::type::STR) return corrupt(where, "not a string");
    value.assign(object.via.str.ptr, object.via.str.size);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (object.type != msgpack::type::BOOLEAN) return corrupt(where, "not a boolean");
    value = object.via.boolean;
  } else if constexpr (std::is_enum_v<T>) {
    if (object.type != msgpack::type::STR) return corrupt(where, "not a string");
    if (!enum_from(std::string_view(object.via.str.ptr, object.via.str.size), value)) {
      return corrupt(where, "an unknown word");
    }
  } else if constexpr (std::is_unsigned_v<T>) {
    if (object.type != msgpack::type::POSITIVE_INTEGER) return corrupt(where, "not a number");
    if (object.via.u64 > std::numeric_limits<T>::max()) return corrupt(where, "too large a number");
    value = static_cast<T>(object.via.u64);
  } else if constexpr (IsVector<T>::value) {
    if (object.type != msgpack::type::ARRAY) return corrupt(where, "not an array");
    value.clear();
    value.reserve(object.via.array.size);
    for (uint32_t i = 0; i < object.via.array.size; ++i) {
      typename T::value_type item{};
      auto status = read_value(object.via.array.ptr[i], item, where);
      if (!status) return status;
      value.push_back(std::move(item));
    }
  } else {
    return read_map(object, value, where);
  }
  return {};
}

const msgpack::object* find_key(const msgpack::object& map, std::string_view key) {
  for (uint32_t i = 0; i < map.via.map.size; ++i) {
    const auto& entry = map.via.map.ptr[i];
    if (entry.key.type == msgpack::type::STR &&
        std::string_view(entry.key.via.str.ptr, entry.key.via.str.size) == key) {
      return &entry.val;
    }
  }
  return nullptr;
}

struct ReadFields {
  const msgpack::object& map;
  const std::string& where;
  Status status;
  template <class T>
  void operator()(const char* key, T& value) {
    if (!status) return;
    const msgpack::object* found = find_key(map, key);
    if (found != nullptr) status = read_value(*found, value, where + "." + key);
  }
};

template <class T>
Status read_map(const msgpack::object& object, T& message, const std::string& where) {
  if (object.type != msgpack::type::MAP) return corrupt(where, "not a map");
  ReadFields visitor{object, where, {}};
  fields(visitor, message);
  return visitor.status;
}

Result<msgpack::object_handle> unpack(std::string_view bytes) {
  if (bytes.size() > kMaxMessageBytes) {
    return fail(ErrorClass::limit, "decoding", std::to_string(bytes.size()) + " bytes",
                "larger than any lawful message");
  }
  try {
    size_t offset = 0;
    // Nesting: message > list > map > (list > map) of an outcome in a hello. 32 keys a map.
    const msgpack::unpack_limit limit(kMaxItems, 64, kMaxString, 0, 0, 8);
    auto handle = msgpack::unpack(bytes.data(), bytes.size(), offset, nullptr, nullptr, limit);
    if (offset != bytes.size()) {
      return fail(ErrorClass::corrupt, "decoding", "a message", "bytes after its end");
    }
    return handle;
  } catch (const msgpack::size_overflow&) {
    return fail(ErrorClass::limit, "decoding", "a message", "a list, map or string is too long");
  } catch (const std::exception& error) {
    return fail(ErrorClass::corrupt, "decoding", "a message", error.what());
  }
}

template <class Variant, size_t I = 0>
Result<Variant> read_variant(const msgpack::object& object, std::string_view type) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return corrupt("t", "unknown message '" + std::string(type.substr(0, 32)) + "'");
  } else {
    constexpr const char* kName = kNames<Variant>[I];
    if (type != kName) return read_variant<Variant, I + 1>(object, type);
    std::variant_alternative_t<I, Variant> message;
    if (auto status = read_map(object, message, kName); !status) {
      return tl::unexpected(status.error());
    }
    return Variant(std::in_place_index<I>, std::move(message));
  }
}

template <class T>
std::string json(const T& message) {
  const std::string bytes =
      bounded([&](Packer& packer) { pack_map(packer, const_cast<T&>(message), nullptr); });
  std::ostringstream text;
  text << msgpack::unpack(bytes.data(), bytes.size()).get();
  return text.str();
}

}  // namespace

std::string encode(const ToCoordinator& message) { return encode_variant(message); }
std::string encode(const ToAgent& message) { return encode_variant(message); }
std::string encode(const Verb& message) { return encode_variant(message); }
std::string encode(const ToSession& message) { return encode_variant(message); }
std::string encode(const FromChild& message) { return encode_variant(message); }

template <class Message>
Result<Message> decode(std::string_view bytes) {
  auto handle = unpack(bytes);
  if (!handle) return tl::unexpected(handle.error());
  const msgpack::object& object = handle->get();
  if (object.type != msgpack::type::MAP) return corrupt("message", "not a map");
  const msgpack::object* type = find_key(object, "t");
  if (type == nullptr || type->type != msgpack::type::STR) return corrupt("t", "missing");
  return read_variant<Message>(object, {type->via.str.ptr, type->via.str.size});
}
template Result<ToCoordinator> decode<ToCoordinator>(std::string_view bytes);
template Result<ToAgent> decode<ToAgent>(std::string_view bytes);
template Result<Verb> decode<Verb>(std::string_view bytes);
template Result<ToSession> decode<ToSession>(std::string_view bytes);
template Result<FromChild> decode<FromChild>(std::string_view bytes);

std::string encode_outcome(const Outcome& outcome) {
  return bounded([&](Packer& packer) { pack_map(packer, const_cast<Outcome&>(outcome), nullptr); });
}

Result<Outcome> decode_outcome(std::string_view bytes) {
  auto handle = unpack(bytes);
  if (!handle) return tl::unexpected(handle.error());
  Outcome outcome;
  if (auto status = read_map(handle->get(), outcome, "outcome"); !status) {
    return tl::unexpected(status.error());
  }
  return outcome;
}

std::string inventory_json(const Inventory& inventory) { return json(inventory); }
std::string plan_json(const PlanSummary& plan) { return json(plan); }
std::string outcome_json(const Outcome& outcome) { return json(outcome); }

std::string encode_feed_event(const std::vector<FeedField>& event) {
  msgpack::sbuffer buffer;
  Packer packer(buffer, kMaxItems);
  packer.pack_map(static_cast<uint32_t>(event.size()));
  for (const auto& field : event) {
    pack_text(packer, field.key);
    if (field.is_number) {
      packer.pack(field.number);
    } else {
      pack_text(packer, field.text);
    }
  }
  return {buffer.data(), buffer.size()};
}

}  // namespace sn::wire
