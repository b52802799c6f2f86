// What the coordinator must never forget, on disk. "Decide, persist, then speak": when commit()
// has returned success, every change of it is durable, and none if it has failed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "coordinator/core/state.h"

namespace sn::coordinator {

class StateStore {
 public:
  virtual ~StateStore() = default;
  [[nodiscard]] virtual Result<State> load() = 0;
  // All or nothing, in this order.
  [[nodiscard]] virtual Status commit(const std::vector<StoreChange>& changes) = 0;
  // Gathers some of what was committed, so that a start reads each thing once: a slice of at most
  // kFoldSlice bytes. For times when nobody waits. Changes nothing of what load() returns, also
  // where it fails. false: nothing was left to do.
  [[nodiscard]] virtual Result<bool> fold() { return false; }
  // Bytes that wait for it.
  [[nodiscard]] virtual size_t unfolded() const { return 0; }
};

// Some milliseconds of work.
inline constexpr size_t kFoldSlice = 256 * 1024;

// One SQLite file (WAL, synchronous=FULL): a log of records (record.h), one row and one transaction
// a batch, and what of it is folded (fold.h). Errors, each with its cure: busy (another coordinator
// has it), corrupt, superseded (written by a newer version). `path`.lock beside it keeps a second
// coordinator out; the file itself can be read with sqlite3 at any time.
[[nodiscard]] Result<std::unique_ptr<StateStore>> open_sqlite_store(const std::string& path);

// For tests and simulation: what a restart of the coordinator would find.
[[nodiscard]] std::unique_ptr<StateStore> make_memory_store(const State& state = {});

}  // namespace sn::coordinator
