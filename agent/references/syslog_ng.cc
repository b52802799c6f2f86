#include "agent/references/syslog_ng.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "agent/references/edit_list.h"
#include "agent/references/environment.h"
#include "agent/references/host_list.h"
#include "agent/references/mention.h"

namespace sn::agent {

namespace {

constexpr std::string_view kMain = "/etc/syslog-ng/syslog-ng.conf";
constexpr std::string_view kParts = "/etc/syslog-ng/conf.d/*.conf";
constexpr auto kNames = std::to_array<std::string_view>({"syslog-ng"});
constexpr std::string_view kDirectory = "/etc/syslog-ng/";
constexpr uint16_t kFramedLogPort = 601;

// A word, the inside of a string, or one of the signs (){};
struct Token {
  Word word;
  bool quoted = false;
  [[nodiscard]] bool is(char sign) const {
    return !quoted && word.text.size() == 1 && word.text[0] == sign;
  }
};

struct Driver {
  size_t begin = 0;
  size_t end = 0;  // behind its semicolon
  size_t destination = 0;
  std::string_view name;
  ServicePort service;
  Word host;
  std::string form;            // all but the host
  std::vector<Word> failover;  // further servers
  Word pinned;                 // the first certificate that its tls() trusts by name or key
};

struct Configuration {
  std::vector<Driver> drivers;
  std::vector<Word> defined;
  std::vector<Word> includes;
};

class Parser {
 public:
  Parser(std::string_view path, std::string_view text) : path_(path), text_(text) {}

  Result<Configuration> read() {
    if (auto ok = tokenize(); !ok) return tl::unexpected(ok.error());
    while (at_ < tokens_.size()) {
      if (auto ok = statement(); !ok) return tl::unexpected(ok.error());
    }
    return std::move(read_);
  }

 private:
  [[nodiscard]] tl::unexpected<Error> corrupt(size_t offset, FactCode why) const {
    return fail(ErrorClass::corrupt, "reading", place_of(path_, EditList(text_).line_at(offset)),
                Fact(FactCode::not_understood, {}, Fact(why)), Cure(CureCode::correct_file));
  }

  Status tokenize() {
    constexpr std::string_view kSigns = "(){};";
    for (size_t i = 0; i < text_.size();) {
      const char c = text_[i];
      if (c == '#') {
        i = std::min(text_.find('\n', i), text_.size());
      } else if (c == '"' || c == '\'') {
        size_t end = i + 1;
        while (end < text_.size() && text_[end] != c) end += text_[end] == '\\' && c == '"' ? 2 : 1;
        if (end >= text_.size()) return corrupt(i, FactCode::quote_not_closed);
        tokens_.push_back({{i + 1, text_.substr(i + 1, end - i - 1)}, true});
        i = end + 1;
      } else if (kSigns.find(c) != std::string_view::npos) {
        tokens_.push_back({{i, text_.substr(i, 1)}, false});
        ++i;
      } else if (kSpaces.find(c) != std::string_view::npos || c == '\n' || c == ',') {
        ++i;
      } else {
        const size_t end = std::min(text_.find_first_of(" \t\v\f\r\n,\"'#(){};", i), text_.size());
        tokens_.push_back({{i, text_.substr(i, end - i)}, false});
        i = end;
      }
    }
    return {};
  }

  [[nodiscard]] bool here(std::string_view keyword) const {
    return at_ < tokens_.size() && !tokens_[at_].quoted && tokens_[at_].word.text == keyword;
  }

  Status statement() {
    if ((here("@include") || here("include")) && at_ + 1 < tokens_.size()) {
      read_.includes.push_back(tokens_[at_ + 1].word);
      at_ += 2;
      return {};
    }
    if (here("@define") && at_ + 2 < tokens_.size()) {
      read_.defined.push_back(tokens_[at_ + 2].word);
      at_ += 3;
      return {};
    }
    if (!here("destination")) {
      ++at_;
      return {};
    }
    const size_t begin = tokens_[at_].word.offset;
    while (at_ < tokens_.size() && !tokens_[at_].is('{') && !tokens_[at_].is(';') &&
           !tokens_[at_].is(')')) {
      ++at_;
    }
    // `destination(d);` of a log path has no block.
    if (at_ == tokens_.size() || !tokens_[at_].is('{')) return {};
    ++at_;
    ++destinations_;
    while (at_ < tokens_.size() && !tokens_[at_].is('}')) {
      if (auto ok = element(); !ok) return ok;
    }
    if (at_ == tokens_.size()) return corrupt(begin, FactCode::brace_not_closed);
    ++at_;
    return {};
  }

