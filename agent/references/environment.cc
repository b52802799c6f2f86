#include "agent/references/environment.h"

#include <algorithm>
#include <array>

#include "agent/references/assignments.h"
#include "agent/references/edit_list.h"
#include "agent/references/ini.h"

namespace sn::agent {

namespace {

constexpr std::string_view kDefault = "/etc/default/", kSysconfig = "/etc/sysconfig/",
                           kUnits = "/etc/systemd/system/";

bool is_argument(const IniEntry& entry) {
  return entry.section == "Service" &&
         (entry.key.starts_with("Exec") || entry.key == "Environment");
}

bool is_unit(std::string_view path) {
  return path.starts_with(kUnits) &&
         (path.ends_with(".service") || path.find(".service.d/") != std::string_view::npos);
}

// An option of dnsmasq that says what a name is: the old one stays resolvable.
bool is_a_record(std::string_view argument) {
  constexpr auto kRecords = std::to_array<std::string_view>(
      {"--address", "--alias", "--bogus-nxdomain", "--cname", "--dhcp-host", "--host-record",
       "--listen-address", "--mx-host", "--ptr-record", "--srv-host", "--txt-record"});
  return std::find(kRecords.begin(), kRecords.end(), argument.substr(0, argument.find('='))) !=
         kRecords.end();
}

// The host of "[scheme://]host[:port][/path]"; empty: a path.
Word host_of(Word word) {
  const size_t scheme = word.text.find("://");
  if (scheme != std::string_view::npos) {
    word = {word.offset + scheme + 3, word.text.substr(scheme + 3)};
  }
  // "/d.example/10.1.1.100" of dnsmasq's --server; else what begins so is a path.
  if (const size_t slash = word.text.rfind('/');
      word.text.starts_with('/') && IpAddress::parse(word.text.substr(slash + 1))) {
    return {word.offset + slash + 1, word.text.substr(slash + 1)};
  }
  word.text = word.text.substr(0, word.text.find('/'));
  if (!IpAddress::parse(word.text)) word.text = word.text.substr(0, word.text.find(':'));
  return word;
}

}  // namespace

bool is_environment(std::string_view path) {
  for (const std::string_view directory : {kDefault, kSysconfig}) {
    // /etc/sysconfig/network/config is a file of netconfig's.
    if (path.starts_with(directory)) return path.find('/', directory.size()) == path.npos;
  }
  return is_unit(path);
}

std::vector<std::string> environment_paths(std::span<const std::string_view> names) {
  std::vector<std::string> paths;
  for (const auto name : names) {
    for (const std::string_view directory : {kDefault, kSysconfig}) {
      paths.push_back(std::string(directory) + std::string(name));
    }
    const std::string unit = std::string(kUnits) + std::string(name) + ".service";
    paths.push_back(unit);
    paths.push_back(unit + ".d/*.conf");
  }
  return paths;
}

std::vector<Include> environments_of(std::span<const std::string_view> names) {
  std::vector<Include> roots;
  for (auto& path : environment_paths(names)) roots.push_back({.patterns = {std::move(path)}});
  return roots;
}

Result<std::vector<Mention>> environment_mentions(const std::string& path, std::string_view text) {
  const EditList places(text);
  std::vector<Mention> mentions;
  const auto take = [&](std::string_view value, size_t offset, std::string_view label) {
    for (const auto& argument : words_of(value, offset, " \t\r\n\"'`\\")) {
      if (is_a_record(argument.text)) continue;
      for (const auto& word : words_of(argument.text, argument.offset, ",;=()[]@#")) {
        const Word host = host_of(word);
        if (host.text.empty()) continue;
        mentions.push_back({host.offset, host.text, places.line_at(host.offset), label});
      }
    }
  };
  if (is_unit(path)) {
    for (const auto& entry : ini_entries(text)) {
      if (is_argument(entry)) take(entry.value.text, entry.value.offset, entry.key);
    }
    return mentions;
  }
  const auto assignments = assignments_of(path, text);
  if (!assignments) return tl::unexpected(assignments.error());
  for (const auto& one : *assignments) {
    take(text.substr(one.begin, one.end - one.begin), one.begin, one.name);
  }
  return mentions;
}

std::string searchable_environment(const std::string& path, std::string_view text) {
  std::string result = all_blank(text);
  const auto keep = [&](size_t begin, size_t end) {
    for (const auto& argument : words_of(text.substr(begin, end - begin), begin, " \t\r\n\"'`")) {
      if (is_a_record(argument.text)) continue;
      result.replace(argument.offset, argument.text.size(), argument.text);
    }
  };
  if (is_unit(path)) {
    for (const auto& entry : ini_entries(text)) {
      if (is_argument(entry)) keep(entry.value.offset, entry.value.stop());
    }
  } else if (const auto assignments = assignments_of(path, text)) {
    for (const auto& one : *assignments) keep(one.begin, one.end);
  }
  return result;
}

std::vector<Include> files_of_option(std::string_view option, std::string_view text) {
  std::vector<Include> files;
  std::string joined(text);
  for (size_t at = 0; (at = joined.find("\\\n", at)) != std::string::npos;) {
    joined.replace(at, 2, "  ");
  }
  for (const auto& line : lines_of(joined)) {
    const auto words = words_of(line, " \t\r\"'=");
    if (words.empty() || words.front().text.starts_with('#')) continue;
    for (size_t i = 1; i < words.size(); ++i) {
      if (!words[i].text.starts_with(option)) continue;
      std::string_view file = words[i].text.substr(option.size());
      if (file.empty() && i + 1 < words.size()) file = words[i + 1].text;
      if (file.starts_with('/')) {
        files.push_back({.patterns = {std::string(file)}, .line = line.number});
      }
    }
  }
  return files;
}

Result<std::vector<Reference>> discover_environment(std::string_view kind, const std::string& path,
                                                    std::string_view text,
                                                    const IdentityIndex& identity) {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto mentions = environment_mentions(path, text);
  if (!mentions) return tl::unexpected(mentions.error());
  return references_of(kind, path, *mentions, identity);
}

Result<FilePlan> plan_environment(const std::string& path, std::string_view text,
                                  const IdentityIndex& identity, const Move& move) {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto mentions = environment_mentions(path, text);
  if (!mentions) return tl::unexpected(mentions.error());
  if (is_unit(path)) {
    FilePlan plan;
    for (const auto& mention : *mentions) {
      if (!from_owner(mention.token, identity, move)) continue;
      plan.findings.push_back({FindingClass::left, place_of(path, mention.line),
                               Fact(FactCode::unit_names_it, {.name = std::string(mention.token)}),
                               Cure(CureCode::change_by_hand)});
    }
    return plan;
  }
  auto edits = replace_mentions(*mentions, path, text, identity, move);
  if (!edits) return tl::unexpected(edits.error());
  return FilePlan{std::move(*edits), {}, {}};
}

Result<std::vector<Edit>> replace_mentions(const std::vector<Mention>& mentions,
                                           const std::string& path, std::string_view text,
                                           const IdentityIndex& identity, const Move& move) {
  EditList edits(text);
  for (const auto& mention : mentions) {
    if (mention.role != ReferenceRole::move) continue;
    const auto moved = moved_token(mention.token, identity, move, place_of(path, mention.line));
    if (!moved) return tl::unexpected(moved.error());
    if (*moved) edits.replace(mention.offset, mention.token.size(), **moved);
  }
  return edits.take();
}

}  // namespace sn::agent
