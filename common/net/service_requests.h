// The smallest request that a service on a UDP port has to answer. Pure.
//
// Domain: RFC 1035, section 4.1. Time: RFC 5905, section 7.3. TFTP: RFC 1350, section 5 (a read of
// a file that nobody has is answered by an error). RPC: rpc_null.h.
#pragma once

#include <cstdint>
#include <string>

namespace sn::net {

// `id` should differ from request to request. Empty: nothing that has to be answered is known. An
// empty datagram still makes a kernel say that nobody listens, and no daemon takes it for a
// message.
[[nodiscard]] std::string request_for(uint16_t udp_port, uint16_t id);

}  // namespace sn::net
