// The two sockets that only root may open: ICMP echo requests and ARP requests of our own. Opened
// once, before privileges go; used by MachineProbes.
//
// Nobody who does not poll them is woken by what comes in; it is dropped when the small buffers are
// full. One thread owns them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/model/address.h"

namespace sn::net {

class RawSockets {
 public:
  // Nothing can be asked with these.
  RawSockets() = default;
  // What can't be opened is left out; missing() says so.
  static RawSockets open();

  // "ping", "ARP", "ping and ARP"; empty: nothing is missing.
  [[nodiscard]] std::string missing() const;

  // For a process that ends soon: the kernel waits for its other processors, some 10 ms, when a
  // packet socket is closed (Linux, net/packet/af_packet.c, packet_release). So it does at the end.
  void leave_open_until_exit() const;

  // An echo request (RFC 792, RFC 4443). False: it could not be sent.
  bool ask_echo(const IpAddress& to, uint16_t number);
  // An ARP request (RFC 826) over the interface whose network `to` lies in. False: there is none,
  // it is no Ethernet, or it could not be sent. IPv6 has no ARP.
  bool ask_arp(const IpAddress& to);

  struct EchoReply {
    IpAddress from;
    uint16_t number = 0;
  };
  struct ArpReply {
    IpAddress from;
    std::string mac;  // "52:54:00:12:34:56"
  };
  // To poll for reading; what could not be opened is not among them.
  [[nodiscard]] std::vector<int> fds() const;
  // The next one that came in; nullopt: none is there now. Replies to others' requests are left
  // out.
  [[nodiscard]] std::optional<EchoReply> next_echo();
  [[nodiscard]] std::optional<ArpReply> next_arp();
  // Forgets what came in while nobody looked.
  void drain();

 private:
  [[nodiscard]] std::optional<EchoReply> read_echo(int fd, bool is_v4);

  UniqueFd echo_v4_;
  UniqueFd echo_v6_;
  UniqueFd arp_;
  uint16_t identifier_ = 0;  // of our echo requests
};

}  // namespace sn::net
