// The settings of a daemon of systemd that lists servers: the main file and its drop-ins, in /etc,
// /run and /usr/lib (systemd.syntax(7), "CONFIGURATION DIRECTORIES AND PRECEDENCE" of
// resolved.conf(5)): of files with one name the first of these counts. What lies in /run or
// /usr/lib is systemd's own, and named.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/server_list_kind.h"

namespace sn::agent {

class SystemdServers : public ServerListKind {
 public:
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] std::vector<Include> roots() const override;

 protected:
  // All of static storage: "resolved.conf", "Resolve", {"DNS", "FallbackDNS"}.
  SystemdServers(std::string_view file, std::string_view section,
                 std::vector<std::string_view> keys)
      : file_(file), section_(section), keys_(std::move(keys)) {}

  [[nodiscard]] Result<std::vector<ServerSetting>> settings_of(
      const std::string& path, std::string_view text) const override;

 private:
  std::string_view file_;
  std::string_view section_;
  std::vector<std::string_view> keys_;
};

}  // namespace sn::agent
