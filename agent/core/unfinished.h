// What the journal (agent/executor/journal.h) holds of a rebind or a rehearsal that did not come to
// its end, and what of it is still to be cleared away. Plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/core/staged_file.h"
#include "agent/mounts/plan_mounts.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

struct Unfinished {
  std::optional<wire::Rebind> rebind;  // nullopt: a rehearsal, which is never past a commit point
  std::vector<StagedFile> staged;      // whose temporaries may lie about
  std::vector<MountSwap> swaps;        // whose places may be bare
  bool past_commit_point = false;
  std::string last_step;  // "1 replace /etc/hosts"
  Fact open_step;         // begun and not known to be done
};

// nullopt: nothing is unfinished. The error: the journal can't be read.
using JournalContent = Result<std::optional<Unfinished>>;

// Of an interrupted rebind or rehearsal; until a child has cleared them away.
struct Leftovers {
  std::vector<StagedFile> staged;
  bool journal = false;
  bool begun = false;  // past its commit point
};

}  // namespace sn::agent
