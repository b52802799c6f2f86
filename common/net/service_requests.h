// The smallest request that a service on a UDP port has to answer, and what an answer to it is
// worth. Pure.
//
// Domain: RFC 1035, section 4.1. Time: RFC 5905, section 7.3. TFTP: RFC 1350, section 5 (a read of
// a file that nobody has is answered by an error). RPC: rpc_call.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sn::net {

// `id` should differ from request to request. `domain_name` is what a name server is asked for
// (type A); empty, or no domain name: the name servers of the root, which every name server knows
// and which not every one tells. Empty: nothing that has to be answered is known. An empty datagram
// still makes a kernel say that nobody listens, and no daemon takes it for a message.
[[nodiscard]] std::string request_for(uint16_t udp_port, uint16_t id,
                                      std::string_view domain_name = {});

// The answer serves whoever asked. A name server that says NOERROR or NXDOMAIN does; SERVFAIL,
// REFUSED and what is no answer do not. A time server does while it has a source of its own: a
// stratum from 1 to 15 and no alarm (RFC 5905, section 7.3). Any answer from another port does.
[[nodiscard]] bool is_served(uint16_t udp_port, std::string_view answer);

}  // namespace sn::net
