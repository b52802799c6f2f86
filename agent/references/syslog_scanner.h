// Reads what both dialects of a syslog configuration have in common below their grammar: blanks,
// continuations, comments, quotes and parentheses (rsyslog.conf(5)). A base of the parsers, and no
// type of its own.
#pragma once

#include <string>
#include <string_view>

#include "agent/references/lines.h"
#include "common/base/error.h"

namespace sn::agent {

class SyslogScanner {
 protected:
  // Both outlive this.
  SyslogScanner(std::string_view path, std::string_view text) : path_(path), text_(text) {}
  ~SyslogScanner() = default;

  static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }
  static bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }
  static bool in(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
  // A piece of text for comparing: runs of blanks, line ends and continuations become one blank.
  static std::string squeezed(std::string_view text);

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }
  [[nodiscard]] char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  [[nodiscard]] bool starts(std::string_view s) const { return text_.substr(at_, s.size()) == s; }
  [[nodiscard]] size_t joint_size() const { return starts("\\\n") ? 2 : starts("\\\r\n") ? 3 : 0; }
  [[nodiscard]] bool at_line_start() const {
    size_t i = at_;
    while (i > 0 && is_blank(text_[i - 1])) --i;
    return i == 0 || text_[i - 1] == '\n';
  }
  [[nodiscard]] tl::unexpected<Error> corrupt(size_t offset, const Fact& why) const;

  // Blanks and continuations; skip_space also line ends and comments. corrupt: what is not closed.
  void skip_blanks();
  Status skip_space();
  // Takes all to the end of the line, over continuations, and returns it without the line end.
  std::string_view take_line();
  std::string_view take_identifier();
  [[nodiscard]] std::string_view identifier_here() const;
  Status skip_string();
  Status skip_parentheses();
  Status skip_to(char stop);
  // Skips from behind `if` to behind `then`.
  Status skip_expression();

  std::string_view path_;
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace sn::agent
