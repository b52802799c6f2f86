#include <cstdio>

#include "agent/cli/commands.h"
#include "agent/watch/only_root.h"
#include "common/net/curve_keys.h"

namespace sn::agent {

int key_command(const std::string& config_path) {
  const auto config = load_agent_config(config_path);
  if (!config) {
    std::fprintf(stderr, "snagentd: %s\n", config.error().message().c_str());
    return 1;
  }
  // /run is empty after a boot, and the key may be wanted before the daemon runs.
  if (const auto made = make_own_directory(config->run_dir); !made) {
    std::fprintf(stderr, "snagentd: %s\n", made.error().message().c_str());
    return 1;
  }
  const auto keys = net::CurveKeys::load_or_create(config->key_file);
  if (!keys) {
    std::fprintf(stderr, "snagentd: %s\n", keys.error().message().c_str());
    return 1;
  }
  std::printf("%s\n", keys->public_key().c_str());
  return 0;
}

}  // namespace sn::agent
