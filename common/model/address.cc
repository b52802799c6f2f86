#include "common/model/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include <charconv>
#include <cstring>

namespace sn {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // The longest text of an IPv6 address is 45 characters (INET6_ADDRSTRLEN - 1).
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  IpAddress result;
  if (inet_pton(AF_INET, buffer, result.bytes_.data()) == 1) {
    result.family_ = Family::v4;
    return result;
  }
  if (inet_pton(AF_INET6, buffer, result.bytes_.data()) == 1) {
    result.family_ = Family::v6;
    return result;
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::from_bytes(const void* bytes, size_t size) {
  IpAddress result;
  if (size == 4) {
    result.family_ = Family::v4;
  } else if (size == 16) {
    result.family_ = Family::v6;
  } else {
    return std::nullopt;
  }
  std::memcpy(result.bytes_.data(), bytes, size);
  return result;
}

bool IpAddress::is_loopback() const {
  constexpr uint8_t kLoopback = 127;
  if (is_v4()) return bytes_[0] == kLoopback;
  return *this == *parse("::1");
}

std::optional<IpAddress> IpAddress::mapped_v4() const {
  constexpr std::array<uint8_t, 12> kPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (is_v4() || !std::equal(kPrefix.begin(), kPrefix.end(), data())) return std::nullopt;
  return from_bytes(data() + kPrefix.size(), 4);
}

std::string IpAddress::to_string() const {
  char buffer[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof buffer);
  return buffer;
}

Result<NetworkAddress> NetworkAddress::parse(std::string_view text) {
  const auto bad = [&](std::string why) {
    return fail(ErrorClass::invalid_input, "reading address", std::string(text), std::move(why),
                "write it as 10.1.1.100/24");
  };
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return bad("the length of its network is missing");
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return bad("not an IPv4 or IPv6 address");
  const std::string_view bits = text.substr(slash + 1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), value);
  if (error != std::errc{} || end != bits.data() + bits.size() || bits.empty() || value == 0 ||
      value > address->size() * 8) {
    return bad("the length of its network is not a number from 1 to " +
               std::to_string(address->size() * 8));
  }
  return NetworkAddress{*address, static_cast<uint8_t>(value)};
}

bool NetworkAddress::contains(const IpAddress& other) const {
  if (other.family() != address.family()) return false;
  const size_t whole = prefix_length / 8;
  if (std::memcmp(address.data(), other.data(), whole) != 0) return false;
  const unsigned rest = prefix_length % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - rest));
  return (address.data()[whole] & mask) == (other.data()[whole] & mask);
}

bool NetworkAddress::same_network(const NetworkAddress& other) const {
  return prefix_length == other.prefix_length && contains(other.address);
}

std::string NetworkAddress::to_string() const {
  return address.to_string() + "/" + std::to_string(prefix_length);
}

std::string NetworkAddress::network() const {
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < address.size(); ++i) {
    const int bits = static_cast<int>(prefix_length) - static_cast<int>(i) * 8;
    const int kept = bits >= 8 ? 8 : (bits > 0 ? bits : 0);
    bytes[i] = static_cast<uint8_t>(address.data()[i] & static_cast<uint8_t>(0xff00 >> kept));
  }
  const auto base = IpAddress::from_bytes(bytes.data(), address.size());
  return (base ? base->to_string() : std::string()) + "/" + std::to_string(prefix_length);
}

}  // namespace sn
