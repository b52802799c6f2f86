// An errno of libzmq (which has its own numbers beside the system's) as an Error.
#pragma once

#include <string>

#include "common/base/error.h"

namespace sn::net {

[[nodiscard]] tl::unexpected<Error> fail_zmq(int zmq_errno, std::string doing, std::string to,
                                             std::string cure = {});

}  // namespace sn::net
