#include "common/net/connection_watch.h"

#include <atomic>
#include <string>
#include <zmq.hpp>

#include "common/net/zmq_error.h"

namespace sn::net {

Result<ConnectionWatch> ConnectionWatch::open(const Context& context, const Socket& watched) {
  // A name of its own for each: the one before may not be gone from the context yet.
  static std::atomic<uint64_t> number = 0;
  const std::string endpoint = "inproc://connection-watch-" + std::to_string(++number);
  if (zmq_socket_monitor(watched.get().handle(), endpoint.c_str(), ZMQ_EVENT_DISCONNECTED) != 0) {
    return fail_zmq(zmq_errno(), "watching", "a connection");
  }
  auto events = Socket::open(context, SocketType::pair, {});
  if (!events) return tl::unexpected(events.error());
  if (auto status = events->connect(endpoint); !status) return tl::unexpected(status.error());
  return ConnectionWatch(std::move(*events));
}

bool ConnectionWatch::lost() {
  // Two frames an event, the second one the address; which one it was does not matter.
  bool lost = false;
  zmq::message_t frame;
  while (zmq_msg_recv(frame.handle(), events_.get().handle(), ZMQ_DONTWAIT) >= 0) lost = true;
  return lost;
}

}  // namespace sn::net
