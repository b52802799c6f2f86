// IP addresses as values. Compared as addresses, never as text ("10.1.1.1" is no part of
// "10.1.1.100", "fe80::1" equals "FE80:0::1").
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/facts/words.h"

namespace sn {

class IpAddress {
 public:
  enum class Family : uint8_t { v4, v6 };

  IpAddress() = default;  // 0.0.0.0

  // Strict dotted quad (no leading zeros, no short forms) or RFC 4291 text without zone.
  static std::optional<IpAddress> parse(std::string_view text);
  // 4 or 16 bytes in network order, as the kernel hands them out.
  static std::optional<IpAddress> from_bytes(const void* bytes, size_t size);

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] bool is_v4() const { return family_ == Family::v4; }
  [[nodiscard]] size_t size() const { return is_v4() ? 4 : 16; }
  [[nodiscard]] const uint8_t* data() const { return bytes_.data(); }
  [[nodiscard]] std::string to_string() const;
  // 127.0.0.0/8 and ::1 (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3).
  [[nodiscard]] bool is_loopback() const;
  // Of an IPv4 address in IPv6 form ("::ffff:10.1.1.100", RFC 4291, section 2.5.5.2): the IPv4
  // host's; nullopt: it is none.
  [[nodiscard]] std::optional<IpAddress> mapped_v4() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::v4;
  std::array<uint8_t, 16> bytes_{};  // network order; the first 4 for IPv4
};

template <>
struct Words<IpAddress::Family> {
  static constexpr Word<IpAddress::Family> kAll[] = {{IpAddress::Family::v4, "IPv4"},
                                                     {IpAddress::Family::v6, "IPv6"}};
};

// An address with the length of its network: "10.1.1.100/24".
struct NetworkAddress {
  IpAddress address;
  uint8_t prefix_length = 0;  // bits

  static Result<NetworkAddress> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] bool same_network(const NetworkAddress& other) const;
  [[nodiscard]] std::string to_string() const;  // "10.1.1.100/24"
  [[nodiscard]] std::string network() const;    // "10.1.1.0/24"

  auto operator<=>(const NetworkAddress&) const = default;
};

}  // namespace sn
