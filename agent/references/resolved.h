// systemd-resolved's servers, resolved.conf(5): `DNS=` and `FallbackDNS=` of the section Resolve,
// with port, interface and server name. What a link got by DHCP is not in a file.
//
// Without its daemon nobody can tell what it will ask (a link's servers count before these), so in
// a root tree that is not running they are named and left; the agent moves them at the next boot.
#pragma once

#include "agent/references/systemd_servers.h"

namespace sn::agent {

class Resolved : public SystemdServers {
 public:
  Resolved() : SystemdServers("resolved.conf", "Resolve", {"DNS", "FallbackDNS"}) {}

  [[nodiscard]] std::string_view name() const override { return "resolved"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kNameService; }
  [[nodiscard]] bool moves_offline() const override { return false; }
  // The name of a process has 15 characters (proc(5)).
  [[nodiscard]] const Daemon* daemon() const override {
    static const Daemon kDaemon("systemd-resolved", {"systemd-resolve"});
    return &kDaemon;
  }
};

}  // namespace sn::agent
