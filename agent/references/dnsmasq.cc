#include "agent/references/dnsmasq.h"

#include <optional>

#include "agent/references/assignments.h"
#include "agent/references/environment.h"
#include "agent/references/resolver.h"

namespace sn::agent {

namespace {

const Daemon* dnsmasq_daemon() {
  static const Daemon kDaemon("dnsmasq", {"dnsmasq"});
  return &kDaemon;
}

// A file in the format of resolv.conf that only dnsmasq reads.
class ForwarderFile : public Resolver {
 public:
  [[nodiscard]] std::string_view name() const override { return "dnsmasq"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] const Daemon* daemon() const override { return dnsmasq_daemon(); }
};

struct Option {
  Line line;
  std::string_view key;
  Word value;
};

// '#' begins a comment at the start of a line and behind a blank.
std::vector<Option> options_of(std::string_view text) {
  std::vector<Option> options;
  for (const auto& line : lines_of(text)) {
    const size_t begin = line.text.find_first_not_of(kSpaces);
    if (begin == std::string_view::npos || line.text[begin] == '#') continue;
    std::string_view all = line.text.substr(begin);
    for (const std::string_view comment : {" #", "\t#"}) all = all.substr(0, all.find(comment));
    const size_t equals = all.find('=');
    if (equals == std::string_view::npos) continue;
    const auto key = words_of(all.substr(0, equals), 0, kSpaces);
    constexpr std::string_view kAround = " \t\v\f\r\"";
    const std::string_view raw = all.substr(equals + 1);
    const size_t first = raw.find_first_not_of(kAround);
    if (key.size() != 1 || first == std::string_view::npos) continue;
    const size_t last = raw.find_last_not_of(kAround) + 1;
    options.push_back(
        {line,
         key[0].text,
         {line.offset + begin + equals + 1 + first, raw.substr(first, last - first)}});
  }
  return options;
}

// "[/domain/...]host[#port][@interface]": the host; nullopt: none ("server=/local/").
std::optional<Word> forwarder(const Option& option) {
  Word host = option.value;
  const auto skip_to = [&](size_t begin) { host = {host.offset + begin, host.text.substr(begin)}; };
  if (option.key == "rev-server") {
    const size_t comma = host.text.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    skip_to(comma + 1);
  } else if (option.key != "server" && option.key != "local") {
    return std::nullopt;
  } else if (const size_t slash = host.text.rfind('/'); slash != std::string_view::npos) {
    skip_to(slash + 1);
  }
  host.text = host.text.substr(0, host.text.find_first_of("#@%"));
  if (host.text.empty()) return std::nullopt;
  return host;
}

// "directory[,suffix...]": "*.conf" takes names that end so, ".bak" passes them over.
Include directory_of_option(std::string_view value, uint32_t line) {
  Include include{.line = line};
  std::string directory;
  std::vector<std::string> endings;
  for (const auto& part : words_of(value, 0, ",")) {
    if (directory.empty()) {
      directory = part.text;
    } else if (part.text.starts_with('*')) {
      if (part.text.size() > 1) endings.emplace_back(part.text.substr(1));
    } else {
      include.not_ending.emplace_back(part.text);
    }
  }
  if (!directory.starts_with('/')) return {};
  if (endings.empty()) endings.emplace_back();
  for (const auto& ending : endings) {
    include.patterns.push_back(directory + "/*");
    include.patterns.back() += ending;
  }
  // Always, as editors leave them.
  include.not_ending.emplace_back("~");
  include.not_ending.emplace_back("#");
  return include;
}

std::vector<Include> debians_directory(const std::string& path, std::string_view text) {
  std::vector<Include> includes;
  const auto assignments = assignments_of(path, text);
  if (!assignments) return includes;
  for (const auto& one : *assignments) {
    if (one.name == "CONFIG_DIR") {
      includes.push_back(directory_of_option(one.value.text(), one.line));
    }
  }
  return includes;
}

}  // namespace

const Daemon* Dnsmasq::daemon() const { return dnsmasq_daemon(); }

std::vector<Include> Dnsmasq::roots() const {
  return {
      {.patterns = {"/etc/dnsmasq.conf"}},
      {.patterns = {"/etc/dnsmasq.d/*"}, .unless = {"/etc/dnsmasq.conf"}, .without_copies = true},
      {.patterns = {"/etc/default/dnsmasq"}}};
}

std::vector<Include> Dnsmasq::includes(const std::string& path, std::string_view text) const {
  if (is_environment(path)) return debians_directory(path, text);
  static const ForwarderFile kForwarders;
  std::vector<Include> includes;
  for (const auto& option : options_of(text)) {
    const uint32_t line = option.line.number;
    if (option.key == "conf-dir") {
      includes.push_back(directory_of_option(option.value.text, line));
    } else if (option.value.text.starts_with('/')) {
      const FileKind* as = option.key == "resolv-file" ? &kForwarders : nullptr;
      if (as == nullptr && option.key != "conf-file" && option.key != "servers-file") continue;
      includes.push_back({.patterns = {std::string(option.value.text)}, .line = line, .as = as});
    }
  }
  return includes;
}

Result<std::vector<Reference>> Dnsmasq::discover(const std::string& path, std::string_view text,
                                                 const IdentityIndex& identity) const {
  if (is_environment(path)) return discover_environment(name(), path, text, identity);
  return ServerListKind::discover(path, text, identity);
}

Result<FilePlan> Dnsmasq::plan(const std::string& path, std::string_view text,
                               const IdentityIndex& identity, const Move& move) const {
  if (is_environment(path)) return plan_environment(path, text, identity, move);
  return ServerListKind::plan(path, text, identity, move);
}

Result<std::vector<ServerSetting>> Dnsmasq::settings_of(const std::string& /*path*/,
                                                        std::string_view text) const {
  std::vector<ServerSetting> settings;
  for (const auto& option : options_of(text)) {
    const auto host = forwarder(option);
    if (!host) continue;
    // Two lines are one list if they differ in nothing but the host.
    const std::string_view all = option.value.text;
    const size_t begin = host->offset - option.value.offset;
    std::string key = std::string(option.key) + " " + std::string(all.substr(0, begin)) + "|" +
                      std::string(all.substr(begin + host->text.size()));
    settings.push_back(setting_on_line({*host, *host, {host->stop(), {}}}, std::move(key),
                                       option.key, option.line));
  }
  return settings;
}

}  // namespace sn::agent
