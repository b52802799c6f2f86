// Decide, persist, then speak: the effects of the core, a batch at a time. A batch's changes go to
// the engine; what is to be said of it waits until they are durable, and the loop does not wait
// with it. What comes meanwhile is the next batch.
//
// What a coordinator may say also depends on whether it leads still (effects.h, Needs): where
// another one can have taken its place, a batch that changes nothing but gives an order or an
// answer asks the engine as well, and so does one whose answer came late: it may have stood still
// since.
//
// Owned by the thread of the engine and the core.
#pragma once

#include <functional>
#include <optional>

#include "common/base/clock.h"
#include "coordinator/core/effects.h"
#include "coordinator/store/engine.h"

namespace sn::coordinator {

class Batches final : private Engine::Listener {
 public:
  // Carries out a batch, of which its Stores were committed and taken out. What comes of it is
  // added.
  using Speak = std::function<void(Effects& batch)>;
  using Clock = std::function<MonotonicTime()>;

  Batches(Engine& engine, Speak speak, Clock clock = monotonic_now);
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;
  ~Batches() = default;

  void add(Effects effects);
  // Begins what was added, unless a batch is in flight.
  void flush();
  // Nothing is in flight or waits.
  [[nodiscard]] bool idle() const { return !in_flight_ && waiting_.empty(); }
  // The last batch that changed something was committed then.
  [[nodiscard]] MonotonicTime last_change() const { return last_change_; }
  // Nothing is said any more: the process has to end.
  [[nodiscard]] const std::optional<Error>& fenced() const { return fenced_; }

 private:
  void on_committed() override;
  void on_fenced(const Error& why) override;
  void begin(std::vector<StoreChange> changes);
  void begin_next();
  void speak();

  Engine& engine_;
  const Speak speak_;
  const Clock clock_;
  Effects waiting_;
  Effects batch_;  // that is in flight
  Needs needs_ = Needs::nothing;
  bool in_flight_ = false;
  bool changes_ = false;  // it does
  bool flushing_ = false;
  MonotonicTime begun_;               // the engine was asked
  std::optional<MonotonicTime> led_;  // and this was the leader
  MonotonicTime last_change_;
  std::optional<Error> fenced_;
};

}  // namespace sn::coordinator
