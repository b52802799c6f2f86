// A batch of decisions as bytes, and back: what every store keeps. A record is
//
//   [format, number, part, parts, digest of the record before, [change, change, ...]]
//
// in MessagePack (common/wire/encoding.h), a change its place in StoreChange and its fields in
// their order. The same decisions are the same bytes on every machine and in every run: what
// depends on time, chance or the machine was decided before and stands in them. Numbers have no
// gap, and the chain of digests makes a lost record, a restored backup and another cluster's file
// an error instead of a wrong table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "coordinator/core/state.h"

namespace sn::coordinator {

// Rises with every change of what is in a record.
inline constexpr uint64_t kRecordFormat = 3;
// A batch of more is written in parts, which are replayed together or not at all: distributed
// stores take no larger value. One change may be larger, and is then a part of its own.
inline constexpr size_t kMaxRecordBytes = 1'000'000;

// The end of the log: what the next record has to follow.
struct LogEnd {
  uint64_t number = 0;  // 0: nothing was written yet
  std::string digest;   // of that record
  bool operator==(const LogEnd&) const = default;
};

// The records of one batch, which is not empty, each to be written after the one before. `end`
// becomes that of the last.
// limit: a change is larger than what can be read back. Nothing is cut: what is kept is kept whole.
[[nodiscard]] Result<std::vector<std::string>> records_of(const std::vector<StoreChange>& batch,
                                                          LogEnd& end);

struct Record {
  uint64_t part = 0;  // from 1
  uint64_t parts = 0;
  std::vector<StoreChange> changes;
};
// The record that follows `end`, which becomes its. corrupt: it follows another one, is of another
// format, or is not understood.
[[nodiscard]] Result<Record> read_record(std::string_view bytes, LogEnd& end);

// One change alone, for what is kept of the log (fold.h).
[[nodiscard]] std::string bytes_of(const StoreChange& change);
[[nodiscard]] Result<StoreChange> read_change(std::string_view bytes);

}  // namespace sn::coordinator
