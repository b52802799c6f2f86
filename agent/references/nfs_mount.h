// The grammar that files which order NFS mounts have in common: a source "server:path" in its forms
// and an option list. Whether such a mount may follow a service node: common/model/shared_path.h.
//
//   sn1:/x  [fd00:1::100]:/x      mount.nfs(8), autofs(5)
//   nfs://sn1/x  nfs://sn1:2049/x mount.nfs(8) of nfs-utils 2.8
//   sn1,sn2:/x  sn1(2),sn2(1):/x  replicated, with weights (autofs(5))
//   ro,hard,mountaddr=10.1.1.100  nfs(5); a value may be in double quotes
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/references/edit_list.h"
#include "agent/references/host_list.h"
#include "agent/references/lines.h"
#include "agent/references/mention.h"

namespace sn::agent {

// A server of a source; `item` is the server with its brackets and weight.
struct NfsHost {
  Word host;
  Word item;
};

struct NfsSource {
  std::vector<NfsHost> hosts;  // at least one
  Word path;                   // as written, with quotes and escapes
};

// nullopt: no server is named (a local path, a device, another program's syntax).
std::optional<NfsSource> nfs_source(const Word& word);

// The options of a mount that say something about its server.
struct NfsOptions {
  std::optional<bool> read_only;  // the last of `ro` and `rw`; neither is read-write (nfs(5))
  std::string_view fstype;        // automount's own option
  std::vector<Word> servers;      // values of addr=, mountaddr=, mounthost=

  // Options of a later list win over ours; servers add up.
  void add(const NfsOptions& later);
};
NfsOptions nfs_options(const Word& list);

// The label of such a mount's references, and why a reference of role `keep` stays.
std::string_view mount_label(bool read_only);
WhyItStays other_data();

// The mentions of a source and of its options' servers.
void add_mentions(const NfsSource& source, const NfsOptions& options, bool follows, uint32_t line,
                  std::vector<Mention>& mentions);

// Carries out the changes of a source's hosts, one each in their order. False: all are dropped, and
// nothing was done; the caller takes the whole source away.
bool edit_hosts(const NfsSource& source, const EntryChange* changes, EditList& edits);

// Moves the servers named in options. invalid_input as moved_token.
[[nodiscard]] Status edit_options(const NfsOptions& options, const std::string& place,
                                  const IdentityIndex& identity, const Move& move, EditList& edits);

}  // namespace sn::agent
