// Primitive: the content of one file becomes another, as a whole or not at all.
//
//   stage    a temporary with a fixed name (".NAME.snagent") beside the file: same owner, mode and
//            extended attributes, content written and synced. The file itself is untouched.
//   commit   refuses (stale) if the file is no longer the one that was planned for; then rename.
//   discard  takes the temporary away.
//
// A bind-mounted single file (xCAT's statelite files) can't be renamed over: EBUSY, and a rename
// from another mount namespace would silently drop the bind. Its temporary lies beside the source
// of the bind; a bind of the temporary takes the old one's place (exchange_mount.h), then the
// temporary is renamed onto the source, and the mount goes with it. No reader sees a mixed or an
// empty file. Only if the source can't be reached (its file system is mounted nowhere else) is the
// file rewritten in place: its space is claimed first, the temporary goes only when the content was
// compared, and a write that fails puts the old content back.
#pragma once

#include <string>
#include <string_view>

#include "agent/core/staged_file.h"
#include "agent/executor/primitives/exchange_mount.h"
#include "agent/plan/observation.h"
#include "common/base/error.h"

namespace sn::agent {

class ReplaceFile {
 public:
  // `path` is no link. `identity` is that of the file the new text was made from.
  ReplaceFile(std::string path, FileIdentity identity, std::string new_text, MountOrder order);

  // The new file is dated two seconds ahead: for readers that look again only at what is later, in
  // whole seconds, than the moment at which they looked last (automount does, at each lookup).
  void date_ahead() { ahead_ = true; }

  [[nodiscard]] Status stage();
  // Does not sync the directory: who commits several files syncs each directory once.
  [[nodiscard]] Status commit();
  void discard();

  // Of a run that was interrupted; `begun`: past its commit point. Then what this file's commit may
  // have begun is finished, otherwise only the temporary goes.
  static void clean_up(const StagedFile& staged, bool begun);

  [[nodiscard]] const StagedFile& staged() const { return staged_; }
  // The directory whose entry the commit changes.
  [[nodiscard]] std::string directory() const;

 private:
  [[nodiscard]] Status exchange_bind();
  [[nodiscard]] Status rewrite_in_place();

  StagedFile staged_;
  FileIdentity identity_;
  std::string new_text_;
  MountOrder order_;
  bool ahead_ = false;
};

[[nodiscard]] Status sync_directory(const std::string& directory);

}  // namespace sn::agent
