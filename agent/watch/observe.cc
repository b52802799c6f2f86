#include "agent/watch/observe.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "agent/plan/inventory.h"
#include "agent/references/hosts.h"
#include "agent/routes/kernel_routes.h"
#include "agent/watch/files.h"
#include "agent/watch/foreign_mounts.h"
#include "agent/watch/mount_facts.h"
#include "agent/watch/mount_users.h"

namespace sn::agent {

namespace {

// Returns the mounts of service nodes: what lies on them may not answer.
std::vector<Mount> observe_mounts(const Directory& directory, Look look, Observation& observation) {
  auto facts = read_mount_facts();
  if (!facts) {
    observation.unread.push_back(
        {"mounts", facts.error().fact(), facts.error().cure, Tier::essential, {}});
    return {};
  }
  observation.mounts = std::move(*facts);
  std::vector<Mount> concerned;
  const IdentityIndex identity(directory);
  const auto comes_from_service_node = [&](const Mount& mount) {
    const auto owner = identity.owner_of(option_value(mount.options, "addr"));
    return owner && owner->kind == Owner::Kind::service_node;
  };
  for (const auto& mount : observation.mounts.table) {
    if (is_nfs(mount) && comes_from_service_node(mount)) concerned.push_back(mount);
  }
  for (const auto& mount : concerned) {
    observation.mounts.locks[mount.superblock] = count_locks(mount.superblock);
  }
  if (look == Look::whole && !concerned.empty()) {
    observation.mount_users = find_mount_users(concerned);
  }
  observation.mounts.foreign =
      find_foreign_mounts(observation.mounts.table, comes_from_service_node);
  return concerned;
}

void read_boot_words(Observation& observation) {
  const auto text = read_file("/proc/cmdline", 64 * 1024);
  if (!text) return;
  size_t begin = 0;
  while (begin < text->size()) {
    const size_t end = std::min(text->find_first_of(" \t\n", begin), text->size());
    const std::string word = text->substr(begin, end - begin);
    begin = end + 1;
    const size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    observation.boot_words.push_back(
        {"/proc/cmdline", word.substr(0, equals), word.substr(equals + 1)});
  }
}

std::string first_word(const std::string& path) {
  const auto text = read_file(path, 4096);
  if (!text) return {};
  return text->substr(0, text->find_first_of(" \t\r\n"));
}

// A root tree has no interfaces: its own address is what its hosts file says of its own name, else
// any network on which it refers to a service node.
void guess_own_addresses(const Directory& directory, Observation& observation) {
  const IdentityIndex identity = identity_on(observation, directory);
  const auto add_on_network = [&](const IpAddress& address) {
    for (const auto& node : directory.service_nodes) {
      if (const NetworkAddress* theirs = node.address_on_network_of(address)) {
        observation.own_addresses.push_back({address, theirs->prefix_length});
        return;
      }
    }
  };
  const std::string own = comparable_name(observation.host_name);
  for (const auto& file : observation.files) {
    if (!file.kind->names_hosts() || own.empty()) continue;
    for (const auto& [name, address] : host_aliases(file.text)) {
      const std::string alias = comparable_name(name);
      if (alias == own || alias.substr(0, alias.find('.')) == own) add_on_network(address);
    }
  }
  if (!observation.own_addresses.empty()) return;
  for (const auto& reference : take_inventory(observation, identity).references) {
    if (const auto address = IpAddress::parse(reference.value)) add_on_network(*address);
  }
}

}  // namespace

Observation observe(const Directory& directory, bool live, Look look) {
  Observation observation;
  observation.live = live;
  const auto hanging = live ? observe_mounts(directory, look, observation) : std::vector<Mount>{};
  read_files(hanging, observation);
  if (!live) {
    struct statvfs root{};
    observation.tree_is_read_only = statvfs("/", &root) == 0 && (root.f_flag & ST_RDONLY) != 0;
    observation.host_name = first_word("/etc/hostname");
    guess_own_addresses(directory, observation);
    return observation;
  }
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) == 0) observation.host_name = name;
  if (auto addresses = list_own_addresses()) {
    observation.own_addresses = std::move(*addresses);
  } else {
    observation.unread.push_back({"addresses",
                                  addresses.error().fact(),
                                  Cure(CureCode::show_addresses),
                                  Tier::essential,
                                  {}});
  }
  if (auto routes = list_routes()) {
    observation.routes = std::move(*routes);
  } else {
    observation.unread.push_back(
        {"route", routes.error().fact(), Cure(CureCode::show_routes), Tier::essential, {}});
  }
  read_boot_words(observation);
  return observation;
}

}  // namespace sn::agent
