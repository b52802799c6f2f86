// Mentions of service nodes in files that no rule owns: found by a bounded scan for whole tokens,
// reported, never changed.
#pragma once

#include <string>
#include <vector>

#include "common/model/identity.h"
#include "common/model/reference.h"

namespace sn::agent {

// Files looked at and bytes read of each: a node's /etc has some thousand small files. What is
// beyond the limits is not scanned, and the last finding says so.
inline constexpr size_t kMaxMentionFiles = 4'000;
inline constexpr size_t kMaxMentionFileBytes = 128 * 1024;
inline constexpr size_t kMaxMentions = 256;

struct UnclaimedMention {
  std::string path;
  std::string service_node;
};

// Scans /etc, /opt/xcat and /xcatpost, without following links or crossing file systems, leaving
// out what the kinds own. Blocks on the file system; runs in a disposable child.
[[nodiscard]] std::vector<UnclaimedMention> find_mentions(const IdentityIndex& identity);

// The same in a process of its own: a mount below /etc that does not answer costs kMentionsMs and
// not the whole look. timed_out then.
inline constexpr int64_t kMentionsMs = 10'000;
[[nodiscard]] Result<std::vector<UnclaimedMention>> find_mentions_bounded(
    const IdentityIndex& identity);

}  // namespace sn::agent
