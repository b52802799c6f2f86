// Where the fence (agent/core/fence.h) is kept.
//
// Kept as long as what it protects: under /run, and, where the site has made the directory
// (/var/lib/snagent on a root that survives a reboot), there too.
#pragma once

#include <string>

#include "agent/core/fence.h"

namespace sn::agent {

class FenceFile {
 public:
  FenceFile(std::string run_dir, std::string state_dir)
      : run_dir_(std::move(run_dir)), state_dir_(std::move(state_dir)) {}

  // The newer of the two copies. corrupt: a file of ours that we did not write, or another version
  // of snagentd did.
  [[nodiscard]] Result<Fence> load() const;
  // Before a rebind begins: from here on older generations, and coordinators of an older epoch, are
  // refused, whatever happens.
  [[nodiscard]] Status raise(const wire::Rebind& rebind) const;
  [[nodiscard]] Status store_outcome(const wire::Outcome& outcome) const;

 private:
  [[nodiscard]] Result<Fence> load_one(const std::string& path) const;
  std::string run_dir_;
  std::string state_dir_;
};

}  // namespace sn::agent
