#include "common/net/connection_watch.h"

#include <utility>
#include <zmq.hpp>

namespace sn::net {

namespace {

// A code of RFC 27: it says nothing of our key, and the next try may be heard.
constexpr uint32_t kServersFault = 500;

}  // namespace

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
    if (event->number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && event->value != kServersFault) {
      news = News::refused;
    } else if (news != News::refused) {
      news = event->number == ZMQ_EVENT_CONNECTED ? News::connected : News::lost;
    }
  }
  return news;
}

}  // namespace sn::net
