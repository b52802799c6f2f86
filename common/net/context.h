// The ZeroMQ context: I/O threads and inproc names. One a process; outlives every socket of it.
#pragma once

#include <memory>

#include "common/base/error.h"

namespace zmq {
class context_t;
}

namespace sn::net {

class Context {
 public:
  // One I/O thread: a second one does not help on the machines this was measured on (2 cores).
  static Result<Context> create();

  Context(Context&&) noexcept;
  Context& operator=(Context&&) noexcept;
  // Waits for the linger time of sockets that were closed with something unsent.
  ~Context();

  [[nodiscard]] zmq::context_t& get() const { return *context_; }

 private:
  explicit Context(std::unique_ptr<zmq::context_t> context);
  std::unique_ptr<zmq::context_t> context_;
};

}  // namespace sn::net
