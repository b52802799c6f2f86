#include "agent/references/environment.h"

#include "agent/references/assignments.h"
#include "agent/references/edit_list.h"

namespace sn::agent {

namespace {

// The host of "[scheme://]host[:port][/path]"; empty: a path.
Word host_of(Word word) {
  const size_t scheme = word.text.find("://");
  if (scheme != std::string_view::npos) {
    word = {word.offset + scheme + 3, word.text.substr(scheme + 3)};
  }
  word.text = word.text.substr(0, word.text.find('/'));
  if (!IpAddress::parse(word.text)) word.text = word.text.substr(0, word.text.find(':'));
  return word;
}

}  // namespace

bool is_environment(std::string_view path) {
  return path.starts_with("/etc/default/") || path.starts_with("/etc/sysconfig/");
}

Result<std::vector<Mention>> environment_mentions(const std::string& path, std::string_view text) {
  const auto assignments = assignments_of(path, text);
  if (!assignments) return tl::unexpected(assignments.error());
  const EditList places(text);
  std::vector<Mention> mentions;
  for (const auto& assignment : *assignments) {
    const auto value = text.substr(assignment.begin, assignment.end - assignment.begin);
    for (const auto& word : words_of(value, assignment.begin, " \t\r\n\"'`\\,;=()[]@#")) {
      const Word host = host_of(word);
      if (host.text.empty()) continue;
      mentions.push_back({host.offset, host.text, places.line_at(host.offset), assignment.name});
    }
  }
  return mentions;
}

std::vector<Include> files_of_option(std::string_view option, std::string_view text) {
  std::vector<Include> files;
  for (const auto& line : lines_of(text)) {
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
