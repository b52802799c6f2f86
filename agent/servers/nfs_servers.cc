#include "agent/servers/nfs_servers.h"

#include <algorithm>

namespace sn::agent {

namespace {

// A ping goes by TCP. The port of an RDMA mount (20049) is none of TCP's, and nobody listens there;
// a server of NFS over RDMA serves the usual one, too.
uint32_t asked_port(const NfsMount& mount) {
  std::string_view options = mount.options;
  while (!options.empty()) {
    const size_t end = std::min(options.find(','), options.size());
    if (options.substr(0, end).starts_with("proto=rdma")) return kNfsPort;  // "rdma6", too
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return mount.port;
}

}  // namespace

std::vector<wire::NfsServer> nfs_servers_of(const std::vector<NfsMount>& mounts,
                                            const std::vector<std::string>& more,
                                            const Directory& directory) {
  std::vector<wire::NfsServer> servers;
  for (const auto& mount : mounts) {
    if (mount.address.empty()) continue;
    auto found = std::find_if(servers.begin(), servers.end(), [&](const wire::NfsServer& server) {
      return server.address == mount.address && server.port == asked_port(mount);
    });
    if (found == servers.end()) {
      wire::NfsServer server;
      server.address = mount.address;
      server.port = asked_port(mount);
      server.owner = mount.owner;
      servers.push_back(std::move(server));
      found = servers.end() - 1;
    }
    // "4.1" and "4" are the program's version 4 (RFC 8881, section 2).
    found->version = std::max(found->version, mount.version.starts_with('4') ? 4U : 3U);
    found->critical = found->critical || !mount.critical.empty();
    if (found->mounts.size() < kMaxMountsOfServer) found->mounts.push_back(mount.place);
  }
  for (const auto& text : more) {
    const auto address = IpAddress::parse(text);
    if (!address || std::any_of(servers.begin(), servers.end(), [&](const wire::NfsServer& server) {
          return IpAddress::parse(server.address) == address;
        })) {
      continue;
    }
    wire::NfsServer server;
    server.address = address->to_string();
    server.port = kNfsPort;
    server.version = 4;
    if (const auto owner = IdentityIndex(directory).owner_of(*address)) server.owner = owner->name;
    servers.push_back(std::move(server));
  }
  return servers;
}

}  // namespace sn::agent
