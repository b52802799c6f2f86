// A file of our own that holds one record (common/wire/records.h).
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "agent/executor/own_file.h"
#include "agent/records/records.h"
#include "agent/watch/files.h"

namespace sn::agent {

// nullopt: there is no such file. corrupt, with `cure`: somebody or another version of snagentd
// wrote it.
template <class T>
[[nodiscard]] Result<std::optional<T>> load_record(const std::string& path,
                                                   const wire::RecordKind& kind, size_t max_bytes,
                                                   const Cure& cure = {}) {
  const auto bytes = read_file(path, max_bytes);
  if (!bytes && bytes.error().what == ErrorClass::not_found) return std::optional<T>();
  if (!bytes) return tl::unexpected(bytes.error());
  auto record = wire::from_file<T>(*bytes, kind, path, cure);
  if (!record) return tl::unexpected(record.error());
  return std::optional<T>(std::move(*record));
}

// As a whole or not at all.
template <class T>
[[nodiscard]] Status store_record(const std::string& path, const wire::RecordKind& kind,
                                  const T& record) {
  const auto bytes = wire::to_file(kind, record);
  if (!bytes) return tl::unexpected(bytes.error());
  return write_own_file(path, *bytes);
}

}  // namespace sn::agent
