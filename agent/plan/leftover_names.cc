#include "agent/plan/leftover_names.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "agent/plan/inventory.h"
#include "agent/references/edit_list.h"
#include "agent/references/environment.h"
#include "agent/references/lines.h"

namespace sn::agent {

namespace {

bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_of_a_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_' || c == '.';
}

// The word of an IPv6 address that `at` lies in the beginning of; empty: there is none.
std::string_view ipv6_at(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && (is_hexadecimal(text[end]) || text[end] == ':' || text[end] == '.')) {
    ++end;
  }
  const std::string_view word = text.substr(at, end - at);
  const bool whole = end == text.size() || !is_of_a_word(text[end]);
  return whole && std::count(word.begin(), word.end(), ':') >= 2 ? word : std::string_view();
}

// "/var/log/sn1-eth1": a part of a path is named after a host, and is none. "//sn1-eth1/apps" and
// "http://sn1-eth1/" name one.
bool is_part_of_a_path(std::string_view text, size_t at) {
  constexpr std::string_view kBetweenWords = " \t\r\n\"'=,;()[]{}|<>";
  while (at > 0 && kBetweenWords.find(text[at - 1]) == std::string_view::npos) {
    --at;
    if (text[at] != '/') continue;
    if (at == 0 || text[at - 1] != '/') return true;
    --at;
  }
  return false;
}

// A short alias ("mail", "log") is a host only where one can stand: neither the word that a line
// begins with, nor a key with its '=' or ':', a section, or a facility with its priority
// ("mail.info", "mail.*", "mail,news.none").
bool stands_for_a_key(std::string_view text, const TextToken& token) {
  const size_t line = text.rfind('\n', token.offset == 0 ? 0 : token.offset - 1);
  const size_t begin = line == std::string_view::npos || token.offset == 0 ? 0 : line + 1;
  const bool first = text.find_first_not_of(" \t", begin) == token.offset;
  const size_t behind = text.find_first_not_of(" \t", token.offset + token.text.size());
  const char next = behind == std::string_view::npos ? '\n' : text[behind];
  return first || token.text.ends_with('.') ||
         std::string_view("=:*!").find(next) != std::string_view::npos ||
         (token.offset > 0 && text[token.offset - 1] == '[' && next == ']');
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Where a byte of the text after the edits stood before them.
size_t offset_before(size_t after, const std::vector<Edit>& edits) {
  size_t gained = 0, lost = 0;
  for (const auto& edit : edits) {
    const size_t begin = edit.offset + gained - lost;
    if (after < begin) break;
    // Within what was put there.
    if (after < begin + edit.after.size()) return edit.offset;
    gained += edit.after.size();
    lost += edit.before.size();
  }
  return after + lost - gained;
}

// "/etc/fstab:7 sn1": the lines on which the kind finds a reference to one of its own.
std::set<std::pair<std::string, std::string>> known_lines(const std::vector<Reference>& known) {
  std::set<std::pair<std::string, std::string>> lines;
  for (const auto& reference : known) lines.emplace(reference.place, reference.owner);
  return lines;
}

}  // namespace

LeftoverSearch::LeftoverSearch(const IdentityIndex& identity, const std::vector<std::string>& from)
    : identity_(identity), from_(from) {
  for (const auto& name : from) {
    for (auto& word : identity.words_for(name)) {
      if (word.empty()) continue;
      any_ipv6_ = any_ipv6_ || word.find(':') != std::string::npos;
      begins_[static_cast<unsigned char>(word.front())] = true;
      begins_[static_cast<unsigned char>(upper(word.front()))] = true;
      words_.push_back(std::move(word));
    }
  }
}

// False: certainly not.
bool LeftoverSearch::may_name_them(std::string_view text) const {
  for (size_t at = 0; at < text.size(); ++at) {
    // "::ffff:a01:164" is 10.1.1.100.
    if (text[at] == ':' && (any_ipv6_ || text.substr(at, 2) == "::")) return true;
    if (!begins_[static_cast<unsigned char>(text[at])]) continue;
    if (std::any_of(words_.begin(), words_.end(), [&](const auto& word) {
          return same_ignoring_case(text.substr(at, word.size()), word);
        })) {
      return true;
    }
  }
  return false;
}

std::vector<LeftoverSearch::Found> LeftoverSearch::names_in(std::string_view text) const {
  std::vector<Found> found;
  for (const auto& token : host_like_tokens(text)) {
    if (auto owner = owner_of(text, token)) {
      found.push_back({token.offset, token.text, std::move(*owner)});
    }
  }
  // Tokens end at a colon, so these are no tokens, and nothing is found twice.
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_hexadecimal(text[at]) && text[at] != ':') continue;
    if (at > 0 && is_of_a_word(text[at - 1])) continue;
    const std::string_view word = ipv6_at(text, at);
    if (word.empty()) {
      while (at < text.size() && (is_hexadecimal(text[at]) || text[at] == ':')) ++at;
      continue;
    }
    const auto address = IpAddress::parse(word);
    if (address && address->family() == IpAddress::Family::v6) {
      if (auto owner = of_from(identity_.owner_of(*address))) {
        found.push_back({at, word, std::move(*owner)});
      }
    }
    at += word.size();
  }
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.offset < b.offset; });
  return found;
}

