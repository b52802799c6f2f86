// Services that a rebind of this boot stopped for a restart and did not see run again. The next
// rebind, whatever it is about, starts them, and no node is verified while one of them is down.
//
// Kept as /run/snagent/owed_starts (agent/records/records.h); not there if none is owed.
#pragma once

#include <set>
#include <string>

#include "common/base/error.h"

namespace sn::agent {

class OwedStarts {
 public:
  OwedStarts(std::string run_dir, std::string boot_id)
      : path_(std::move(run_dir) + "/owed_starts"), boot_id_(std::move(boot_id)) {}

  // None of another boot, which has started everything itself. corrupt: it was changed, or another
  // version of snagentd wrote it.
  [[nodiscard]] Result<std::set<std::string>> load() const;
  // Durable when it returns.
  [[nodiscard]] Status store(const std::set<std::string>& services) const;

 private:
  std::string path_;
  std::string boot_id_;
};

}  // namespace sn::agent
