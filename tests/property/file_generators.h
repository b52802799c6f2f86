// Generators of files as they lie on nodes: references in every form, comments, odd spacing, other
// hosts, look-alikes, all line ends. In the cluster of tests/vectors/cluster.h.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <string_view>

#include "agent/references/kind.h"

namespace sn::agent {

rc::Gen<std::string> file_of_kind(std::string_view kind);

// Where such a file may lie: the kind's paths without those of another grammar (the environment of
// its daemon), in which no generated text would be a reference.
rc::Gen<std::string> path_of_kind(const FileKind& kind);

}  // namespace sn::agent
