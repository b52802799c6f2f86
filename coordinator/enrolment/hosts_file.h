// The addresses of nodes by the management node's /etc/hosts (hosts(5)), which xCAT's makehosts
// writes: read as a file, so that no name server has a say in who is let in.
#pragma once

#include <string>
#include <string_view>

#include "common/model/cluster_file.h"

namespace sn::coordinator {

// For nodes of which the inventory says no address. A line says it of the node whose whole name it
// has: "cn001.bmc" is another machine. An address that is more than one node's (the
// inventory's count as well), or a server's, is nobody's; lines that are not understood say
// nothing.
void add_addresses_of_hosts(std::string_view hosts, Cluster& cluster);
// A file that can't be read says nothing: the inventory's own addresses count. 16 MiB of it are
// read.
void add_addresses_of_hosts_file(const std::string& path, Cluster& cluster);

}  // namespace sn::coordinator
