#include <utility>

#include "coordinator/store/fold.h"
#include "coordinator/store/record.h"
#include "coordinator/store/state_store.h"

namespace sn::coordinator {

namespace {

// Keeps what the bytes of its records say, so that whatever they lose is lost here as on disk.
class MemoryStore final : public StateStore {
 public:
  explicit MemoryStore(State state) : state_(std::move(state)) {}

  Result<State> load() override { return state_; }

  Status commit(const std::vector<StoreChange>& changes) override {
    if (changes.empty()) return {};
    LogEnd read = end_;
    for (const auto& bytes : records_of(changes, end_)) {
      const auto record = read_record(bytes, read);
      if (!record) return tl::unexpected(record.error());
      for (const auto& change : record->changes) {
        if (const Status done = replay(change, state_); !done) return done;
      }
    }
    return {};
  }

 private:
  State state_;
  LogEnd end_;
};

}  // namespace

std::unique_ptr<StateStore> make_memory_store(State state) {
  return std::make_unique<MemoryStore>(std::move(state));
}

}  // namespace sn::coordinator
