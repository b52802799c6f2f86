// Whatever a kept file holds: its records, its end or an error, and never more bytes than it has.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/wire/records.h"

using namespace sn::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto reader = RecordReader::open(text, {"journal", 2}, "journal", "");
  if (!reader) return 0;
  size_t whole = reader->whole();
  while (true) {
    const auto record = reader->next();
    if (!record || !*record) break;
    if (reader->whole() <= whole || reader->whole() > size) std::abort();
    whole = reader->whole();
    if (const auto document = Document::parse(**record, kRecordLimits)) (void)document->json();
  }
  if (reader->cut_short() != (whole < size || size == 0)) std::abort();
  return 0;
}
