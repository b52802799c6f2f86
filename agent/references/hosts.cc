#include "agent/references/hosts.h"

#include <algorithm>
#include <map>
#include <optional>

#include "agent/references/edit_list.h"
#include "agent/references/lines.h"
#include "agent/references/mention.h"

namespace sn::agent {

namespace {

struct HostLine {
  Line line;
  IpAddress address;
  std::vector<Word> words;  // the address and the names; no comment
};

std::vector<HostLine> host_lines(std::string_view text) {
  std::vector<HostLine> result;
  for (const auto& line : lines_of(text)) {
    const auto words = words_of(line.text.substr(0, line.text.find('#')), line.offset, kSpaces);
    if (words.size() < 2) continue;
    const auto address = IpAddress::parse(words.front().text);
    if (address) result.push_back({line, *address, words});
  }
  return result;
}

bool has_address(const ServiceNode& node, const IpAddress& address) {
  return std::any_of(node.addresses.begin(), node.addresses.end(),
                     [&](const NetworkAddress& mine) { return mine.address == address; });
}

// The node_names no line maps yet, in the directory's order and without repetition.
Result<std::vector<std::string>> missing_names(const std::string& path,
                                               const std::vector<HostLine>& lines,
                                               const ServiceNode& target) {
  std::vector<std::string> missing;
  for (const auto& name : target.node_names) {
    const std::string key = comparable_name(name);
    bool found = false;
    for (const auto& line : lines) {
      for (size_t i = 1; i < line.words.size(); ++i) {
        if (comparable_name(line.words[i].text) != key) continue;
        if (!has_address(target, line.address)) {
          return fail(ErrorClass::conflict, "planning", place_of(path, line.line.number),
                      Fact(FactCode::mapped_elsewhere,
                           {.to = target.name, .address = line.address.to_string(), .name = name}),
                      Cure(CureCode::correct_line_or_add_address, {.to = target.name}));
        }
        found = true;
      }
    }
    const bool repeated = std::any_of(missing.begin(), missing.end(), [&](const auto& other) {
      return comparable_name(other) == key;
    });
    if (!found && !repeated) missing.push_back(name);
  }
  return missing;
}

// The lines of service nodes that are left behind, each with the address the target has there.
struct Pattern {
  const HostLine* line = nullptr;
  std::string owner;
  IpAddress address;
};

std::vector<Pattern> patterns_of(const std::vector<HostLine>& lines, const IdentityIndex& identity,
                                 const Move& move) {
  std::vector<Pattern> patterns;
  for (const auto& line : lines) {
    const auto owner = identity.owner_of(line.address);
    if (!owner || owner->kind != Owner::Kind::service_node || !move.is_from(owner->name)) continue;
    const auto address = identity.substitute(line.address, owner->name, move.to);
    if (address) patterns.push_back({&line, owner->name, *address});
  }
  return patterns;
}

// Takes the names that stand for those of the pattern's line out of `names`, in the line's order.
std::vector<std::string> take_names_like(const Pattern& pattern, const IdentityIndex& identity,
                                         const Move& move, std::vector<std::string>& names) {
  std::vector<std::string> taken;
  for (size_t i = 1; i < pattern.line->words.size(); ++i) {
    const auto wanted = identity.substitute(pattern.line->words[i].text, pattern.owner, move.to);
    if (!wanted) continue;
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
      return comparable_name(name) == comparable_name(*wanted);
    });
    if (found == names.end()) continue;
    taken.push_back(*found);
    names.erase(found);
  }
  return taken;
}

// One line for `names`, with the blanks of the pattern's.
std::string line_like(const HostLine* pattern, std::string_view text, const IpAddress& address,
                      const std::vector<std::string>& names) {
  std::string result;
  if (pattern != nullptr) {
    result +=
        text.substr(pattern->line.offset, pattern->words.front().offset - pattern->line.offset);
  }
  result += address.to_string();
  for (size_t i = 0; i < names.size(); ++i) {
    std::string_view gap = i == 0 ? "\t" : " ";
    if (pattern != nullptr) {
      const size_t word = std::min(i, pattern->words.size() - 2);
      const size_t begin = pattern->words[word].stop();
      gap = text.substr(begin, pattern->words[word + 1].offset - begin);
    }
    result += gap;
    result += names[i];
  }
  return result;
}

