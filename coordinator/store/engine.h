// What the coordinator must never forget: one ordered log of batches, each durable as a whole or
// not at all. An engine keeps it in a file of its own or, one day, by agreement of several
// machines; nothing here says how, and no reader of tables is in the way of the loop: what is
// decided from is the State in memory.
//
// A batch is durable, or its engine does not know yet and asks until it does; "failed" there is
// not. Who can't go on is fenced: another coordinator leads, or nothing can be written any more.
// What was decided on top of what is not durable was never true then, and the process ends without
// a word.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "coordinator/core/state.h"
#include "coordinator/core/takeover/shown_takeover.h"

namespace sn::coordinator {

class Engine {
 public:
  // Called on the thread that calls begin(), once for each: within it, or later.
  class Listener {
   public:
    virtual void on_committed() = 0;
    virtual void on_fenced(const Error& why) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Engine() = default;

  // What is durable. Changes nothing.
  [[nodiscard]] virtual Result<State> load() = 0;
  // From here on this coordinator leads, and nobody who did before: the state, under an epoch of
  // its own that is durable (next_epoch). Once, before the first begin().
  [[nodiscard]] virtual Result<State> claim(WallTime now) = 0;
  // Makes it durable, all or nothing, in this order, and tells `listener`, which outlives that. One
  // at a time. An empty one only asks whether this coordinator leads still.
  virtual void begin(std::vector<StoreChange> batch, Listener& listener) = 0;
  // For how long nobody else can have become the leader after a batch was begun that was committed
  // then; in milliseconds.
  [[nodiscard]] virtual int64_t lease_ms() const { return std::numeric_limits<int64_t>::max(); }

  // Gathers some of what was committed, so that a start reads each thing once: a slice of at most
  // kFoldSlice bytes. For times when nobody waits. Changes nothing of what load() returns, also
  // where it fails. false: nothing was left to do.
  [[nodiscard]] virtual Result<bool> fold() { return false; }
  // Bytes that wait for it.
  [[nodiscard]] virtual size_t unfolded() const { return 0; }
};

// Larger than the state's, and than that of anybody who led before the state was restored from a
// backup: the clock says so.
[[nodiscard]] uint64_t next_epoch(const State& state, WallTime now);

// Some milliseconds of work.
inline constexpr size_t kFoldSlice = 256 * 1024;

// One SQLite file (WAL, synchronous=FULL): a log of records (record.h), one row and one transaction
// a batch, and what of it is folded (fold.h). Errors, each with its cure: busy (another coordinator
// has it), corrupt, superseded (written by a newer version). `path`.lock beside it keeps a second
// coordinator out, so that whoever has opened it leads, and an empty batch asks nobody; the file
// itself can be read with sqlite3 at any time. What can't be written is tried once more if
// `make_room` finds room for it.
[[nodiscard]] Result<std::unique_ptr<Engine>> open_sqlite_engine(
    const std::string& path, std::function<bool()> make_room = {});

// A takeover that is in the files, as it was when it went there. Opens the file for itself, and may
// be called on any thread. corrupt: it is not there.
[[nodiscard]] Result<ShownTakeover> read_filed(const std::string& path, uint64_t takeover);

// For tests and simulation: what a restart of the coordinator would find.
[[nodiscard]] std::unique_ptr<Engine> make_memory_engine(const State& state = {});

}  // namespace sn::coordinator
