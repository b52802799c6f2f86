#include "coordinator/store/apply.h"

#include <utility>
#include <variant>

namespace sn::coordinator {

namespace {

struct Apply {
  State& state;

  void operator()(const PutAssignment& put) const { state.put(put.assignment); }
  void operator()(const DropAssignment& drop) const { state.drop(drop.node, drop.serial); }
  void operator()(const PutServiceNode& put) const {
    state.service_nodes[put.record.name] = put.record;
  }
  void operator()(const PutTakeover& put) const {
    Takeover& stored = state.takeovers[put.header.number];
    static_cast<TakeoverHeader&>(stored) = put.header;
    if (!stored.filed.empty()) stored.nodes.clear();
  }
  void operator()(const FileTakeover&) const {}
  void operator()(const FileParts&) const {}
  void operator()(const DropTakeover& drop) const { state.takeovers.erase(drop.takeover); }
  void operator()(const PutFreeze& put) const { state.freeze = put.freeze; }
  void operator()(const PutGeneration& put) const { state.last_generation = put.last_generation; }
  void operator()(const PutEpoch& put) const { state.epoch = put.epoch; }
  void operator()(const PutKey& put) const {
    std::erase_if(state.keys,
                  [&](const NodeKey& key) { return key.public_key == put.key.public_key; });
    state.keys.push_back(put.key);
  }
  void operator()(const DropKeys& drop) const {
    std::erase_if(state.keys, [&](const NodeKey& key) { return key.node == drop.node; });
  }
  void operator()(const PutFeedKey& put) const {
    state.feed_keys.insert_or_assign(put.key.name, put.key);
  }
  void operator()(const DropFeedKey& drop) const { state.feed_keys.erase(drop.name); }
  void operator()(const PutAcknowledgement& put) const {
    state.acknowledgements.insert_or_assign(put.acknowledgement.node, put.acknowledgement);
  }
  void operator()(const DropAcknowledgement& drop) const {
    state.acknowledgements.erase(drop.node);
  }
};

}  // namespace

void apply(const StoreChange& change, State& state) { std::visit(Apply{state}, change); }

}  // namespace sn::coordinator
