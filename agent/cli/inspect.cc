#include <algorithm>
#include <cstdio>

#include "agent/cli/commands.h"
#include "agent/executor/observe_node.h"
#include "agent/plan/inventory.h"
#include "agent/watch/unclaimed.h"
#include "common/facts/text.h"
#include "common/model/cluster_file.h"
#include "common/wire/codec.h"

namespace sn::agent {

namespace {

// Every value comes from a file or a mount of this node: a terminal shows it and obeys nothing.
void print_row(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    line += (i == 0 ? "" : "  ") + cells[i];
    if (i < widths.size() && cells[i].size() < widths[i]) {
      line.append(widths[i] - cells[i].size(), ' ');
    }
  }
  std::printf("%s\n", line.c_str());
}

void print_columns(std::vector<std::vector<std::string>> rows) {
  std::vector<size_t> widths;
  for (auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = plain_line(row[i]);
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const auto& row : rows) print_row(row, widths);
}

void print_table(const wire::Inventory& inventory) {
  std::vector<std::vector<std::string>> rows{
      {"KIND", "PLACE", "WHAT", "VALUE", "REFERS TO", "ROLE"}};
  for (const auto& reference : inventory.references) {
    rows.push_back({reference.kind, reference.place, reference.label, reference.value,
                    reference.owner, std::string(to_string(reference.role))});
  }
  print_columns(std::move(rows));
  for (const auto& finding : inventory.findings) {
    std::string line = std::string(to_string(finding.what)) + ": " +
                       said_of(finding.place, text_of(finding.reason));
    if (!finding.cure.empty()) line += "   cure: " + text_of(finding.cure);
    std::printf("%s\n", plain_line(line).c_str());
  }
  std::string bound;
  for (const auto& binding : inventory.bindings) {
    bound += (bound.empty() ? "" : ", ") + binding.service_node + " (" +
             counted(binding.references, "reference") + " to move)";
  }
  std::printf("bound to: %s\n", bound.empty() ? "no service node" : plain_line(bound).c_str());
}

void print_mounts(const std::vector<NfsMount>& mounts) {
  if (mounts.empty()) return;
  std::vector<std::vector<std::string>> rows{
      {"MOUNT", "FROM", "ADDRESS", "SERVER", "CLASS", "NFS", "NEEDED FOR"}};
  for (const auto& mount : mounts) {
    std::string needed = text_of(mount.critical);
    for (const auto& hanging : mount.upon) {
      needed += (needed.empty() ? "upon it: " : ", upon it: ") + hanging;
    }
    rows.push_back({mount.place, mount.source, mount.address, mount.owner,
                    std::string(to_string(mount.what)),
                    mount.version + (mount.read_only ? " ro" : " rw"), std::move(needed)});
  }
  print_columns(std::move(rows));
}

}  // namespace

int inspect_command(const InspectOptions& options) {
  const auto refuse = [](const Error& error) {
    std::fprintf(stderr, "snagentd: %s\n", plain_line(error.message()).c_str());
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
  const Observation observation = observe_node(cluster->directory, options.root == "/");
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
