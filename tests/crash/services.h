// What a node's services are made of, each a role of this program: `svc` starts and stops, rsyslogd
// reads its configuration when it starts, automount when it gets SIGHUP.
#pragma once

namespace sn::crash {

// Runs as the service that argv[0] names; -1: it names none.
[[nodiscard]] int run_as_service(int argc, char** argv);

}  // namespace sn::crash
