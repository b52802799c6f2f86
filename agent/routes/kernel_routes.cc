#include "agent/routes/kernel_routes.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace sn::agent {

namespace {

struct SocketCloser {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using Socket = std::unique_ptr<mnl_socket, SocketCloser>;

// Kernel messages fit 8 KiB pages; dumps come in batches of up to 32 KiB.
constexpr size_t kBufferBytes = 32 * 1024;

uint8_t kernel_family(IpAddress::Family family) {
  return family == IpAddress::Family::v4 ? AF_INET : AF_INET6;
}

Result<Socket> open_socket() {
  Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!socket) return fail_errno("opening", "rtnetlink");
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return fail_errno("binding", "rtnetlink");
  }
  const timeval timeout{kNetlinkTimeoutMs / 1000, (kNetlinkTimeoutMs % 1000) * 1000};
  if (setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &timeout,
                 sizeof timeout) != 0) {
    return fail_errno("setting a deadline on", "rtnetlink");
  }
  // Exact errors name the attribute; older kernels ignore the option.
  int on = 1;
  (void)mnl_socket_setsockopt(socket.get(), NETLINK_EXT_ACK, &on, sizeof on);
  return socket;
}

using OnMessage = std::function<void(const nlmsghdr*)>;

int forward(const nlmsghdr* header, void* data) {
  (*static_cast<OnMessage*>(data))(header);
  return MNL_CB_OK;
}

// Sends one request and hands every answer to `on_message`.
Status request(nlmsghdr* header, OnMessage on_message) {
  auto socket = open_socket();
  if (!socket) return tl::unexpected(socket.error());
  // One request per socket: no other sequence can arrive on it.
  header->nlmsg_seq = 1;
  if (mnl_socket_sendto(socket->get(), header, header->nlmsg_len) < 0) {
    return fail_errno("asking", "rtnetlink");
  }
  const unsigned port = mnl_socket_get_portid(socket->get());
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  while (true) {
    const ssize_t size = mnl_socket_recvfrom(socket->get(), buffer.get(), kBufferBytes);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("hearing from", "rtnetlink");
    const int more = mnl_cb_run(buffer.get(), static_cast<size_t>(size), header->nlmsg_seq, port,
                                forward, &on_message);
    if (more < 0) return fail_errno("asking", "rtnetlink");
    if (more == MNL_CB_STOP) return {};
    // A get without ACK or DUMP ends with its one answer.
    if ((header->nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP)) == 0) return {};
  }
}

using OnAttribute = std::function<void(const nlattr*)>;

// mnl_attr_for_each is a macro of C that C++ does not take.
void for_each_attribute(const nlmsghdr* header, size_t offset, OnAttribute on_attribute) {
  mnl_attr_parse(
      header, static_cast<unsigned>(offset),
      [](const nlattr* attribute, void* data) {
        (*static_cast<OnAttribute*>(data))(attribute);
        return MNL_CB_OK;
      },
      &on_attribute);
}

std::optional<IpAddress> address_of(const nlattr* attribute) {
  return IpAddress::from_bytes(mnl_attr_get_payload(attribute),
                               mnl_attr_get_payload_len(attribute));
}

// RTA_VIA: a gateway of the other family (an IPv6 next hop of an IPv4 route).
std::optional<IpAddress> via_of(const nlattr* attribute) {
  const size_t size = mnl_attr_get_payload_len(attribute);
  const auto* via = static_cast<const rtvia*>(mnl_attr_get_payload(attribute));
  if (size < sizeof(rtvia)) return std::nullopt;
  return IpAddress::from_bytes(via->rtvia_addr, size - sizeof(rtvia));
}

void read_hops(const nlattr* multipath, Route& route) {
  const auto* hop = static_cast<const rtnexthop*>(mnl_attr_get_payload(multipath));
  int left = static_cast<int>(mnl_attr_get_payload_len(multipath));
  while (left >= static_cast<int>(sizeof(rtnexthop)) && RTNH_OK(hop, left)) {
    NextHop next;
    next.interface = static_cast<uint32_t>(hop->rtnh_ifindex);
    next.weight = hop->rtnh_hops;
    next.flags = static_cast<uint8_t>(hop->rtnh_flags & RTNH_F_ONLINK);
    int attributes = static_cast<int>(hop->rtnh_len) - static_cast<int>(sizeof(rtnexthop));
    const auto* attribute = reinterpret_cast<const rtattr*>(RTNH_DATA(hop));
    for (; RTA_OK(attribute, attributes); attribute = RTA_NEXT(attribute, attributes)) {
      const auto* nl = reinterpret_cast<const nlattr*>(attribute);
      if (attribute->rta_type == RTA_GATEWAY) next.gateway = address_of(nl);
      if (attribute->rta_type == RTA_VIA) next.gateway = via_of(nl);
    }
    route.hops.push_back(next);
    left -= RTNH_ALIGN(hop->rtnh_len);
    hop = RTNH_NEXT(hop);
  }
}

