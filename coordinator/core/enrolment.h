// Whose CURVE key is whose. ZAP lets in nobody else, and no key speaks for another node.
//
// Keys come by snctl keys add, and from nodes that knock: by the site's policies, or by a person
// who accepts what is listed. One key a node: a new one retires the old. While the old one's node
// answers, a second key changes nothing and is an alarm.
//
// Keys are durable; what knocks and waits for a person is not: it knocks again.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/model/cluster_file.h"
#include "coordinator/core/config.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/knock.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"

namespace sn::coordinator {

// The old key's node is asked, and has as long for its answer: a round trip, through a coordinator
// and a forwarder in a storm.
inline constexpr int64_t kOldKeyAnswers_ms = 3'000;
// Of one node: its own, and those of whoever wants to be it. A person tells them apart.
inline constexpr size_t kMostPending = 4;
// A node that waits knocks at least twice a minute.
inline constexpr int64_t kKnocksNoMore_ms = 300'000;
// Keys that a person has rejected; the oldest is forgotten.
inline constexpr size_t kMostRejected = 1'024;
// Of a key's 40 characters (6.4 bits each): as many can't be found again by trying.
inline constexpr size_t kLeastFingerprint = 12;

class Enrolment {
 public:
  Enrolment(const Config& config, const Cluster& cluster, Ledger& ledger, Fleet& fleet,
            Outbox& outbox);

  // After the table was seeded: a key goes with its row. The key of a node that is in no row is
  // kept, and lets nobody in.
  void settle();

  // Z85 public key -> node. One key a node: a new one retires the old.
  [[nodiscard]] const std::map<std::string, std::string>& keys() const { return keys_; }

  // Answered by AnswerKnock, within kOldKeyAnswers_ms. `full`: nothing can be stored.
  void on_knock(const Knocked& knocked, bool full, Now now);
  void tick(Now now);
  [[nodiscard]] MonotonicTime next_tick(MonotonicTime latest) const;

  void add(ClientId client, const AddKeyCommand& command, Now now);
  void list(ClientId client);
  // What knocks and is not let in.
  void list_pending(ClientId client);
  void accept(ClientId client, const AcceptKeysCommand& command, Now now);
  // Not shown, and not let in, until it is added by hand or others have taken its place.
  void reject(ClientId client, const RejectKeysCommand& command, Now now);
  // Also ends the node's connection.
  void revoke(ClientId client, const RevokeKeyCommand& command, Now now);

  // Says so of those that knock.
  void add_notices(std::vector<NodeStatus>& nodes) const;

 private:
  struct Pending {
    PendingKey shown;
    MonotonicTime knocked;  // last
  };
  // The old key's node is asked whether it lives.
  struct Asked {
    Knocked knocked;
    MonotonicTime since;
  };

  void read_keys();
  void admit();
  void end_connection(const std::string& node);
  // Why its address does not vouch for it; empty: it does.
  [[nodiscard]] Fact doubt_of(const Knocked& knocked) const;
  // Nothing lets it in by itself.
  void list_knock(const Knocked& knocked, const Fact& why, Now now);
  void let_in(const Knocked& knocked, Now now);
  // Returns how many keys it retired.
  size_t enrol(const std::string& node, const std::string& key, const std::string& how, Now now);
  void answer(const Knocked& knocked, bool accepted, Fact reason, Cure cure);
  // The one of `node` that is meant; nullptr: it is refused for `why`.
  [[nodiscard]] const Pending* meant(const std::string& node, const std::string& fingerprint,
                                     Fact& why) const;

  const Config& config_;
  const Cluster& cluster_;
  Ledger& ledger_;
  Fleet& fleet_;
  Outbox& outbox_;
  std::map<std::string, std::string> keys_;
  std::map<std::string, std::vector<Pending>> pending_;  // by node, the oldest first
  std::map<std::string, Asked> asked_;                   // by node
  std::vector<std::string> rejected_;                    // the oldest first
};

}  // namespace sn::coordinator
