// What a machine is called, as the programs on it look it up.
#pragma once

#include <string>
#include <string_view>

namespace sn::net {

// The host name; where that has no dot, with the first domain that /etc/resolv.conf lets programs
// search (resolv.conf(5)). Reads that file, so it blocks where the root file system does. Empty:
// there is none, or it is no name.
[[nodiscard]] std::string own_domain_name();

// Pure: of a host name and the text of a resolv.conf.
[[nodiscard]] std::string domain_name_of(std::string_view host_name, std::string_view resolv_conf);

}  // namespace sn::net
