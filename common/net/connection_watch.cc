#include "common/net/connection_watch.h"

#include <atomic>
#include <cstring>
#include <string>
#include <zmq.hpp>

#include "common/net/zmq_error.h"

namespace sn::net {

Result<ConnectionWatch> ConnectionWatch::open(const Context& context, const Socket& watched) {
  // A name of its own for each: the one before may not be gone from the context yet.
  static std::atomic<uint64_t> number = 0;
  const std::string endpoint = "inproc://connection-watch-" + std::to_string(++number);
  if (zmq_socket_monitor(
          watched.get().handle(), endpoint.c_str(),
          ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) != 0) {
    return fail_zmq(zmq_errno(), "watching", "a connection");
  }
  auto events = Socket::open(context, SocketType::pair, {});
  if (!events) return tl::unexpected(events.error());
  if (auto status = events->connect(endpoint); !status) return tl::unexpected(status.error());
  return ConnectionWatch(std::move(*events));
}

ConnectionWatch::News ConnectionWatch::news() {
  // Two frames an event: its number and a value, 16 and 32 bits, then the address
  // (zmq_socket_monitor(3)).
  News news = News::none;
  zmq::message_t frame;
  while (zmq_msg_recv(frame.handle(), events_.get().handle(), ZMQ_DONTWAIT) >= 0) {
    uint16_t event = 0;
    if (!frame.more() || frame.size() < sizeof event) continue;
    std::memcpy(&event, frame.data(), sizeof event);
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
      news = News::refused;
    } else if (news != News::refused) {
      news = event == ZMQ_EVENT_CONNECTED ? News::connected : News::lost;
    }
  }
  return news;
}

}  // namespace sn::net
