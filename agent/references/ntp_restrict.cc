#include "agent/references/ntp_restrict.h"

#include <algorithm>
#include <bit>
#include <set>

#include "agent/references/host_list.h"

namespace sn::agent {

namespace {

constexpr uint8_t kAllBits = 128;

// The bits of "255.255.255.0"; nullopt: no mask.
std::optional<uint8_t> bits_of(std::string_view mask) {
  const auto address = IpAddress::parse(mask);
  if (!address) return std::nullopt;
  int bits = 0;
  for (size_t i = 0; i < address->size(); ++i) bits += std::popcount(address->data()[i]);
  return static_cast<uint8_t>(bits);
}

uint8_t whole(const std::optional<IpAddress>& address) {
  return address && address->is_v4() ? 32 : kAllBits;
}

std::optional<RestrictLine> restrict_line(const Line& line) {
  auto words = words_before_comment(line);
  if (words.empty() || !same_ignoring_case(words[0].text, "restrict")) return std::nullopt;
  size_t at = 1;
  while (at < words.size() && (words[at].text == "-4" || words[at].text == "-6")) ++at;
  if (at == words.size()) return std::nullopt;
  RestrictLine read;
  read.line = line;
  read.host = words[at];
  const size_t slash = read.host.text.find('/');
  std::string_view length;
  if (slash != std::string_view::npos) {
    length = read.host.text.substr(slash + 1);
    read.host.text = read.host.text.substr(0, slash);
  }
  const auto address = IpAddress::parse(read.host.text);
  read.prefix_bits = whole(address);
  if (!length.empty()) {
    const auto network = NetworkAddress::parse(words[at].text);
    if (!network) return std::nullopt;
    read.prefix_bits = network->prefix_length;
  }
  const bool general = read.host.text == "default" || read.host.text == "source";
  if (general) read.prefix_bits = 0;
  for (size_t i = at + 1; i < words.size(); ++i) {
    if (same_ignoring_case(words[i].text, "mask") && i + 1 < words.size()) {
      const auto bits = bits_of(words[++i].text);
      if (!bits) return std::nullopt;
      read.prefix_bits = *bits;
      continue;
    }
    read.shuts_out = read.shuts_out || same_ignoring_case(words[i].text, "ignore") ||
                     same_ignoring_case(words[i].text, "noserve");
    read.flags += " " + std::string(words[i].text);
  }
  read.is_one_host = !general && read.prefix_bits == whole(address);
  return read;
}

// What counts for a server, with its line; nullptr: no line does, and everybody is let in.
const RestrictLine* decisive(const std::vector<RestrictLine>& lines, std::string_view host,
                             const IdentityIndex& identity, const Move& move,
                             const std::set<size_t>& moved) {
  const auto owner = identity.owner_of(host);
  auto address = IpAddress::parse(host);
  const ServiceNode* node = owner ? identity.directory().find(owner->name) : nullptr;
  if (!address && node != nullptr) {
    if (const auto own = own_network_address(*node, move)) address = *own;
  }
  const RestrictLine* best = nullptr;
  for (size_t i = 0; i < lines.size(); ++i) {
    const RestrictLine& line = lines[i];
    bool matches = line.host.text == "default" || line.host.text == "source";
    const auto its_address = IpAddress::parse(line.host.text);
    if (line.is_one_host) {
      const auto its_owner = identity.owner_of(line.host.text);
      const bool becomes = moved.contains(i) && owner && owner->name == move.to;
      matches =
          becomes ||
          (!moved.contains(i) &&
           ((address && its_address && *address == *its_address) ||
            (its_owner && owner && its_owner->name == owner->name && (!address || !its_address))));
    } else if (!matches && address && its_address) {
      matches = NetworkAddress{*its_address, line.prefix_bits}.contains(*address);
    }
    // ntpd takes what it asks itself by a `source` line.
    if (matches && line.host.text == "source" && !line.shuts_out) return &line;
    // Of two lines for one network the one that shuts out counts: their flags add up.
    if (matches && (best == nullptr || line.prefix_bits > best->prefix_bits ||
                    (line.prefix_bits == best->prefix_bits && line.shuts_out))) {
      best = &line;
    }
  }
  return best;
}

// The lines that let one host in, moved; those that would be a second one for their host go.
// Returns the indices of the lines that became the new service node's.
Result<std::set<size_t>> move_lines(const std::vector<RestrictLine>& lines, const std::string& path,
                                    const IdentityIndex& identity, const Move& move,
                                    EditList& edits) {
  std::vector<size_t> open;
  std::vector<ListEntry> entries;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].is_one_host || lines[i].shuts_out) continue;
    open.push_back(i);
    entries.push_back({{}, lines[i].host.text, lines[i].line.number});
  }
  const auto changes = change_entries(entries, Survivor::existing, path, identity, move);
  if (!changes) return tl::unexpected(changes.error());
  std::set<size_t> moved;
  for (size_t i = 0; i < open.size(); ++i) {
    const RestrictLine& line = lines[open[i]];
    const EntryChange& change = (*changes)[i];
    if (change.what == EntryChange::What::replaced) {
      edits.replace(line.host.offset, line.host.text.size(), change.host);
      moved.insert(open[i]);
    } else if (change.what == EntryChange::What::dropped) {
      edits.erase(line.line.offset, line.line.next());
    }
  }
  return moved;
}

