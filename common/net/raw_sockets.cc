#include "common/net/raw_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netpacket/packet.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>

#include "common/net/socket_address.h"

namespace sn::net {

namespace {

// For what comes in while nobody looks: a few packets.
constexpr int kReceiveBytes = 8 * 1024;
// Of one call: a flood of replies must not keep the loop from anything else.
constexpr int kMaxDrained = 256;

UniqueFd open_socket(int family, int type, int protocol) {
  UniqueFd fd(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  if (fd) {
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBytes, sizeof kReceiveBytes);
  }
  return fd;
}

UniqueFd open_echo_v4() {
  UniqueFd fd = open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  // linux/icmp.h: ICMP_FILTER, a mask of the types that are kept out.
  constexpr int kIcmpFilter = 1;
  const uint32_t others = ~(1U << ICMP_ECHOREPLY);
  if (fd) (void)::setsockopt(fd.get(), SOL_RAW, kIcmpFilter, &others, sizeof others);
  return fd;
}

UniqueFd open_echo_v6() {
  UniqueFd fd = open_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
  icmp6_filter filter{};
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
  if (fd) (void)::setsockopt(fd.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
  return fd;
}

// ARP replies only: requests are everybody's, and many.
UniqueFd open_arp() {
  // Deaf until the filter stands.
  UniqueFd fd = open_socket(AF_PACKET, SOCK_DGRAM, 0);
  if (!fd) return fd;
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(arphdr, ar_op)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARPOP_REPLY, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, sizeof(ether_arp)),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
  sockaddr_ll all{};
  all.sll_family = AF_PACKET;
  all.sll_protocol = htons(ETH_P_ARP);
  const int locked = 1;  // whoever gets hold of it later sees no more
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
      ::setsockopt(fd.get(), SOL_SOCKET, SO_LOCK_FILTER, &locked, sizeof locked) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0) {
    return {};
  }
  return fd;
}

struct Interface {
  int index = 0;
  in_addr own{};
  std::array<uint8_t, ETH_ALEN> mac{};
};

using Addresses = std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)>;

// The Ethernet interface whose network `to` lies in.
std::optional<Interface> interface_towards(const IpAddress& to) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return std::nullopt;
  const Addresses addresses(list, &::freeifaddrs);
  in_addr wanted{};
  std::memcpy(&wanted, to.data(), sizeof wanted);
  const char* name = nullptr;
  Interface found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_netmask == nullptr ||
        entry->ifa_addr->sa_family != AF_INET || (entry->ifa_flags & IFF_UP) == 0) {
      continue;
    }
    const in_addr own = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr;
    const in_addr mask = reinterpret_cast<const sockaddr_in*>(entry->ifa_netmask)->sin_addr;
    if (((own.s_addr ^ wanted.s_addr) & mask.s_addr) != 0) continue;
    name = entry->ifa_name;
    found.own = own;
    break;
  }
  if (name == nullptr) return std::nullopt;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_PACKET ||
        std::strcmp(entry->ifa_name, name) != 0) {
      continue;
    }
    const auto* link = reinterpret_cast<const sockaddr_ll*>(entry->ifa_addr);
    if (link->sll_hatype != ARPHRD_ETHER || link->sll_halen != ETH_ALEN) return std::nullopt;
    found.index = link->sll_ifindex;
    std::memcpy(found.mac.data(), link->sll_addr, found.mac.size());
    return found;
  }
  return std::nullopt;
}

// RFC 1071. ICMPv6's is the kernel's.
uint16_t checksum(const uint8_t* bytes, size_t size) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < size; i += 2) sum += (uint32_t{bytes[i]} << 8) | bytes[i + 1];
  while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

std::string mac_text(const uint8_t* mac) {
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                mac[3], mac[4], mac[5]);
  return text.data();
}

// Type, code, checksum, identifier and sequence number: the same eight bytes in both families.
constexpr size_t kEchoBytes = 8;

}  // namespace

RawSockets RawSockets::open() {
  RawSockets sockets;
  sockets.echo_v4_ = open_echo_v4();
  sockets.echo_v6_ = open_echo_v6();
  sockets.arp_ = open_arp();
  if (::getrandom(&sockets.identifier_, sizeof sockets.identifier_, 0) !=
      sizeof sockets.identifier_) {
    sockets.identifier_ = static_cast<uint16_t>(::getpid());
  }
  return sockets;
}

void RawSockets::leave_open_until_exit() const {
  if (arp_) (void)::fcntl(arp_.get(), F_DUPFD_CLOEXEC, 0);
}

std::string RawSockets::missing() const {
  if (!echo_v4_ && !arp_) return "ping and ARP";
  if (!echo_v4_) return "ping";
  return arp_ ? "" : "ARP";
}

