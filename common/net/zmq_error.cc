#include "common/net/zmq_error.h"

#include <zmq.h>

namespace sn::net {

tl::unexpected<Error> fail_zmq(int zmq_errno, std::string doing, std::string to, std::string cure) {
  if (zmq_errno < ZMQ_HAUSNUMERO) {
    return fail_errno(zmq_errno, std::move(doing), std::move(to), std::move(cure));
  }
  return fail(ErrorClass::internal, std::move(doing), std::move(to), zmq_strerror(zmq_errno),
              std::move(cure));
}

}  // namespace sn::net
