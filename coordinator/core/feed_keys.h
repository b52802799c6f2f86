// Which subscribers may read the feed over TCP: a key each, by a name of a person's choice. Durable
// at once; whoever is connected under a key that is good no more is cut off (feed/).
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "coordinator/core/commands.h"
#include "coordinator/core/config.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"

namespace sn::coordinator {

// Dashboards and collectors of one site; each may have several connections (feed/subscribers.h).
inline constexpr size_t kMostFeedKeys = 64;
inline constexpr size_t kMostSubscriberName = 64;

class FeedKeys {
 public:
  FeedKeys(const Config& config, Ledger& ledger, Outbox& outbox)
      : config_(config), ledger_(ledger), outbox_(outbox) {}

  // After a start.
  void settle() { admit(); }
  // One key a name: a new one retires the old.
  void add(ClientId client, const AddFeedKeyCommand& command, Now now);
  void revoke(ClientId client, const RevokeFeedKeyCommand& command, Now now);

 private:
  void admit();

  const Config& config_;
  Ledger& ledger_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
