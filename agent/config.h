// agent.toml: what the site tells one image's agents.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/model/nfs_mount.h"
#include "common/orders/coordinator_key.h"

namespace sn::agent {

// How to restart a service where there is no systemd. Nothing is ever guessed.
struct ServiceArgv {
  std::string name;               // "rsyslog", "chrony", "ntp", "nimsh"
  std::vector<std::string> stop;  // may be empty: `start` alone restarts it
  std::vector<std::string> start;
};

struct AgentConfig {
  std::string node;                       // default: the host name, up to its first dot
  bool act = false;                       // mode = "act"; the shipped default is "observe"
  std::vector<std::string> coordinators;  // ordered, numeric: "tcp://10.1.1.1:7400"
  // The coordinator's, and the one that it will have next, while the site changes it: one or two.
  std::vector<orders::CoordinatorKey> coordinator_keys;
  uint16_t enrolment_port = 7401;  // of the same hosts: where a node without a key knocks
  std::string directory = "/etc/snagent/cluster.toml";
  std::string key_file = "/run/snagent/node.key";
  std::string run_dir = "/run/snagent";
  std::string state_dir = "/var/lib/snagent";  // used only if it exists
  std::string user = "snagent";                // the session's, and nobody else's
  // Whether the session runs where the kernel has no seccomp filters.
  bool runs_unconfined = true;
  std::vector<StuckPolicy> allowed_stuck;  // what --stuck may do here, besides keep
  uint32_t service_deadline_ms = 10'000;   // for one restart to be observed
  // How long a command waits for xCAT's boot postscripts or an updatenode to end. They take one to
  // three minutes on a healthy node; one whose service node died retries its downloads for ever,
  // and then the administrator has to know of it.
  uint32_t boot_scripts_deadline_ms = 300'000;
  // After this long a script that waits for a service node that is left is not waited for with
  // routes, resolver and xcatinfo.
  uint32_t boot_scripts_patience_ms = 30'000;
  std::vector<ServiceArgv> services;
  // Numeric; asked although nothing is mounted from them now: what an automounter brings and takes.
  std::vector<std::string> nfs_servers;
};

inline constexpr const char* kDefaultConfigPath = "/etc/snagent/agent.toml";

// invalid_input with file:line for an unknown key, a name instead of a number in an endpoint...
[[nodiscard]] Result<AgentConfig> load_agent_config(const std::string& path);

}  // namespace sn::agent
