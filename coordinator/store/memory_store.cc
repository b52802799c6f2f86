#include <algorithm>
#include <utility>

#include "coordinator/store/state_store.h"

namespace sn::coordinator {

namespace {

class MemoryStore final : public StateStore {
 public:
  explicit MemoryStore(State state) : state_(std::move(state)) {}

  Result<State> load() override { return state_; }

  Status commit(const std::vector<StoreChange>& changes) override {
    for (const auto& change : changes) {
      std::visit([this](const auto& one) { apply(one); }, change);
    }
    return {};
  }

 private:
  void apply(const PutRow& put) { state_.rows[put.row.node] = put.row; }
  void apply(const DropRow& drop) { state_.rows.erase(drop.node); }
  void apply(const PutServiceNode& put) { state_.service_nodes[put.record.name] = put.record; }
  void apply(const PutTakeover& put) {
    Takeover& stored = state_.takeovers[put.takeover.number];
    auto nodes = std::move(stored.nodes);
    stored = put.takeover;
    stored.nodes = std::move(nodes);
  }
  void apply(const PutTakeoverNode& put) {
    state_.takeovers[put.takeover].nodes[put.node.node] = put.node;
  }
  void apply(const DropTakeover& drop) { state_.takeovers.erase(drop.takeover); }
  void apply(const PutFreeze& put) { state_.freeze = put.freeze; }
  void apply(const PutGeneration& put) { state_.last_generation = put.last_generation; }
  void apply(const PutKey& put) {
    apply_drop(put.key.public_key);
    state_.keys.push_back(put.key);
  }
  void apply(const DropKeys& drop) {
    std::erase_if(state_.keys, [&](const NodeKey& key) { return key.node == drop.node; });
  }
  void apply_drop(const std::string& public_key) {
    std::erase_if(state_.keys, [&](const NodeKey& key) { return key.public_key == public_key; });
  }

  State state_;
};

}  // namespace

std::unique_ptr<StateStore> make_memory_store(State state) {
  return std::make_unique<MemoryStore>(std::move(state));
}

}  // namespace sn::coordinator
