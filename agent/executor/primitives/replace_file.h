// Primitive: the content of one file becomes another, as a whole or not at all.
//
//   stage    a temporary with a fixed name (".NAME.snagent") beside the file: same owner, mode and
//            extended attributes, content written and synced. The file itself is untouched. A file
//            that is bind-mounted into a read-only directory (xCAT's statelite files on a shared
//            root) has its temporary beside the source of the bind mount.
//   commit   refuses (stale) if the file is no longer the one that was planned for; then rename and
//            sync of the directory. A bind-mounted single file can't be renamed over (EBUSY): it is
//            rewritten in place: its space is claimed first, the temporary goes only when the
//            content was compared, and a write that fails puts the old content back.
//   discard  takes the temporary away.
#pragma once

#include <string>
#include <string_view>

#include "agent/plan/observation.h"
#include "common/base/error.h"

namespace sn::agent {

class ReplaceFile {
 public:
  // `path` is no link. `identity` is that of the file the new text was made from.
  ReplaceFile(std::string path, FileIdentity identity, std::string new_text);

  [[nodiscard]] Status stage();
  // Does not sync the directory: who commits several files syncs each directory once.
  [[nodiscard]] Status commit();
  void discard();

  // Of a commit that was interrupted: a file that can't be renamed over may be half rewritten, and
  // then the temporary is the only whole copy. Finishes that, and takes the temporary away.
  static void clean_up(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }

  static std::string temporary_of(const std::string& path);

 private:
  [[nodiscard]] Status rewrite_in_place();

  std::string path_;
  FileIdentity identity_;
  std::string new_text_;
};

[[nodiscard]] Status sync_directory_of(const std::string& path);

// Writes a small file of our own (state under /run and /var/lib) by the same steps; mode 0600.
[[nodiscard]] Status write_own_file(const std::string& path, std::string_view text);

}  // namespace sn::agent
