// Routes of the kernel as values, as rtnetlink shows them (rtnetlink(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/facts/words.h"
#include "common/model/address.h"
#include "common/model/reference.h"

namespace sn::agent {

struct NextHop {
  std::optional<IpAddress> gateway;
  uint32_t interface = 0;  // index
  uint8_t weight = 0;      // as the kernel counts: hops - 1
  uint8_t flags = 0;       // RTNH_F_ONLINK and the like, without the kernel's own state
  bool operator==(const NextHop&) const = default;
};

// An attribute that is kept as it came (MTU and other metrics, preference, ...).
struct RawAttribute {
  uint16_t type = 0;
  std::string bytes;
  bool operator==(const RawAttribute&) const = default;
};

struct Route {
  IpAddress::Family family = IpAddress::Family::v4;
  std::optional<IpAddress> destination;  // none: default
  uint8_t prefix_length = 0;
  uint8_t tos = 0;
  uint32_t table = 0;
  uint32_t metric = 0;
  uint8_t protocol = 0;  // RTPROT_*
  uint8_t scope = 0;
  std::optional<IpAddress> source;  // preferred source address
  std::vector<NextHop> hops;        // one; more: multipath
  // Of a nexthop object (ip-nexthop(8)) that says what stands in `hops`; 0: the route says it
  // itself. Such a route is made by the object alone, and follows it wherever it is re-pointed.
  uint32_t nexthop_id = 0;
  std::vector<RawAttribute> others;  // kept byte for byte
  std::string interface_name;        // of the first hop; for people

  // What the kernel tells routes apart by, apart from the next hops.
  [[nodiscard]] bool same_key(const Route& other) const {
    return family == other.family && destination == other.destination &&
           prefix_length == other.prefix_length && tos == other.tos && table == other.table &&
           metric == other.metric;
  }
  [[nodiscard]] std::string describe() const;  // "default via 10.1.1.100 dev eth1 metric 100"
  [[nodiscard]] std::string target() const;    // "default" or "10.9.0.0/16"; "table 7" appended
  bool operator==(const Route&) const = default;
};

// How a route is brought to its new next hop.
enum class RouteAction : uint8_t {
  replace,        // one atomic replacement: it is the only route with its key
  append_remove,  // add the exact new entry, then delete the exact old one: never without a route
  remove,         // the wanted route exists already
  add,            // takes such a removal back
};

struct RouteChange {
  RouteAction action = RouteAction::replace;
  Route before;  // of `add`: as after
  Route after;   // of `remove`: the one that exists
  bool operator==(const RouteChange&) const = default;

  [[nodiscard]] PlannedChange describe() const;
};

// The kernel shows both alike, but for what it counts itself.
[[nodiscard]] bool same_route(const Route& a, const Route& b);

}  // namespace sn::agent

template <>
struct sn::Words<sn::agent::RouteAction> {
  static constexpr Word<agent::RouteAction> kAll[] = {
      {agent::RouteAction::replace, "replace"},
      {agent::RouteAction::append_remove, "append and remove"},
      {agent::RouteAction::remove, "remove"},
      {agent::RouteAction::add, "add"}};
};
