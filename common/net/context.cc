#include "common/net/context.h"

#include <zmq.hpp>

#include "common/net/zmq_error.h"

namespace sn::net {

Context::Context(std::unique_ptr<zmq::context_t> context) : context_(std::move(context)) {}
Context::Context(Context&&) noexcept = default;
Context& Context::operator=(Context&&) noexcept = default;
Context::~Context() = default;

Result<Context> Context::create() {
  try {
    return Context(std::make_unique<zmq::context_t>(1));
  } catch (const zmq::error_t& error) {
    return fail_zmq(error.num(), "starting", "ZeroMQ");
  }
}

}  // namespace sn::net
