#include "agent/references/ini.h"

namespace sn::agent {

namespace {

Word trimmed(Word word) {
  const size_t begin = word.text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {word.offset, {}};
  const size_t end = word.text.find_last_not_of(kSpaces) + 1;
  return {word.offset + begin, word.text.substr(begin, end - begin)};
}

}  // namespace

std::vector<IniEntry> ini_entries(std::string_view text) {
  std::vector<IniEntry> entries;
  std::string_view section;
  const auto lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    Word all = trimmed({lines[i].offset, lines[i].text});
    if (all.text.empty() || all.text.front() == '#' || all.text.front() == ';') continue;
    if (all.text.front() == '[') {
      section = all.text.substr(1, all.text.find(']') - 1);
      continue;
    }
    const size_t first = i;
    while (lines[i].text.ends_with('\\') && i + 1 < lines.size()) ++i;
    if (i > first) all.text = text.substr(all.offset, lines[i].stop() - all.offset);
    const size_t equals = all.text.find('=');
    if (equals == std::string_view::npos) continue;
    entries.push_back({section, trimmed({all.offset, all.text.substr(0, equals)}).text,
                       trimmed({all.offset + equals + 1, all.text.substr(equals + 1)}),
                       lines[first].offset, lines[i].next(), lines[first].number});
  }
  return entries;
}

}  // namespace sn::agent
