// What a node's services are made of, each a role of this program:
//
//   svc              starts and stops one
//   rsyslogd         reads its configuration when it starts, and what is sent to /dev/log
//   automount        reads its configuration when it starts and when it gets SIGHUP
//   systemd-resolve  holds the name servers that DHCP has told it (its process's name has no d)
//   resolvectl       shows these servers and changes them, as resolvectl(1) does
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace sn::crash {

inline constexpr std::string_view kResolved = "systemd-resolve";
inline constexpr std::string_view kResolvectl = "resolvectl";

struct Daemon {
  std::string_view service;        // what `svc` starts it by
  std::string_view process;        // the name of its process
  std::string_view configuration;  // a file; empty: it has none
};
inline constexpr std::array<Daemon, 3> kDaemons = {
    {{"rsyslog", "rsyslogd", "/etc/rsyslog.d/remote.conf"},
     {"autofs", "automount", "/etc/auto.apps"},
     {"resolved", kResolved, ""}}};

// What the daemon runs on; only ever replaced as a whole. Of systemd-resolve what `resolvectl dns`
// prints.
[[nodiscard]] std::string uses_file(std::string_view process);

// Runs as the service that argv[0] names; -1: it names none.
[[nodiscard]] int run_as_service(int argc, char** argv);

}  // namespace sn::crash
