#include "common/orders/coordinator_key.h"

#include "common/orders/order_key.h"

namespace sn::orders {

std::optional<CoordinatorKey> CoordinatorKey::parse(std::string_view text) {
  if (text.size() != net::kZ85KeyLength + kPublicKeyText) return std::nullopt;
  const std::string_view curve = text.substr(0, net::kZ85KeyLength);
  const std::string_view orders = text.substr(net::kZ85KeyLength);
  if (!net::is_curve_key(curve) ||
      orders.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return std::nullopt;
  }
  return CoordinatorKey{std::string(curve), std::string(orders)};
}

CoordinatorKey CoordinatorKey::of(const net::CurveKeys& coordinator) {
  return {coordinator.public_key(), OrderKey(coordinator).public_key()};
}

}  // namespace sn::orders
