// Takeovers that are over go to the files: nobody's present or way back depends on them any more,
// so that a cluster's years of takeovers cost neither memory nor the time of a start. What is left
// in the state is what lists show; the rest is read when somebody asks for it (ReadFiled).
#pragma once

#include <cstdint>
#include <set>

#include "coordinator/core/ledger.h"

namespace sn::coordinator {

class Filing {
 public:
  explicit Filing(Ledger& ledger) : ledger_(ledger) {}

  // Files one, if there is one to file: some tens of milliseconds for 9,000 nodes, so it is for
  // times when no takeover runs.
  void tick();

 private:
  Ledger& ledger_;
  uint64_t looked_at_ = 0;  // Ledger::decisions() when there was none
};

// Whose parts of the node are its present, can be again, or lead back to where it was.
[[nodiscard]] std::set<uint64_t> takeovers_needed(const NodeRecord& node);

}  // namespace sn::coordinator
