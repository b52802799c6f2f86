#include <utility>

#include "coordinator/store/apply.h"
#include "coordinator/store/state_store.h"

namespace sn::coordinator {

namespace {

class MemoryStore final : public StateStore {
 public:
  explicit MemoryStore(State state) : state_(std::move(state)) {}

  Result<State> load() override { return state_; }

  Status commit(const std::vector<StoreChange>& changes) override {
    for (const auto& change : changes) apply(change, state_);
    return {};
  }

 private:
  State state_;
};

}  // namespace

std::unique_ptr<StateStore> make_memory_store(State state) {
  return std::make_unique<MemoryStore>(std::move(state));
}

}  // namespace sn::coordinator
