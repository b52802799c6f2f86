// systemd-timesyncd's servers, timesyncd.conf(5): `NTP=` and `FallbackNTP=` of the section Time.
#pragma once

#include "agent/references/systemd_servers.h"

namespace sn::agent {

class Timesyncd : public SystemdServers {
 public:
  Timesyncd() : SystemdServers("timesyncd.conf", "Time", {"NTP", "FallbackNTP"}) {}

  [[nodiscard]] std::string_view name() const override { return "timesyncd"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kTimeService; }
  // The name of a process has 15 characters (proc(5)).
  [[nodiscard]] const Daemon* daemon() const override {
    static const Daemon kDaemon("systemd-timesyncd", {"systemd-timesyn"});
    return &kDaemon;
  }
};

}  // namespace sn::agent