bool RawSockets::ask_echo(const IpAddress& to, uint16_t number) {
  const UniqueFd& fd = to.is_v4() ? echo_v4_ : echo_v6_;
  if (!fd) return false;
  std::array<uint8_t, kEchoBytes> packet{};
  packet[0] = to.is_v4() ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
  packet[4] = static_cast<uint8_t>(identifier_ >> 8);
  packet[5] = static_cast<uint8_t>(identifier_ & 0xff);
  packet[6] = static_cast<uint8_t>(number >> 8);
  packet[7] = static_cast<uint8_t>(number & 0xff);
  sockaddr_storage target{};
  socklen_t size = 0;
  if (to.is_v4()) {
    const uint16_t sum = checksum(packet.data(), packet.size());
    packet[2] = static_cast<uint8_t>(sum >> 8);
    packet[3] = static_cast<uint8_t>(sum & 0xff);
    auto* v4 = reinterpret_cast<sockaddr_in*>(&target);
    v4->sin_family = AF_INET;
    std::memcpy(&v4->sin_addr, to.data(), to.size());
    size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&target);
    v6->sin6_family = AF_INET6;
    std::memcpy(&v6->sin6_addr, to.data(), to.size());
    size = sizeof *v6;
  }
  return ::sendto(fd.get(), packet.data(), packet.size(), 0,
                  reinterpret_cast<const sockaddr*>(&target),
                  size) == static_cast<ssize_t>(packet.size());
}

bool RawSockets::ask_arp(const IpAddress& to) {
  if (!arp_ || !to.is_v4()) return false;
  const auto from = interface_towards(to);
  if (!from) return false;
  ether_arp request{};
  request.ea_hdr.ar_hrd = htons(ARPHRD_ETHER);
  request.ea_hdr.ar_pro = htons(ETH_P_IP);
  request.ea_hdr.ar_hln = ETH_ALEN;
  request.ea_hdr.ar_pln = sizeof(in_addr);
  request.ea_hdr.ar_op = htons(ARPOP_REQUEST);
  std::memcpy(request.arp_sha, from->mac.data(), from->mac.size());
  std::memcpy(request.arp_spa, &from->own, sizeof from->own);
  std::memcpy(request.arp_tpa, to.data(), to.size());
  sockaddr_ll everybody{};
  everybody.sll_family = AF_PACKET;
  everybody.sll_protocol = htons(ETH_P_ARP);
  everybody.sll_ifindex = from->index;
  everybody.sll_halen = ETH_ALEN;
  std::memset(everybody.sll_addr, 0xff, ETH_ALEN);
  return ::sendto(arp_.get(), &request, sizeof request, 0,
                  reinterpret_cast<const sockaddr*>(&everybody),
                  sizeof everybody) == static_cast<ssize_t>(sizeof request);
}

std::vector<int> RawSockets::fds() const {
  std::vector<int> list;
  for (const UniqueFd* fd : {&echo_v4_, &echo_v6_, &arp_}) {
    if (fd->valid()) list.push_back(fd->get());
  }
  return list;
}

std::optional<RawSockets::EchoReply> RawSockets::read_echo(int fd, bool is_v4) {
  for (int i = 0; i < kMaxDrained; ++i) {
    std::array<uint8_t, 256> packet{};  // the longest IP header has 60 bytes
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    const ssize_t size = ::recvfrom(fd, packet.data(), packet.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0) return std::nullopt;
    // A raw IPv4 socket gives the IP header, too.
    const size_t header = is_v4 ? size_t{packet[0] & 0x0fU} * 4 : 0;
    if (static_cast<size_t>(size) < header + kEchoBytes) continue;
    const uint8_t* echo = packet.data() + header;
    const auto identifier = static_cast<uint16_t>((echo[4] << 8) | echo[5]);
    if (echo[0] != (is_v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) || identifier != identifier_) {
      continue;
    }
    const auto address = address_of(reinterpret_cast<const sockaddr*>(&from));
    if (!address) continue;
    return EchoReply{*address, static_cast<uint16_t>((echo[6] << 8) | echo[7])};
  }
  return std::nullopt;
}

std::optional<RawSockets::EchoReply> RawSockets::next_echo() {
  if (echo_v4_) {
    if (const auto reply = read_echo(echo_v4_.get(), true)) return reply;
  }
  return echo_v6_ ? read_echo(echo_v6_.get(), false) : std::nullopt;
}

std::optional<RawSockets::ArpReply> RawSockets::next_arp() {
  if (!arp_) return std::nullopt;
  for (int i = 0; i < kMaxDrained; ++i) {
    ether_arp reply{};
    const ssize_t size = ::recv(arp_.get(), &reply, sizeof reply, 0);
    if (size < 0) return std::nullopt;
    if (static_cast<size_t>(size) < sizeof reply || reply.ea_hdr.ar_op != htons(ARPOP_REPLY) ||
        reply.ea_hdr.ar_hln != ETH_ALEN || reply.ea_hdr.ar_pln != sizeof(in_addr)) {
      continue;
    }
    const auto from = IpAddress::from_bytes(reply.arp_spa, sizeof reply.arp_spa);
    if (from) return ArpReply{*from, mac_text(reply.arp_sha)};
  }
  return std::nullopt;
}

void RawSockets::drain() {
  for (int i = 0; i < kMaxDrained && next_echo(); ++i) continue;
  for (int i = 0; i < kMaxDrained && next_arp(); ++i) continue;
}

}  // namespace sn::net
