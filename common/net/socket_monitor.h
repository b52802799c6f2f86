// What libzmq does with a socket's connections by itself, event by event (zmq_socket_monitor(3)).
//
// libzmq's own thread says each event by a send that waits: with nobody there to take it, every
// connection of the context stands still for ever (libzmq issue 3575). So the watched socket is
// told to be silent before the events' end is closed, and events are to be read: libzmq keeps some
// 2,000 of them.
//
// Owned and used by the thread of the watched socket; ends before it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "common/base/error.h"
#include "common/net/socket.h"

namespace sn::net {

class SocketMonitor {
 public:
  // `events`: ZMQ_EVENT_..., or-ed. Before the socket connects, so that nothing is missed. One
  // monitor a socket.
  [[nodiscard]] static Result<SocketMonitor> open(const Context& context, const Socket& watched,
                                                  int events);

  SocketMonitor(SocketMonitor&&) noexcept = default;
  // It would close the events' end first.
  SocketMonitor& operator=(SocketMonitor&&) = delete;
  ~SocketMonitor() = default;

  // Readable when something happened: for a Reactor.
  [[nodiscard]] const Socket& socket() const { return events_; }
  // The next event's number; nullopt: none is there. Never blocks.
  [[nodiscard]] std::optional<uint16_t> next();

 private:
  struct Silence {
    void operator()(void* watched) const;
  };

  SocketMonitor(Socket events, std::unique_ptr<void, Silence> watched)
      : events_(std::move(events)), watched_(std::move(watched)) {}

  Socket events_;
  std::unique_ptr<void, Silence> watched_;  // ends first
};

}  // namespace sn::net
