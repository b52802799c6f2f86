// What libzmq does with a socket's connections by itself, event by event (zmq_socket_monitor(3)).
//
// libzmq's own thread says each event by a send that waits: with nobody there to take it, every
// connection of the context stands still for ever (libzmq issue 3575). So the watched socket is
// told to be silent before the events' end is closed, and events wait for us without a limit: there
// are two a connection, and who watches reads them at each turn of its loop.
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
  struct Event {
    uint16_t number = 0;  // ZMQ_EVENT_...
    // Of most the descriptor, which libzmq owns.
    uint32_t value = 0;
  };
  // nullopt: none is there. Never blocks.
  [[nodiscard]] std::optional<Event> next();

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
