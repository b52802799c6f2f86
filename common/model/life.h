// Is a machine alive, and do its services answer? What one look at it found, as a value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/facts/words.h"
#include "common/model/service_port.h"

namespace sn {

// What showed that a machine lives, the strongest sign of one look.
enum class Life : uint8_t {
  unasked,  // nothing could be asked
  silent,   // asked, and nothing came back
  arp,      // only its network card's owner: an ARP reply
  echo,     // its kernel answers ICMP echo requests
  rejects,  // its kernel rejects connections; no service of its list answered
  serves,   // a service answered
};
template <>
struct Words<Life> {
  static constexpr Word<Life> kAll[] = {{Life::unasked, "not asked"}, {Life::silent, "silent"},
                                        {Life::arp, "ARP only"},      {Life::echo, "ping only"},
                                        {Life::rejects, "rejects"},   {Life::serves, "serves"}};
};

[[nodiscard]] constexpr bool shows_life(Life life) { return life > Life::silent; }
// It can be reached by IP: for one to go to, an ARP reply is not enough.
[[nodiscard]] constexpr bool is_reached(Life life) { return life > Life::arp; }
// Something of it answers, and no service does. The kernel that writes a crash dump answers pings
// for minutes; so does a machine whose disks are gone.
[[nodiscard]] constexpr bool is_half_dead(Life life) {
  return shows_life(life) && life < Life::serves;
}

enum class ServiceAnswer : uint8_t {
  silent,    // TCP: no connection. UDP: a real request was asked three times
  unknown,   // UDP without a request that must be answered (syslog): nothing came back
  refused,   // its kernel says that nothing listens there
  failing,   // UDP: an answer that serves nobody: SERVFAIL or REFUSED, a clock without a source
  answered,  // TCP: a connection. UDP: an answer
};
template <>
struct Words<ServiceAnswer> {
  static constexpr Word<ServiceAnswer> kAll[] = {{ServiceAnswer::silent, "silent"},
                                                 {ServiceAnswer::unknown, "unknown"},
                                                 {ServiceAnswer::refused, "refused"},
                                                 {ServiceAnswer::failing, "failing"},
                                                 {ServiceAnswer::answered, "ok"}};
};

// Where nothing can be known, nothing is held against it.
[[nodiscard]] constexpr bool is_ready(ServiceAnswer answer) {
  return answer == ServiceAnswer::answered || answer == ServiceAnswer::unknown;
}

struct ServiceSighting {
  ServicePort service;
  ServiceAnswer answer = ServiceAnswer::silent;
  bool operator==(const ServiceSighting&) const = default;
};

// How one machine sees another one.
struct MachineSighting {
  Life life = Life::unasked;
  std::string mac;       // of the ARP reply: "52:54:00:12:34:56"; empty: none came
  std::string evidence;  // for people: "10.1.1.100:22 connected", "silent on 11 ports for 1000 ms"
  std::vector<ServiceSighting> services;  // that were asked for, in that order
  bool operator==(const MachineSighting&) const = default;
};

}  // namespace sn
