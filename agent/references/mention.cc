#include "agent/references/mention.h"

#include "agent/references/lines.h"

namespace sn::agent {

std::vector<Reference> references_of(std::string_view kind, std::string_view path,
                                     const std::vector<Mention>& mentions,
                                     const IdentityIndex& identity) {
  std::vector<Reference> references;
  for (const auto& mention : mentions) {
    const auto owner = identity.owner_of(mention.token);
    if (!owner) continue;
    references.push_back(
        {std::string(kind), place_of(path, mention.line), std::string(mention.label),
         std::string(mention.token), owner->name,
         owner->kind == Owner::Kind::external_nfs ? ReferenceRole::keep : mention.role});
  }
  return references;
}

std::optional<std::string> from_owner(std::string_view token, const IdentityIndex& identity,
                                      const Move& move) {
  const auto owner = identity.owner_of(token);
  if (!owner || owner->kind != Owner::Kind::service_node || !move.is_from(owner->name)) {
    return std::nullopt;
  }
  return owner->name;
}

Result<std::optional<std::string>> moved_token(std::string_view token,
                                               const IdentityIndex& identity, const Move& move,
                                               const std::string& place) {
  const auto from = from_owner(token, identity, move);
  if (!from) return std::optional<std::string>{};
  auto replacement = identity.substitute(token, *from, move.to);
  if (!replacement) {
    Error error = replacement.error();
    error.to += " in " + place;
    return tl::unexpected(std::move(error));
  }
  return std::optional<std::string>(std::move(*replacement));
}

Result<const ServiceNode*> target_of(const IdentityIndex& identity, const Move& move) {
  const ServiceNode* target = identity.directory().find(move.to);
  if (target == nullptr) {
    return fail(ErrorClass::not_found, "planning for", move.to, Fact(FactCode::not_in_directory),
                Cure(CureCode::add_to_directory));
  }
  return target;
}

bool same_host(std::string_view a, std::string_view b, const IdentityIndex& identity) {
  const auto address_a = IpAddress::parse(a);
  const auto address_b = IpAddress::parse(b);
  if (address_a && address_b) return *address_a == *address_b;
  const bool names = !address_a && !address_b;
  const std::string name_a = comparable_name(a);
  const std::string name_b = comparable_name(b);
  if (names && name_a == name_b) return true;
  const auto owner_a = identity.owner_of(a);
  const auto owner_b = identity.owner_of(b);
  if (!owner_a || !owner_b || owner_a->kind != owner_b->kind || owner_a->name != owner_b->name) {
    return false;
  }
  if (names) return name_a.substr(0, name_a.find('.')) == name_b.substr(0, name_b.find('.'));
  const ServiceNode* node = identity.directory().find(owner_a->name);
  return owner_a->kind == Owner::Kind::service_node && node != nullptr &&
         node->addresses.size() == 1;
}

}  // namespace sn::agent
