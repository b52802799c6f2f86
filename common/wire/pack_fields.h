// The definitions of pack.h. Included where they are instantiated: codec.cc for messages, one file
// a room for what it keeps.
#pragma once

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/facts/text.h"
#include "common/facts/words.h"
#include "common/wire/encoding.h"
#include "common/wire/pack.h"

namespace sn::wire {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVariant : std::false_type {};
template <class... T>
struct IsVariant<std::variant<T...>> : std::true_type {};

// An IpAddress and the like.
template <class T>
concept IsText = requires(const T& value, std::string_view text) {
  { value.to_string() } -> std::convertible_to<std::string>;
  { *T::parse(text) } -> std::convertible_to<T>;
};

// ---------------------------------------------------------------- encoding

template <class T>
void pack_map(Encoder& encoder, T& value, const char* name);

template <class T>
void pack_value(Encoder& encoder, T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    encoder.text(value);
  } else if constexpr (std::is_same_v<T, Bytes>) {
    encoder.binary(value.bytes);
  } else if constexpr (std::is_same_v<T, bool>) {
    encoder.boolean(value);
  } else if constexpr (std::is_enum_v<T>) {
    encoder.text(word_of(value));
  } else if constexpr (std::is_unsigned_v<T>) {
    encoder.number(value);
  } else if constexpr (IsVector<T>::value) {
    const size_t size = encoder.array(value.size());
    for (size_t i = 0; i < size; ++i) pack_value(encoder, value[i]);
  } else if constexpr (IsVariant<T>::value) {
    std::visit([&](auto& one) { pack_map(encoder, one, Names<T>::kAll[value.index()]); }, value);
  } else if constexpr (IsText<T>) {
    encoder.text(value.to_string());
  } else {
    pack_map(encoder, value, nullptr);
  }
}

struct CountFields {
  bool texts = false;
  size_t count = 0;
  [[nodiscard]] static bool reads() { return false; }
  [[nodiscard]] bool with_text() const { return texts; }
  template <class T>
  void optional(const char*, T& value) {
    if (!(value == T{})) ++count;
  }
  template <class T>
  void operator()(const char*, T& value) {
    if constexpr (IsOptional<T>::value) {
      count += value.has_value() ? 1 : 0;
    } else {
      ++count;
    }
  }
};

struct PackFields {
  Encoder& encoder;
  [[nodiscard]] static bool reads() { return false; }
  [[nodiscard]] bool with_text() const { return encoder.writes_texts(); }
  template <class T>
  void optional(const char* key, T& value) {
    if (!(value == T{})) (*this)(key, value);
  }
  template <class T>
  void operator()(const char* key, T& value) {
    if constexpr (IsOptional<T>::value) {
      if (!value) return;
      encoder.text(key);
      pack_value(encoder, *value);
    } else {
      encoder.text(key);
      pack_value(encoder, value);
    }
  }
};

template <class T>
void pack_map(Encoder& encoder, T& value, const char* name) {
  CountFields counter{encoder.writes_texts()};
  fields(counter, value);
  encoder.map(counter.count + (name != nullptr ? 1 : 0));
  if (name != nullptr) {
    encoder.text("t");
    encoder.text(name);
  }
  PackFields visitor{encoder};
  fields(visitor, value);
}

// Encodes with ever shorter lists until the whole is lawful for the peer. A node has dozens of
// items of some hundred bytes, so that the first round is the only one outside of tests.
template <class Encode>
std::string cut_to_a_message(const Encode& encode_with) {
  for (Limits limits = kMessageLimits;; limits.items /= 2) {
    Encoder encoder(limits);
    encode_with(encoder);
    if (encoder.size() <= limits.bytes || limits.items == 0) return encoder.take();
  }
}

// `fields` takes its argument by reference for decoding too; encoding does not write to it.
template <class T>
std::string pack(const T& value) {
  return cut_to_a_message([&](Encoder& encoder) { pack_value(encoder, const_cast<T&>(value)); });
}

template <class T>
Result<std::string> pack_whole(const T& value, const Limits& limits) {
  Encoder encoder(limits);
  pack_value(encoder, const_cast<T&>(value));
  if (encoder.cut() || encoder.size() > limits.bytes) {
    return fail(ErrorClass::limit, "encoding", "a record", "it is larger than any lawful one");
  }
  return encoder.take();
}

// ---------------------------------------------------------------- decoding