class Addition {
 public:
  Addition(std::string_view text, const std::vector<HostLine>& lines, EditList& edits)
      : text_(text), lines_(lines), edits_(edits) {}

  // Joins the line that has the address already, else adds one after the pattern or at the end.
  void add(const IpAddress& address, const std::vector<std::string>& names,
           const HostLine* pattern) {
    if (names.empty()) return;
    for (const auto& line : lines_) {
      if (line.address != address) continue;
      std::string more;
      for (const auto& name : names) more += " " + name;
      edits_.insert(line.words.back().stop(), more);
      return;
    }
    const std::string added = line_like(pattern, text_, address, names);
    const Line* after = pattern != nullptr ? &pattern->line : nullptr;
    const std::string_view end =
        after != nullptr && !after->end.empty() ? after->end : line_end_of(text_);
    const size_t place = after != nullptr ? after->next() : text_.size();
    // The last line of the file may lack its end.
    const bool open = place > 0 && text_[place - 1] != '\n' && !closed_;
    if (open) closed_ = true;
    edits_.insert(place, (open ? std::string(end) : std::string()) + added + std::string(end));
  }

 private:
  std::string_view text_;
  const std::vector<HostLine>& lines_;
  EditList& edits_;
  bool closed_ = false;
};

}  // namespace

Result<std::vector<Reference>> Hosts::discover(const std::string& path, std::string_view text,
                                               const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  std::vector<Mention> mentions;
  for (const auto& line : host_lines(text)) {
    // One reference a line: by its address, or by the first name that is a server's.
    for (const auto& word : line.words) {
      if (!identity.owner_of(word.text)) continue;
      const std::string_view label = word.offset == line.words.front().offset ? "address" : "name";
      mentions.push_back({word.offset, word.text, line.line.number, label, ReferenceRole::keep});
      break;
    }
  }
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> Hosts::plan(const std::string& path, std::string_view text,
                             const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto target = target_of(identity, move);
  if (!target) return tl::unexpected(target.error());
  const auto lines = host_lines(text);
  auto missing = missing_names(path, lines, **target);
  if (!missing) return tl::unexpected(missing.error());
  if (missing->empty()) return FilePlan{};

  const auto own_address = own_network_address(**target, move);
  if (!own_address) return tl::unexpected(own_address.error());

  const auto patterns = patterns_of(lines, identity, move);
  const Pattern* own = nullptr;
  for (const auto& pattern : patterns) {
    if (own == nullptr && pattern.address == *own_address) own = &pattern;
  }
  // The own network's names first: what stands for them must not go to another network's line.
  auto names =
      own != nullptr ? take_names_like(*own, identity, move, *missing) : std::vector<std::string>{};
  EditList edits(text);
  Addition addition(text, lines, edits);
  std::vector<std::pair<const Pattern*, std::vector<std::string>>> elsewhere;
  for (const auto& pattern : patterns) {
    if (pattern.address == *own_address) continue;
    elsewhere.emplace_back(&pattern, take_names_like(pattern, identity, move, *missing));
  }
  names.insert(names.end(), missing->begin(), missing->end());
  const HostLine* model = own != nullptr      ? own->line
                          : !patterns.empty() ? patterns.front().line
                                              : nullptr;
  addition.add(*own_address, names, model);
  for (const auto& [pattern, taken] : elsewhere) {
    addition.add(pattern->address, taken, pattern->line);
  }
  return FilePlan{edits.take(), {}, {}};
}

std::vector<std::pair<std::string_view, IpAddress>> host_aliases(std::string_view text) {
  std::vector<std::pair<std::string_view, IpAddress>> aliases;
  for (const auto& line : host_lines(text)) {
    for (size_t i = 1; i < line.words.size(); ++i) {
      aliases.emplace_back(line.words[i].text, line.address);
    }
  }
  return aliases;
}

}  // namespace sn::agent
