// What SN2P, and SN1P while it lives, answer a node that asks whether they serve it: a question
// for a name or the time, and a connection to that of NFS. Not more is asked of them here.
#pragma once

namespace sn::crash {

// A process of its own in the caller's network, which ends with the caller. False: it could not
// begin to listen.
[[nodiscard]] bool answer_for_service_nodes();

}  // namespace sn::crash
