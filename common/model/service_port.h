// Where a service listens: "53/udp".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/facts/words.h"

namespace sn {

enum class Transport : uint8_t { tcp, udp };
template <>
struct Words<Transport> {
  static constexpr Word<Transport> kAll[] = {{Transport::tcp, "tcp"}, {Transport::udp, "udp"}};
};

struct ServicePort {
  Transport transport = Transport::tcp;
  uint16_t port = 0;

  // "53/udp", "22/tcp"; nullopt: no port from 1 to 65535 and transport.
  static std::optional<ServicePort> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const ServicePort&) const = default;
};

// RFC 1035, section 4.2.1; RFC 5905, section 7.2.
inline constexpr uint16_t kDomainPort = 53;
inline constexpr uint16_t kTimePort = 123;

// Of one machine. More would cost more questions than they tell.
inline constexpr size_t kMaxServices = 32;

// What a service node of xCAT or NIM usually has something on: ssh, DNS, HTTP, RPC, the log, NFS,
// xcatd's two ports; DNS, TFTP and time by UDP.
[[nodiscard]] const std::vector<ServicePort>& usual_services();

}  // namespace sn
