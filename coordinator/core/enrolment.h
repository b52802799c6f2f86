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
#include <utility>
#include <vector>

#include "common/base/bucket.h"
#include "common/model/cluster_file.h"
#include "coordinator/core/config.h"
#include "coordinator/core/events.h"
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
// Commands at once: each is a process, or a connection to somewhere.
inline constexpr size_t kMostAsked = 32;
// Keys of one node that policies let in: a node that crashes at each boot, and not one that makes
// keys for a living, each with limits of its own to spend.
inline constexpr double kKeysBurst = 8;
inline constexpr double kKeysPerSecond = 1.0 / 120;
// Events about knocks, of all nodes together: a fleet behind forwarders that boots, and no flood.
inline constexpr double kKnockEvents = 1'000;
inline constexpr double kKnockEventsPerSecond = 5;
// Of second keys, which are alarms: nobody's other knocks take their place.
inline constexpr double kKeyAlarms = 100;
inline constexpr double kKeyAlarmsPerSecond = 0.1;
// Questions about one node: whoever knocks in its name makes them.
inline constexpr double kQuestionsBurst = 3;
inline constexpr double kQuestionsPerSecond = 0.1;
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

  // Answered by AnswerKnock, within kOldKeyAnswers_ms and kAskNode_ms. `via`: a service node that
  // lives, for the site's command. `full`: nothing can be stored.
  void on_knock(const Knocked& knocked, const std::string& via, bool full, Now now);
  // What the site's command printed; `key` is empty: no key, and `said` is why.
  void on_node_key(uint64_t request, const std::string& key, const std::string& said, Now now);
  void tick(Now now);
  [[nodiscard]] MonotonicTime next_tick(MonotonicTime latest) const;

  void add(ClientId client, const AddKeyCommand& command, Now now);
  void list(ClientId client);
  // What knocks and is not let in.
  void list_pending(ClientId client);
  void accept(ClientId client, const AcceptKeysCommand& command, Now now);
  // Not listed, and not let in by a person's list, until it is added by hand, others have taken its
  // place or the coordinator starts again.
  void reject(ClientId client, const RejectKeysCommand& command, Now now);
  // Also ends the node's connections, and no policy lets the node in any more: a person has to.
  void revoke(ClientId client, const RevokeKeyCommand& command, Now now);

  // Of those that knock: what, and what to type.
  [[nodiscard]] std::map<std::string, std::pair<Fact, Cure>> notices() const;

 private:
  struct Pending {
    PendingKey shown;
    bool of_root = false;   // from a port that only root has, and directly
    MonotonicTime knocked;  // last
  };
  // The old key's node is asked whether it lives.
  struct Asked {
    Knocked knocked;
    std::string how;  // it is vouched for
    MonotonicTime since;
    bool waited = false;  // one turn, in which what waited for us was read
  };
  // The site's command asks the node, for all that knock in its name meanwhile.
  struct Question {
    uint64_t request = 0;
    std::vector<Knocked> knocks;  // kMostPending at most
  };

  void read_keys();
  void admit();
  void retire(const std::string& node);
  void end_connection(const std::string& node);
  // Why its address does not vouch for it; empty: it does.
  [[nodiscard]] Fact doubt_of(const Knocked& knocked) const;
  // Its present key's node is asked first whether it lives.
  void let_in_unless_it_lives(const Knocked& knocked, const std::string& how, Now now);
  // Nothing lets it in by itself.
  void list_knock(const Knocked& knocked, const Fact& why, Now now);
  void let_in(const Knocked& knocked, const std::string& how, Now now);
  // What is on record of this key, revoked or not; nullptr: nothing.
  [[nodiscard]] const NodeKey* record_of(const std::string& public_key) const;
  void ask_node(const Knocked& knocked, const Fact& doubt, const std::string& via, Now now);
  // It can't be, whoever vouches for it; empty: it can.
  [[nodiscard]] Fact obstacle_to(const Knocked& knocked) const;
  [[nodiscard]] const NodeKey* revoked_key_of(const std::string& node) const;
  // Within the limit of such events.
  void publish(const event::Kind& kind, const std::string& node, const std::string& text, Now now);
  // One more of these has no place: the oldest of whoever has most. false: it has none.
  [[nodiscard]] static bool make_room(std::vector<Pending>& all, const Knocked& knocked);
  // Somebody decided about the node: whoever waits for its answer is told so.
  void forget_asked(const std::string& node);
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
  std::map<std::string, Question> at_command_;           // by node
  std::vector<std::string> rejected_;                    // the oldest first
  std::map<std::string, Bucket> changes_;                // by node: keys that policies let in
  std::map<std::string, Bucket> questions_;              // by node: to the site's command
  Bucket events_{kKnockEvents, {}};
  Bucket alarms_{kKeyAlarms, {}};
  uint64_t unsaid_ = 0;  // events
  MonotonicTime unsaid_since_;
};

}  // namespace sn::coordinator
