#include "common/wire/records.h"

#include <charconv>
#include <utility>

#include "common/base/crc32.h"

namespace sn::wire {

namespace {

constexpr std::string_view kOurs = "snagent ";
constexpr size_t kNumberBytes = 4;
constexpr size_t kFrameBytes = 3 * kNumberBytes;

void add_number(std::string& bytes, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 255);
}

uint32_t number_at(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (const char c : bytes.substr(at, kNumberBytes)) {
    number = number << 8 | static_cast<unsigned char>(c);
  }
  return number;
}

// Of a head of this kind with whatever version.
std::optional<uint32_t> version_of(std::string_view text, const RecordKind& kind) {
  const std::string before = std::string(kOurs) + std::string(kind.name) + " ";
  if (!text.starts_with(before)) return std::nullopt;
  uint32_t version = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data() + before.size(), end, version);
  if (error != std::errc{} || after == end || *after != '\n') return std::nullopt;
  return version;
}

}  // namespace

std::string head_of(const RecordKind& kind) {
  return std::string(kOurs) + std::string(kind.name) + " " + std::to_string(kind.version) + "\n";
}

std::string framed(std::string_view record) {
  std::string bytes;
  bytes.reserve(kFrameBytes + record.size());
  add_number(bytes, static_cast<uint32_t>(record.size()));
  add_number(bytes, crc32(record));
  add_number(bytes, crc32(bytes));
  return bytes.append(record);
}

Result<RecordReader> RecordReader::open(std::string_view text, const RecordKind& kind,
                                        std::string path, Cure cure) {
  RecordReader reader(text, std::move(path), std::move(cure));
  const std::string head = head_of(kind);
  if (text.starts_with(head)) {
    reader.whole_ = head.size();
    return reader;
  }
  if (head.starts_with(text)) return reader;  // cut short
  if (const auto version = version_of(text, kind)) {
    return reader.corrupt(
        Fact(FactCode::of_another_version, {.count = kind.version, .of = *version}));
  }
  return reader.corrupt(
      Fact(FactCode::of_an_older_agent, {.value = head.substr(0, head.size() - 1)}));
}

Result<std::optional<std::string_view>> RecordReader::next() {
  if (whole_ == 0) return std::optional<std::string_view>();
  const std::string_view left = text_.substr(whole_);
  if (left.size() < kFrameBytes) return std::optional<std::string_view>();
  ++line_;
  if (crc32(left.substr(0, 2 * kNumberBytes)) != number_at(left, 2 * kNumberBytes)) {
    return corrupt(Fact(FactCode::not_as_written));
  }
  const size_t size = number_at(left, 0);
  if (size > left.size() - kFrameBytes) return std::optional<std::string_view>();
  const std::string_view record = left.substr(kFrameBytes, size);
  if (crc32(record) != number_at(left, kNumberBytes))
    return corrupt(Fact(FactCode::not_as_written));
  whole_ += kFrameBytes + size;
  return std::optional<std::string_view>(record);
}

tl::unexpected<Error> RecordReader::corrupt(Fact why) const {
  return fail(ErrorClass::corrupt, "reading", path_ + ":" + std::to_string(line_), std::move(why),
              cure_);
}

Result<std::string_view> only_record(std::string_view text, const RecordKind& kind,
                                     const std::string& path, const Cure& cure) {
  auto reader = RecordReader::open(text, kind, path, cure);
  if (!reader) return tl::unexpected(reader.error());
  const auto record = reader->next();
  if (!record) return tl::unexpected(record.error());
  if (!*record) return fail(ErrorClass::corrupt, "reading", path, Fact(FactCode::cut_short), cure);
  if (reader->cut_short()) {
    return fail(ErrorClass::corrupt, "reading", path, Fact(FactCode::more_after_its_end), cure);
  }
  return **record;
}

}  // namespace sn::wire
