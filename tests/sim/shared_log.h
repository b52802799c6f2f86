// A log that several coordinators agree on, and the engine by which one of them uses it. Whoever
// claims it leads; who led before learns so from the next answer, and is fenced. Answers come late,
// are lost and are asked for again, and what was sent is carried out though its sender died.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "coordinator/store/engine.h"
#include "tests/sim/random.h"
#include "tests/sim/schedule.h"

namespace sn::sim {

class SharedLog {
 public:
  using Keep = std::function<void(const std::vector<coordinator::StoreChange>&)>;
  // `keep` makes a batch that changes something durable in `durable`, which outlives the log.
  SharedLog(const coordinator::State& durable, Keep keep)
      : durable_(durable), keep_(std::move(keep)) {}

  [[nodiscard]] const coordinator::State& durable() const { return durable_; }
  uint64_t claim(WallTime now);
  // The same batch again is done once. false: another epoch leads.
  [[nodiscard]] bool commit(uint64_t epoch, uint64_t number,
                            const std::vector<coordinator::StoreChange>& batch);

 private:
  const coordinator::State& durable_;
  const Keep keep_;
  uint64_t last_ = 0;  // batch of the present epoch
};

class SharedLogEngine final : public coordinator::Engine {
 public:
  // For how long a leader is one without asking.
  static constexpr int64_t kLeaseMs = 2'000;
  struct Pace {
    bool at_once = true;  // as a file of one's own is
    int64_t most_ms = 0;  // either way
    uint64_t lost = 0;    // of a thousand answers
  };
  // Brings an answer to the process, which may stand still or be dead.
  using HandOver = std::function<void(Schedule::Deed)>;

  SharedLogEngine(SharedLog& log, Pace pace, Schedule& schedule, Random& random,
                  HandOver hand_over);

  [[nodiscard]] Result<coordinator::State> load() override { return log_.durable(); }
  [[nodiscard]] Result<coordinator::State> claim(WallTime now) override;
  void begin(std::vector<coordinator::StoreChange> batch, Listener& listener) override;
  [[nodiscard]] int64_t lease_ms() const override;
  [[nodiscard]] uint64_t epoch() const { return epoch_; }

 private:
  using Batch = std::shared_ptr<const std::vector<coordinator::StoreChange>>;
  void send(uint64_t number, const Batch& batch, Listener& listener);

  SharedLog& log_;
  const Pace pace_;
  Schedule& schedule_;
  Random& random_;
  const HandOver hand_over_;
  uint64_t epoch_ = 0;
  uint64_t number_ = 0;  // of the batch in flight
};

}  // namespace sn::sim
