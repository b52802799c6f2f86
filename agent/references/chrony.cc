#include "agent/references/chrony.h"

#include <algorithm>
#include <array>

#include "agent/references/chronyd.h"
#include "agent/references/environment.h"
#include "agent/references/source_lines.h"

namespace sn::agent {

namespace {

// chronyd 4.3 reads lines of up to 2046 bytes and a line end; the next byte is "String too long".
constexpr size_t kLongestLineBytes = 2046;

// chrony.conf(5) of 4.3, the old names it still accepts, and what came with 4.4 to 4.8. Sorted:
// searched by halves.
constexpr auto kDirectives = std::to_array<std::string_view>({"acquisitionport",
                                                              "allow",
                                                              "authselectmode",
                                                              "bindacqaddress",
                                                              "bindacqdevice",
                                                              "bindaddress",
                                                              "bindcmdaddress",
                                                              "bindcmddevice",
                                                              "binddevice",
                                                              "broadcast",
                                                              "clientloglimit",
                                                              "clockprecision",
                                                              "cmdallow",
                                                              "cmddeny",
                                                              "cmdport",
                                                              "cmdratelimit",
                                                              "combinelimit",
                                                              "commandkey",
                                                              "confdir",
                                                              "corrtimeratio",
                                                              "deny",
                                                              "driftfile",
                                                              "dscp",
                                                              "dumpdir",
                                                              "dumponexit",
                                                              "fallbackdrift",
                                                              "generatecommandkey",
                                                              "hwclockfile",
                                                              "hwtimestamp",
                                                              "hwtstimeout",
                                                              "include",
                                                              "initstepslew",
                                                              "keyfile",
                                                              "leapseclist",
                                                              "leapsecmode",
                                                              "leapsectz",
                                                              "linux_freq_scale",
                                                              "linux_hz",
                                                              "local",
                                                              "lock_all",
                                                              "log",
                                                              "logbanner",
                                                              "logchange",
                                                              "logdir",
                                                              "mailonchange",
                                                              "makestep",
                                                              "manual",
                                                              "maxchange",
                                                              "maxclockerror",
                                                              "maxdistance",
                                                              "maxdrift",
                                                              "maxjitter",
                                                              "maxntsconnections",
                                                              "maxsamples",
                                                              "maxslewrate",
                                                              "maxupdateskew",
                                                              "minsamples",
                                                              "minsources",
                                                              "nocerttimecheck",
                                                              "noclientlog",
                                                              "nosystemcert",
                                                              "ntpsigndsocket",
                                                              "ntsaeads",
                                                              "ntscachedir",
                                                              "ntsdumpdir",
                                                              "ntsntpserver",
                                                              "ntsport",
                                                              "ntsprocesses",
                                                              "ntsratelimit",
                                                              "ntsrefresh",
                                                              "ntsrotate",
                                                              "ntsservercert",
                                                              "ntsserverkey",
                                                              "ntstrustedcerts",
                                                              "opencommands",
                                                              "peer",
                                                              "pidfile",
                                                              "pool",
                                                              "port",
                                                              "ptpdomain",
                                                              "ptpport",
                                                              "ratelimit",
                                                              "refclock",
                                                              "refresh",
                                                              "reselectdist",
                                                              "rtcautotrim",
                                                              "rtcdevice",
                                                              "rtcfile",
                                                              "rtconutc",
                                                              "rtcsync",
                                                              "sched_priority",
                                                              "server",
                                                              "smoothtime",
                                                              "sourcedir",
                                                              "stratumweight",
                                                              "tempcomp",
                                                              "user"});

// Of its environment and its unit, on Debian and elsewhere.
constexpr auto kNames = std::to_array<std::string_view>({"chrony", "chronyd"});

bool is_directive(std::string_view word) {
  return std::binary_search(kDirectives.begin(), kDirectives.end(), comparable_name(word));
}

// `initstepslew limit host...`: asked once when chronyd starts.
struct InitialHosts {
  Line line;
  std::vector<Word> words;  // the hosts, behind the limit
};

struct Configuration {
  std::vector<SourceLine> sources;
  std::vector<InitialHosts> initial;
};

Result<Configuration> read(const std::string& path, std::string_view text) {
  Configuration configuration;
  const auto corrupt = [&](const Line& line, const Fact& why) {
    return fail(ErrorClass::corrupt, "reading", place_of(path, line.number),
                Fact(FactCode::not_understood, {}, why), Cure(CureCode::correct_chrony));
  };
  for (const auto& line : lines_of(text)) {
    const size_t carriage_return = line.end.size() == 2 ? 1 : 0;
    if (line.text.size() + carriage_return > kLongestLineBytes) {
      return corrupt(line, Fact(FactCode::line_too_long, {.count = kLongestLineBytes}));
    }
    const auto words = words_of(line, kSpaces);
    if (words.empty() ||
        std::string_view("#%!;").find(words[0].text[0]) != std::string_view::npos) {
      continue;
    }
    if (!is_directive(words[0].text)) {
      return corrupt(line, Fact(FactCode::unknown_directive, {.name = std::string(words[0].text)}));
    }
    if (words.size() == 1 && is_source_keyword(words[0].text)) {
      return corrupt(line, Fact(FactCode::without_a_host, {.name = std::string(words[0].text)}));
    }
    if (words.size() > 1 && is_source_keyword(words[0].text)) {
      configuration.sources.push_back({line, words[0], words[1], {words.begin() + 2, words.end()}});
    } else if (words.size() > 2 && same_ignoring_case(words[0].text, "initstepslew")) {
      configuration.initial.push_back({line, {words.begin() + 2, words.end()}});
    }
  }
  return configuration;
}

Status plan_initial(const InitialHosts& initial, const std::string& path,
                    const IdentityIndex& identity, const Move& move, EditList& edits,
                    std::string_view text) {
  std::vector<ListEntry> entries;
  for (const auto& word : initial.words) entries.push_back({{}, word.text, initial.line.number});
  const auto changes = change_entries(entries, Survivor::first, path, identity, move);
  if (!changes) return tl::unexpected(changes.error());
  for (size_t i = 0; i < entries.size(); ++i) {
    const Word& word = initial.words[i];
    const auto& change = (*changes)[i];
    if (change.what == EntryChange::What::replaced) {
      edits.replace(word.offset, word.text.size(), change.host);
    } else if (change.what == EntryChange::What::dropped) {
      size_t begin = word.offset;
      while (kSpaces.find(text[begin - 1]) != std::string_view::npos) --begin;
      edits.erase(begin, word.stop());
    }
  }
  return {};
}

std::vector<Argv> live_commands(const std::string& path, const std::vector<SourceLine>& sources,
                                const std::vector<EntryChange>& changes,
                                const IdentityIndex& identity, const Move& move) {
  std::vector<Argv> commands;
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto& source = sources[i];
    // Of a repeated line of the new service node chronyd has one source; that one stays.
    if (!from_owner(source.host.text, identity, move)) continue;
    if (path.ends_with(".sources")) return {{"chronyc", "reload", "sources"}};
    if (same_ignoring_case(source.keyword.text, "pool")) return {};
    commands.push_back({"chronyc", "delete", std::string(source.host.text)});
    if (changes[i].what == EntryChange::What::dropped) continue;
    Argv add = {"chronyc", "add",
                same_ignoring_case(source.keyword.text, "peer") ? "peer" : "server",
                changes[i].host};
    for (const auto& option : source.options) add.emplace_back(option.text);
    commands.push_back(std::move(add));
  }
  return commands;
}

}  // namespace

