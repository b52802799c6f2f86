#include "common/orders/signed_orders.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "common/wire/codec.h"

namespace sn::orders {

namespace {

constexpr size_t kDigestBytes = 32;
constexpr char kLeaf = 0, kInner = 1;

std::string digest_of(char kind, std::string_view first, std::string_view second = {}) {
  std::string bytes(1, kind);
  bytes.append(first).append(second);
  std::string digest(kDigestBytes, '\0');
  (void)crypto_generichash(reinterpret_cast<unsigned char*>(digest.data()), digest.size(),
                           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                           nullptr, 0);
  return digest;
}

std::string signed_text(size_t orders, const std::string& root) {
  return "snkeeper orders " + std::to_string(wire::kProtocolVersion) + " " +
         std::to_string(orders) + "\n" + root;
}

// The level above.
std::vector<std::string> parents_of(const std::vector<std::string>& digests) {
  std::vector<std::string> parents;
  for (size_t i = 0; i < digests.size(); i += 2) {
    parents.push_back(i + 1 < digests.size() ? digest_of(kInner, digests[i], digests[i + 1])
                                             : digests[i]);
  }
  return parents;
}

// Empty: the path is not that of this place in a tree of this size.
std::string root_of(const wire::SignedOrder& order) {
  if (order.place >= order.of || std::cmp_greater(order.of, kMaxTogether)) return {};
  std::string digest = digest_of(kLeaf, order.order.bytes);
  size_t used = 0;
  for (size_t place = order.place, size = order.of; size > 1; place /= 2, size = (size + 1) / 2) {
    const size_t neighbour = place ^ 1U;
    if (neighbour >= size) continue;
    if (used == order.path.size() || order.path[used].bytes.size() != kDigestBytes) return {};
    const std::string& other = order.path[used++].bytes;
    digest =
        neighbour < place ? digest_of(kInner, other, digest) : digest_of(kInner, digest, other);
  }
  return used == order.path.size() ? digest : std::string();
}

// `first` and those after it, to `end`: one tree.
void sign_together(const OrderKey& key, std::vector<wire::SignedOrder>::iterator first,
                   std::vector<wire::SignedOrder>::iterator end) {
  std::vector<std::string> level;
  for (auto one = first; one != end; ++one) {
    one->place = static_cast<uint32_t>(one - first);
    one->of = static_cast<uint32_t>(end - first);
    level.push_back(digest_of(kLeaf, one->order.bytes));
  }
  for (size_t height = 0; level.size() > 1; ++height) {
    for (auto one = first; one != end; ++one) {
      const size_t neighbour = (one->place >> height) ^ 1U;
      if (neighbour < level.size()) one->path.push_back({level[neighbour]});
    }
    level = parents_of(level);
  }
  const wire::Bytes signature{
      key.sign(signed_text(static_cast<size_t>(end - first), level.front()))};
  for (auto one = first; one != end; ++one) one->signature = signature;
}

}  // namespace

std::vector<wire::SignedOrder> sign(const OrderKey& key, const std::vector<wire::Order>& orders) {
  std::vector<wire::SignedOrder> all(orders.size());
  for (size_t i = 0; i < all.size(); ++i) all[i].order.bytes = wire::encode(orders[i]);
  for (auto first = all.begin(); first != all.end();) {
    const auto end = first + std::min<ptrdiff_t>(all.end() - first, kMaxTogether);
    sign_together(key, first, end);
    first = end;
  }
  return all;
}

bool is_signed(const wire::SignedOrder& order, const std::vector<std::string>& public_keys) {
  const std::string root = root_of(order);
  return !root.empty() && std::any_of(public_keys.begin(), public_keys.end(), [&](const auto& key) {
    return is_signed(signed_text(order.of, root), order.signature.bytes, key);
  });
}

Result<wire::Order> content_of(const wire::SignedOrder& order) {
  return wire::decode<wire::Order>(order.order.bytes);
}

}  // namespace sn::orders
