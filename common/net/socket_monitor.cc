#include "common/net/socket_monitor.h"

#include <atomic>
#include <cstring>
#include <string>
#include <utility>
#include <zmq.hpp>

#include "common/net/zmq_error.h"

namespace sn::net {

void SocketMonitor::Silence::operator()(void* watched) const {
  zmq_socket_monitor(watched, nullptr, 0);
}

Result<SocketMonitor> SocketMonitor::open(const Context& context, const Socket& watched,
                                          int events) {
  // A name of its own for each: the one before may not be gone from the context yet.
  static std::atomic<uint64_t> number = 0;
  const std::string endpoint = "inproc://socket-monitor-" + std::to_string(++number);
  auto socket = Socket::open(context, SocketType::pair, {});
  if (!socket) return tl::unexpected(socket.error());
  const int no_limit = 0;
  if (zmq_setsockopt(socket->get().handle(), ZMQ_RCVHWM, &no_limit, sizeof no_limit) != 0) {
    return fail_zmq(zmq_errno(), "watching", "a connection");
  }
  void* handle = watched.get().handle();
  if (zmq_socket_monitor(handle, endpoint.c_str(), events) != 0) {
    return fail_zmq(zmq_errno(), "watching", "a connection");
  }
  std::unique_ptr<void, Silence> silence(handle);
  if (auto status = socket->connect(endpoint); !status) return tl::unexpected(status.error());
  return SocketMonitor(std::move(*socket), std::move(silence));
}

std::optional<SocketMonitor::Event> SocketMonitor::next() {
  // Two frames an event: its number and a value, 16 and 32 bits, then the address.
  zmq::message_t frame;
  while (zmq_msg_recv(frame.handle(), events_.get().handle(), ZMQ_DONTWAIT) >= 0) {
    Event event;
    if (!frame.more() || frame.size() < sizeof event.number + sizeof event.value) continue;
    const char* bytes = static_cast<const char*>(frame.data());
    std::memcpy(&event.number, bytes, sizeof event.number);
    std::memcpy(&event.value, bytes + sizeof event.number, sizeof event.value);
    return event;
  }
  return std::nullopt;
}

}  // namespace sn::net