const Daemon* Chrony::daemon() const {
  static const Chronyd kDaemon;
  return &kDaemon;
}

std::vector<std::string> Chrony::paths() const {
  std::vector<std::string> paths = {"/etc/chrony.conf",          "/etc/chrony/chrony.conf",
                                    "/etc/chrony/conf.d/*.conf", "/etc/chrony/sources.d/*.sources",
                                    "/etc/chrony.d/*.conf",      "/run/chrony-dhcp/*.sources"};
  for (auto& one : environment_paths(kNames)) paths.push_back(std::move(one));
  return paths;
}

// With /etc/chrony.conf the files of Debian's place are nobody's, and the other way round.
std::vector<Include> Chrony::roots() const {
  const std::vector<std::string> mains = {"/etc/chrony.conf", "/etc/chrony/chrony.conf"};
  std::vector<Include> roots;
  for (const auto& main : mains) roots.push_back({.patterns = {main}});
  for (const char* usual : {"/etc/chrony/conf.d/*.conf", "/etc/chrony/sources.d/*.sources",
                            "/etc/chrony.d/*.conf", "/run/chrony-dhcp/*.sources"}) {
    roots.push_back({.patterns = {usual}, .unless = mains});
  }
  for (auto& one : environments_of(kNames)) roots.push_back(std::move(one));
  return roots;
}

std::vector<Include> Chrony::includes(const std::string& path, std::string_view text) const {
  std::vector<Include> includes;
  if (is_environment(path)) return files_of_option("-f", text);
  for (const auto& line : lines_of(text)) {
    const auto words = words_of(line, kSpaces);
    if (words.size() < 2) continue;
    const auto is = [&](std::string_view directive) {
      return same_ignoring_case(words[0].text, directive);
    };
    Include include{.line = line.number};
    if (is("include")) {
      include.patterns = {std::string(words[1].text)};
    } else if (is("confdir") || is("sourcedir")) {
      for (size_t i = 1; i < words.size(); ++i) {
        include.patterns.push_back(std::string(words[i].text) +
                                   (is("confdir") ? "/*.conf" : "/*.sources"));
      }
    }
    std::erase_if(include.patterns, [](const auto& pattern) { return pattern.front() != '/'; });
    if (!include.patterns.empty()) includes.push_back(std::move(include));
  }
  return includes;
}

Result<std::vector<Reference>> Chrony::discover(const std::string& path, std::string_view text,
                                                const IdentityIndex& identity) const {
  if (is_environment(path)) return discover_environment(name(), path, text, identity);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto configuration = read(path, text);
  if (!configuration) return tl::unexpected(configuration.error());
  auto mentions = mentions_of(configuration->sources);
  for (const auto& initial : configuration->initial) {
    for (const auto& word : initial.words) {
      mentions.push_back({word.offset, word.text, initial.line.number, "initstepslew"});
    }
  }
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> Chrony::plan(const std::string& path, std::string_view text,
                              const IdentityIndex& identity, const Move& move) const {
  if (is_environment(path)) return plan_environment(path, text, identity, move);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto configuration = read(path, text);
  if (!configuration) return tl::unexpected(configuration.error());
  EditList edits(text);
  FilePlan plan;
  const auto changes =
      plan_sources(configuration->sources, path, identity, move, edits, plan.findings);
  if (!changes) return tl::unexpected(changes.error());
  for (const auto& initial : configuration->initial) {
    if (auto ok = plan_initial(initial, path, identity, move, edits, text); !ok) {
      return tl::unexpected(ok.error());
    }
  }
  plan.edits = edits.take();
  plan.live_commands = live_commands(path, configuration->sources, *changes, identity, move);
  return plan;
}

}  // namespace sn::agent
