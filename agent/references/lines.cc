#include "agent/references/lines.h"

#include <algorithm>

namespace sn::agent {

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  uint32_t number = 1;
  for (size_t offset = 0; offset < text.size(); ++number) {
    const size_t feed = text.find('\n', offset);
    if (feed == std::string_view::npos) {
      lines.push_back({number, offset, text.substr(offset), {}});
      break;
    }
    const size_t stop = feed > offset && text[feed - 1] == '\r' ? feed - 1 : feed;
    lines.push_back(
        {number, offset, text.substr(offset, stop - offset), text.substr(stop, feed + 1 - stop)});
    offset = feed + 1;
  }
  return lines;
}

std::string_view line_end_of(std::string_view text) {
  const size_t feed = text.find('\n');
  return feed != std::string_view::npos && feed > 0 && text[feed - 1] == '\r' ? "\r\n" : "\n";
}

std::vector<Word> words_of(std::string_view part, size_t offset, std::string_view separators) {
  std::vector<Word> words;
  for (size_t begin = part.find_first_not_of(separators); begin != std::string_view::npos;) {
    const size_t stop = std::min(part.find_first_of(separators, begin), part.size());
    words.push_back({offset + begin, part.substr(begin, stop - begin)});
    begin = part.find_first_not_of(separators, stop);
  }
  return words;
}

std::vector<Word> words_of(const Line& line, std::string_view separators) {
  return words_of(line.text, line.offset, separators);
}

std::vector<Word> words_before_comment(const Line& line) {
  return words_of(line.text.substr(0, line.text.find('#')), line.offset, kSpaces);
}

std::string all_blank(std::string_view text) {
  std::string result(text);
  std::replace_if(result.begin(), result.end(), [](char c) { return c != '\n'; }, ' ');
  return result;
}

bool is_numbered(std::string_view key, std::string_view name) {
  return key.starts_with(name) &&
         key.find_first_not_of("0123456789", name.size()) == std::string_view::npos;
}

void blank(std::string& text, const Line& line) {
  text.replace(line.offset, line.text.size(), line.text.size(), ' ');
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string place_of(std::string_view path, uint32_t line) {
  return std::string(path) + ":" + std::to_string(line);
}

Status check_text(std::string_view path, std::string_view text) {
  if (text.size() > kLargestFileBytes) {
    return fail(ErrorClass::limit, "reading", std::string(path),
                Fact(FactCode::text_too_long, {.count = text.size(), .of = kLargestFileBytes}),
                Cure(CureCode::see_what_wrote));
  }
  const size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    const auto before = text.substr(0, nul);
    const auto line = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    return fail(ErrorClass::corrupt, "reading", place_of(path, line),
                Fact(FactCode::not_understood, {}, Fact(FactCode::nul_byte)),
                Cure(CureCode::restore_file));
  }
  return {};
}

}  // namespace sn::agent
