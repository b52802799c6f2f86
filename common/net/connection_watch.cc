#include "common/net/connection_watch.h"

#include <utility>
#include <zmq.hpp>

namespace sn::net {

Result<ConnectionWatch> ConnectionWatch::open(const Context& context, const Socket& watched) {
  auto monitor = SocketMonitor::open(
      context, watched,
      ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  if (!monitor) return tl::unexpected(monitor.error());
  return ConnectionWatch(std::move(*monitor));
}

ConnectionWatch::News ConnectionWatch::news() {
  News news = News::none;
  while (const auto event = monitor_.next()) {
    if (event->number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
      news = News::refused;
    } else if (news != News::refused) {
      news = event->number == ZMQ_EVENT_CONNECTED ? News::connected : News::lost;
    }
  }
  return news;
}

}  // namespace sn::net
