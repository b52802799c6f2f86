#include "agent/watch/sockets.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <sstream>

#include "agent/watch/files.h"

namespace sn::agent {

namespace {

// Every connection of a busy node fits; what is beyond is not counted.
constexpr size_t kMaxTable = 8 * 1024 * 1024;
// include/net/tcp_states.h. A connection that was never made (our own probes of a dead service node
// wait in SYN_SENT), or is over, is not open.
bool is_open(unsigned state) {
  constexpr unsigned kSynSent = 2, kSynReceived = 3, kTimeWait = 6, kClose = 7, kListen = 10;
  return state != kSynSent && state != kSynReceived && state != kTimeWait && state != kClose &&
         state < kListen + 2 && state != kListen;
}

// "6401010A:0801": 32-bit words of the address as the kernel holds them (network order in memory,
// printed as host integers), then the port.
std::optional<std::pair<IpAddress, unsigned>> parse_peer(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  std::array<uint32_t, 4> words{};
  for (size_t i = 0; i < colon / 8; ++i) {
    const char* begin = text.data() + i * 8;
    if (std::from_chars(begin, begin + 8, words[i], 16).ptr != begin + 8) return std::nullopt;
  }
  unsigned port = 0;
  const char* begin = text.data() + colon + 1;
  std::from_chars(begin, text.data() + text.size(), port, 16);
  std::array<char, 16> bytes{};
  std::memcpy(bytes.data(), words.data(), bytes.size());
  // An IPv4 peer of an IPv6 socket (RFC 4291, 2.5.5.2).
  if (colon == 32 && words[0] == 0 && words[1] == 0 && words[2] == htonl(0xffff)) {
    return std::pair(*IpAddress::from_bytes(bytes.data() + 12, 4), port);
  }
  return std::pair(*IpAddress::from_bytes(bytes.data(), colon / 2), port);
}

}  // namespace

std::vector<TcpSocket> parse_sockets(const std::string& text) {
  std::vector<TcpSocket> sockets;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout;
    if (!(words >> slot >> local >> remote >> state)) continue;
    unsigned number = 0;
    std::from_chars(state.data(), state.data() + state.size(), number, 16);
    const auto peer = parse_peer(remote);
    if (!peer) continue;
    TcpSocket socket{peer->first, peer->second, is_open(number), 0};
    words >> queues >> timer >> retransmits >> user >> timeout >> socket.inode;
    sockets.push_back(socket);
  }
  return sockets;
}

std::vector<OpenSocket> parse_open_sockets(const std::string& text, const IdentityIndex& identity) {
  std::map<std::string, OpenSocket> by_peer;
  for (const auto& one : parse_sockets(text)) {
    if (!one.open) continue;
    const auto owner = identity.owner_of(one.peer);
    if (!owner || owner->kind != Owner::Kind::service_node) continue;
    const std::string name = one.peer.to_string() + ":" + std::to_string(one.port);
    OpenSocket& socket = by_peer[name];
    socket.peer = name;
    socket.service_node = owner->name;
    ++socket.count;
  }
  std::vector<OpenSocket> sockets;
  sockets.reserve(by_peer.size());
  for (auto& [name, socket] : by_peer) sockets.push_back(std::move(socket));
  return sockets;
}

std::vector<std::string> read_socket_tables() {
  std::vector<std::string> tables;
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    if (auto text = read_file(path, kMaxTable)) tables.push_back(std::move(*text));
  }
  return tables;
}

std::vector<OpenSocket> find_open_sockets(const IdentityIndex& identity) {
  std::vector<OpenSocket> sockets;
  for (const auto& table : read_socket_tables()) {
    for (auto& socket : parse_open_sockets(table, identity)) sockets.push_back(std::move(socket));
  }
  return sockets;
}

}  // namespace sn::agent
