// sncoordd.toml. Every key but `listen` is optional; an unknown one is an error with file and line.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "coordinator/core/knock.h"

namespace sn::coordinator {

inline constexpr const char* kDefaultConfigPath = "/etc/sncoord/sncoordd.toml";

struct DaemonConfig {
  std::string inventory = "/etc/sncoord/cluster.toml";
  std::string state_dir = "/var/lib/sncoord";
  std::vector<std::string> listen;  // for agents; numeric, or * for every network
  std::string control_socket = "/run/sncoord/control.sock";
  std::string control_group;  // may use snctl and read the feed; empty: root only
  std::string reading_group;  // may look by snctl, and read the feed
  // ipc:///PATH for these groups, or tcp:// (numeric, or *) for the keys of subscribers.
  std::string feed = "ipc:///run/sncoord/feed.sock";
  uint32_t beat_interval_ms = 30'000;
  uint32_t probe_ms = 1'000;
  uint32_t preflight_ms = 2'500;
  uint16_t enrolment_port = 7401;  // where nodes without a key knock, at the addresses of `listen`
  std::set<EnrolBy> enrolment = {EnrolBy::address, EnrolBy::manual};
  // Where the helper listens that runs the site's command (packaging/enrolment).
  std::string enrolment_helper = "/run/sncoord-enrol.sock";
  std::string hosts = "/etc/hosts";  // addresses of nodes that the inventory does not say
  // The site's command that prints "NAME: on" or "NAME: off" of {sn}; empty: there is none.
  std::vector<std::string> power_status;

  [[nodiscard]] std::string store_path() const { return state_dir + "/state.db"; }
  [[nodiscard]] std::string key_path() const { return state_dir + "/coordinator.key"; }
};

[[nodiscard]] Result<DaemonConfig> parse_config(std::string_view toml, const std::string& path);
[[nodiscard]] Result<DaemonConfig> load_config(const std::string& path);

}  // namespace sn::coordinator
