#include "common/base/toml_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/unique_fd.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_UNRELEASED_FEATURES 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <toml++/toml.h>
#pragma GCC diagnostic pop

namespace sn {

namespace {

constexpr const char* kReading = "reading";

}  // namespace

// Our own small tree: the library's types stay in this file, and each value knows its line.
struct TomlTable::Node {
  enum class Type : uint8_t { table, array, string, integer, boolean, other };
  Type type = Type::other;
  uint32_t line = 0;
  std::string text;    // of a string
  int64_t number = 0;  // of an integer or boolean
  std::string key;     // of a table's member
  std::vector<Node> children;

  const Node* find(std::string_view wanted) const {
    const auto found = std::find_if(children.begin(), children.end(),
                                    [&](const Node& child) { return child.key == wanted; });
    return found == children.end() ? nullptr : &*found;
  }

  static Node convert(const toml::node& from) {
    Node node;
    node.line = from.source().begin.line;
    if (const auto* table = from.as_table()) {
      node.type = Type::table;
      for (const auto& [key, value] : *table) {
        Node child = convert(value);
        child.key = key.str();
        // The key's line, not the value's: that is what an operator looks for.
        if (child.type != Type::table || child.line == 0) child.line = key.source().begin.line;
        node.children.push_back(std::move(child));
      }
    } else if (const auto* array = from.as_array()) {
      node.type = Type::array;
      for (const auto& value : *array) node.children.push_back(convert(value));
    } else if (const auto* text = from.as_string()) {
      node.type = Type::string;
      node.text = text->get();
    } else if (const auto* number = from.as_integer()) {
      node.type = Type::integer;
      node.number = number->get();
    } else if (const auto* boolean = from.as_boolean()) {
      node.type = Type::boolean;
      node.number = boolean->get() ? 1 : 0;
    }
    return node;
  }
};

struct TomlFile::Document {
  std::string path;
  TomlTable::Node root;
  std::set<const TomlTable::Node*> asked;
  // What was asked for, per table, present or not: the cure for an unknown key.
  std::set<std::pair<const TomlTable::Node*, std::string>> keys;
  std::optional<Error> first;

  std::string place(uint32_t line) const {
    return line == 0 ? path : path + ":" + std::to_string(line);
  }

  void keep(std::string place, std::string why, std::string cure) {
    if (first) return;
    first = Error{ErrorClass::invalid_input, kReading, std::move(place), std::move(why),
                  std::move(cure),           0};
  }

  std::string keys_of(const TomlTable::Node* table) const {
    std::string list;
    for (const auto& [owner, key] : keys) {
      if (owner != table) continue;
      if (!list.empty()) list += ", ";
      list += key;
    }
    return list;
  }

  // The unknown key with the lowest line.
  void find_unknown(const TomlTable::Node& table, std::optional<Error>& worst,
                    uint32_t& line) const {
    using Type = TomlTable::Node::Type;
    for (const auto& child : table.children) {
      if (!asked.contains(&child)) {
        if (worst && line <= child.line) continue;
        line = child.line;
        const std::string known = keys_of(&table);
        worst = Error{ErrorClass::invalid_input,
                      kReading,
                      place(child.line),
                      "unknown key '" + child.key + "'",
                      known.empty() ? "remove it" : "remove it, or use one of: " + known,
                      0};
      } else if (child.type == Type::table) {
        find_unknown(child, worst, line);
      } else if (child.type == Type::array) {
        for (const auto& element : child.children) {
          if (element.type == Type::table) find_unknown(element, worst, line);
        }
      }
    }
  }
};

TomlFile::TomlFile(std::unique_ptr<Document> document) : document_(std::move(document)) {}
TomlFile::TomlFile(TomlFile&&) noexcept = default;
TomlFile& TomlFile::operator=(TomlFile&&) noexcept = default;
TomlFile::~TomlFile() = default;

Result<TomlFile> TomlFile::parse(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, path);
  if (parsed.failed()) {
    const auto& error = parsed.error();
    return fail(ErrorClass::invalid_input, kReading,
                path + ":" + std::to_string(error.source().begin.line),
                "not valid TOML: " + std::string(error.description()),
                "correct the line; see https://toml.io");
  }
  auto document = std::make_unique<Document>();
  document->path = path;
  document->root = TomlTable::Node::convert(parsed.table());
  return TomlFile(std::move(document));
}

