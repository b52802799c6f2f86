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
};

// One SQLite file (WAL, synchronous=FULL). Errors, each with its cure: busy (another coordinator
// has it), corrupt, superseded (written by a newer version). `path`.lock beside it keeps a second
// coordinator out; the file itself can be read with sqlite3 at any time.
[[nodiscard]] Result<std::unique_ptr<StateStore>> open_sqlite_store(const std::string& path);

// For tests and simulation: what a restart of the coordinator would find.
[[nodiscard]] std::unique_ptr<StateStore> make_memory_store(State state = {});

}  // namespace sn::coordinator