std::string interface_name(uint32_t index) {
  char name[IF_NAMESIZE] = "";
  if (index == 0 || if_indextoname(index, name) == nullptr) return {};
  return name;
}

std::optional<Route> read_route(const nlmsghdr* header) {
  const auto* message = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
  if (message->rtm_type != RTN_UNICAST) return std::nullopt;
  if ((message->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;  // a cache entry
  Route route;
  route.family = message->rtm_family == AF_INET ? IpAddress::Family::v4 : IpAddress::Family::v6;
  route.prefix_length = message->rtm_dst_len;
  route.tos = message->rtm_tos;
  route.table = message->rtm_table;
  route.protocol = message->rtm_protocol;
  route.scope = message->rtm_scope;
  NextHop single;
  single.flags = static_cast<uint8_t>(message->rtm_flags & RTNH_F_ONLINK);
  for_each_attribute(header, sizeof(rtmsg), [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case RTA_DST:
        route.destination = address_of(attribute);
        break;
      case RTA_GATEWAY:
        single.gateway = address_of(attribute);
        break;
      case RTA_VIA:
        single.gateway = via_of(attribute);
        break;
      case RTA_OIF:
        single.interface = mnl_attr_get_u32(attribute);
        break;
      case RTA_TABLE:
        route.table = mnl_attr_get_u32(attribute);
        break;
      case RTA_PRIORITY:
        route.metric = mnl_attr_get_u32(attribute);
        break;
      case RTA_PREFSRC:
        route.source = address_of(attribute);
        break;
      case RTA_MULTIPATH:
        read_hops(attribute, route);
        break;
      case RTA_NH_ID:
        route.nexthop_id = mnl_attr_get_u32(attribute);
        break;
      case RTA_CACHEINFO:  // the kernel's own statistics
        break;
      default:
        route.others.push_back(
            {mnl_attr_get_type(attribute),
             std::string(static_cast<const char*>(mnl_attr_get_payload(attribute)),
                         mnl_attr_get_payload_len(attribute))});
    }
  });
  if (route.table == RT_TABLE_LOCAL) return std::nullopt;
  if (route.hops.empty()) route.hops.push_back(single);
  route.interface_name = interface_name(route.hops.front().interface);
  return route;
}

void put_gateway(nlmsghdr* header, const Route& route, const IpAddress& gateway) {
  if (gateway.family() == route.family) {
    mnl_attr_put(header, RTA_GATEWAY, gateway.size(), gateway.data());
    return;
  }
  char via[sizeof(rtvia) + 16];
  auto* head = reinterpret_cast<rtvia*>(via);
  head->rtvia_family = kernel_family(gateway.family());
  std::memcpy(via + sizeof(rtvia), gateway.data(), gateway.size());
  mnl_attr_put(header, RTA_VIA, sizeof(rtvia) + gateway.size(), via);
}

void put_multipath(nlmsghdr* header, const Route& route) {
  nlattr* nest = mnl_attr_nest_start(header, RTA_MULTIPATH);
  for (const auto& hop : route.hops) {
    auto* next = static_cast<rtnexthop*>(mnl_nlmsg_put_extra_header(header, sizeof(rtnexthop)));
    next->rtnh_ifindex = static_cast<int>(hop.interface);
    next->rtnh_hops = hop.weight;
    next->rtnh_flags = hop.flags;
    if (hop.gateway) put_gateway(header, route, *hop.gateway);
    const char* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(header));
    next->rtnh_len = static_cast<uint16_t>(end - reinterpret_cast<const char*>(next));
  }
  mnl_attr_nest_end(header, nest);
}

