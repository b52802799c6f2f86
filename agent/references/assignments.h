// Shell assignments as in /etc/niminfo: `export NAME=VALUE` or `NAME=VALUE`, the
// value bare or in quotes, quoted values over several lines, backslash-newline continuation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/lines.h"
#include "common/base/error.h"

namespace sn::agent {

// A value as the shell sees it, each of its characters with its place in the text.
class ShellValue {
 public:
  // The character stands at [begin, end) of the text; a backslash that quotes it is part of that.
  void add(char c, size_t begin, size_t end, bool quoted) {
    text_.push_back(c);
    places_.push_back({begin, end, quoted});
  }

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] size_t offset(size_t i) const { return places_[i].begin; }
  [[nodiscard]] size_t stop(size_t i) const { return places_[i].end; }
  [[nodiscard]] bool is_quoted(size_t i) const { return places_[i].quoted; }

  // The pieces of text that the characters [begin, end) stand in, without the quotes and
  // continuations between them: what may be changed without opening or closing one.
  struct Piece {
    size_t begin = 0;
    size_t end = 0;
  };
  [[nodiscard]] std::vector<Piece> pieces(size_t begin, size_t end) const;

 private:
  struct Place {
    size_t begin = 0;
    size_t end = 0;
    bool quoted = false;
  };
  std::string text_;
  std::vector<Place> places_;
};

struct Assignment {
  std::string_view name;
  uint32_t line = 0;
  size_t begin = 0;  // of the value as written, with its quotes
  size_t end = 0;
  ShellValue value;
};

// In the order of the text; the last one of a name counts for the shell. What is no assignment is
// passed over. corrupt, with path:line: a quote that is not closed.
[[nodiscard]] Result<std::vector<Assignment>> assignments_of(std::string_view path,
                                                             std::string_view text);

}  // namespace sn::agent
