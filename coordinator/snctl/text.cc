#include "coordinator/snctl/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "common/facts/text.h"

namespace sn::coordinator {

namespace {

std::string formatted(int64_t unix_ms, const char* format) {
  const auto seconds = static_cast<time_t>(unix_ms / 1000);
  tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  const size_t size = std::strftime(text.data(), text.size(), format, &local);
  return {text.data(), size};
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// How many bytes make up to `width` characters.
size_t bytes_of(std::string_view text, size_t width) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && seen++ == width) return i;
  }
  return text.size();
}

// Between words that stay together (ASCII's unit separator).
constexpr char kUnbroken = '\x1f';

struct Word {
  size_t gap = 0;  // spaces before it, kept within a line: two of them part columns
  std::string_view text;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  size_t gap = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) {
      words.push_back({gap, text.substr(begin, end - begin)});
      gap = 0;
    }
    ++gap;
    begin = end + 1;
  }
  return words;
}

// The part of a word that goes on this line: all of it, or up to its last comma that fits.
size_t fitting(std::string_view word, size_t room) {
  if (width_of(word) <= room) return word.size();
  const size_t limit = bytes_of(word, room);
  const size_t comma = word.substr(0, limit).rfind(',');
  return comma == std::string_view::npos ? limit : comma + 1;
}

}  // namespace

std::string clock_text(int64_t unix_ms) { return formatted(unix_ms, "%H:%M:%S %Z"); }

std::string moment_text(int64_t unix_ms, int64_t now_unix_ms) {
  if (unix_ms == 0) return "never";
  const bool today = formatted(unix_ms, "%F") == formatted(now_unix_ms, "%F");
  return formatted(unix_ms, today ? "%H:%M" : "%e %b %H:%M");
}

std::string date_text(int64_t unix_ms) { return formatted(unix_ms, "%F %H:%M:%S %Z"); }

std::string duration_text(int64_t ms) {
  constexpr int64_t kSecond = 1000;
  constexpr int64_t kMinute = 60 * kSecond;
  constexpr int64_t kHour = 60 * kMinute;
  constexpr int64_t kDay = 24 * kHour;
  std::array<char, 32> text{};
  if (ms < 10 * kSecond) {
    const double seconds = static_cast<double>(ms) / 1000.0;
    std::snprintf(text.data(), text.size(), "%.2f s", seconds);
    return text.data();
  }
  if (ms < 2 * kMinute) return std::to_string(ms / kSecond) + " s";
  if (ms < 2 * kHour) return std::to_string(ms / kMinute) + " min";
  if (ms < 2 * kDay) return std::to_string(ms / kHour) + " h";
  return std::to_string(ms / kDay) + " d";
}

size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string left(std::string_view text, size_t width) {
  const size_t used = width_of(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string right(std::string_view text, size_t width) {
  const size_t used = width_of(text);
  return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

std::string cut(std::string_view text, size_t width) {
  constexpr std::string_view kMark = "...";
  if (width_of(text) <= width) return std::string(text);
  const size_t kept = width > kMark.size() ? width - kMark.size() : 0;
  return std::string(text.substr(0, bytes_of(text, kept))) + std::string(kMark);
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::string finding_text(const Finding& finding) {
  return said_of(finding.place, text_of(finding.reason));
}

std::string wrap(std::string_view first, std::string_view text, size_t hanging) {
  std::string result(first);
  size_t column = width_of(first);
  bool fresh = true;  // nothing of the text on this line yet
  const auto new_line = [&] {
    result += '\n' + std::string(hanging, ' ');
    column = hanging;
    fresh = true;
  };
  // A line end within it would end the line in which it stands.
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  for (const auto& [gap, whole] : words_of(line)) {
    std::string_view word = whole;
    // A word for which there is no room goes to the next line; broken only if it fits on none.
    if (!fresh && column + gap + width_of(word) > kColumns) new_line();
    if (!fresh) {
      result += std::string(gap, ' ');
      column += gap;
    }
    while (!word.empty()) {
      const size_t size = fitting(word, column < kColumns ? kColumns - column : 1);
      result += word.substr(0, size);
      column += width_of(word.substr(0, size));
      word.remove_prefix(size);
      fresh = false;
      if (!word.empty()) new_line();
    }
  }
  while (result.ends_with(' ')) result.pop_back();
  std::replace(result.begin(), result.end(), kUnbroken, ' ');
  return result + '\n';
}

std::string unbroken(std::string_view text) {
  std::string words(text);
  std::replace(words.begin(), words.end(), ' ', kUnbroken);
  return words;
}

std::string table(const std::vector<std::vector<std::string>>& rows,
                  const std::vector<bool>& right_aligned) {
  std::vector<size_t> widths(right_aligned.size(), 0);
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string result;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += right_aligned[i] ? right(row[i], widths[i]) : left(row[i], widths[i]);
    }
    while (line.ends_with(' ')) line.pop_back();
    result += line + '\n';
  }
  return result;
}

std::string printable(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    const size_t obeyed = c == '\n' ? 0 : obeyed_at(text, at);
    const size_t bytes = character_bytes(text, at);
    if (c == '\t') {
      result += ' ';  // files are full of them; a screen has its own columns
    } else if (obeyed == 0) {
      result.append(text, at, bytes);
    } else {
      result.append(obeyed, '?');
    }
    at += bytes;
  }
  return result;
}

}  // namespace sn::coordinator
