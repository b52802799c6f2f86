#include "coordinator/store/record.h"

#include <zstd.h>

#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "common/base/digest.h"
#include "common/wire/fields.h"
#include "common/wire/pack_fields.h"

namespace sn::coordinator {

namespace {

// A state is larger than a message: a change of 64 plans with all their lines, or of a takeover
// with thousands of strays.
// Of zstd: its usual one. Some 40 times smaller, 300 MB/s.
constexpr int kLevel = 3;
constexpr wire::Limits kLimits{64 * 1024 * 1024, 4 * 1024 * 1024, 64 * 1024 * 1024};

// What is read once in years: the parts of some hundred nodes, which are much alike.
struct Packed {
  std::vector<TakeoverPart>& parts;
};

// ---------------------------------------------------------------- what is in it
// Each in this order; a change of it is a new format.

template <class V>
void row(V& v, LogLine& m) {
  v(m.unix_ms);
  v(m.what);
}
template <class V>
void row(V& v, Terms& m) {
  v(m.planned);
  v(m.strict);
  v(m.stuck);
}
template <class V>
void row(V& v, wire::Outcome& m) {
  v(m.takeover);
  v(m.generation);
  v(m.to);
  v(m.verdict);
  v(m.left);
  v(m.places);
  v(m.kept);
  v(m.boot_time_only);
  v(m.unclaimed);
  v(m.changed);
  v(m.restored);
  v(m.total_us);
  v(m.reload_us);
  v(m.plan_hash);
  v(m.as_planned);
  v(m.planned_findings);
  v(m.findings);
  v(m.changes);
}
template <class V>
void row(V& v, Assignment& m) {
  v(m.node);
  v(m.serial);
  v(m.takeover);
  v(m.generation);
  v(m.restores);
  v(m.to);
  v(m.from);
  v(m.arrived);
  v(m.undo);
  v(m.terms);
  v(m.group);
  v(m.plan_hash);
  v(m.outlook);
  v(m.canary);
  v(m.state);
  v(m.verdict);
  v(m.reason);
  v(m.cure);
  v(m.told_unix_ms);
  v(m.ended_unix_ms);
  v(m.outcome);
  v(m.log);
}
template <class V>
void row(V& v, Waves& m) {
  v(m.canary);
  v(m.window);
  v(m.max_failures);
}
template <class V>
void row(V& v, Stray& m) {
  v(m.node);
  v(m.belongs_to);
  v(m.references);
}
template <class V>
void row(V& v, KeptPlan& m) {
  v(m.group);
  v(m.changes);
  v(m.findings);
}
template <class V>
void row(V& v, Filed::Count& m) {
  v(m.verdict);
  v(m.nodes);
}
template <class V>
void row(V& v, Filed& m) {
  v(m.targets);
  v(m.nodes);
  v(m.counts);
  v(m.exit_code);
}
template <class V>
void row(V& v, TakeoverPart& m) {
  v(static_cast<Assignment&>(m));
  v(m.previous);
  v(m.since);
}
template <class V>
void row(V& v, TakeoverHeader& m) {
  v(m.number);
  v(m.from);
  v(m.undoes);
  v(m.back_to);
  v(m.terms);
  v(m.fenced);
  v(m.forced);
  v(m.by);
  v(m.started_unix_ms);
  v(m.finished_unix_ms);
  v(m.timeout_ms);
  v(m.state);
  v(m.waves);
  v(m.why);
  v(m.resumed_unix_ms);
  v(m.strays);
  v(m.plans);
  v(m.filed);
}
template <class V>
void row(V& v, ServiceNodeRecord& m) {
  v(m.name);
  v(m.state);
  v(m.since_unix_ms);
  v(m.takeover);
}
template <class V>
void row(V& v, Freeze& m) {
  v(m.frozen);
  v(m.by);
  v(m.since_unix_ms);
}
template <class V>
void row(V& v, NodeKey& m) {
  v(m.node);
  v(m.public_key);
  v(m.added_unix_ms);
  v(m.how);
  v(m.revoked);
}
template <class V>
void row(V& v, FeedKey& m) {
  v(m.name);
  v(m.public_key);
  v(m.added_unix_ms);
  v(m.by);
}
template <class V>
void row(V& v, Acknowledgement& m) {
  v(m.node);
  v(m.drift);
  v(m.by);
  v(m.since_unix_ms);
}
template <class V>
void row(V& v, PutAssignment& m) {
  v(m.assignment);
}
template <class V>
void row(V& v, DropAssignment& m) {
  v(m.node);
  v(m.serial);
}
template <class V>
void row(V& v, PutServiceNode& m) {
  v(m.record);
}
template <class V>
void row(V& v, PutTakeover& m) {
  v(m.header);
}
template <class V>
void row(V& v, DropTakeover& m) {
  v(m.takeover);
}
template <class V>
void row(V& v, PutFreeze& m) {
  v(m.freeze);
}
template <class V>
void row(V& v, PutGeneration& m) {
  v(m.last_generation);
}
template <class V>
void row(V& v, FileTakeover& m) {
  v(m.header);
}
template <class V>
void row(V& v, FileParts& m) {
  v(m.takeover);
  v(m.piece);
  v(Packed{m.parts});
}
template <class V>
void row(V& v, PutEpoch& m) {
  v(m.epoch);
}
template <class V>
void row(V& v, PutKey& m) {
  v(m.key);
}
template <class V>
void row(V& v, DropKeys& m) {
  v(m.node);
}
template <class V>
void row(V& v, PutFeedKey& m) {
  v(m.key);
}
template <class V>
void row(V& v, DropFeedKey& m) {
  v(m.name);
}
template <class V>
void row(V& v, PutAcknowledgement& m) {
  v(m.acknowledgement);
}
template <class V>
void row(V& v, DropAcknowledgement& m) {
  v(m.node);
}

// ---------------------------------------------------------------- compression

std::string compressed(const std::string& bytes) {
  std::string text(ZSTD_compressBound(bytes.size()), '\0');
  text.resize(ZSTD_compress(text.data(), text.size(), bytes.data(), bytes.size(), kLevel));
  return text;
}

std::optional<std::string> decompressed(std::string_view text) {
  const unsigned long long size = ZSTD_getFrameContentSize(text.data(), text.size());
  if (size > kLimits.bytes) return std::nullopt;  // also: not known
  std::string bytes(size, '\0');
  const size_t read = ZSTD_decompress(bytes.data(), bytes.size(), text.data(), text.size());
  if (ZSTD_isError(read) != 0 || read != size) return std::nullopt;
  return bytes;
}

// ---------------------------------------------------------------- writing

struct CountRow {
  size_t count = 0;
  template <class T>
  void operator()(T&&) {
    ++count;
  }
};

template <class T>
concept HasRow = requires(CountRow& counter, T& value) { row(counter, value); };
// Most are empty, and then one byte.
template <class T>
concept MayBeBlank = std::is_same_v<T, Fact> || std::is_same_v<T, Cure>;

template <class T>
void write_item(wire::Encoder& encoder, T& value);

struct WriteRow {
  wire::Encoder& encoder;
  template <class T>
  void operator()(T& value) {
    write_item(encoder, value);
  }
  void operator()(Packed packed) {
    wire::Encoder parts(kLimits);
    write_item(parts, packed.parts);
    encoder.text(compressed(parts.take()));
  }
};

template <class T>
struct IsShared : std::false_type {};
template <class T>
struct IsShared<Shared<T>> : std::true_type {};

template <class T>
void write_item(wire::Encoder& encoder, T& value) {
  if constexpr (IsShared<T>::value) {
    // Rows are for both ways; writing changes nothing.
    write_item(encoder,
               const_cast<std::remove_const_t<std::remove_reference_t<decltype(*value)>>&>(*value));
  } else if constexpr (HasRow<T>) {
    CountRow counter;
    row(counter, value);
    (void)encoder.array(counter.count);
    WriteRow visitor{encoder};
    row(visitor, value);
  } else if constexpr (wire::IsVector<T>::value) {
    const size_t size = encoder.array(value.size());
    for (size_t i = 0; i < size; ++i) write_item(encoder, value[i]);
  } else if constexpr (std::is_same_v<T, int64_t> || std::is_enum_v<T>) {
    encoder.number(static_cast<uint64_t>(value));
  } else if constexpr (MayBeBlank<T>) {
    if (value == T{}) {
      encoder.text("");
    } else {
      wire::pack_value(encoder, value);
    }
  } else {
    wire::pack_value(encoder, value);
  }
}

void write_change(wire::Encoder& encoder, const StoreChange& change) {
  (void)encoder.array(2);
  encoder.number(change.index());
  // Rows are for both ways; writing changes nothing.
  std::visit([&](auto& one) { write_item(encoder, one); }, const_cast<StoreChange&>(change));
}

// ---------------------------------------------------------------- reading

template <class T>
bool read_item(const wire::Value& from, T& value, wire::Reading& reading);

bool read_packed(const wire::Value& from, Packed packed, wire::Reading& reading);

struct ReadRow {
  const wire::Value& list;
  wire::Reading& reading;
  size_t at = 0;
  bool good = true;
  template <class T>
  void operator()(T& value) {
    good = good && read_item(list.at(at++), value, reading);
  }
  void operator()(Packed packed) { good = good && read_packed(list.at(at++), packed, reading); }
};

template <class T>
bool read_item(const wire::Value& from, T& value, wire::Reading& reading) {
  if constexpr (IsShared<T>::value) {
    std::remove_cvref_t<decltype(*value)> read;
    if (!read_item(from, read, reading)) return false;
    value = std::move(read);
    return true;
  } else if constexpr (HasRow<T>) {
    CountRow counter;
    row(counter, value);
    if (!from.is_array() || from.size() != counter.count) return reading.failed("no such row");
    ReadRow visitor{from, reading};
    row(visitor, value);
    return visitor.good;
  } else if constexpr (wire::IsVector<T>::value) {
    if (!from.is_array()) return reading.failed("not an array");
    value = T(from.size());
    for (size_t i = 0; i < value.size(); ++i) {
      if (!read_item(from.at(i), value[i], reading)) return false;
    }
    return true;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    const auto number = from.number();
    if (!number) return reading.failed("not a number");
    value = static_cast<int64_t>(*number);
    return true;
  } else if constexpr (std::is_enum_v<T>) {
    const auto number = from.number();
    for (const auto& word : Words<T>::kAll) {
      if (!number || *number != static_cast<uint64_t>(word.value)) continue;
      value = word.value;
      return true;
    }
    return reading.failed("an unknown word");
  } else if constexpr (MayBeBlank<T>) {
    value = T{};
    const auto text = from.text();
    return (text && text->empty()) || wire::read_value(from, value, reading);
  } else {
    return wire::read_value(from, value, reading);
  }
}

bool read_packed(const wire::Value& from, Packed packed, wire::Reading& reading) {
  const auto text = from.text();
  const auto bytes = text ? decompressed(*text) : std::nullopt;
  if (!bytes) return reading.failed("not compressed");
  const auto document = wire::Document::parse(*bytes, kLimits);
  if (!document) return reading.failed("no parts");
  return read_item(document->root(), packed.parts, reading);
}

template <size_t I = 0>
bool read_kind(uint64_t kind, const wire::Value& from, StoreChange& change,
               wire::Reading& reading) {
  if constexpr (I == std::variant_size_v<StoreChange>) {
    return reading.failed("an unknown kind of change");
  } else {
    if (kind != I) return read_kind<I + 1>(kind, from, change, reading);
    return read_item(from, change.emplace<I>(), reading);
  }
}

bool read_one(const wire::Value& from, StoreChange& change, wire::Reading& reading) {
  if (!from.is_array() || from.size() != 2) return reading.failed("no change");
  const auto kind = from.at(0).number();
  return kind ? read_kind(*kind, from.at(1), change, reading) : reading.failed("no kind");
}

constexpr size_t kEnvelope = 6;

// An assignment that is put again later in the batch is written once: whoever is released is told
// in the same turn, and both are decided.
std::vector<bool> outdated(const std::vector<StoreChange>& batch) {
  std::vector<bool> found(batch.size());
  std::set<std::pair<std::string_view, uint32_t>> later;
  for (size_t i = batch.size(); i-- > 0;) {
    // What is dropped in between is another one under the same serial.
    if (std::holds_alternative<DropAssignment>(batch[i])) later.clear();
    const auto* put = std::get_if<PutAssignment>(&batch[i]);
    if (put == nullptr) continue;
    found[i] = !later.emplace(put->assignment.node, put->assignment.serial).second;
  }
  return found;
}

}  // namespace

Result<std::vector<std::string>> records_of(const std::vector<StoreChange>& batch, LogEnd& end) {
  // Each change's bytes once; then as many of them to a record as fit.
  std::vector<std::string> changes;
  std::vector<size_t> ends;  // of each record, in changes
  size_t size = 0;
  const auto needless = outdated(batch);
  for (size_t i = 0; i < batch.size(); ++i) {
    if (needless[i]) continue;
    changes.push_back(bytes_of(batch[i]));
    if (size > 0 && size + changes.back().size() > kMaxRecordBytes) {
      ends.push_back(changes.size() - 1);
      size = 0;
    }
    size += changes.back().size();
  }
  ends.push_back(changes.size());
  std::vector<std::string> records;
  size_t begin = 0;
  for (const size_t stop : ends) {
    wire::Encoder encoder(kLimits);
    (void)encoder.array(kEnvelope);
    encoder.number(kRecordFormat);
    encoder.number(++end.number);
    encoder.number(records.size() + 1);
    encoder.number(ends.size());
    encoder.text(end.digest);
    (void)encoder.array(stop - begin);
    std::string record = encoder.take();
    for (; begin < stop; ++begin) record += changes[begin];
    if (record.size() > kLimits.bytes) {
      return fail(ErrorClass::limit, "writing", "record " + std::to_string(end.number),
                  "it is larger than any that can be read");
    }
    end.digest = Digest().add(record).short_hex();
    records.push_back(std::move(record));
  }
  return records;
}

Result<Record> read_record(std::string_view bytes, LogEnd& end) {
  const std::string name = "record " + std::to_string(end.number + 1);
  const auto corrupt = [&](std::string why) {
    return fail(ErrorClass::corrupt, "reading", name, std::move(why));
  };
  const auto document = wire::Document::parse(bytes, kLimits);
  if (!document) return corrupt(document.error().message());
  const wire::Value root = document->root();
  if (!root.is_array() || root.size() != kEnvelope) return corrupt("it is none");
  if (root.at(0).number() != kRecordFormat) return corrupt("it is of another format");
  if (root.at(1).number() != end.number + 1) return corrupt("it has another number");
  if (root.at(4).text() != std::string_view(end.digest)) {
    return corrupt("it does not follow the one before");
  }
  Record record;
  record.part = root.at(2).number().value_or(0);
  record.parts = root.at(3).number().value_or(0);
  if (record.part == 0 || record.part > record.parts) return corrupt("it is no part");
  const wire::Value list = root.at(5);
  if (!list.is_array()) return corrupt("it has no changes");
  wire::Reading reading;
  record.changes.resize(list.size());
  for (size_t i = 0; i < record.changes.size(); ++i) {
    if (!read_one(list.at(i), record.changes[i], reading)) {
      return corrupt("change " + std::to_string(i + 1) + ": " +
                     tl::unexpected<Error>(reading.error("it")).value().message());
    }
  }
  ++end.number;
  end.digest = Digest().add(bytes).short_hex();
  return record;
}

std::string bytes_of(const StoreChange& change) {
  wire::Encoder encoder(kLimits);
  write_change(encoder, change);
  return encoder.take();
}

Result<StoreChange> read_change(std::string_view bytes) {
  const auto document = wire::Document::parse(bytes, kLimits);
  if (!document) return tl::unexpected(document.error());
  StoreChange change;
  wire::Reading reading;
  if (!read_one(document->root(), change, reading)) return reading.error("change");
  return change;
}

}  // namespace sn::coordinator
