// Where the undo records (agent/plan/undo.h) are kept: one file a generation, under /run and so
// gone after a reboot, when the files they are about are new too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/plan/plan.h"
#include "agent/plan/undo.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

// A takeover, its failback, and the same once more.
inline constexpr size_t kMaxUndoRecords = 4;
// A rebind changes some hundred tokens. With kMaxUndoRecords it bounds what a node's memory holds.
inline constexpr size_t kMaxUndoBytes = 1024 * 1024;

class UndoFiles {
 public:
  UndoFiles(std::string run_dir, std::string boot_id)
      : run_dir_(std::move(run_dir)), boot_id_(std::move(boot_id)) {}

  // What `plan` is about to change is added to the record of the rebind's generation, whether an
  // interrupted run began it or not. Durable when it returns. The oldest records go.
  [[nodiscard]] Status add(const wire::Rebind& rebind, const Plan& plan) const;

  // What is to be taken back for Rebind::undo: everything since this generation, but for what was
  // done, under whatever generation, to take the same back. nullopt: 0, nothing is to be.
  [[nodiscard]] std::optional<Undo> asked_for(uint64_t since) const;

  // What the rebind of this generation is about to change, or has. not_found: there is none. stale:
  // of another boot.
  [[nodiscard]] Result<UndoRecord> read(uint64_t generation) const;

 private:
  [[nodiscard]] std::string path_of(uint64_t generation) const;
  // The oldest first.
  [[nodiscard]] std::vector<uint64_t> generations() const;
  void forget_the_oldest() const;

  std::string run_dir_;
  std::string boot_id_;
};

}  // namespace sn::agent