Status send_route(uint16_t type, uint16_t flags, const Route& route) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.get());
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  auto* message = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)));
  message->rtm_family = kernel_family(route.family);
  message->rtm_dst_len = route.prefix_length;
  message->rtm_tos = route.tos;
  message->rtm_table =
      route.table < 256 ? static_cast<uint8_t>(route.table) : uint8_t{RT_TABLE_UNSPEC};
  message->rtm_protocol = route.protocol;
  message->rtm_scope = route.scope;
  message->rtm_type = RTN_UNICAST;
  if (route.destination) {
    mnl_attr_put(header, RTA_DST, route.destination->size(), route.destination->data());
  }
  mnl_attr_put_u32(header, RTA_TABLE, route.table);
  if (route.metric != 0) mnl_attr_put_u32(header, RTA_PRIORITY, route.metric);
  if (route.source) {
    mnl_attr_put(header, RTA_PREFSRC, route.source->size(), route.source->data());
  }
  if (route.nexthop_id != 0) {
    // The object says everything; a hop beside it is refused.
    mnl_attr_put_u32(header, RTA_NH_ID, route.nexthop_id);
  } else if (route.hops.size() > 1) {
    put_multipath(header, route);
  } else if (!route.hops.empty()) {
    const NextHop& hop = route.hops.front();
    message->rtm_flags = hop.flags;
    if (hop.gateway) put_gateway(header, route, *hop.gateway);
    if (hop.interface != 0) mnl_attr_put_u32(header, RTA_OIF, hop.interface);
  }
  // A deletion names the entry by key and hop; its metrics would only make it miss.
  if (type == RTM_NEWROUTE) {
    for (const auto& other : route.others) {
      mnl_attr_put(header, other.type, other.bytes.size(), other.bytes.data());
    }
  }
  auto status = request(header, [](const nlmsghdr*) {});
  if (!status) {
    Error error = status.error();
    error.doing = type == RTM_DELROUTE ? "deleting route" : "changing route";
    error.to = route.describe();
    if (error.os_errno == ESRCH) error.what = ErrorClass::not_found;
    return tl::unexpected(error);
  }
  return {};
}

// A nexthop object: a hop of its own, or a group of others.
struct Nexthop {
  NextHop hop;
  std::vector<std::pair<uint32_t, uint8_t>> members;  // ids with their weights
};

Result<std::map<uint32_t, Nexthop>> list_nexthops() {
  std::map<uint32_t, Nexthop> objects;
  char buffer[256];
  nlmsghdr* header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = RTM_GETNEXTHOP;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* message = static_cast<nhmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(nhmsg)));
  message->nh_family = AF_UNSPEC;
  auto status = request(header, [&](const nlmsghdr* answer) {
    if (answer->nlmsg_type != RTM_NEWNEXTHOP || objects.size() == kMaxRoutes) return;
    const auto* told = static_cast<const nhmsg*>(mnl_nlmsg_get_payload(answer));
    uint32_t id = 0;
    Nexthop object;
    object.hop.flags = static_cast<uint8_t>(told->nh_flags & RTNH_F_ONLINK);
    for_each_attribute(answer, sizeof(nhmsg), [&](const nlattr* attribute) {
      switch (mnl_attr_get_type(attribute)) {
        case NHA_ID:
          id = mnl_attr_get_u32(attribute);
          break;
        case NHA_OIF:
          object.hop.interface = mnl_attr_get_u32(attribute);
          break;
        case NHA_GATEWAY:
          object.hop.gateway = address_of(attribute);
          break;
        case NHA_GROUP: {
          const auto* member = static_cast<const nexthop_grp*>(mnl_attr_get_payload(attribute));
          const size_t count = mnl_attr_get_payload_len(attribute) / sizeof(nexthop_grp);
          for (size_t i = 0; i < count; ++i) {
            object.members.emplace_back(member[i].id, member[i].weight);
          }
          break;
        }
        default:
          break;
      }
    });
    objects.emplace(id, std::move(object));
  });
  if (!status) return tl::unexpected(status.error());
  return objects;
}

// With net.ipv4.nexthop_compat_mode = 0 the kernel shows a route's object and not its hops.
Status spell_out(std::vector<Route>& routes) {
  const auto is_hidden = [](const Route& route) {
    return route.nexthop_id != 0 && route.hops.size() == 1 && !route.hops.front().gateway &&
           route.hops.front().interface == 0;
  };
  if (std::none_of(routes.begin(), routes.end(), is_hidden)) return {};
  const auto objects = list_nexthops();
  if (!objects) return tl::unexpected(objects.error());
  for (auto& route : routes) {
    if (!is_hidden(route)) continue;
    const auto object = objects->find(route.nexthop_id);
    if (object == objects->end()) continue;
    route.hops = {object->second.hop};
    if (!object->second.members.empty()) route.hops.clear();
    for (const auto& [id, weight] : object->second.members) {
      const auto member = objects->find(id);
      if (member == objects->end()) continue;
      route.hops.push_back(member->second.hop);
      route.hops.back().weight = weight;
    }
    if (route.hops.empty()) route.hops.emplace_back();
    route.interface_name = interface_name(route.hops.front().interface);
  }
  return {};
}

}  // namespace