  static bool sends(std::string_view driver) {
    constexpr auto kDrivers =
        std::to_array<std::string_view>({"network", "syslog", "tcp", "tcp6", "udp", "udp6"});
    return std::find(kDrivers.begin(), kDrivers.end(), driver) != kDrivers.end();
  }

  // Port 601 is that of TCP with RFC 6587's framing (RFC 3195 gave it).
  static ServicePort usual_service(std::string_view driver) {
    const bool udp = driver.starts_with("udp");
    return {udp ? Transport::udp : Transport::tcp, driver == "syslog" ? kFramedLogPort : kLogPort};
  }

  // `port(601)`, `transport("udp")` in any driver.
  void take_option(Driver& driver) const {
    if (at_ + 2 >= tokens_.size() || !tokens_[at_ + 1].is('(')) return;
    const auto value = tokens_[at_ + 2].word.text;
    const auto option = tokens_[at_].word.text;
    if (option == "transport") {
      driver.service.transport = value.starts_with("udp") ? Transport::udp : Transport::tcp;
    } else if (option == "port" || option == "destport") {
      uint16_t port = 0;
      const auto read = std::from_chars(value.data(), value.data() + value.size(), port);
      if (read.ec == std::errc() && port != 0) driver.service.port = port;
    }
  }

  // A driver with its parentheses, or whatever else stands in a destination.
  Status element() {
    const Token& name = tokens_[at_++];
    if (at_ == tokens_.size() || !tokens_[at_].is('(')) return {};
    Driver driver;
    driver.begin = name.word.offset;
    driver.destination = destinations_;
    driver.name = name.word.text;
    driver.service = usual_service(driver.name);
    const size_t opened = at_;
    int depth = 0;
    do {
      if (at_ == tokens_.size()) return corrupt(driver.begin, FactCode::parenthesis_not_closed);
      take(driver, opened);
      depth += tokens_[at_].is('(') ? 1 : tokens_[at_].is(')') ? -1 : 0;
      driver.end = tokens_[at_].word.stop();
      ++at_;
    } while (depth > 0);
    if (at_ < tokens_.size() && tokens_[at_].is(';')) driver.end = tokens_[at_++].word.stop();
    if (!name.quoted && sends(driver.name) && !driver.host.text.empty()) {
      read_.drivers.push_back(std::move(driver));
    }
    return {};
  }

  void take(Driver& driver, size_t opened) {
    const Token& token = tokens_[at_];
    const bool sign = token.is('(') || token.is(')');
    const bool option = at_ + 1 < tokens_.size() && tokens_[at_ + 1].is('(');
    if (at_ == opened + 1 && !sign && !option) {
      driver.host = token.word;
      return;
    }
    if (option && !token.quoted) take_option(driver);
    if (!sign && !option && is_in(opened, {"servers", "failover-servers"})) {
      driver.failover.push_back(token.word);
    }
    if (!sign && !option && driver.pinned.text.empty() &&
        is_in(opened, {"trusted-keys", "trusted_keys", "trusted-dn", "trusted_dn"})) {
      driver.pinned = token.word;
    }
    driver.form += std::string(token.word.text) + "\n";
  }

  // Within the parentheses of one of these options.
  [[nodiscard]] bool is_in(size_t opened, std::initializer_list<std::string_view> options) const {
    size_t open = at_;
    while (open > opened && !tokens_[open].is('(')) {
      if (tokens_[open].is(')')) return false;
      --open;
    }
    const auto name = tokens_[open - 1].word.text;
    return open > opened && std::find(options.begin(), options.end(), name) != options.end();
  }

