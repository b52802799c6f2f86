#include "agent/references/ntp.h"

#include "agent/references/source_lines.h"

namespace sn::agent {

namespace {

std::vector<SourceLine> sources_of(std::string_view text) {
  std::vector<SourceLine> sources;
  for (const auto& line : lines_of(text)) {
    const auto words = words_of(line.text.substr(0, line.text.find('#')), line.offset, kSpaces);
    if (words.empty() || !is_source_keyword(words.front().text)) continue;
    size_t host = 1;
    while (host < words.size() && (words[host].text == "-4" || words[host].text == "-6")) ++host;
    if (host == words.size()) continue;
    sources.push_back({line, words.front(), words[host], {}});
  }
  return sources;
}

}  // namespace

const Daemon* Ntp::daemon() const {
  static const Daemon kDaemon("ntp", {"ntpd"});
  return &kDaemon;
}

Result<std::vector<Reference>> Ntp::discover(const std::string& path, std::string_view text,
                                             const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  return references_of(name(), path, mentions_of(sources_of(text)), identity);
}

Result<FilePlan> Ntp::plan(const std::string& path, std::string_view text,
                           const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  EditList edits(text);
  const auto changes = plan_sources(sources_of(text), path, identity, move, edits);
  if (!changes) return tl::unexpected(changes.error());
  return FilePlan{edits.take(), {}, {}};
}

}  // namespace sn::agent
