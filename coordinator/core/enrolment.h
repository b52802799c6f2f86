// snctl keys: whose CURVE key is whose. ZAP lets in nobody else, and no key speaks for another
// node.
#pragma once

#include <map>
#include <string>

#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"

namespace sn::coordinator {

class Enrolment {
 public:
  Enrolment(Ledger& ledger, Fleet& fleet, Outbox& outbox);

  // After the table was seeded: a key goes with its row. The key of a node that is in no row is
  // kept, and lets nobody in.
  void settle();

  // Z85 public key -> node. One key a node: a new one retires the old.
  [[nodiscard]] const std::map<std::string, std::string>& keys() const { return keys_; }

  void add(ClientId client, const AddKeyCommand& command, Now now);
  void list(ClientId client);
  // Also ends the node's connection.
  void revoke(ClientId client, const RevokeKeyCommand& command, Now now);

 private:
  void read_keys();
  void admit();
  void end_connection(const std::string& node);

  Ledger& ledger_;
  Fleet& fleet_;
  Outbox& outbox_;
  std::map<std::string, std::string> keys_;
};

}  // namespace sn::coordinator
