// A node that asks to be let in, as the shell heard it (enrolment/knock_server.h).
#pragma once

#include <cstdint>
#include <string>

#include "common/model/address.h"
#include "common/wire/messages.h"

namespace sn::coordinator {

// By what a key is let in without a person (sncoordd.toml, `enrolment`); what none of them lets in
// is listed, and a person decides.
enum class EnrolBy : uint8_t {
  address,  // it knocks from the node's own address, and a port that only root has there
  manual,   // whoever knocks is listed
};

struct Knocked {
  uint64_t request = 0;    // for AnswerKnock
  std::string public_key;  // Z85; the knock was sealed with its secret
  wire::Knock knock;
  IpAddress from;  // of the connection, as the kernel has it
  uint16_t port = 0;
  bool direct = false;  // nobody stands between: both ends of it are what the node says they are
};

}  // namespace sn::coordinator
