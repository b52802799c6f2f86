#include "common/model/identity.h"

#include <algorithm>
#include <array>

namespace sn {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_full(std::string_view name) { return name.find('.') != std::string_view::npos; }

// "sn1-eth1.d.example" -> "eth1"; "sn1" -> "".
std::string_view interface_suffix(std::string_view name) {
  const std::string_view label = name.substr(0, name.find('.'));
  const size_t dash = label.rfind('-');
  return dash == std::string_view::npos ? std::string_view{} : label.substr(dash + 1);
}

}  // namespace

namespace {

constexpr std::string_view kMapped = "::ffff:";

}  // namespace

std::string comparable_name(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

IdentityIndex::IdentityIndex(Directory directory) : directory_(std::move(directory)) {
  // External NFS first: emplace keeps the first owner, and it must never lose a name or address.
  for (const auto& server : directory_.external_nfs) {
    const Owner owner{Owner::Kind::external_nfs, server.name, NameForm::short_name};
    names_.emplace(comparable_name(server.name), owner);
    for (const auto& address : server.addresses) {
      addresses_.emplace(address.address,
                         Owner{Owner::Kind::external_nfs, server.name, NameForm::address});
    }
  }
  for (const auto& node : directory_.service_nodes) {
    for (const auto& name : node.node_names) {
      const NameForm form = is_full(name) ? NameForm::full_name : NameForm::short_name;
      names_.emplace(comparable_name(name), Owner{Owner::Kind::service_node, node.name, form});
    }
    // After the node-facing names: where both are the same word, the node-facing role wins.
    names_.emplace(comparable_name(node.name),
                   Owner{Owner::Kind::service_node, node.name, NameForm::management_name});
    for (const auto& address : node.addresses) {
      addresses_.emplace(address.address,
                         Owner{Owner::Kind::service_node, node.name, NameForm::address});
    }
  }
}

void IdentityIndex::add_host_alias(std::string_view name, const IpAddress& address) {
  const std::string key = comparable_name(name);
  if (key.empty() || names_.contains(key) || foreign_aliases_.contains(key)) return;
  const auto owner = owner_of(address);
  if (!owner) {
    foreign_aliases_.emplace(key, true);
    return;
  }
  if (!is_full(key)) short_aliases_.insert(key);
  names_.emplace(key, Owner{owner->kind, owner->name,
                            is_full(key) ? NameForm::full_name : NameForm::short_name});
}

bool IdentityIndex::is_short_alias(std::string_view name) const {
  return short_aliases_.contains(comparable_name(name));
}

std::optional<Owner> IdentityIndex::owner_of(const IpAddress& address) const {
  const auto found = addresses_.find(address.mapped_v4().value_or(address));
  if (found == addresses_.end()) return std::nullopt;
  return found->second;
}

std::optional<Owner> IdentityIndex::owner_of(std::string_view token) const {
  if (const auto address = IpAddress::parse(token)) return owner_of(*address);
  const auto found = names_.find(comparable_name(token));
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> IdentityIndex::words_for(std::string_view service_node) const {
  std::vector<std::string> words;
  const auto is_theirs = [&](const Owner& owner) {
    return owner.kind == Owner::Kind::service_node && owner.name == service_node;
  };
  for (const auto& [name, owner] : names_) {
    if (is_theirs(owner)) words.push_back(name);
  }
  for (const auto& [address, owner] : addresses_) {
    if (is_theirs(owner)) words.push_back(address.to_string());
  }
  const ServiceNode* node = directory_.find(service_node);
  if (node != nullptr && !node->nim_master_id.empty()) {
    words.push_back(comparable_name(node->nim_master_id));
  }
  return words;
}

std::optional<Owner> IdentityIndex::owner_of_nim_id(std::string_view id) const {
  const std::string key = comparable_name(id);
  if (key.empty()) return std::nullopt;
  for (const auto& node : directory_.service_nodes) {
    if (comparable_name(node.nim_master_id) == key) {
      return Owner{Owner::Kind::service_node, node.name, NameForm::nim_master_id};
    }
  }
  return std::nullopt;
}

Result<IpAddress> IdentityIndex::substitute(const IpAddress& address, std::string_view from,
                                            std::string_view to) const {
  const ServiceNode* old_node = directory_.find(from);
  const ServiceNode* new_node = directory_.find(to);
  if (old_node == nullptr || new_node == nullptr) {
    return fail(
        ErrorClass::not_found, "replacing", address.to_string(),
        Fact(FactCode::name_not_in_directory, {.sn = std::string(old_node == nullptr ? from : to)}),
        Cure(CureCode::add_to_directory));
  }
  for (const auto& mine : old_node->addresses) {
    if (mine.address != address) continue;
    for (const auto& candidate : new_node->addresses) {
      if (candidate.same_network(mine)) return candidate.address;
    }
    return fail(ErrorClass::invalid_input, "replacing", address.to_string(),
                Fact(FactCode::none_on_network, {.to = new_node->name, .value = mine.network()}),
                Cure(CureCode::add_address));
  }
  return fail(ErrorClass::not_found, "replacing", address.to_string(),
              Fact(FactCode::no_address_of, {.sn = old_node->name}));
}

Result<std::string> IdentityIndex::substitute(std::string_view token, std::string_view from,
                                              std::string_view to) const {
  if (const auto address = IpAddress::parse(token)) {
    const auto inner = address->mapped_v4();
    const auto replacement = substitute(inner.value_or(*address), from, to);
    if (!replacement) return tl::unexpected(replacement.error());
    return (inner ? std::string(kMapped) : std::string()) + replacement->to_string();
  }
  const ServiceNode* old_node = directory_.find(from);
  const ServiceNode* new_node = directory_.find(to);
  const auto owner = owner_of(token);
  if (old_node == nullptr || new_node == nullptr || !owner || owner->name != from) {
    return fail(ErrorClass::not_found, "replacing", std::string(token),
                Fact(FactCode::no_name_of, {.sn = std::string(from)}));
  }
  const std::string dot = !token.empty() && token.back() == '.' ? "." : "";
  if (owner->form == NameForm::management_name) return new_node->name + dot;

  const bool full = owner->form == NameForm::full_name;
  std::vector<std::string_view> theirs;
  for (const auto& name : new_node->node_names) {
    if (is_full(name) == full) theirs.push_back(name);
  }
  if (theirs.empty()) {
    return fail(
        ErrorClass::invalid_input, "replacing", std::string(token),
        Fact(FactCode::no_name_of_form, {.to = new_node->name, .value = full ? "full" : "short"}),
        Cure(CureCode::add_name));
  }
  const std::string key = comparable_name(token);
  if (const auto suffix = interface_suffix(key); !suffix.empty()) {
    for (const auto name : theirs) {
      if (interface_suffix(comparable_name(name)) == suffix) return std::string(name) + dot;
    }
  }
  size_t place = 0;
  for (const auto& name : old_node->node_names) {
    if (is_full(name) != full) continue;
    if (comparable_name(name) == key) break;
    ++place;
  }
  return std::string(place < theirs.size() ? theirs[place] : theirs.front()) + dot;
}

std::vector<TextToken> host_like_tokens(std::string_view text) {
  const auto part_of_token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  std::vector<TextToken> tokens;
  for (size_t i = 0; i < text.size();) {
    if (!part_of_token(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && part_of_token(text[end])) ++end;
    tokens.push_back({i, text.substr(i, end - i)});
    i = end;
  }
  return tokens;
}

}  // namespace sn
