#include "common/net/service_requests.h"

#include <algorithm>
#include <string_view>

#include "common/model/server_state.h"
#include "common/model/service_port.h"
#include "common/net/rpc_call.h"

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

// The labels of a name as they are sent, without the root's; empty: it is none that can be sent.
std::string labels_of(std::string_view name) {
  constexpr size_t kMaxLabel = 63;
  constexpr size_t kMaxName = 253;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > kMaxName) return {};
  std::string labels;
  while (!name.empty()) {
    const auto label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > kMaxLabel) return {};
    labels.push_back(static_cast<char>(label.size()));
    labels += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return labels;
}

std::string domain_request(uint16_t id, std::string_view name) {
  constexpr uint16_t kAddress = 1, kNameServer = 2, kInternet = 1;
  std::string request;
  add16(request, id);
  request += "\x01\x00"sv;                          // recursion desired
  request += "\x00\x01\x00\x00\x00\x00\x00\x00"sv;  // one question
  const std::string labels = labels_of(name);
  request += labels;
  request.push_back('\0');
  add16(request, labels.empty() ? kNameServer : kAddress);
  add16(request, kInternet);
  return request;
}

bool is_domain_served(std::string_view answer) {
  constexpr size_t kHeader = 12;
  constexpr int kNoError = 0, kNoSuchName = 3;
  if (answer.size() < kHeader) return false;
  const bool is_answer = (answer[2] & 0x80) != 0;
  const int code = answer[3] & 0x0f;
  return is_answer && (code == kNoError || code == kNoSuchName);
}

bool is_time_served(std::string_view answer) {
  constexpr int kServer = 4, kAlarm = 3, kUnsynchronised = 16;
  if (answer.size() < kTimePacket) return false;
  const int first = static_cast<unsigned char>(answer[0]);
  const int stratum = static_cast<unsigned char>(answer[1]);
  return (first & 0x07) == kServer && first >> 6 != kAlarm && stratum > 0 &&
         stratum < kUnsynchronised;
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

std::string request_for(uint16_t udp_port, uint16_t id, std::string_view domain_name) {
  switch (udp_port) {
    case kDomainPort:
      return domain_request(id, domain_name);
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

bool is_served(uint16_t udp_port, std::string_view answer) {
  switch (udp_port) {
    case kDomainPort:
      return is_domain_served(answer);
    case kTimePort:
      return is_time_served(answer);
    default:
      return true;
  }
}

}  // namespace sn::net
