// What the kernel or a file server would refuse when a plan's files are replaced, asked before
// anything is touched: so a plan, a rehearsal and a rebind say the same, and a node is never left
// half way because the third of its files is immutable.
//
// What an NFS server hides even from access(2) (a quota, some servers' immutable flag) is found by
// the staging or by the first replacement, which comes before every other change.
#pragma once

#include <string>
#include <vector>

#include "agent/executor/primitives/exchange_mount.h"
#include "agent/plan/plan.h"

namespace sn::agent {

// One of each file at most, and those files only that the plan changes; changes nothing. Asked:
//   - the flags "immutable" and "append only" (statx(2), FS_IOC_GETFLAGS) of the file and of the
//     directory whose entry changes, which is that of its source for a bind-mounted file;
//   - a read-only mount, and whether a file server lets root write (access(2));
//   - a directory on the way to it that others than root may write (links were followed): what is
//     changed there may be another file a moment later;
//   - space and inodes for all temporaries of one file system together (statfs(2)).
// `root`: stands before every path of a cure, for a tree that is not running; empty: none.
// Blocks where the file system blocks.
[[nodiscard]] std::vector<Refusal> find_refusals(const Plan& plan, MountOrder order,
                                                 const std::string& root);

// Files of the plan that have more names than the one that is replaced: the others keep the old
// text.
[[nodiscard]] std::vector<Finding> find_other_names(const Plan& plan);

}  // namespace sn::agent
