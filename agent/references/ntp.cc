#include "agent/references/ntp.h"

#include <array>

#include "agent/references/environment.h"
#include "agent/references/ntp_restrict.h"
#include "agent/references/source_lines.h"

namespace sn::agent {

namespace {

constexpr std::string_view kTickers = "/etc/ntp/step-tickers";

// A host a line, and nothing else.
std::vector<SourceLine> tickers_of(std::string_view text) {
  std::vector<SourceLine> sources;
  for (const auto& line : lines_of(text)) {
    const auto words = words_before_comment(line);
    if (words.size() != 1) continue;
    sources.push_back({line, {words.front().offset, "step-tickers"}, words.front(), {}});
  }
  return sources;
}

std::vector<SourceLine> sources_of(const std::string& path, std::string_view text) {
  if (path == kTickers) return tickers_of(text);
  std::vector<SourceLine> sources;
  for (const auto& line : lines_of(text)) {
    const auto words = words_before_comment(line);
    if (words.empty() || !is_source_keyword(words.front().text)) continue;
    size_t host = 1;
    while (host < words.size() && (words[host].text == "-4" || words[host].text == "-6")) ++host;
    if (host == words.size()) continue;
    const auto options = words.begin() + static_cast<ptrdiff_t>(host) + 1;
    sources.push_back({line, words.front(), words[host], {options, words.end()}});
  }
  return sources;
}

}  // namespace

const Daemon* Ntp::daemon() const {
  static const Daemon kDaemon("ntp", {"ntpd"});
  return &kDaemon;
}

std::vector<std::string> Ntp::paths() const {
  std::vector<std::string> paths = {
      "/etc/ntp.conf",      "/etc/ntpsec/ntp.conf",      "/etc/ntpsec/ntp.d/*.conf",
      "/run/ntp.conf.dhcp", "/run/ntpsec/ntp.conf.dhcp", "/var/lib/ntp/ntp.conf.dhcp",
      std::string(kTickers)};
  constexpr auto kNames = std::to_array<std::string_view>({"ntp", "ntpd", "ntpdate", "ntpsec"});
  for (auto& one : environment_paths(kNames)) paths.push_back(std::move(one));
  return paths;
}

std::vector<Include> Ntp::includes(const std::string& path, std::string_view text) const {
  std::vector<Include> includes;
  if (is_environment(path)) return files_of_option("-c", text);
  for (const auto& line : lines_of(text)) {
    const auto words = words_before_comment(line);
    if (words.size() < 2 || !same_ignoring_case(words[0].text, "includefile")) continue;
    std::string file(words[1].text);
    std::erase(file, '"');
    if (file.starts_with('/')) includes.push_back({.patterns = {file}, .line = line.number});
  }
  return includes;
}

Result<std::vector<Reference>> Ntp::discover(const std::string& path, std::string_view text,
                                             const IdentityIndex& identity) const {
  if (is_environment(path)) return discover_environment(name(), path, text, identity);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  auto mentions = mentions_of(sources_of(path, text));
  const auto restrictions = mentions_of(restrict_lines(text));
  mentions.insert(mentions.end(), restrictions.begin(), restrictions.end());
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> Ntp::plan(const std::string& path, std::string_view text,
                           const IdentityIndex& identity, const Move& move) const {
  if (is_environment(path)) return plan_environment(path, text, identity, move);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  EditList edits(text);
  FilePlan plan;
  const auto sources = sources_of(path, text);
  const auto changes = plan_sources(sources, path, identity, move, edits, plan.findings);
  if (!changes) return tl::unexpected(changes.error());
  if (auto ok =
          plan_restrictions(text, path, sources, *changes, identity, move, edits, plan.findings);
      !ok) {
    return tl::unexpected(ok.error());
  }
  plan.edits = edits.take();
  return plan;
}

}  // namespace sn::agent