std::optional<std::string> LeftoverSearch::of_from(const std::optional<Owner>& owner) const {
  if (!owner || owner->kind != Owner::Kind::service_node) return std::nullopt;
  if (std::find(from_.begin(), from_.end(), owner->name) == from_.end()) return std::nullopt;
  return owner->name;
}

std::optional<std::string> LeftoverSearch::owner_of(std::string_view text,
                                                    const TextToken& token) const {
  auto owner = identity_.owner_of(token.text);
  if (!owner) owner = identity_.owner_of_nim_id(token.text);
  if (!owner) return std::nullopt;
  if (is_part_of_a_path(text, token.offset)) return std::nullopt;
  if (identity_.is_short_alias(token.text) && stands_for_a_key(text, token)) return std::nullopt;
  return of_from(owner);
}

LeftoverNames LeftoverSearch::in_file(const ObservedFile& file, const std::string& text_after,
                                      const std::vector<Edit>& edits,
                                      const std::vector<Finding>& said) const {
  LeftoverNames leftovers;
  if (file.kind->names_hosts() || !may_name_them(text_after)) return leftovers;
  const std::string searchable = is_environment(file.path)
                                     ? searchable_environment(file.path, text_after)
                                     : file.kind->searchable(text_after);
  const auto found = names_in(searchable);
  if (found.empty()) return leftovers;
  // Parsed only where there is something to explain.
  const auto references = file.kind->discover(file.path, text_after, identity_);
  if (!references) return leftovers;
  const auto known = known_lines(*references);
  const EditList after(searchable), before(file.text);
  std::string last;
  for (const auto& name : found) {
    if (known.contains({place_of(file.path, after.line_at(name.offset)), name.owner})) continue;
    const std::string place =
        place_of(file.path, before.line_at(offset_before(name.offset, edits)));
    const bool told = std::any_of(said.begin(), said.end(), [&](const Finding& finding) {
      return finding.place == place && !finding.reason.is(FactCode::name_stays);
    });
    if (told || place == last) continue;
    last = place;
    if (++leftovers.count > kMaxToldNames) continue;
    leftovers.findings.push_back(
        {FindingClass::left, place,
         Fact(FactCode::name_stays, {.sn = name.owner, .value = std::string(name.token)}),
         Cure(CureCode::change_by_hand)});
  }
  if (leftovers.count > kMaxToldNames) {
    leftovers.findings.push_back(
        {FindingClass::left, file.path,
         Fact(FactCode::more_names_stay, {.count = leftovers.count - kMaxToldNames}),
         Cure(CureCode::change_by_hand)});
  }
  return leftovers;
}

LeftoverNames LeftoverSearch::in_node(const Observation& observation,
                                      const std::vector<Finding>& said,
                                      const std::set<std::string>* only) const {
  LeftoverNames all;
  for (const auto& file : observation.files) {
    if (is_fixed_until_boot(observation, file)) continue;
    if (only != nullptr && !only->contains(file.path)) continue;
    auto one = in_file(file, file.text, {}, said);
    all.count += one.count;
    for (auto& finding : one.findings) all.findings.push_back(std::move(finding));
  }
  return all;
}

void follow_lines(const std::string& path, const std::vector<Edit>& edits,
                  std::vector<Finding>& findings) {
  const auto lines_in = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  for (auto& finding : findings) {
    if (!finding.place.starts_with(path + ":")) continue;
    uint32_t line = 0;
    const char* const end = finding.place.data() + finding.place.size();
    const auto [stop, error] = std::from_chars(finding.place.data() + path.size() + 1, end, line);
    if (error != std::errc() || stop != end) continue;
    int64_t now = line;
    for (const auto& edit : edits) {
      if (edit.line < line) now += lines_in(edit.after) - lines_in(edit.before);
    }
    finding.place = place_of(path, static_cast<uint32_t>(std::max<int64_t>(now, 1)));
  }
}

uint32_t count_places(const Observation& observation) {
  const auto mounts =
      std::count_if(observation.mounts.table.begin(), observation.mounts.table.end(), is_nfs);
  return static_cast<uint32_t>(observation.files.size() + observation.routes.size() +
                               observation.leases.size() + static_cast<size_t>(mounts));
}

}  // namespace sn::agent
