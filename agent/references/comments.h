// What the reader of a file passes over: whoever searches a text for names, and knows no more of
// its grammar, finds none in there.
#pragma once

#include <string>
#include <string_view>

namespace sn::agent {

struct CommentRule {
  std::string_view line = "#;";    // begin a comment as the first character of a line, after blanks
  std::string_view behind = "#";   // begin one behind a blank, too
  std::string_view anywhere = {};  // begin one wherever they stand
  std::string_view quotes = {};    // between two of them nothing is a comment
  bool blocks = false;             // from "/*" to "*/", also over several lines
  bool slashes = false;            // from "//" to the line's end
};

// The text with every byte of a comment as a blank: what is left stands where it stood, and every
// line end stays.
[[nodiscard]] std::string without_comments(std::string_view text, const CommentRule& rule);

}  // namespace sn::agent
