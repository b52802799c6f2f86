// Generators of files as they lie on nodes: references in every form, comments, odd spacing, other
// hosts, look-alikes, all line ends. In the cluster of tests/vectors/cluster.h.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <string_view>

namespace sn::agent {

rc::Gen<std::string> file_of_kind(std::string_view kind);

}  // namespace sn::agent
