// MessagePack (github.com/msgpack/msgpack, spec.md), bounded, for everything that is sent or kept;
// encoding.cc is the only file that calls its library.
//
// An encoder takes maps with string keys, arrays, strings, bytes, unsigned numbers and booleans. A
// document is parsed within limits before anything is allocated for what it holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sn::wire {

struct Limits {
  size_t bytes = 0;  // of the whole
  size_t items = 0;  // of one array
  size_t text = 0;   // bytes of one string
};

// Keys of one map. The largest struct has some twenty fields.
inline constexpr size_t kMaxKeys = 64;
// Of maps and arrays in each other: a message is a map with lists of maps that have lists of maps,
// and in these a fact may tell of another, which has a list. A record of the coordinator has four
// lists around that.
inline constexpr size_t kMaxDepth = 10 + kMaxFactDepth;

class Encoder {
 public:
  explicit Encoder(const Limits& limits) : limits_(limits) {}

  void map(size_t keys);
  // How many of `items` are to follow: no more than the limit.
  [[nodiscard]] size_t array(size_t items);
  // Cut at the limit.
  void text(std::string_view text);
  // Never cut: what is longer than the whole may be is seen by its size.
  void binary(std::string_view bytes);
  void number(uint64_t number);
  void boolean(bool value);

  // For whoever takes UTF-8 only: any other byte of a text is '?' from here on.
  void only_utf8() { only_utf8_ = true; }
  // For people: facts and cures with their words.
  void write_texts() { texts_ = true; }
  [[nodiscard]] bool writes_texts() const { return texts_; }

  // Something did not fit and was left out.
  [[nodiscard]] bool cut() const { return cut_; }
  [[nodiscard]] size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  Limits limits_;
  bool cut_ = false;
  bool texts_ = false;
  bool only_utf8_ = false;
  std::string bytes_;
};

// A part of a Document, which must outlive it.
class Value {
 public:
  [[nodiscard]] bool is_map() const;
  [[nodiscard]] bool is_array() const;
  // Of a map; the first with this key. nullopt: it has none.
  [[nodiscard]] std::optional<Value> find(std::string_view key) const;
  // Of an array.
  [[nodiscard]] size_t size() const;
  [[nodiscard]] Value at(size_t place) const;
  // nullopt: it is something else.
  [[nodiscard]] std::optional<std::string_view> text() const;
  [[nodiscard]] std::optional<std::string_view> binary() const;
  [[nodiscard]] std::optional<uint64_t> number() const;
  [[nodiscard]] std::optional<bool> boolean() const;

 private:
  friend class Document;
  explicit Value(const void* object) : object_(object) {}
  const void* object_;
};

class Document {
 public:
  // limit: larger than allowed. corrupt: no MessagePack, or something after it.
  [[nodiscard]] static Result<Document> parse(std::string_view bytes, const Limits& limits);

  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();
  [[nodiscard]] Value root() const;
  // As JSON text.
  [[nodiscard]] std::string json() const;

 private:
  struct Parsed;
  explicit Document(std::unique_ptr<Parsed> parsed);
  std::unique_ptr<Parsed> parsed_;
};

// "decoding field hello.node: not a string"
[[nodiscard]] tl::unexpected<Error> corrupt_field(std::string field, std::string why);

}  // namespace sn::wire
