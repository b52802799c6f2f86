// The states of service nodes as far as an administrator sets them by hand, and a look at those
// that are marked failed: one that returns from the dead is an alarm. Its DHCP or NIM server pulls
// nodes back that boot or renew a lease, and nobody else would notice.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "coordinator/core/commands.h"
#include "coordinator/core/config.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/verdicts.h"

namespace sn::coordinator {

// A machine takes minutes to boot; a few seconds are soon enough, and cost one connection.
inline constexpr int64_t kFailedLookMs = 10'000;

class ServiceNodes {
 public:
  // `requests`: the last number that was given to a question.
  ServiceNodes(const Config& config, const Directory& directory, Ledger& ledger, Verdicts& verdicts,
               Outbox& outbox, uint64_t& requests)
      : config_(config),
        directory_(directory),
        ledger_(ledger),
        verdicts_(verdicts),
        outbox_(outbox),
        requests_(requests) {}

  // snctl sn clear: it is up again. Nodes on their way away from it that have not moved are held.
  void clear(ClientId client, const ClearServiceNodeCommand& command, Now now);

  void tick(Now now);
  [[nodiscard]] MonotonicTime next_tick() const { return next_look_; }
  // false: it was not asked here.
  bool on_probe(uint64_t request, bool alive, const std::string& evidence, Now now);

  // The failed service nodes that answer, since when and how.
  [[nodiscard]] const std::map<std::string, Returned>& returned() const { return returned_; }

 private:
  [[nodiscard]] bool is_failed(const std::string& service_node) const;

  const Config& config_;
  const Directory& directory_;
  Ledger& ledger_;
  Verdicts& verdicts_;
  Outbox& outbox_;
  uint64_t& requests_;
  MonotonicTime next_look_;
  std::map<uint64_t, std::string> asked_;
  std::map<std::string, Returned> returned_;
};

}  // namespace sn::coordinator
