// Orders as they are sent. One signature covers many of them: it is made over the root of a tree of
// their digests, and each order takes the digests along that lead from it to the root. A takeover
// of thousands costs a signature a release, and a node one verification an order.
//
// The tree (as RFC 9162, section 2.1, with BLAKE2b): a leaf is the digest of 0x00 and the order's
// bytes; two neighbours make the digest of 0x01 and both of theirs; one without a neighbour goes up
// as it is. What is signed is "snkeeper orders", the protocol's version, how many they are, and the
// root.
//
// Pure. What it is about (the node, its boot, the start of its agent, a generation) is in the
// order; whoever obeys compares that.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/orders/order_key.h"
#include "common/wire/messages.h"

namespace sn::orders {

// By one signature: a path of 16 digests.
inline constexpr ptrdiff_t kMaxTogether = 65'536;

// In their order.
[[nodiscard]] std::vector<wire::SignedOrder> sign(const OrderKey& key,
                                                  const std::vector<wire::Order>& orders);

// Whether one of `public_keys` (OrderKey::public_key) has signed it.
[[nodiscard]] bool is_signed(const wire::SignedOrder& order,
                             const std::vector<std::string>& public_keys);

// What it says, whoever signed it. corrupt: it is no order.
[[nodiscard]] Result<wire::Order> content_of(const wire::SignedOrder& order);

}  // namespace sn::orders
