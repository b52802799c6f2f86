#include "common/net/service_requests.h"

#include <string_view>

#include "common/model/server_state.h"
#include "common/model/service_port.h"
#include "common/net/rpc_null.h"

namespace sn::net {

namespace {

using namespace std::string_view_literals;

constexpr uint16_t kTftp = 69;
constexpr uint16_t kPortmap = 111;

constexpr uint32_t kPortmapProgram = 100000;  // RFC 1833
constexpr size_t kTimePacket = 48;
// No leap warning, version 4, mode 3: client.
constexpr char kTimeClient = 0x23;
constexpr size_t kRecordMark = 4;

void add16(std::string& to, uint16_t value) {
  to.push_back(static_cast<char>(value >> 8));
  to.push_back(static_cast<char>(value & 0xff));
}

// The name servers of the root, recursion desired: a question that every name server knows.
std::string domain_request(uint16_t id) {
  std::string request;
  add16(request, id);
  request += "\x01\x00"sv;                          // recursion desired
  request += "\x00\x01\x00\x00\x00\x00\x00\x00"sv;  // one question
  request += "\x00\x00\x02\x00\x01"sv;              // the root, NS, IN
  return request;
}

std::string time_request(uint16_t id) {
  std::string request(kTimePacket, '\0');
  request.front() = kTimeClient;
  // The transmit time stamp is only given back; a number serves.
  request[kTimePacket - 2] = static_cast<char>(id >> 8);
  request[kTimePacket - 1] = static_cast<char>(id & 0xff);
  return request;
}

// By UDP a call has no record mark.
std::string rpc_request(uint32_t program, uint32_t version, uint16_t id) {
  return encode_null_call(id, program, version).substr(kRecordMark);
}

}  // namespace

std::string request_for(uint16_t udp_port, uint16_t id) {
  switch (udp_port) {
    case kDomainPort:
      return domain_request(id);
    case kTimePort:
      return time_request(id);
    case kTftp:
      return std::string("\x00\x01.snkeeper-asks\x00octet\x00"sv);
    case kPortmap:
      return rpc_request(kPortmapProgram, 2, id);
    case kNfsPort:
      return rpc_request(kNfsProgram, 3, id);
    default:
      return {};
  }
}

}  // namespace sn::net
