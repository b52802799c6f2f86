#include <algorithm>
#include <cstdio>

#include "agent/cli/commands.h"
#include "agent/plan/inventory.h"
#include "agent/watch/observe.h"
#include "agent/watch/unclaimed.h"
#include "common/model/cluster_file.h"
#include "common/wire/codec.h"

namespace sn::agent {

namespace {

void print_table(const wire::Inventory& inventory) {
  size_t kind = 4, place = 5, label = 4, value = 5;
  for (const auto& reference : inventory.references) {
    kind = std::max(kind, reference.kind.size());
    place = std::max(place, reference.place.size());
    label = std::max(label, reference.label.size());
    value = std::max(value, reference.value.size());
  }
  const auto row = [&](const char* a, const char* b, const char* c, const char* d, const char* e,
                       const char* f) {
    std::printf("%-*s  %-*s  %-*s  %-*s  %-8s %s\n", static_cast<int>(kind), a,
                static_cast<int>(place), b, static_cast<int>(label), c, static_cast<int>(value), d,
                e, f);
  };
  row("KIND", "PLACE", "WHAT", "VALUE", "NAMES", "");
  for (const auto& reference : inventory.references) {
    row(reference.kind.c_str(), reference.place.c_str(), reference.label.c_str(),
        reference.value.c_str(), reference.owner.c_str(),
        reference.role == ReferenceRole::move ? ""
                                              : std::string(to_string(reference.role)).c_str());
  }
  for (const auto& finding : inventory.findings) {
    std::printf("%s: %s %s%s%s\n", std::string(to_string(finding.what)).c_str(),
                finding.place.c_str(), text_of(finding.reason).c_str(),
                finding.cure.empty() ? "" : "   cure: ", text_of(finding.cure).c_str());
  }
  std::string bound;
  for (const auto& binding : inventory.bindings) {
    bound += (bound.empty() ? "" : ", ") + binding.service_node + " (" +
             std::to_string(binding.references) + " references)";
  }
  std::printf("bound to: %s\n", bound.empty() ? "no service node" : bound.c_str());
}

void print_mounts(const std::vector<NfsMount>& mounts) {
  if (mounts.empty()) return;
  size_t place = 5, source = 4, owner = 6;
  for (const auto& mount : mounts) {
    place = std::max(place, mount.place.size());
    source = std::max(source, mount.source.size());
    owner = std::max(owner, mount.owner.size());
  }
  const auto row = [&](const std::string& a, const std::string& b, const std::string& c,
                       const std::string& d, const std::string& e, const std::string& f,
                       const std::string& g) {
    std::printf("%-*s  %-*s  %-15s  %-*s  %-12s  %-6s  %s\n", static_cast<int>(place), a.c_str(),
                static_cast<int>(source), b.c_str(), c.c_str(), static_cast<int>(owner), d.c_str(),
                e.c_str(), f.c_str(), g.c_str());
  };
  row("MOUNT", "FROM", "ADDRESS", "SERVER", "CLASS", "NFS", "NEEDED FOR");
  for (const auto& mount : mounts) {
    row(mount.place, mount.source, mount.address, mount.owner, std::string(to_string(mount.what)),
        mount.version + (mount.read_only ? " ro" : " rw"), text_of(mount.critical));
    for (const auto& hanging : mount.upon) std::printf("  upon it: %s\n", hanging.c_str());
  }
}

}  // namespace

int inspect_command(const InspectOptions& options) {
  const auto refuse = [](const Error& error) {
    std::fprintf(stderr, "snagentd: %s\n", error.message().c_str());
    return 1;
  };
  std::string directory_path = options.directory;
  const std::string prefix = options.root == "/" ? "" : options.root;
  if (directory_path.empty()) {
    const auto config = load_agent_config(prefix + options.config);
    directory_path = prefix + (config ? config->directory : AgentConfig{}.directory);
  }
  auto cluster = load_cluster(directory_path);
  if (!cluster) return refuse(cluster.error());
  if (auto status = enter_root(options.root); !status) return refuse(status.error());
  const Observation observation = observe(cluster->directory, options.root == "/");
  const IdentityIndex identity = identity_on(observation, cluster->directory);
  wire::Inventory inventory = take_inventory(observation, identity);
  for (const auto& mention : find_mentions(identity)) {
    inventory.findings.push_back({FindingClass::unclaimed,
                                  mention.path,
                                  Fact(FactCode::mentions, {.sn = mention.service_node}),
                                  {}});
  }
  if (options.json) {
    std::printf("%s\n", wire::inventory_json(inventory).c_str());
  } else {
    print_mounts(inventory.mounts);
    print_table(inventory);
  }
  return 0;
}

}  // namespace sn::agent
