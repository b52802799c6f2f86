// One end of a local message channel (SOCK_SEQPACKET pair): between executor and session, and
// between the executor and its disposable children. Messages keep their borders; what is received
// is decoded by the bounded codec, whoever sent it.
#pragma once

#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/wire/messages.h"

namespace sn::agent {

class Channel {
 public:
  Channel() = default;
  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}

  // Both ends, close-on-exec, non-blocking, with room for the largest message if the system lets
  // us have it.
  [[nodiscard]] static Result<std::pair<Channel, Channel>> make_pair();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool valid() const { return fd_.valid(); }
  void close() { fd_.reset(); }

  // Never blocks. busy: the other end does not read; limit: too large for the socket.
  [[nodiscard]] Status send(const wire::LocalMessage& message) const;
  // As send, but waits until `deadline_ms` for room.
  [[nodiscard]] Status send_waiting(const wire::LocalMessage& message, int deadline_ms) const;
  // busy: nothing there now; not_found: the other end is gone.
  [[nodiscard]] Result<wire::LocalMessage> receive() const;

 private:
  UniqueFd fd_;
};

}  // namespace sn::agent
