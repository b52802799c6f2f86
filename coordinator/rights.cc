#include "coordinator/rights.h"

#include "common/base/capabilities.h"

namespace sn::coordinator {

Result<net::RawSockets> use_rights() {
  net::RawSockets raw = net::RawSockets::open();
  if (Status dropped = drop_capabilities(); !dropped) return tl::unexpected(dropped.error());
  return raw;
}

}  // namespace sn::coordinator
