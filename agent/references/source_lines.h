// The lines ntp.conf and chrony.conf have in common: `server`, `peer` or `pool`, a host, options.
#pragma once

#include <vector>

#include "agent/references/edit_list.h"
#include "agent/references/host_list.h"
#include "agent/references/lines.h"
#include "agent/references/mention.h"

namespace sn::agent {

struct SourceLine {
  Line line;
  Word keyword;
  Word host;
  std::vector<Word> options;
};

// Case is ignored, as both readers do.
bool is_source_keyword(std::string_view word);

std::vector<Mention> mentions_of(const std::vector<SourceLine>& sources);

// Replaces hosts and drops the lines that would become a second source of one sort for one host:
// the new service node's own line stays as it is, with its options; a line with others that is
// dropped is noted in `findings`. Returns what became of every line.
[[nodiscard]] Result<std::vector<EntryChange>> plan_sources(const std::vector<SourceLine>& sources,
                                                            const std::string& path,
                                                            const IdentityIndex& identity,
                                                            const Move& move, EditList& edits,
                                                            std::vector<Finding>& findings);

}  // namespace sn::agent
