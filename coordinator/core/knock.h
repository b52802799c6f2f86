// A node that asks to be let in, as the shell heard it (enrolment/knock_server.h).
#pragma once

#include <cstdint>
#include <string>

#include "common/model/address.h"
#include "common/wire/messages.h"

namespace sn::coordinator {

// Ports below it are root's (ip_sysctl.rst, ip_unprivileged_port_start): a node that has it
// otherwise is named by its own `snagentd check`.
inline constexpr uint16_t kFirstUsersPort = 1'024;

// By what a key is let in without a person (sncoordd.toml, `enrolment`); what none of them lets in
// is listed, and a person decides.
enum class EnrolBy : uint8_t {
  address,  // it knocks from the node's own address, and a port that only root has there
  command,  // the site's own command, which asks the node for its key, prints this one
  manual,   // whoever knocks is listed
};

struct Knocked {
  uint64_t request = 0;    // for AnswerKnock
  std::string public_key;  // Z85; the knock was sealed with its secret
  wire::Knock knock;
  IpAddress from;  // of the connection, as the kernel has it
  uint16_t port = 0;
  bool direct = false;  // nobody stands between: both ends of it are what the node says they are

  [[nodiscard]] bool of_root() const { return direct && port < kFirstUsersPort; }
};

}  // namespace sn::coordinator
