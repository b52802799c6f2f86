#include "agent/watch/unclaimed.h"

#include <fts.h>
#include <sys/stat.h>

#include <cstring>
#include <memory>
#include <set>

#include "agent/watch/bounded.h"
#include "agent/watch/files.h"

namespace sn::agent {

namespace {

struct FtsCloser {
  void operator()(FTS* fts) const { fts_close(fts); }
};

// Binary files, our own files, and key material: a host name in known_hosts is a key's label.
bool passed_over(const std::string& path) {
  return path.starts_with("/etc/snagent/") || path.starts_with("/etc/ssl/") ||
         path.starts_with("/etc/alternatives/") || path.find("/.") != std::string::npos;
}

}  // namespace

std::vector<UnclaimedMention> find_mentions(const IdentityIndex& identity) {
  std::vector<UnclaimedMention> mentions;
  char etc[] = "/etc", xcat[] = "/opt/xcat", xcatpost[] = "/xcatpost";
  char* const roots[] = {etc, xcat, xcatpost, nullptr};
  const std::unique_ptr<FTS, FtsCloser> tree(
      fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, nullptr));
  if (!tree) return mentions;
  size_t files = 0;
  while (const FTSENT* entry = fts_read(tree.get())) {
    if (entry->fts_info != FTS_F) continue;
    const std::string path = entry->fts_path;
    const size_t slash = path.rfind('/');
    if (passed_over(path) || is_watched_file(path.substr(0, slash), path.substr(slash + 1))) {
      continue;
    }
    if (++files > kMaxMentionFiles || mentions.size() >= kMaxMentions) break;
    if (entry->fts_statp->st_size > static_cast<off_t>(kMaxMentionFileBytes)) continue;
    const auto text = read_file(path, kMaxMentionFileBytes);
    if (!text || text->find('\0') != std::string::npos) continue;
    std::set<std::string> named;
    for (const auto& token : host_like_tokens(*text)) {
      const auto owner = identity.owner_of(token.text);
      if (owner && owner->kind == Owner::Kind::service_node && named.insert(owner->name).second) {
        mentions.push_back({path, owner->name});
      }
    }
  }
  return mentions;
}

Result<std::vector<UnclaimedMention>> find_mentions_bounded(const IdentityIndex& identity) {
  const auto found = run_bounded(
      [&]() -> Result<std::string> {
        std::string text;
        for (const auto& mention : find_mentions(identity)) {
          text.append(mention.path).push_back('\0');
          text.append(mention.service_node).push_back('\0');
        }
        return text;
      },
      kMentionsMs, "/etc, /opt/xcat and /xcatpost");
  if (!found) return tl::unexpected(found.error());
  std::vector<UnclaimedMention> mentions;
  for (size_t at = 0; at < found->size();) {
    const size_t middle = found->find('\0', at);
    const size_t end = middle == std::string::npos ? middle : found->find('\0', middle + 1);
    if (end == std::string::npos) break;
    mentions.push_back(
        {found->substr(at, middle - at), found->substr(middle + 1, end - middle - 1)});
    at = end + 1;
  }
  return mentions;
}

}  // namespace sn::agent