Result<TomlFile> TomlFile::load(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail_errno(kReading, path, "create it, or name another file");
  // Grows as it reads: st_size lies for some files, and a locked process pays for every page of a
  // buffer at once, used or not.
  std::string text;
  char buffer[16 * 1024];
  while (text.size() <= max_bytes) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(kReading, path);
    if (got == 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  if (text.size() > max_bytes) {
    return fail(ErrorClass::limit, kReading, path,
                "larger than " + std::to_string(max_bytes) + " bytes",
                "is this the right file? if so, make it smaller");
  }
  return parse(text, path);
}

TomlTable TomlFile::root() const { return TomlTable(document_.get(), &document_->root); }

Status TomlFile::finish() const {
  std::optional<Error> unknown;
  uint32_t line = 0;
  document_->find_unknown(document_->root, unknown, line);
  if (unknown) return tl::unexpected(*unknown);
  if (document_->first) return tl::unexpected(*document_->first);
  return {};
}

const TomlTable::Node* TomlTable::ask(std::string_view key) const {
  document_->keys.emplace(node_, std::string(key));
  const Node* found = node_->find(key);
  if (found != nullptr) document_->asked.insert(found);
  return found;
}

void TomlTable::reject(std::string place, std::string why, std::string cure) const {
  document_->keep(std::move(place), std::move(why), std::move(cure));
}

void TomlTable::mistyped(std::string_view key, const char* wanted, const char* example) const {
  reject(place(key), "'" + std::string(key) + "' is not " + wanted,
         "write it as " + std::string(key) + " = " + example);
}

void TomlTable::missing(std::string_view key) const {
  reject(place(), "'" + std::string(key) + "' is missing", "add the key");
}

bool TomlTable::has(std::string_view key) const { return node_->find(key) != nullptr; }

std::string TomlTable::string(std::string_view key) const {
  if (!has(key)) {
    (void)ask(key);
    missing(key);
    return {};
  }
  return string(key, {});
}

std::string TomlTable::string(std::string_view key, std::string fallback) const {
  const Node* found = ask(key);
  if (found == nullptr) return fallback;
  if (found->type == Node::Type::string) return found->text;
  mistyped(key, "a text", "\"...\"");
  return fallback;
}

std::string TomlTable::one_of(std::string_view key, const std::vector<std::string>& words,
                              std::string fallback) const {
  std::string word = string(key, fallback);
  if (std::find(words.begin(), words.end(), word) != words.end()) return word;
  std::string list;
  for (const auto& allowed : words) list += (list.empty() ? "\"" : ", \"") + allowed + "\"";
  reject(place(key), "'" + word + "' is no value of '" + std::string(key) + "'",
         "use one of " + list);
  return fallback;
}

std::vector<std::string> TomlTable::strings(std::string_view key) const {
  if (!has(key)) {
    (void)ask(key);
    missing(key);
    return {};
  }
  return strings(key, {});
}

std::vector<std::string> TomlTable::strings(std::string_view key,
                                            std::vector<std::string> fallback) const {
  const Node* found = ask(key);
  if (found == nullptr) return fallback;
  std::vector<std::string> values;
  bool good = found->type == Node::Type::array;
  for (const auto& element : found->children) {
    good = good && element.type == Node::Type::string;
    values.push_back(element.text);
  }
  if (good) return values;
  mistyped(key, "a list of texts", "[\"...\", \"...\"]");
  return fallback;
}

std::vector<std::string> TomlTable::one_or_more(std::string_view key) const {
  const Node* found = ask(key);
  if (found == nullptr || found->type != Node::Type::string) return strings(key);
  return {found->text};
}

bool TomlTable::boolean(std::string_view key, bool fallback) const {
  const Node* found = ask(key);
  if (found == nullptr) return fallback;
  if (found->type == Node::Type::boolean) return found->number != 0;
  mistyped(key, "true or false", "true");
  return fallback;
}

int64_t TomlTable::integer(std::string_view key, int64_t fallback, int64_t least,
                           int64_t most) const {
  const Node* found = ask(key);
  if (found == nullptr) return fallback;
  if (found->type != Node::Type::integer) {
    mistyped(key, "a whole number", std::to_string(fallback).c_str());
    return fallback;
  }
  if (found->number >= least && found->number <= most) return found->number;
  reject(place(key), "'" + std::string(key) + "' is out of range",
         "use " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

std::vector<int64_t> TomlTable::integers(std::string_view key, std::vector<int64_t> fallback,
                                         int64_t least, int64_t most) const {
  const Node* found = ask(key);
  if (found == nullptr) return fallback;
  std::vector<int64_t> values;
  bool whole = found->type == Node::Type::array;
  bool in_range = true;
  for (const auto& element : found->children) {
    whole = whole && element.type == Node::Type::integer;
    in_range = in_range && element.number >= least && element.number <= most;
    values.push_back(element.number);
  }
  if (!whole) {
    mistyped(key, "a list of whole numbers", "[1, 2]");
    return fallback;
  }
  if (in_range) return values;
  reject(place(key), "a number in '" + std::string(key) + "' is out of range",
         "use " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

uint32_t TomlTable::milliseconds(std::string_view key, uint32_t fallback, uint32_t least,
                                 uint32_t most) const {
  return static_cast<uint32_t>(integer(key, fallback, least, most));
}

std::optional<TomlTable> TomlTable::table(std::string_view key) const {
  const Node* found = ask(key);
  if (found == nullptr) return std::nullopt;
  if (found->type == Node::Type::table) return TomlTable(document_, found);
  reject(place(key), "'" + std::string(key) + "' is not a table",
         "write it as a section: [" + std::string(key) + "]");
  return std::nullopt;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) const {
  std::vector<TomlTable> list;
  const Node* found = ask(key);
  if (found == nullptr) return list;
  bool good = found->type == Node::Type::array;
  for (const auto& element : found->children) {
    good = good && element.type == Node::Type::table;
    if (good) list.push_back(TomlTable(document_, &element));
  }
  if (good) return list;
  reject(place(key), "'" + std::string(key) + "' is not a list of sections",
         "write each as [[" + std::string(key) + "]]");
  return {};
}

std::string TomlTable::place() const { return document_->place(node_->line); }

std::string TomlTable::place(std::string_view key) const {
  const Node* found = node_->find(key);
  return document_->place(found == nullptr ? node_->line : found->line);
}

std::string TomlTable::place(std::string_view key, size_t index) const {
  const Node* found = node_->find(key);
  if (found == nullptr || index >= found->children.size()) return place(key);
  return document_->place(found->children[index].line);
}

}  // namespace sn
