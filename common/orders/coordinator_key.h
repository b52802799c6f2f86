// What a node has to know of its coordinator, in one text: coordinator_key in agent.toml. 40
// characters of Z85 are the public CURVE key that it connects to, 64 hexadecimal digits the key
// that signs orders.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/net/curve_keys.h"

namespace sn::orders {

struct CoordinatorKey {
  std::string curve;
  std::string orders;

  // nullopt: it is none.
  [[nodiscard]] static std::optional<CoordinatorKey> parse(std::string_view text);
  // Of the coordinator itself.
  [[nodiscard]] static CoordinatorKey of(const net::CurveKeys& coordinator);
  [[nodiscard]] std::string to_string() const { return curve + orders; }
};

}  // namespace sn::orders
