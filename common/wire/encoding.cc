#include "common/wire/encoding.h"

#include <algorithm>
#include <exception>
#include <msgpack.hpp>
#include <sstream>
#include <utility>

#include "common/facts/text.h"

namespace sn::wire {

namespace {

// What msgpack's packer writes to.
struct Appending {
  std::string& bytes;
  void write(const char* data, size_t size) { bytes.append(data, size); }
};

template <class Write>
void write_to(std::string& bytes, const Write& write) {
  Appending to{bytes};
  msgpack::packer<Appending> packer(to);
  write(packer);
}

const msgpack::object& of(const void* object) {
  return *static_cast<const msgpack::object*>(object);
}

}  // namespace

// ---------------------------------------------------------------- encoding

void Encoder::map(size_t keys) {
  write_to(bytes_, [&](auto& packer) { packer.pack_map(static_cast<uint32_t>(keys)); });
}

size_t Encoder::array(size_t items) {
  const size_t fit = std::min(items, limits_.items);
  cut_ = cut_ || fit < items;
  write_to(bytes_, [&](auto& packer) { packer.pack_array(static_cast<uint32_t>(fit)); });
  return fit;
}

void Encoder::text(std::string_view text) {
  const size_t fit = std::min(text.size(), limits_.text);
  cut_ = cut_ || fit < text.size();
  text = text.substr(0, fit);
  std::string good;
  if (only_utf8_ && !is_utf8(text)) text = good = utf8_of(text);
  write_to(bytes_, [&](auto& packer) {
    packer.pack_str(static_cast<uint32_t>(text.size()));
    packer.pack_str_body(text.data(), static_cast<uint32_t>(text.size()));
  });
}

void Encoder::binary(std::string_view bytes) {
  write_to(bytes_, [&](auto& packer) {
    packer.pack_bin(static_cast<uint32_t>(bytes.size()));
    packer.pack_bin_body(bytes.data(), static_cast<uint32_t>(bytes.size()));
  });
}

void Encoder::number(uint64_t number) {
  write_to(bytes_, [&](auto& packer) { packer.pack(number); });
}

void Encoder::boolean(bool value) {
  write_to(bytes_, [&](auto& packer) { packer.pack(value); });
}

// ---------------------------------------------------------------- decoding

bool Value::is_map() const { return of(object_).type == msgpack::type::MAP; }
bool Value::is_array() const { return of(object_).type == msgpack::type::ARRAY; }

std::optional<Value> Value::find(std::string_view key) const {
  if (!is_map()) return std::nullopt;
  const auto& map = of(object_).via.map;
  for (uint32_t i = 0; i < map.size; ++i) {
    if (Value(&map.ptr[i].key).text() == key) return Value(&map.ptr[i].val);
  }
  return std::nullopt;
}

size_t Value::size() const { return is_array() ? of(object_).via.array.size : 0; }
Value Value::at(size_t place) const { return Value(&of(object_).via.array.ptr[place]); }

std::optional<std::string_view> Value::text() const {
  if (of(object_).type != msgpack::type::STR) return std::nullopt;
  return std::string_view(of(object_).via.str.ptr, of(object_).via.str.size);
}

std::optional<std::string_view> Value::binary() const {
  if (of(object_).type != msgpack::type::BIN) return std::nullopt;
  return std::string_view(of(object_).via.bin.ptr, of(object_).via.bin.size);
}

std::optional<uint64_t> Value::number() const {
  if (of(object_).type != msgpack::type::POSITIVE_INTEGER) return std::nullopt;
  return of(object_).via.u64;
}

std::optional<bool> Value::boolean() const {
  if (of(object_).type != msgpack::type::BOOLEAN) return std::nullopt;
  return of(object_).via.boolean;
}

struct Document::Parsed {
  msgpack::object_handle handle;
};

Document::Document(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string_view bytes, const Limits& limits) {
  if (bytes.size() > limits.bytes) {
    return fail(ErrorClass::limit, "decoding", std::to_string(bytes.size()) + " bytes",
                "larger than any lawful message");
  }
  try {
    size_t offset = 0;
    const msgpack::unpack_limit limit(limits.items, kMaxKeys, limits.text, limits.bytes, 0,
                                      kMaxDepth);
    auto parsed = std::make_unique<Parsed>();
    parsed->handle = msgpack::unpack(bytes.data(), bytes.size(), offset, nullptr, nullptr, limit);
    if (offset != bytes.size()) {
      return fail(ErrorClass::corrupt, "decoding", "a message", "bytes after its end");
    }
    return Document(std::move(parsed));
  } catch (const msgpack::size_overflow&) {
    return fail(ErrorClass::limit, "decoding", "a message", "a list, map or string is too long");
  } catch (const std::exception& error) {
    return fail(ErrorClass::corrupt, "decoding", "a message", error.what());
  }
}

tl::unexpected<Error> corrupt_field(std::string field, std::string why) {
  return fail(ErrorClass::corrupt, "decoding field", std::move(field), std::move(why));
}

Value Document::root() const { return Value(&parsed_->handle.get()); }

std::string Document::json() const {
  std::ostringstream text;
  text << parsed_->handle.get();
  return json_for_everybody(text.str());
}

}  // namespace sn::wire
