#include <map>
#include <utility>

#include "coordinator/store/fold.h"
#include "coordinator/store/local_engine.h"
#include "coordinator/store/record.h"

namespace sn::coordinator {

namespace {

// Keeps the same bytes as a store on disk, so that whatever they lose is lost here, too.
class MemoryEngine final : public LocalEngine {
 public:
  explicit MemoryEngine(const State& state) {
    Fold fold;
    for (const auto& change : changes_of(state)) fold.add(change);
    take(fold);
  }

  Result<State> load() override {
    State state;
    for (const auto& [key, bytes] : folded_) {
      if (key.starts_with(kFiles)) continue;
      const auto change = read_change(bytes);
      if (!change) return tl::unexpected(change.error());
      if (const Status done = replay(*change, state); !done) return tl::unexpected(done.error());
    }
    LogEnd end = folded_to_;
    for (const auto& bytes : records_) {
      const auto record = read_record(bytes, end);
      if (!record) return tl::unexpected(record.error());
      for (const auto& change : record->changes) {
        if (const Status done = replay(change, state); !done) return tl::unexpected(done.error());
      }
    }
    return state;
  }

  Result<bool> fold() override {
    Fold fold;
    LogEnd end = folded_to_;
    for (const auto& bytes : records_) {
      const auto record = read_record(bytes, end);
      if (!record) return tl::unexpected(record.error());
      for (const auto& change : record->changes) fold.add(change);
    }
    take(fold);
    folded_to_ = std::move(end);
    return !std::exchange(records_, {}).empty();
  }

 private:
  Status append(const std::vector<StoreChange>& batch) override {
    if (batch.empty()) return {};
    auto records = records_of(batch, end_);
    if (!records) return tl::unexpected(records.error());
    for (auto& record : *records) records_.push_back(std::move(record));
    return {};
  }

  void take(const Fold& fold) {
    std::erase_if(folded_, [&](const auto& entry) {
      return fold.forgets(entry.first, entry.second).value_or(false);
    });
    for (const auto& files : fold.forgotten_files()) {
      folded_.erase(folded_.lower_bound(files), folded_.lower_bound(end_of(files)));
    }
    for (const auto& [key, bytes] : fold.changes()) {
      if (bytes) {
        folded_[key] = *bytes;
      } else {
        folded_.erase(key);
      }
    }
  }

  std::map<std::string, std::string> folded_;
  LogEnd folded_to_;
  std::vector<std::string> records_;
  LogEnd end_;
};

}  // namespace

std::unique_ptr<Engine> make_memory_engine(const State& state) {
  return std::make_unique<MemoryEngine>(state);
}

}  // namespace sn::coordinator
