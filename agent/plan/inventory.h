// An observation seen as references. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/plan/observation.h"
#include "common/model/identity.h"
#include "common/wire/messages.h"

namespace sn::agent {

// The directory, and what this node's own hosts file calls its servers.
[[nodiscard]] IdentityIndex identity_on(const Observation& observation, const Directory& directory);

// The file lies on something read-only, which is taken for the image: it changes there, and here at
// the next boot. A single file that is bound read-only from a file system that can be written is no
// image, and neither is a tree that does not run and is read-only as a whole.
[[nodiscard]] bool is_fixed_until_boot(const Observation& observation, const ObservedFile& file);

// Every reference, with the findings about files that can't be understood, and how many references
// of role `move` name each service node.
[[nodiscard]] wire::Inventory take_inventory(const Observation& observation,
                                             const IdentityIndex& identity);

// The whole tokens of a text that name a service node, as references of `label`. For texts whose
// grammar is not known or not understood.
[[nodiscard]] std::vector<Reference> scan_text(std::string_view text, const std::string& path,
                                               const std::string& kind, const std::string& label,
                                               const IdentityIndex& identity);

}  // namespace sn::agent