  std::string_view path_;
  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  size_t destinations_ = 0;
  Configuration read_;
};

}  // namespace

const Daemon* SyslogNg::daemon() const {
  static const Daemon kDaemon("syslog-ng", {"syslog-ng"});
  return &kDaemon;
}

std::vector<Include> SyslogNg::roots() const {
  std::vector<Include> roots = {
      {.patterns = {std::string(kMain)}},
      {.patterns = {std::string(kParts)}, .unless = {std::string(kMain)}}};
  for (auto& one : environments_of(kNames)) roots.push_back(std::move(one));
  return roots;
}

std::vector<std::string> SyslogNg::paths() const {
  std::vector<std::string> paths = {std::string(kMain), std::string(kParts)};
  for (auto& one : environment_paths(kNames)) paths.push_back(std::move(one));
  return paths;
}

std::vector<Include> SyslogNg::includes(const std::string& path, std::string_view text) const {
  std::vector<Include> includes;
  if (is_environment(path)) {
    includes = files_of_option("-f", text);
    for (auto& one : files_of_option("--cfgfile", text)) includes.push_back(std::move(one));
    return includes;
  }
  const auto configuration = Parser(path, text).read();
  if (!configuration) return includes;
  const EditList places(text);
  for (const auto& word : configuration->includes) {
    std::string pattern(word.text);
    // The library's own parts ("scl.conf") lie elsewhere and name no server.
    if (pattern.empty() || pattern.find('`') != std::string::npos) continue;
    if (pattern.front() != '/') pattern.insert(0, kDirectory);
    // Of a directory all files are read, but hidden ones.
    const std::string inside = pattern + (pattern.back() == '/' ? "*" : "/*");
    includes.push_back({.patterns = {pattern}, .line = places.line_at(word.offset)});
    includes.push_back({.patterns = {inside}, .line = places.line_at(word.offset)});
  }
  return includes;
}

Result<std::vector<Reference>> SyslogNg::discover(const std::string& path, std::string_view text,
                                                  const IdentityIndex& identity) const {
  if (is_environment(path)) return discover_environment(name(), path, text, identity);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto configuration = Parser(path, text).read();
  if (!configuration) return tl::unexpected(configuration.error());
  const EditList places(text);
  std::vector<Mention> mentions;
  const auto add = [&](const Word& word, std::string_view label) {
    mentions.push_back({word.offset, word.text, places.line_at(word.offset), label});
  };
  for (const auto& driver : configuration->drivers) {
    add(driver.host, driver.name);
    for (const auto& server : driver.failover) add(server, "failover server");
  }
  for (const auto& word : configuration->defined) add(word, "@define");
  return references_of(name(), path, mentions, identity);
}

std::vector<AskedServer> SyslogNg::asked_servers(const std::string& path,
                                                 std::string_view text) const {
  std::vector<AskedServer> servers;
  if (is_environment(path)) return servers;
  const auto configuration = Parser(path, text).read();
  if (!configuration) return servers;
  for (const auto& driver : configuration->drivers) {
    servers.push_back({std::string(driver.host.text), driver.service});
    for (const auto& server : driver.failover) {
      servers.push_back({std::string(server.text), driver.service});
    }
  }
  return servers;
}

Result<FilePlan> SyslogNg::plan(const std::string& path, std::string_view text,
                                const IdentityIndex& identity, const Move& move) const {
  if (is_environment(path)) return plan_environment(path, text, identity, move);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto configuration = Parser(path, text).read();
  if (!configuration) return tl::unexpected(configuration.error());
  EditList edits(text);
  std::vector<ListEntry> entries;
  FilePlan plan;
  std::vector<Word> others = configuration->defined;
  std::vector<Driver> drivers;
  for (const auto& driver : configuration->drivers) {
    if (!driver.pinned.text.empty() && from_owner(driver.host.text, identity, move)) {
      plan.findings.push_back({FindingClass::left,
                               place_of(path, edits.line_at(driver.host.offset)),
                               Fact(FactCode::peer_not_let_in,
                                    {.to = move.to, .value = std::string(driver.pinned.text)}),
                               Cure(CureCode::permit_peer, {.to = move.to})});
      continue;
    }
    drivers.push_back(driver);
  }
  for (const auto& driver : drivers) {
    entries.push_back(
        {std::to_string(driver.destination) + "\n" + std::string(driver.name) + "\n" + driver.form,
         driver.host.text, edits.line_at(driver.host.offset)});
    others.insert(others.end(), driver.failover.begin(), driver.failover.end());
  }
  const auto changes = change_entries(entries, Survivor::first, path, identity, move);
  if (!changes) return tl::unexpected(changes.error());
  for (size_t i = 0; i < entries.size(); ++i) {
    const Driver& driver = drivers[i];
    const EntryChange& change = (*changes)[i];
    if (change.what == EntryChange::What::replaced) {
      edits.replace(driver.host.offset, driver.host.text.size(), change.host);
    } else if (change.what == EntryChange::What::dropped) {
      edits.erase_with_blank_lines(driver.begin, driver.end);
    }
  }
  for (const auto& word : others) {
    const auto moved =
        moved_token(word.text, identity, move, place_of(path, edits.line_at(word.offset)));
    if (!moved) return tl::unexpected(moved.error());
    if (*moved) edits.replace(word.offset, word.text.size(), **moved);
  }
  plan.edits = edits.take();
  return plan;
}

}  // namespace sn::agent