// A line for the new server behind the one of the network that let the old one in, with its flags.
void add_line(const RestrictLine& behind, const std::string& host, std::string_view text,
              EditList& edits) {
  const std::string end(behind.line.end.empty() ? line_end_of(text) : behind.line.end);
  const std::string added = "restrict " + host + behind.flags;
  // Behind a last line without an end, the end comes first.
  edits.insert(behind.line.next(), behind.line.end.empty() ? end + added : added + end);
}

}  // namespace

std::vector<RestrictLine> restrict_lines(std::string_view text) {
  std::vector<RestrictLine> lines;
  for (const auto& line : lines_of(text)) {
    if (auto read = restrict_line(line)) lines.push_back(std::move(*read));
  }
  return lines;
}

std::vector<Mention> mentions_of(const std::vector<RestrictLine>& lines) {
  std::vector<Mention> mentions;
  for (const auto& line : lines) {
    if (!line.is_one_host) continue;
    mentions.push_back({line.host.offset, line.host.text, line.line.number, "restrict",
                        line.shuts_out ? ReferenceRole::keep : ReferenceRole::move});
  }
  return mentions;
}

Status plan_restrictions(std::string_view text, const std::string& path,
                         const std::vector<SourceLine>& sources,
                         const std::vector<EntryChange>& changes, const IdentityIndex& identity,
                         const Move& move, EditList& edits, std::vector<Finding>& findings) {
  const auto lines = restrict_lines(text);
  const auto moved = move_lines(lines, path, identity, move, edits);
  if (!moved) return tl::unexpected(moved.error());
  std::set<std::string> seen_to;
  for (size_t i = 0; i < sources.size(); ++i) {
    if (changes[i].what != EntryChange::What::replaced) continue;
    const std::string& host = changes[i].host;
    const RestrictLine* before = decisive(lines, sources[i].host.text, identity, move, {});
    const RestrictLine* after = decisive(lines, host, identity, move, *moved);
    const bool was_let_in = before == nullptr || !before->shuts_out;
    if (after == nullptr || !after->shuts_out || !was_let_in) continue;
    if (!seen_to.insert(host).second) continue;
    if (before == nullptr || after->is_one_host) {
      findings.push_back(
          {FindingClass::left, place_of(path, after->line.number),
           Fact(FactCode::ntpd_ignores, {.to = move.to, .value = std::string(after->line.text)}),
           Cure(CureCode::let_it_in, {.to = move.to})});
    } else {
      add_line(*before, host, text, edits);
    }
  }
  return {};
}

}  // namespace sn::agent
