#include "coordinator/store/batches.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace sn::coordinator {

namespace {

Needs needs_of(const Effects& effects) {
  Needs most = Needs::nothing;
  for (const auto& effect : effects) {
    most = std::max(most, std::visit([](const auto& one) { return one.kNeeds; }, effect));
  }
  return most;
}

}  // namespace

Batches::Batches(Engine& engine, Speak speak, Clock clock)
    : engine_(engine), speak_(std::move(speak)), clock_(std::move(clock)) {}

void Batches::add(Effects effects) {
  if (waiting_.empty()) {
    waiting_ = std::move(effects);
  } else {
    std::move(effects.begin(), effects.end(), std::back_inserter(waiting_));
  }
}

void Batches::flush() {
  // Each round only has what speaking of the one before brought up; it ends by itself, since a
  // connection that failed once is not spoken to again.
  if (std::exchange(flushing_, true)) return;
  while (!in_flight_ && !waiting_.empty() && !fenced_) begin_next();
  flushing_ = false;
}

void Batches::begin_next() {
  batch_ = std::exchange(waiting_, {});
  std::vector<StoreChange> changes;
  for (auto& effect : batch_) {
    if (auto* store = std::get_if<Store>(&effect)) changes.push_back(std::move(store->change));
  }
  needs_ = needs_of(batch_);
  changes_ = !changes.empty();
  const bool led_lately = led_ && clock_() - *led_ < engine_.lease_ms() / 2;
  if (!changes_ && (needs_ == Needs::nothing || (needs_ == Needs::to_have_led && led_lately))) {
    return speak();
  }
  begin(std::move(changes));
}

void Batches::begin(std::vector<StoreChange> changes) {
  in_flight_ = true;
  begun_ = clock_();
  engine_.begin(std::move(changes), *this);
}

void Batches::on_committed() {
  in_flight_ = false;
  led_ = begun_;
  const MonotonicTime now = clock_();
  if (changes_) last_change_ = now;
  // It has waited, or this process was stopped: somebody else may have taken its place since.
  if (needs_ == Needs::to_lead && now - begun_ > engine_.lease_ms() / 4) return begin({});
  speak();
  flush();
}

void Batches::on_fenced(const Error& why) {
  in_flight_ = false;
  fenced_ = why;
  batch_.clear();
  waiting_.clear();
}

void Batches::speak() {
  Effects batch = std::exchange(batch_, {});
  std::erase_if(batch, [](const Effect& effect) { return std::holds_alternative<Store>(effect); });
  if (!batch.empty()) speak_(batch);
}

}  // namespace sn::coordinator
