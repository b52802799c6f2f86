// Strict reading of TOML: a configuration is a form, every key of it is asked for by name, and what
// was not asked for is an error. Knows nothing of what it reads.
//
// Getters never fail in place: they return the fallback, and finish() tells what was wrong. So the
// code that reads a form is a list of its keys. Errors are of class invalid_input, with file:line
// in `to` and the cure; of several, an unknown key comes first (a misspelt key explains the missing
// one), then the first on the way.
//
//   auto file = TomlFile::load(path, kMaxConfigBytes);
//   if (!file) return ...
//   const TomlTable root = file->root();
//   config.mode = root.one_of("mode", {"observe", "act"}, "observe");
//   config.beat_ms = root.milliseconds("beat_interval_ms", 20'000, 100, 3'600'000);
//   for (const TomlTable& rule : root.tables("rule")) { ... rule.string("path") ... }
//   if (const Status read = file->finish(); !read) return ...
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sn {

// Every configuration file but the inventory: hundreds of times what a long one needs.
inline constexpr size_t kMaxConfigBytes = 1024 * 1024;

class TomlTable;

// Owns what was read; tables point into it and must not outlive it.
class TomlFile {
 public:
  // `path` is only shown.
  static Result<TomlFile> parse(std::string_view text, const std::string& path);
  // limit: larger than `max_bytes`.
  static Result<TomlFile> load(const std::string& path, size_t max_bytes);

  TomlFile(TomlFile&&) noexcept;
  TomlFile& operator=(TomlFile&&) noexcept;
  ~TomlFile();

  [[nodiscard]] TomlTable root() const;
  [[nodiscard]] Status finish() const;

 private:
  struct Document;
  friend class TomlTable;
  explicit TomlFile(std::unique_ptr<Document> document);
  std::unique_ptr<Document> document_;
};

class TomlTable {
 public:
  [[nodiscard]] bool has(std::string_view key) const;

  // Required; absent: an error, and "".
  [[nodiscard]] std::string string(std::string_view key) const;
  [[nodiscard]] std::string string(std::string_view key, std::string fallback) const;
  // One of a closed list of words.
  [[nodiscard]] std::string one_of(std::string_view key, const std::vector<std::string>& words,
                                   std::string fallback) const;
  [[nodiscard]] std::vector<std::string> strings(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> strings(std::string_view key,
                                                 std::vector<std::string> fallback) const;
  // One text, or a list of them.
  [[nodiscard]] std::vector<std::string> one_or_more(std::string_view key) const;
  [[nodiscard]] bool boolean(std::string_view key, bool fallback) const;
  // Outside of [least, most]: an error that says the range.
  [[nodiscard]] int64_t integer(std::string_view key, int64_t fallback, int64_t least,
                                int64_t most) const;
  [[nodiscard]] std::vector<int64_t> integers(std::string_view key, std::vector<int64_t> fallback,
                                              int64_t least, int64_t most) const;
  // A duration: an integer, and `key` ends in "_ms".
  [[nodiscard]] uint32_t milliseconds(std::string_view key, uint32_t fallback, uint32_t least,
                                      uint32_t most) const;
  // [key]; nullopt if there is none.
  [[nodiscard]] std::optional<TomlTable> table(std::string_view key) const;
  // [[key]]; empty if there are none.
  [[nodiscard]] std::vector<TomlTable> tables(std::string_view key) const;

  // "cluster.toml:12": of the table, of one key, of one element of an array.
  [[nodiscard]] std::string place() const;
  [[nodiscard]] std::string place(std::string_view key) const;
  [[nodiscard]] std::string place(std::string_view key, size_t index) const;

  // What the reader found wrong with a value itself; finish() tells it.
  void reject(std::string place, std::string why, std::string cure) const;

 private:
  struct Node;
  friend class TomlFile;
  friend struct TomlFile::Document;
  TomlTable(TomlFile::Document* document, const Node* node) : document_(document), node_(node) {}
  const Node* ask(std::string_view key) const;
  void mistyped(std::string_view key, const char* wanted, const char* example) const;
  void missing(std::string_view key) const;

  TomlFile::Document* document_;
  const Node* node_;
};

}  // namespace sn