Result<std::vector<Route>> list_routes() {
  std::vector<Route> routes;
  bool too_many = false;
  for (const uint8_t family : {uint8_t{AF_INET}, uint8_t{AF_INET6}}) {
    char buffer[256];
    nlmsghdr* header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = RTM_GETROUTE;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    auto* message = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)));
    message->rtm_family = family;
    const auto status = request(header, [&](const nlmsghdr* answer) {
      if (answer->nlmsg_type != RTM_NEWROUTE) return;
      // A kernel without IPv6 answers for every family it has: the first table once more.
      if (static_cast<const rtmsg*>(mnl_nlmsg_get_payload(answer))->rtm_family != family) return;
      auto route = read_route(answer);
      if (!route) return;
      if (routes.size() < kMaxRoutes) {
        routes.push_back(std::move(*route));
      } else {
        too_many = true;
      }
    });
    // A kernel without IPv6 has no such table.
    if (!status && family == AF_INET) return tl::unexpected(status.error());
  }
  if (too_many) {
    return fail(ErrorClass::limit, "listing", "routes",
                Fact(FactCode::too_many_routes, {.count = kMaxRoutes}));
  }
  if (auto status = spell_out(routes); !status) return tl::unexpected(status.error());
  return routes;
}

Result<std::vector<NetworkAddress>> list_own_addresses() {
  std::vector<NetworkAddress> addresses;
  char buffer[256];
  nlmsghdr* header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = RTM_GETADDR;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* message = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifaddrmsg)));
  message->ifa_family = AF_UNSPEC;
  const auto status = request(header, [&](const nlmsghdr* answer) {
    const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(answer));
    if (info->ifa_scope != RT_SCOPE_UNIVERSE && info->ifa_scope != RT_SCOPE_SITE) return;
    std::optional<IpAddress> local, peer;
    for_each_attribute(answer, sizeof(ifaddrmsg), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == IFA_LOCAL) local = address_of(attribute);
      if (mnl_attr_get_type(attribute) == IFA_ADDRESS) peer = address_of(attribute);
    });
    if (!local) local = peer;  // IPv6 has no IFA_LOCAL
    if (local && addresses.size() < kMaxRoutes) addresses.push_back({*local, info->ifa_prefixlen});
  });
  if (!status) return tl::unexpected(status.error());
  return addresses;
}

Status change_route(const RouteChange& change) {
  switch (change.action) {
    case RouteAction::replace: {
      auto replaced = send_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, change.after);
      if (replaced || replaced.error().os_errno != EEXIST) return replaced;
      // Somebody (NetworkManager, told anew) has laid the new one beside the old one meanwhile.
      return send_route(RTM_DELROUTE, 0, change.before);
    }
    case RouteAction::append_remove: {
      auto added = send_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND, change.after);
      if (!added && added.error().os_errno != EEXIST) return added;
      return send_route(RTM_DELROUTE, 0, change.before);
    }
    case RouteAction::remove:
      return send_route(RTM_DELROUTE, 0, change.before);
    case RouteAction::add: {
      auto added = send_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND, change.after);
      if (!added && added.error().os_errno != EEXIST) return added;
      return {};
    }
  }
  return {};
}

Result<std::optional<IpAddress>> lookup_gateway(const IpAddress& destination) {
  char buffer[256];
  nlmsghdr* header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = RTM_GETROUTE;
  header->nlmsg_flags = NLM_F_REQUEST;
  auto* message = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)));
  message->rtm_family = kernel_family(destination.family());
  message->rtm_dst_len = static_cast<uint8_t>(destination.size() * 8);
  mnl_attr_put(header, RTA_DST, destination.size(), destination.data());
  std::optional<IpAddress> gateway;
  const auto status = request(header, [&](const nlmsghdr* answer) {
    for_each_attribute(answer, sizeof(rtmsg), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == RTA_GATEWAY) gateway = address_of(attribute);
      if (mnl_attr_get_type(attribute) == RTA_VIA) gateway = via_of(attribute);
    });
  });
  if (!status) return tl::unexpected(status.error());
  return gateway;
}

Result<bool> neighbour_answers(const IpAddress& address) {
  char buffer[256];
  nlmsghdr* header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = RTM_GETNEIGH;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* message = static_cast<ndmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ndmsg)));
  message->ndm_family = kernel_family(address.family());
  bool answers = false;
  const auto status = request(header, [&](const nlmsghdr* answer) {
    const auto* neighbour = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(answer));
    if ((neighbour->ndm_state & (NUD_REACHABLE | NUD_PERMANENT)) == 0) return;
    for_each_attribute(answer, sizeof(ndmsg), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == NDA_DST && address_of(attribute) == address) {
        answers = true;
      }
    });
  });
  if (!status) return tl::unexpected(status.error());
  return answers;
}

Result<UniqueFd> open_route_monitor() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return fail_errno("opening", "rtnetlink");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("binding", "rtnetlink");
  }
  return fd;
}

void drain_route_monitor(int fd) {
  char buffer[4096];
  // Overflow (ENOBUFS) means the same as a message: something changed.
  for (int i = 0; i < 256; ++i) {
    if (::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) < 0 && errno != ENOBUFS) return;
  }
}

}  // namespace sn::agent
