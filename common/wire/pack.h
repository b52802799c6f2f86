// Any struct with a list of fields as MessagePack, and back: what is sent and what is kept have the
// one encoding.
//
//   template <class V>
//   void fields(V& v, Place& place) {
//     v("place", place.place);
//     v("count", place.count);
//   }
//
// stands in the struct's namespace. A field is a string, Bytes, a boolean, an unsigned number, an
// enum (by its word: common/facts/words.h), what has to_string() and parse() (as text), another
// such struct, or a list or an optional of these (an optional that is empty is an absent key). A
// std::variant of structs, with
//
//   template <>
//   struct Names<Entry> { static constexpr const char* kAll[] = {"begin", "commit"}; };
//
// is the map of the struct with the name under the key "t". A reader ignores keys that it does not
// know, and leaves what is absent as the struct has it by default.
//
// The templates are defined in pack_fields.h, which the one file of a room includes that
// instantiates them for the room's structs.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/wire/encoding.h"

namespace sn::wire {

// The largest lawful message is an Inventory: 1,024 references of some 200 bytes.
inline constexpr size_t kMaxMessageBytes = 512 * 1024;
// References, changes or findings of one node. A node has dozens.
inline constexpr size_t kMaxItems = 1024;
// Names, places, values, reasons. The longest is a niminfo value that is shown in a plan.
inline constexpr size_t kMaxString = 8192;
inline constexpr Limits kMessageLimits{kMaxMessageBytes, kMaxItems, kMaxString};

// What stands alone and is kept: a fact may list all the nodes of a large cluster.
inline constexpr Limits kKeptLimits{16 * 1024 * 1024, 64 * 1024, 64 * 1024};

// What is no text. As a field it is MessagePack's bin; the whole is what bounds it.
struct Bytes {
  std::string bytes;
  bool operator==(const Bytes&) const = default;
};

template <class Variant>
struct Names;

// Strings and lists are cut, so that it is always lawful for the peer.
template <class T>
[[nodiscard]] std::string pack(const T& value);

// limit: it does not fit, and nothing is cut: what is kept is kept whole.
template <class T>
[[nodiscard]] Result<std::string> pack_whole(const T& value, const Limits& limits);

// corrupt (a field of another kind, an unknown word; the error names it) or limit.
template <class T>
[[nodiscard]] Result<T> unpack(std::string_view bytes, const Limits& limits = kMessageLimits);

}  // namespace sn::wire
