// Reads the node: files of every kind, routes, addresses, boot words. Blocks wherever the file
// system blocks, so it only ever runs in a disposable child (or in a one-shot command).
#pragma once

#include <string>
#include <vector>

#include "agent/plan/observation.h"
#include "common/model/service_node.h"

namespace sn::agent {

// `live` false: "/" is a root tree that is not running (the caller has entered it with chroot): no
// routes, no boot words, and the node's own network is taken from what its files say.
//
// What is looked for: `whole` also asks every process whether it holds on to a mount of a service
// node, which only a plan needs to know and which costs a slow node 50 ms.
enum class Look { references, whole };
[[nodiscard]] Observation observe(const Directory& directory, bool live,
                                  Look look = Look::references);

}  // namespace sn::agent
