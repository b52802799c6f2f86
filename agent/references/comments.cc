#include "agent/references/comments.h"

#include <algorithm>

#include "agent/references/lines.h"

namespace sn::agent {

namespace {

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

void blank(std::string& text, size_t begin, size_t end) {
  for (size_t at = begin; at < end; ++at) {
    if (text[at] != '\n') text[at] = ' ';
  }
}

}  // namespace

std::string without_comments(std::string_view text, const CommentRule& rule) {
  std::string result(text);
  char quote = 0;
  bool begins_line = true;  // nothing but blanks so far
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      begins_line = true;
      continue;
    }
    if (quote != 0) {
      if (c == '\\' && quote == '"') {
        ++at;
      } else if (c == quote) {
        quote = 0;
      }
      begins_line = false;
      continue;
    }
    const bool behind_blank = at == 0 || is_blank(text[at - 1]) || text[at - 1] == '\n';
    const bool comment =
        (begins_line && is_one_of(c, rule.line)) || (behind_blank && is_one_of(c, rule.behind)) ||
        is_one_of(c, rule.anywhere) || (rule.slashes && text.substr(at, 2) == "//");
    if (comment) {
      const size_t end = std::min(text.find('\n', at), text.size());
      blank(result, at, end);
      at = end - 1;
      continue;
    }
    if (rule.blocks && text.substr(at, 2) == "/*") {
      const size_t close = text.find("*/", at + 2);
      const size_t end = close == std::string_view::npos ? text.size() : close + 2;
      blank(result, at, end);
      at = end - 1;
      continue;
    }
    if (is_one_of(c, rule.quotes)) quote = c;
    if (!is_blank(c)) begins_line = false;
  }
  return result;
}

}  // namespace sn::agent
