// Capabilities of the calling thread (capabilities(7)): before the first other thread exists, those
// of the process.
#pragma once

#include "common/base/error.h"

namespace sn {

// No program that is started can have one, whatever its file says. Needs CAP_SETPCAP.
[[nodiscard]] Status drop_bounding_set();
// Has none from now on, and gives none on; without CAP_SETPCAP the bounding set stays.
[[nodiscard]] Status drop_capabilities();

}  // namespace sn
