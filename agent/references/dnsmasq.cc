#include "agent/references/dnsmasq.h"

#include <algorithm>
#include <array>
#include <optional>

#include "agent/references/assignments.h"
#include "agent/references/environment.h"
#include "agent/references/resolver.h"

namespace sn::agent {

namespace {

constexpr auto kNames = std::to_array<std::string_view>({"dnsmasq"});

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

// Of its own options, or of DHCP options without "dhcp-option=" in front.
bool names_a_file(std::string_view key) {
  return key == "conf-file" || key == "servers-file" || key == "dhcp-optsfile";
}

// CONFIG_DIR is Debian's own.
std::vector<Include> named_in_environment(const std::string& path, std::string_view text) {
  std::vector<Include> includes;
  for (const char* option : {"-C", "--conf-file"}) {
    for (auto& one : files_of_option(option, text)) includes.push_back(std::move(one));
  }
  for (const char* option : {"-7", "--conf-dir"}) {
    for (auto& one : files_of_option(option, text)) {
      includes.push_back(directory_of_option(one.patterns.front(), one.line));
    }
  }
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

std::string Dnsmasq::searchable(std::string_view text) const {
  constexpr auto kRecords = std::to_array<std::string_view>(
      {"address", "cname", "host-record", "mx-host", "ptr-record", "srv-host", "txt-record"});
  std::string result = ServerListKind::searchable(text);
  for (const auto& option : options_of(text)) {
    if (std::find(kRecords.begin(), kRecords.end(), option.key) == kRecords.end()) continue;
    blank(result, option.line);
  }
  return result;
}

std::vector<std::string> Dnsmasq::paths() const {
  std::vector<std::string> paths = {"/etc/dnsmasq.conf", "/etc/dnsmasq.d/*"};
  for (auto& one : environment_paths(kNames)) paths.push_back(std::move(one));
  return paths;
}

std::vector<Include> Dnsmasq::roots() const {
  std::vector<Include> roots = {
      {.patterns = {"/etc/dnsmasq.conf"}},
      {.patterns = {"/etc/dnsmasq.d/*"}, .unless = {"/etc/dnsmasq.conf"}, .without_copies = true}};
  for (auto& one : environments_of(kNames)) roots.push_back(std::move(one));
  return roots;
}

std::vector<Include> Dnsmasq::includes(const std::string& path, std::string_view text) const {
  if (is_environment(path)) return named_in_environment(path, text);
  static const ForwarderFile kForwarders;
  std::vector<Include> includes;
  for (const auto& option : options_of(text)) {
    const uint32_t line = option.line.number;
    if (option.key == "conf-dir") {
      includes.push_back(directory_of_option(option.value.text, line));
    } else if (option.value.text.starts_with('/')) {
      const FileKind* as = option.key == "resolv-file" ? &kForwarders : nullptr;
      if (as == nullptr && !names_a_file(option.key)) continue;
      includes.push_back({.patterns = {std::string(option.value.text)}, .line = line, .as = as});
    }
  }
  return includes;
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
