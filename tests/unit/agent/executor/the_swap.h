// Of an export and of a folder of it, as an interrupted swap leaves it in the journal.
#pragma once

#include "agent/mounts/plan_mounts.h"

namespace sn::agent {

inline MountSwap the_swap() {
  MountSwap swap;
  swap.superblock = "0:45";
  swap.type = "nfs";
  swap.source_before = "sn1-eth1:/export";
  swap.address_before = "10.1.1.100";
  swap.source = "sn2-eth1:/export";
  swap.address = "10.1.1.101";
  swap.options = "vers=3";
  swap.places = {{"/apps", "", "ro", {}}, {"/data", "data", "ro", {}}};
  return swap;
}

}  // namespace sn::agent
