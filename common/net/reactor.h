// One loop over sockets of ZeroMQ, plain fds and deadlines.
//
// A turn (step) waits until something is ready or due, makes the call of everything that is, and
// then the call for the end of the turn: what a whole turn brought can so be kept by one commit and
// be answered after it.
//
// No source starves another: a turn makes the call of each ready source once, then of each deadline
// that is due once. A call must bound its own work; what it leaves unread is ready in the next turn
// (ZMQ_FD is edge-triggered; zmq_poll, which this sits on, makes a level of it).
//
// Order within a turn: Order::first, usual, last; within one of them as registered; then deadlines,
// the earliest first. What is called last is looked at first, so a source of a later order is never
// seen ready without what an earlier one got before it: a child's last words and its death, an
// answer and the loss of its connection.
//
// One thread owns a reactor and everything registered with it. Without sockets of ZeroMQ it needs
// no context, and a turn is two calls of poll(2). A turn allocates nothing of its own (zmq_poll
// does from the seventeenth source on).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/net/socket.h"

struct zmq_pollitem_t;

namespace sn::net {

class Reactor {
  struct Source;
  struct Deadline;

 public:
  enum Interest : short { paused = 0, readable = 1, writable = 2 };
  enum class Order : uint8_t { first, usual, last };

  // A failed fd is ready for everything.
  struct Ready {
    bool to_read = false;
    bool to_write = false;
  };
  using ReadyCall = std::function<void(Ready)>;
  using DeadlineCall = std::function<void()>;
  using TurnCall = std::function<Status()>;
  using Clock = std::function<MonotonicTime()>;

  // Both registrations end with their value, at any time, in their own call too: the call is never
  // made again, and what it captured is let go after the turn. An fd or socket must stay open as
  // long as its Watch. Either may outlive the reactor.
  class Watch {
   public:
    Watch() = default;
    Watch(Watch&&) noexcept = default;
    Watch& operator=(Watch&& other) noexcept;
    ~Watch() { reset(); }
    void wants(short interest);
    void reset();

   private:
    friend class Reactor;
    explicit Watch(std::shared_ptr<Source> source) : source_(std::move(source)) {}
    std::shared_ptr<Source> source_;
  };

  // Rings once for each set().
  class Alarm {
   public:
    Alarm() = default;
    Alarm(Alarm&&) noexcept = default;
    Alarm& operator=(Alarm&& other) noexcept;
    ~Alarm() { reset(); }
    // Takes the place of a deadline that is set. A past one rings in the next turn.
    void set(MonotonicTime deadline);
    void clear();
    void reset();

   private:
    friend class Reactor;
    explicit Alarm(std::shared_ptr<Deadline> deadline) : deadline_(std::move(deadline)) {}
    std::shared_ptr<Deadline> deadline_;
  };

  explicit Reactor(Clock clock = monotonic_now);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  [[nodiscard]] Watch on(int fd, short interest, ReadyCall call, Order order = Order::usual);
  [[nodiscard]] Watch on(const Socket& socket, short interest, ReadyCall call,
                         Order order = Order::usual);
  [[nodiscard]] Alarm at(MonotonicTime deadline, DeadlineCall call);
  // An alarm that is not set yet.
  [[nodiscard]] Alarm alarm(DeadlineCall call);
  // After everything of a turn, also of one that nothing was ready in. Its error ends the loop.
  void at_turn_end(TurnCall call) { turn_end_ = std::move(call); }

  // Turns until stop() or an error.
  [[nodiscard]] Status run();
  // One turn, after a wait of at most `at_most_ms` (0: only looks). A signal ends the wait early.
  [[nodiscard]] Status step(int64_t at_most_ms = INT64_MAX);
  // Ends run() and the present turn: no further call is made, nor the one for the turn's end.
  void stop() { stopped_ = true; }

  [[nodiscard]] MonotonicTime now() const { return clock_(); }

 private:
  static constexpr size_t kOrders = 3;

  [[nodiscard]] Watch add(void* socket, int fd, short interest, ReadyCall call, Order order);
  void forget_ended();
  void gather();
  [[nodiscard]] Status wait(int64_t at_most_ms);
  void call_ready();
  void ring();

  Clock clock_;
  TurnCall turn_end_;
  std::array<std::vector<std::shared_ptr<Source>>, kOrders> sources_;
  std::vector<std::shared_ptr<Deadline>> deadlines_;  // in the order they were registered
  bool stopped_ = false;

  // Of the present turn; kept for their memory.
  std::vector<zmq_pollitem_t> items_;
  std::vector<Source*> polled_;  // whose item is at the same place
  struct Due {
    MonotonicTime time;
    size_t place = 0;  // in deadlines_
    Deadline* deadline = nullptr;
  };
  std::vector<Due> due_;
};

}  // namespace sn::net
