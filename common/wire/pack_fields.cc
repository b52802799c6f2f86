#include "common/wire/pack_fields.h"

namespace sn::wire {

bool Reading::failed(const char* why) {
  why_ = why;
  return false;
}

bool Reading::failed_within(const char* key) {
  where_ = where_.empty() ? std::string(key) : std::string(key) + "." + where_;
  return false;
}

tl::unexpected<Error> Reading::error(std::string_view top) const {
  return corrupt_field(where_.empty() ? std::string(top) : where_, why_);
}

bool read_text(const Value& from, std::string_view& text, Reading& reading) {
  const auto found = from.text();
  if (!found) return reading.failed("not a string");
  if (!reading.takes(*found)) return reading.failed("not UTF-8");
  text = *found;
  return true;
}

bool read_bytes(const Value& from, Bytes& value, Reading& reading) {
  const auto found = from.binary();
  if (!found) return reading.failed("not bytes");
  value.bytes = *found;
  return true;
}

bool read_boolean(const Value& from, bool& value, Reading& reading) {
  const auto found = from.boolean();
  if (!found) return reading.failed("not a boolean");
  value = *found;
  return true;
}

bool read_number(const Value& from, uint64_t& number, uint64_t most, Reading& reading) {
  const auto found = from.number();
  if (!found) return reading.failed("not a number");
  if (*found > most) return reading.failed("too large a number");
  number = *found;
  return true;
}

bool read_name(const Value& from, const char* const* names, size_t count, size_t& found,
               Reading& reading) {
  if (!from.is_map()) return reading.failed("not a map");
  const auto value = from.find("t");
  const auto name = value ? value->text() : std::nullopt;
  if (!name) {
    reading.failed("missing");
    return reading.failed_within("t");
  }
  for (found = 0; found < count; ++found) {
    if (*name == names[found]) return true;
  }
  const std::string why = "unknown message '" + std::string(name->substr(0, 32)) + "'";
  reading.failed(why.c_str());
  return reading.failed_within("t");
}

}  // namespace sn::wire
