// The `restrict` lines of ntp.conf: which servers' answers ntpd takes (ntp.conf(5), Access Control
// Commands). The line of the longest matching network decides; without one everybody is let in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/references/edit_list.h"
#include "agent/references/lines.h"
#include "agent/references/mention.h"
#include "agent/references/source_lines.h"

namespace sn::agent {

struct RestrictLine {
  Line line;
  Word host;                 // an address, a name, "default" or "source"
  uint8_t prefix_bits = 0;   // of its network
  bool is_one_host = false;  // no network, nor "default" or "source"
  bool shuts_out = false;    // `ignore`, or `noserve`
  std::string flags;
};

[[nodiscard]] std::vector<RestrictLine> restrict_lines(std::string_view text);

[[nodiscard]] std::vector<Mention> mentions_of(const std::vector<RestrictLine>& lines);

// Moves the lines of old servers, and sees to it that every server of `sources` that `changes`
// replaces is let in as its predecessor was. Finding: one that a line of its own shuts out.
[[nodiscard]] Status plan_restrictions(std::string_view text, const std::string& path,
                                       const std::vector<SourceLine>& sources,
                                       const std::vector<EntryChange>& changes,
                                       const IdentityIndex& identity, const Move& move,
                                       EditList& edits, std::vector<Finding>& findings);

}  // namespace sn::agent
