// A local message channel (SOCK_SEQPACKET pair): between executor and session, and between the
// executor and its disposable children. Messages keep their borders; what is received is decoded by
// the bounded codec, whoever sent it, and only as what may come from that side.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/wire/codec.h"
#include "common/wire/messages.h"

namespace sn::agent {

// One end, for bytes. Used through Channel.
class PacketSocket {
 public:
  PacketSocket() = default;
  explicit PacketSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  // Both ends, close-on-exec, non-blocking, with room for the largest message if the system lets
  // us have it.
  [[nodiscard]] static Result<std::pair<PacketSocket, PacketSocket>> make_pair();

  [[nodiscard]] int fd() const { return fd_.get(); }
  void close() { fd_.reset(); }

  [[nodiscard]] Status send(std::string_view bytes) const;
  [[nodiscard]] Status send_waiting(std::string_view bytes, int deadline_ms) const;
  [[nodiscard]] Result<std::string> receive() const;

 private:
  UniqueFd fd_;
};

// In place of a direction in which nothing is said.
struct Nothing {};

// One end: it says `Out` and hears `In`, each one of the wire's closed types, or Nothing.
template <class Out, class In>
class Channel {
 public:
  using OtherEnd = Channel<In, Out>;

  Channel() = default;

  // This end, and the other one.
  [[nodiscard]] static Result<std::pair<Channel, OtherEnd>> make_pair() {
    auto ends = PacketSocket::make_pair();
    if (!ends) return tl::unexpected(ends.error());
    return std::pair(Channel(std::move(ends->first)), OtherEnd(std::move(ends->second)));
  }

  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] bool valid() const { return socket_.fd() >= 0; }
  void close() { socket_.close(); }

  // Never blocks. busy: the other end does not read; limit: too large for the socket.
  [[nodiscard]] Status send(const Out& message) const {
    return socket_.send(wire::encode(message));
  }
  // As send, but waits until `deadline_ms` for room.
  [[nodiscard]] Status send_waiting(const Out& message, int deadline_ms) const {
    return socket_.send_waiting(wire::encode(message), deadline_ms);
  }
  // busy: nothing there now; not_found: the other end is gone; corrupt, limit: what came is not one
  // of `In`, and is dropped.
  [[nodiscard]] Result<In> receive() const {
    const auto bytes = socket_.receive();
    if (!bytes) return tl::unexpected(bytes.error());
    return wire::decode<In>(*bytes);
  }

 private:
  template <class, class>
  friend class Channel;
  explicit Channel(PacketSocket socket) : socket_(std::move(socket)) {}

  PacketSocket socket_;
};

// Between session and executor, each named after who holds it.
using ExecutorEnd = Channel<wire::ToSession, wire::Verb>;
using SessionEnd = ExecutorEnd::OtherEnd;
// Between a child and its executor: a child is told everything by its fork.
using ParentEnd = Channel<Nothing, wire::FromChild>;
using ChildEnd = ParentEnd::OtherEnd;

}  // namespace sn::agent
