// What was found to hinder a plan after it was made: its summary is to say what would be done now.
// Pure.
#pragma once

#include <vector>

#include "agent/plan/plan.h"

namespace sn::agent {

// `found`: `blocked` findings (the node would not be moved) and `left` ones, each named by its file
// or mount ("/etc/hosts", "mount /install"); none changes nothing. The plan's steps, hash and shape
// stay: they are what is begun. Nodes that are hindered alike are one group.
void hinder(Plan& plan, std::vector<Finding> found);

}  // namespace sn::agent
