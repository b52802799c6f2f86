#include "agent/references/source_lines.h"

#include <algorithm>

namespace sn::agent {

bool is_source_keyword(std::string_view word) {
  return same_ignoring_case(word, "server") || same_ignoring_case(word, "peer") ||
         same_ignoring_case(word, "pool");
}

namespace {

// One that is not asked, or not believed, takes nobody's place (chrony.conf(5), ntp.conf(5)).
bool is_used(const SourceLine& source) {
  return std::none_of(source.options.begin(), source.options.end(), [](const Word& option) {
    return same_ignoring_case(option.text, "noselect") ||
           same_ignoring_case(option.text, "offline");
  });
}

bool same_options(const SourceLine& a, const SourceLine& b) {
  return std::equal(a.options.begin(), a.options.end(), b.options.begin(), b.options.end(),
                    [](const Word& x, const Word& y) { return x.text == y.text; });
}

}  // namespace

std::vector<Mention> mentions_of(const std::vector<SourceLine>& sources) {
  std::vector<Mention> mentions;
  for (const auto& source : sources) {
    mentions.push_back(
        {source.host.offset, source.host.text, source.line.number, source.keyword.text});
  }
  return mentions;
}

Result<std::vector<EntryChange>> plan_sources(const std::vector<SourceLine>& sources,
                                              const std::string& path,
                                              const IdentityIndex& identity, const Move& move,
                                              EditList& edits, std::vector<Finding>& findings) {
  std::vector<ListEntry> entries;
  for (const auto& source : sources) {
    entries.push_back({.key = comparable_name(source.keyword.text),
                       .host = source.host.text,
                       .line = source.line.number,
                       .is_unused = !is_used(source)});
  }
  auto changes = change_entries(entries, Survivor::existing, path, identity, move);
  if (!changes) return changes;
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto& change = (*changes)[i];
    if (change.what == EntryChange::What::replaced) {
      edits.replace(sources[i].host.offset, sources[i].host.text.size(), change.host);
    } else if (change.what == EntryChange::What::dropped) {
      edits.erase(sources[i].line.offset, sources[i].line.next());
      const SourceLine& other = sources[change.survivor];
      if (!same_options(sources[i], other)) {
        findings.push_back({FindingClass::note,
                            place_of(path, sources[i].line.number),
                            Fact(FactCode::equal_to, {.place = place_of(path, other.line.number)}),
                            {}});
      }
    }
  }
  return changes;
}

}  // namespace sn::agent
