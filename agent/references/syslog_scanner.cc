#include "agent/references/syslog_scanner.h"

#include <algorithm>
#include <utility>

namespace sn::agent {

std::string SyslogScanner::squeezed(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool joint = text.substr(i, 2) == "\\\n" || text.substr(i, 3) == "\\\r\n";
    if (joint || in(text[i], " \t\r\n")) {
      if (!result.empty() && result.back() != ' ') result.push_back(' ');
    } else {
      result.push_back(text[i]);
    }
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

tl::unexpected<Error> SyslogScanner::corrupt(size_t offset, const Fact& why) const {
  const auto before = text_.substr(0, offset);
  const auto line = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  return fail(ErrorClass::corrupt, "reading", place_of(path_, line),
              Fact(FactCode::not_understood, {}, why), Cure(CureCode::correct_rsyslog));
}

void SyslogScanner::skip_blanks() {
  while (!done()) {
    const size_t joint = joint_size();
    if (joint == 0 && !is_blank(peek()) && !starts("\r\n")) return;
    at_ += std::max<size_t>(joint, 1);
  }
}

Status SyslogScanner::skip_space() {
  while (!done()) {
    const size_t before = at_;
    skip_blanks();
    if (peek() == '\n') {
      ++at_;
    } else if (peek() == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (starts("/*")) {
      const size_t close = text_.find("*/", at_ + 2);
      if (close == std::string_view::npos) return corrupt(at_, Fact(FactCode::comment_not_closed));
      at_ = close + 2;
    }
    if (at_ == before) return {};
  }
  return {};
}

std::string_view SyslogScanner::take_line() {
  const size_t begin = at_;
  while (!done() && peek() != '\n') at_ += std::max<size_t>(joint_size(), 1);
  at_ = std::min(at_, text_.size());
  size_t end = at_;
  if (end > begin && text_[end - 1] == '\r') --end;
  return text_.substr(begin, end - begin);
}

std::string_view SyslogScanner::identifier_here() const {
  size_t end = at_;
  while (end < text_.size() && is_word(text_[end])) ++end;
  return text_.substr(at_, end - at_);
}

std::string_view SyslogScanner::take_identifier() {
  const auto word = identifier_here();
  at_ += word.size();
  return word;
}

Status SyslogScanner::skip_string() {
  const size_t opened = at_;
  const char quote = text_[at_++];
  while (!done() && peek() != quote) at_ += peek() == '\\' && quote != '`' ? 2 : 1;
  if (done()) {
    at_ = text_.size();
    return corrupt(opened, Fact(FactCode::quote_not_closed));
  }
  ++at_;
  return {};
}

Status SyslogScanner::skip_to(char stop) {
  const size_t from = at_;
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) return corrupt(from, Fact(FactCode::is_missing, {.value = std::string(1, stop)}));
    if (peek() == stop) break;
    if (in(peek(), "\"'`")) {
      if (auto ok = skip_string(); !ok) return ok;
    } else {
      ++at_;
    }
  }
  ++at_;
  return {};
}

Status SyslogScanner::skip_parentheses() {
  const size_t opened = at_;
  int depth = 0;
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) return corrupt(opened, Fact(FactCode::parenthesis_not_closed));
    const char c = peek();
    if (in(c, "\"'`")) {
      if (auto ok = skip_string(); !ok) return ok;
      continue;
    }
    ++at_;
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return {};
  }
}

Status SyslogScanner::skip_expression() {
  const size_t from = at_;
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) return corrupt(from, Fact(FactCode::if_without_then));
    if (in(peek(), "\"'`")) {
      if (auto ok = skip_string(); !ok) return ok;
    } else if (is_letter(peek())) {
      if (same_ignoring_case(take_identifier(), "then")) return {};
    } else if (peek() == '$') {
      // A variable: `$!then` is no keyword.
      while (!done() && (is_word(peek()) || in(peek(), "$!./-"))) ++at_;
    } else {
      ++at_;
    }
  }
}

}  // namespace sn::agent
