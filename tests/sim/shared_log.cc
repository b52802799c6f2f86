#include "tests/sim/shared_log.h"

#include <utility>

namespace sn::sim {

using coordinator::PutEpoch;
using coordinator::State;
using coordinator::StoreChange;

namespace {

// When an answer that does not come is asked for again.
constexpr int64_t kAgainMs = 300;

}  // namespace

uint64_t SharedLog::claim(WallTime now) {
  const uint64_t epoch = coordinator::next_epoch(durable_, now);
  keep_({PutEpoch{epoch}});
  last_ = 0;
  return epoch;
}

bool SharedLog::commit(uint64_t epoch, uint64_t number, const std::vector<StoreChange>& batch) {
  if (epoch != durable_.epoch) return false;
  if (number <= last_) return true;
  last_ = number;
  if (!batch.empty()) keep_(batch);
  return true;
}

SharedLogEngine::SharedLogEngine(SharedLog& log, Pace pace, Schedule& schedule, Random& random,
                                 HandOver hand_over)
    : log_(log),
      pace_(pace),
      schedule_(schedule),
      random_(random),
      hand_over_(std::move(hand_over)) {}

Result<State> SharedLogEngine::claim(WallTime now) {
  epoch_ = log_.claim(now);
  return log_.durable();
}

int64_t SharedLogEngine::lease_ms() const {
  return pace_.at_once ? coordinator::Engine::lease_ms() : kLeaseMs;
}

void SharedLogEngine::begin(std::vector<StoreChange> batch, Listener& listener) {
  ++number_;
  if (pace_.at_once) {
    const bool done = log_.commit(epoch_, number_, batch);
    return done ? listener.on_committed() : listener.on_fenced({});
  }
  send(number_, std::make_shared<const std::vector<StoreChange>>(std::move(batch)), listener);
}

void SharedLogEngine::send(uint64_t number, const Batch& batch, Listener& listener) {
  // What is on its way does not know whether its sender lives.
  schedule_.in(random_.between(0, pace_.most_ms),
               [this, &log = log_, &schedule = schedule_, hand_over = hand_over_, epoch = epoch_,
                number, batch, &listener, lost = random_.chance(pace_.lost),
                back = random_.between(0, pace_.most_ms)] {
                 const bool done = log.commit(epoch, number, *batch);
                 schedule.in(lost ? kAgainMs : back,
                             [this, hand_over, number, batch, &listener, done, lost] {
                               hand_over([this, number, batch, &listener, done, lost] {
                                 if (number != number_) return;
                                 if (lost) return send(number, batch, listener);
                                 done ? listener.on_committed() : listener.on_fenced({});
                               });
                             });
               });
}

}  // namespace sn::sim
