#include <cstdio>

#include "agent/cli/commands.h"
#include "agent/enrolment/knock.h"
#include "agent/executor/directory_file.h"
#include "agent/session/privileges.h"
#include "agent/watch/only_root.h"

namespace sn::agent {

int check_command(const CheckOptions& options) {
  const auto refuse = [](const Error& error) {
    std::fprintf(stderr, "snagentd: %s\n", error.message().c_str());
    return 1;
  };
  const auto config = load_agent_config(options.config);
  if (!config) return refuse(config.error());
  if (auto owned = only_root_writes(options.config); !owned) return refuse(owned.error());
  if (config->coordinators.empty()) {
    return refuse(Error{ErrorClass::invalid_input, "reading", options.config,
                        "coordinators is empty", "name at least one tcp://ADDRESS:PORT", 0});
  }
  if (auto user = find_user(config->user); !user) return refuse(user.error());
  const std::string& path = options.cluster.empty() ? config->directory : options.cluster;
  const auto directory = DirectoryFile(path).read();  // as `run` will
  if (!directory) return refuse(directory.error());
  if (first_unprivileged_port() < kFirstUsersPort) {
    std::fprintf(stderr,
                 "snagentd: net.ipv4.ip_unprivileged_port_start is %u: every user of this node can "
                 "knock in its name, and the coordinator would believe it (cure: sysctl -w "
                 "net.ipv4.ip_unprivileged_port_start=%u)\n",
                 first_unprivileged_port(), kFirstUsersPort);
    return 1;
  }
  std::printf("good: %s: %s, coordinators: %zu; %s: service nodes: %zu\n", options.config.c_str(),
              config->act ? "act" : "observe", config->coordinators.size(), path.c_str(),
              directory->service_nodes.size());
  return 0;
}

}  // namespace sn::agent
