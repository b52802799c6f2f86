// A text as its lines and words, every piece with its place in the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sn::agent {

// The largest of these files in the field is a hosts file: of 6,000 nodes with three interfaces it
// has 1.4 MiB, and ten times that is no cluster that exists. Plans are computed in memory.
inline constexpr size_t kLargestFileBytes = 16 * 1024 * 1024;

struct Line {
  uint32_t number = 0;    // 1-based
  size_t offset = 0;      // of `text` in the whole text
  std::string_view text;  // without its end
  std::string_view end;   // "\n", "\r\n", or empty at the end of a text that lacks one

  [[nodiscard]] size_t stop() const { return offset + text.size(); }
  [[nodiscard]] size_t next() const { return stop() + end.size(); }
};

// A text that ends in a line end has no empty line behind it. A lone '\r' is no line end.
std::vector<Line> lines_of(std::string_view text);

// The line end most of the text uses: that of its first line, "\n" if it has none.
std::string_view line_end_of(std::string_view text);

// A run of characters other than separators.
struct Word {
  size_t offset = 0;  // in the whole text
  std::string_view text;

  [[nodiscard]] size_t stop() const { return offset + text.size(); }
};
inline constexpr std::string_view kBlanks = " \t";
// What isspace() takes for a blank inside a line; for the files whose readers use it.
inline constexpr std::string_view kSpaces = " \t\v\f\r";

std::vector<Word> words_of(const Line& line, std::string_view separators = kBlanks);
// The same for a part of a text; `offset` is where the part begins in the whole.
std::vector<Word> words_of(std::string_view part, size_t offset,
                           std::string_view separators = kBlanks);

// A blank for every byte but the line ends: where what is to be searched is put in its place.
std::string all_blank(std::string_view text);
// Makes a line blank in a text of the same size.
void blank(std::string& text, const Line& line);

// Of files in which a '#' begins a comment wherever it stands.
std::vector<Word> words_before_comment(const Line& line);

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

// ASCII only: what the files' own readers do, whatever the locale.
bool same_ignoring_case(std::string_view a, std::string_view b);

// "DNS1" of "DNS", also "DNS" itself, and not "DNSSEC".
bool is_numbered(std::string_view key, std::string_view name);

// "/etc/niminfo:7"
std::string place_of(std::string_view path, uint32_t line);

// limit: larger than kLargestFileBytes. corrupt: holds a NUL byte (what a crash leaves on some
// file systems); named with path:line.
[[nodiscard]] Status check_text(std::string_view path, std::string_view text);

}  // namespace sn::agent
