// Refusals that more than one command gives, in the same words.
#pragma once

#include <string>

#include "common/model/service_node.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/state.h"

namespace sn::coordinator {

// By its id; nullptr: there is none, and the client was told so.
const Takeover* find_or_refuse(const State& state, Outbox& outbox, ClientId client,
                               const std::string& id);
// true: it is, and the client was told so.
bool refuse_if_frozen(const State& state, Outbox& outbox, ClientId client);
// Every node would refuse what is begun now.
bool refuse_if_spent(const State& state, Outbox& outbox, ClientId client);
bool refuse_if_full(const Disk& disk, Outbox& outbox, ClientId client);
// With the name that may have been meant.
[[nodiscard]] RefusalAnswer no_such_service_node(const Directory& directory,
                                                 const std::string& typed);

}  // namespace sn::coordinator
