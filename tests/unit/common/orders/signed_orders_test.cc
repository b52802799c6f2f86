#include "common/orders/signed_orders.h"

#include <gtest/gtest.h>

#include "common/orders/coordinator_key.h"

namespace sn::orders {
namespace {

const net::CurveKeys& coordinator() {
  static const net::CurveKeys keys = *net::CurveKeys::generate();
  return keys;
}
const OrderKey& key() {
  static const OrderKey key(coordinator());
  return key;
}

std::vector<wire::Order> some(size_t count) {
  std::vector<wire::Order> orders;
  for (size_t i = 0; i < count; ++i) {
    wire::Rebind rebind;
    rebind.takeover = "T1";
    rebind.generation = i;
    orders.push_back({"cn" + std::to_string(i), "boot", "nonce", rebind});
  }
  return orders;
}

bool is_good(const wire::SignedOrder& order) { return is_signed(order, {key().public_key()}); }

TEST(SignedOrders, EachOfAnyNumberIsSignedAndSaysWhatItSaid) {
  for (const size_t count : {1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 65, 200}) {
    const auto orders = some(count);
    const auto all = sign(key(), orders);
    ASSERT_EQ(all.size(), count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(is_good(all[i])) << i << " of " << count;
      EXPECT_EQ(*content_of(all[i]), orders[i]);
      EXPECT_EQ(all[i].signature, all[0].signature);
    }
  }
  EXPECT_TRUE(sign(key(), {}).empty());
}

TEST(SignedOrders, NothingOfOneCanBeChanged) {
  for (const size_t count : {1, 2, 5, 8}) {
    for (const auto& order : sign(key(), some(count))) {
      const auto expect_bad = [&](const auto& change) {
        wire::SignedOrder changed = order;
        change(changed);
        EXPECT_FALSE(is_good(changed)) << order.place << " of " << count;
      };
      for (size_t at = 0; at < order.order.bytes.size(); ++at) {
        expect_bad([at](auto& changed) { changed.order.bytes[at] ^= 1; });
      }
      expect_bad([](auto& changed) { changed.order.bytes += '\0'; });
      expect_bad([](auto& changed) { changed.place ^= 1U; });
      expect_bad([](auto& changed) { changed.of += 1; });
      expect_bad([](auto& changed) { changed.of = 0; });
      expect_bad([](auto& changed) { changed.path.push_back({std::string(32, 'x')}); });
      expect_bad([](auto& changed) { changed.signature.bytes[5] ^= 1; });
      expect_bad([](auto& changed) { changed.signature.bytes.pop_back(); });
      for (size_t at = 0; at < order.path.size(); ++at) {
        expect_bad([at](auto& changed) { changed.path[at].bytes[3] ^= 1; });
        expect_bad([at](auto& changed) { changed.path[at].bytes += 'x'; });
      }
      if (!order.path.empty()) expect_bad([](auto& changed) { changed.path.pop_back(); });
    }
  }
}

// The digest of an inner node is none of an order.
TEST(SignedOrders, ALevelOfTheTreeIsNoOrder) {
  const auto all = sign(key(), some(4));
  wire::SignedOrder forged = all[0];
  forged.order.bytes = all[0].path[0].bytes + all[2].path[0].bytes;
  forged.path = {all[0].path[1]};
  forged.of = 2;
  EXPECT_FALSE(is_good(forged));
}

TEST(SignedOrders, AreThoseOfOneCoordinator) {
  const net::CurveKeys other = *net::CurveKeys::generate();
  const auto order = sign(OrderKey(other), some(1)).front();
  EXPECT_FALSE(is_good(order));
  EXPECT_TRUE(is_signed(order, {key().public_key(), OrderKey(other).public_key()}));
  EXPECT_FALSE(is_signed(order, {}));
  EXPECT_FALSE(is_signed(order, {"", "zz", std::string(64, '0'), std::string(64, 'f')}));
}

TEST(SignedOrders, WhatIsNoneSaysNothing) {
  wire::SignedOrder order;
  order.order.bytes = "no order";
  EXPECT_FALSE(content_of(order));
  EXPECT_FALSE(is_good(order));
}

TEST(OrderKey, IsTheSameForTheSameSecretAndNoPartOfIt) {
  EXPECT_EQ(OrderKey(coordinator()).public_key(), key().public_key());
  EXPECT_EQ(key().public_key().size(), kPublicKeyText);
  EXPECT_EQ(key().sign("x").size(), kSignatureBytes);
  EXPECT_TRUE(is_signed("x", key().sign("x"), key().public_key()));
  EXPECT_FALSE(is_signed("y", key().sign("x"), key().public_key()));
}

TEST(CoordinatorKey, ComesBackFromItsText) {
  const auto known = CoordinatorKey::of(coordinator());
  EXPECT_EQ(known.curve, coordinator().public_key());
  EXPECT_EQ(known.orders, key().public_key());
  const auto parsed = CoordinatorKey::parse(known.to_string());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->curve, known.curve);
  EXPECT_EQ(parsed->orders, known.orders);
}

TEST(CoordinatorKey, IsNothingElse) {
  const std::string text = CoordinatorKey::of(coordinator()).to_string();
  for (const std::string& wrong :
       {std::string(), coordinator().public_key(), text + "0", text.substr(1),
        text.substr(0, 103) + "G", text.substr(0, 103) + "A", "\"" + text.substr(1),
        std::string(104, ' ')}) {
    EXPECT_FALSE(CoordinatorKey::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace sn::orders
