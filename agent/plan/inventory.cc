#include "agent/plan/inventory.h"

#include <algorithm>
#include <map>

#include "agent/mounts/plan_mounts.h"
#include "agent/references/hosts.h"
#include "agent/routes/plan_routes.h"

namespace sn::agent {

IdentityIndex identity_on(const Observation& observation, const Directory& directory) {
  IdentityIndex identity(directory);
  for (const auto& file : observation.files) {
    if (!file.kind->names_hosts()) continue;
    for (const auto& [name, address] : host_aliases(file.text)) {
      identity.add_host_alias(name, address);
    }
  }
  return identity;
}

namespace {

// A file that somebody bound over itself, to keep others from writing it. A statelite file that is
// bound read-only comes from elsewhere: it is edited there.
bool is_onto_itself(const std::vector<Mount>& table, const Mount& bind) {
  const std::string& path = bind.place;
  const Mount* below = mount_of(table, path.substr(0, path.rfind('/')));
  if (below == nullptr || below->superblock != bind.superblock) return false;
  const std::string within = below->place == "/" ? path : path.substr(below->place.size());
  return bind.root == (below->root == "/" ? within : below->root + within);
}

}  // namespace

bool is_fixed_until_boot(const Observation& observation, const ObservedFile& file) {
  if (file.place != FilePlace::read_only) return false;
  if (!observation.live) return !observation.tree_is_read_only;
  const Mount* bind = mount_at(observation.mounts.table, file.real_path);
  return bind == nullptr || has_option(bind->options, "ro") ||
         !is_onto_itself(observation.mounts.table, *bind);
}

std::vector<Reference> scan_text(std::string_view text, const std::string& path,
                                 const std::string& kind, const std::string& label,
                                 const IdentityIndex& identity) {
  std::vector<Reference> references;
  size_t line = 1, counted = 0;
  for (const auto& token : host_like_tokens(text)) {
    const auto owner = identity.owner_of(token.text);
    if (!owner || owner->kind != Owner::Kind::service_node) continue;
    line += static_cast<size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                           text.begin() + static_cast<std::ptrdiff_t>(token.offset),
                                           '\n'));
    counted = token.offset;
    references.push_back({kind, path + ":" + std::to_string(line), label, std::string(token.text),
                          owner->name, ReferenceRole::move});
  }
  return references;
}

wire::Inventory take_inventory(const Observation& observation, const IdentityIndex& identity) {
  wire::Inventory inventory;
  inventory.findings = observation.findings;
  for (const auto& unread : observation.unread) {
    inventory.findings.push_back({FindingClass::left, unread.place, unread.reason, unread.cure});
  }
  for (const auto& file : observation.files) {
    auto found = file.kind->discover(file.path, file.text, identity);
    std::vector<Reference> references;
    if (found) {
      references = std::move(*found);
    } else {
      // Not understood. It matters only if it could name a service node at all.
      references = scan_text(file.text, file.path, std::string(file.kind->name()), "not understood",
                             identity);
      for (auto& reference : references) reference.guessed = true;
      if (!references.empty()) {
        inventory.findings.push_back(
            {FindingClass::left, found.error().to, found.error().why, found.error().cure});
      }
    }
    for (auto& reference : references) {
      if (is_fixed_until_boot(observation, file) && reference.role == ReferenceRole::move) {
        reference.role = ReferenceRole::boot_time_only;
      }
      inventory.references.push_back(std::move(reference));
    }
  }
  for (auto& reference : route_references(observation.routes, identity)) {
    inventory.references.push_back(std::move(reference));
  }
  inventory.mounts = classify_mounts(observation.mounts, identity);
  for (auto& reference : mount_references(inventory.mounts)) {
    inventory.references.push_back(std::move(reference));
  }
  for (auto& reference : foreign_mount_references(observation.mounts.foreign, identity)) {
    inventory.references.push_back(std::move(reference));
  }
  for (auto& reference : lease_references(observation.leases, identity)) {
    inventory.references.push_back(std::move(reference));
  }
  for (const auto& word : observation.boot_words) {
    for (auto& reference : scan_text(word.value, word.place, "boot", word.label, identity)) {
      reference.place = word.place;
      reference.role = ReferenceRole::boot_time_only;
      inventory.references.push_back(std::move(reference));
    }
  }
  std::map<std::string, uint32_t> counts;
  for (const auto& reference : inventory.references) {
    if (reference.role != ReferenceRole::move) continue;
    if (identity.directory().find(reference.owner) == nullptr) continue;  // external NFS
    ++counts[reference.owner];
  }
  for (const auto& [name, count] : counts) inventory.bindings.push_back({name, count});
  return inventory;
}

}  // namespace sn::agent