// Where reading failed and why: one for a whole document, so that the many small functions of a
// struct return a bool and no Error.
class Reading {
 public:
  enum class Texts : uint8_t { any, utf8 };
  explicit Reading(Texts texts = Texts::any) : texts_(texts) {}

  [[nodiscard]] bool takes(std::string_view text) const {
    return texts_ == Texts::any || is_utf8(text);
  }
  // Both return false.
  bool failed(const char* why);
  bool failed_within(const char* key);
  [[nodiscard]] tl::unexpected<Error> error(std::string_view top) const;

 private:
  Texts texts_;
  std::string where_;  // keys, outermost first
  std::string why_;
};

[[nodiscard]] bool read_text(const Value& from, std::string_view& text, Reading& reading);
[[nodiscard]] bool read_bytes(const Value& from, Bytes& value, Reading& reading);
[[nodiscard]] bool read_boolean(const Value& from, bool& value, Reading& reading);
[[nodiscard]] bool read_number(const Value& from, uint64_t& number, uint64_t most,
                               Reading& reading);
// Which of `names` is under "t".
[[nodiscard]] bool read_name(const Value& from, const char* const* names, size_t count,
                             size_t& found, Reading& reading);

template <class T>
bool read_map(const Value& from, T& value, Reading& reading);

template <class Variant, size_t I = 0>
bool read_variant(const Value& from, size_t found, Variant& value, Reading& reading) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return false;
  } else {
    if (found != I) return read_variant<Variant, I + 1>(from, found, value, reading);
    return read_map(from, value.template emplace<I>(), reading);
  }
}

template <class Variant>
bool read_named(const Value& from, const char* const* names, Variant& value, Reading& reading) {
  size_t found = 0;
  if (!read_name(from, names, std::variant_size_v<Variant>, found, reading)) return false;
  return read_variant(from, found, value, reading) || reading.failed_within(names[found]);
}

template <class T>
bool read_value(const Value& from, T& value, Reading& reading) {
  if constexpr (std::is_same_v<T, std::string>) {
    std::string_view text;
    if (!read_text(from, text, reading)) return false;
    value = text;
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return read_bytes(from, value, reading);
  } else if constexpr (std::is_same_v<T, bool>) {
    return read_boolean(from, value, reading);
  } else if constexpr (std::is_enum_v<T>) {
    std::string_view text;
    if (!read_text(from, text, reading)) return false;
    const auto found = from_word<T>(text);
    if (!found) return reading.failed("an unknown word");
    value = *found;
  } else if constexpr (std::is_unsigned_v<T>) {
    uint64_t number = 0;
    if (!read_number(from, number, std::numeric_limits<T>::max(), reading)) return false;
    value = static_cast<T>(number);
  } else if constexpr (IsVector<T>::value) {
    if (!from.is_array()) return reading.failed("not an array");
    value = T(from.size());
    for (size_t i = 0; i < value.size(); ++i) {
      if (!read_value(from.at(i), value[i], reading)) return false;
    }
  } else if constexpr (IsOptional<T>::value) {
    return read_value(from, value.emplace(), reading);
  } else if constexpr (IsVariant<T>::value) {
    return read_named(from, Names<T>::kAll, value, reading);
  } else if constexpr (IsText<T>) {
    std::string_view text;
    if (!read_text(from, text, reading)) return false;
    auto parsed = T::parse(text);
    if (!parsed) return reading.failed("not understood");
    value = std::move(*parsed);
  } else {
    return read_map(from, value, reading);
  }
  return true;
}

struct ReadFields {
  const Value& map;
  Reading& reading;
  bool good = true;
  [[nodiscard]] static bool reads() { return true; }
  [[nodiscard]] static bool with_text() { return false; }
  template <class T>
  void optional(const char* key, T& value) {
    (*this)(key, value);
  }
  template <class T>
  void operator()(const char* key, T& value) {
    if (!good) return;
    const auto found = map.find(key);
    if (found && !read_value(*found, value, reading)) good = reading.failed_within(key);
  }
};

template <class T>
bool read_map(const Value& from, T& value, Reading& reading) {
  if (!from.is_map()) return reading.failed("not a map");
  ReadFields visitor{from, reading};
  fields(visitor, value);
  return visitor.good;
}

template <class T>
Result<T> unpack(std::string_view bytes, const Limits& limits) {
  const auto document = Document::parse(bytes, limits);
  if (!document) return tl::unexpected(document.error());
  Result<T> value(tl::in_place);
  Reading reading;
  if (!read_value(document->root(), *value, reading)) return reading.error("record");
  return value;
}

}  // namespace sn::wire
