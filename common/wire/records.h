// A file of our own: what it is, and then records of MessagePack.
//
//   "snagent journal 2\n"        the head: kind and version, readable by head(1)
//   then for each record
//     4 bytes   its size, big-endian
//     4 bytes   the CRC-32 of its bytes
//     4 bytes   the CRC-32 of the eight bytes before
//     its bytes
//
// A file that is appended to may be cut short in its last record, or in its head: what is missing
// was not written. Anything else that is not as it was written is corrupt: a record whose size was
// changed is never taken for the end. A file of another version is corrupt too, and said to be
// that; there is no reader for older ones. strings(1) shows a person what is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/wire/pack.h"

namespace sn::wire {

struct RecordKind {
  std::string_view name;
  uint32_t version = 0;
};

// Nothing that a node keeps comes near: a rebind changes some hundred tokens of some hundred bytes.
inline constexpr size_t kMaxRecordBytes = 1024 * 1024;
inline constexpr Limits kRecordLimits{kMaxRecordBytes, 16 * 1024, kMaxRecordBytes};

[[nodiscard]] std::string head_of(const RecordKind& kind);
[[nodiscard]] std::string framed(std::string_view record);

class RecordReader {
 public:
  // `text` must outlive it. `path` and `cure` are for errors, which name the head as "PATH:1" and
  // the records after it as "PATH:2" and so on.
  [[nodiscard]] static Result<RecordReader> open(std::string_view text, const RecordKind& kind,
                                                 std::string path, Cure cure);

  // nullopt: there is no further one.
  [[nodiscard]] Result<std::optional<std::string_view>> next();
  // After the last: whether something is missing. A file without a whole head is cut short.
  [[nodiscard]] bool cut_short() const { return whole_ < text_.size() || text_.empty(); }
  // Up to the end of what next() returned, in bytes; 0: not even the head is there.
  [[nodiscard]] size_t whole() const { return whole_; }
  // Of what next() returned last.
  [[nodiscard]] tl::unexpected<Error> corrupt(Fact why) const;

 private:
  RecordReader(std::string_view text, std::string path, Cure cure)
      : text_(text), path_(std::move(path)), cure_(std::move(cure)) {}

  std::string_view text_;
  std::string path_;
  Cure cure_;
  size_t whole_ = 0;
  size_t line_ = 1;
};

// A file of exactly one record.
template <class T>
[[nodiscard]] Result<std::string> to_file(const RecordKind& kind, const T& record) {
  auto bytes = pack_whole(record, kRecordLimits);
  if (!bytes) return bytes;
  return head_of(kind) + framed(*bytes);
}

[[nodiscard]] Result<std::string_view> only_record(std::string_view text, const RecordKind& kind,
                                                   const std::string& path, const Cure& cure);

// corrupt: it is cut short, was changed, or is of another version; with `cure`.
template <class T>
[[nodiscard]] Result<T> from_file(std::string_view text, const RecordKind& kind,
                                  const std::string& path, const Cure& cure = {}) {
  const auto bytes = only_record(text, kind, path, cure);
  if (!bytes) return tl::unexpected(bytes.error());
  auto record = unpack<T>(*bytes, kRecordLimits);
  if (!record) return fail(ErrorClass::corrupt, "reading", path, record.error().fact(), cure);
  return record;
}

}  // namespace sn::wire
