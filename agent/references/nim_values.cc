#include "agent/references/nim_values.h"

#include <algorithm>
#include <array>

#include "agent/references/lines.h"

namespace sn::agent::nim {

namespace {

constexpr std::string_view kCustom = "NIM_CUSTOM";
constexpr std::array<std::string_view, 6> kMountVariables = {
    "SPOT", "ROOT", "NIM_SHARED_ROOT", "MOUNTS", "NIM_MOUNTS", "DUMP"};

bool is_space(char c) { return is_blank(c) || c == '\n' || c == '\r'; }

// The parts of an item between its colons; none of them is left out, empty ones have begin == end.
std::vector<Part> fields_of(const Part& item) {
  std::vector<Part> fields;
  const std::string_view text = item.text();
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(':', begin), text.size());
    fields.push_back({item.of, item.begin + begin, item.begin + end});
    begin = end + 1;
  }
  return fields;
}

bool is_host_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

// The hosts of `location=host:path` in a command.
std::vector<Part> locations_of(const Assignment& variable) {
  constexpr std::string_view kKey = "location=";
  const std::string_view text = variable.value.text();
  std::vector<Part> hosts;
  for (size_t at = text.find(kKey); at != std::string_view::npos; at = text.find(kKey, at + 1)) {
    if (at > 0 && is_host_part(text[at - 1])) continue;
    size_t begin = at + kKey.size();
    if (begin < text.size() && (text[begin] == '"' || text[begin] == '\'')) ++begin;
    size_t end = begin;
    while (end < text.size() && is_host_part(text[end])) ++end;
    if (end > begin && end < text.size() && text[end] == ':') {
      hosts.push_back({&variable, begin, end});
    }
  }
  return hosts;
}

}  // namespace

bool names_master(std::string_view variable) {
  return variable == "NIM_MASTER_HOSTNAME" || variable == "NIM_MASTER";
}

bool names_mounts(std::string_view variable) {
  return std::find(kMountVariables.begin(), kMountVariables.end(), variable) !=
         kMountVariables.end();
}

std::vector<Part> items_of(const Assignment& variable) {
  const std::string_view text = variable.value.text();
  std::vector<Part> items;
  for (size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && !is_space(text[end])) ++end;
    items.push_back({&variable, i, end});
    i = end;
  }
  return items;
}

std::optional<Part> gateway_of(const Part& route) {
  const auto fields = fields_of(route);
  if (fields.size() != 3 || fields[2].text().empty()) return std::nullopt;
  return fields[2];
}

std::vector<HostEntry> host_entries_of(const Assignment& variable) {
  std::vector<HostEntry> entries;
  for (const auto& item : items_of(variable)) entries.push_back({item, fields_of(item)});
  return entries;
}

std::optional<Owner> owner_of(const HostEntry& entry, const IdentityIndex& identity) {
  for (const auto& field : entry.fields) {
    if (const auto owner = identity.owner_of(field.text())) return owner;
  }
  return std::nullopt;
}

std::vector<Naming> namings_of(const Assignment& variable, const IdentityIndex& identity) {
  std::vector<Naming> namings;
  const auto add = [&](const Part& part, ReferenceRole role) {
    if (part.begin < part.end) namings.push_back({part, role});
  };
  if (names_master(variable.name)) {
    for (const auto& item : items_of(variable)) add(item, ReferenceRole::move);
  } else if (variable.name == kHosts) {
    for (const auto& entry : host_entries_of(variable)) {
      for (const auto& field : entry.fields) {
        if (!identity.owner_of(field.text())) continue;
        add(field, ReferenceRole::keep);  // one reference an entry
        break;
      }
    }
  } else if (variable.name == kRoutes) {
    for (const auto& item : items_of(variable)) {
      if (const auto gateway = gateway_of(item)) add(*gateway, ReferenceRole::move);
    }
  } else if (variable.name == kCustom) {
    for (const auto& host : locations_of(variable)) add(host, ReferenceRole::move);
  } else if (names_mounts(variable.name)) {
    for (const auto& item : items_of(variable)) add(fields_of(item).front(), ReferenceRole::keep);
  }
  return namings;
}

std::optional<Part> master_id_of(const Assignment& variable) {
  if (variable.name != kMasterId) return std::nullopt;
  const auto items = items_of(variable);
  if (items.empty()) return std::nullopt;
  return Part{&variable, items.front().begin, items.back().end};
}

}  // namespace sn::agent::nim
