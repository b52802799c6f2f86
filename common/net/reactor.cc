#include "common/net/reactor.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>
#include <zmq.hpp>

#include "common/net/zmq_error.h"

namespace sn::net {

struct Reactor::Source {
  void* socket = nullptr;
  int fd = -1;
  short interest = paused;
  bool ended = false;
  ReadyCall call;
};

struct Reactor::Deadline {
  std::optional<MonotonicTime> time;
  bool ended = false;
  DeadlineCall call;
};

// ---------------------------------------------------------------- registrations

Reactor::Watch& Reactor::Watch::operator=(Watch&& other) noexcept {
  if (this == &other) return *this;
  reset();
  source_ = std::move(other.source_);
  return *this;
}

void Reactor::Watch::wants(short interest) {
  if (source_) source_->interest = interest;
}

void Reactor::Watch::reset() {
  if (source_) source_->ended = true;
  source_.reset();
}

Reactor::Alarm& Reactor::Alarm::operator=(Alarm&& other) noexcept {
  if (this == &other) return *this;
  reset();
  deadline_ = std::move(other.deadline_);
  return *this;
}

void Reactor::Alarm::set(MonotonicTime deadline) {
  if (deadline_) deadline_->time = deadline;
}

void Reactor::Alarm::clear() {
  if (deadline_) deadline_->time.reset();
}

void Reactor::Alarm::reset() {
  if (deadline_) deadline_->ended = true;
  deadline_.reset();
}

Reactor::Reactor(Clock clock) : clock_(std::move(clock)) {}
Reactor::~Reactor() = default;

Reactor::Watch Reactor::add(void* socket, int fd, short interest, ReadyCall call, Order order) {
  auto source = std::make_shared<Source>(Source{socket, fd, interest, false, std::move(call)});
  sources_[static_cast<size_t>(order)].push_back(source);
  return Watch(std::move(source));
}

Reactor::Watch Reactor::on(int fd, short interest, ReadyCall call, Order order) {
  return add(nullptr, fd, interest, std::move(call), order);
}

Reactor::Watch Reactor::on(const Socket& socket, short interest, ReadyCall call, Order order) {
  return add(socket.get().handle(), -1, interest, std::move(call), order);
}

Reactor::Alarm Reactor::at(MonotonicTime deadline, DeadlineCall call) {
  Alarm made = alarm(std::move(call));
  made.set(deadline);
  return made;
}

Reactor::Alarm Reactor::alarm(DeadlineCall call) {
  auto deadline = std::make_shared<Deadline>(Deadline{std::nullopt, false, std::move(call)});
  deadlines_.push_back(deadline);
  return Alarm(std::move(deadline));
}

// ---------------------------------------------------------------- a turn

Status Reactor::run() {
  while (!stopped_) {
    if (auto done = step(); !done) return done;
  }
  return {};
}

Status Reactor::step(int64_t at_most_ms) {
  forget_ended();
  gather();
  if (auto waited = wait(at_most_ms); !waited) return waited;
  call_ready();
  ring();
  if (stopped_ || !turn_end_) return {};
  return turn_end_();
}

// Between turns only: a call that ends its own registration is running still.
void Reactor::forget_ended() {
  for (auto& sources : sources_) {
    std::erase_if(sources, [](const auto& source) { return source->ended; });
  }
  std::erase_if(deadlines_, [](const auto& deadline) { return deadline->ended; });
}

void Reactor::gather() {
  items_.clear();
  polled_.clear();
  // poll looks at its items one after another. The reverse of the calls' order: see reactor.h.
  for (auto sources = sources_.rbegin(); sources != sources_.rend(); ++sources) {
    for (auto source = sources->rbegin(); source != sources->rend(); ++source) {
      const short interest = (*source)->interest;
      if (interest == paused) continue;
      const auto events = static_cast<short>(((interest & readable) != 0 ? ZMQ_POLLIN : 0) |
                                             ((interest & writable) != 0 ? ZMQ_POLLOUT : 0));
      items_.push_back({(*source)->socket, (*source)->fd, events, 0});
      polled_.push_back(source->get());
    }
  }
}

Status Reactor::wait(int64_t at_most_ms) {
  int64_t left = at_most_ms;
  const MonotonicTime now = clock_();
  for (const auto& deadline : deadlines_) {
    // "Never" is the end of time, which nothing may be subtracted from.
    if (!deadline->time || deadline->time->ms == INT64_MAX) continue;
    left = std::min(left, *deadline->time - now);
  }
  const int64_t timeout = std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max());
  if (zmq_poll(items_.data(), static_cast<int>(items_.size()), static_cast<long>(timeout)) >= 0) {
    return {};
  }
  if (zmq_errno() != EINTR) return fail_zmq(zmq_errno(), "waiting for", "sockets");
  for (auto& item : items_) item.revents = 0;
  return {};
}

void Reactor::call_ready() {
  for (size_t i = items_.size(); i-- > 0 && !stopped_;) {
    const short events = items_[i].revents;
    Source& source = *polled_[i];
    if (events == 0 || source.ended) continue;
    const bool failed = (events & ZMQ_POLLERR) != 0;
    source.call({failed || (events & ZMQ_POLLIN) != 0, failed || (events & ZMQ_POLLOUT) != 0});
  }
}

void Reactor::ring() {
  due_.clear();
  const MonotonicTime now = clock_();
  for (size_t i = 0; i < deadlines_.size(); ++i) {
    Deadline& deadline = *deadlines_[i];
    if (deadline.time && *deadline.time <= now) due_.push_back({*deadline.time, i, &deadline});
  }
  std::sort(due_.begin(), due_.end(), [](const Due& a, const Due& b) {
    return a.time != b.time ? a.time < b.time : a.place < b.place;
  });
  for (const Due& due : due_) {
    if (stopped_) return;
    // An earlier call of this turn may have ended or moved it.
    if (due.deadline->ended || due.deadline->time != due.time) continue;
    due.deadline->time.reset();
    due.deadline->call();
  }
}

}  // namespace sn::net
