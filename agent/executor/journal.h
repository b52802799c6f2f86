// The journal of the one rebind in progress, on tmpfs: it survives an agent restart, not a reboot.
//
// Text lines, each written with one write(2):
//   begin 1 BOOT_ID HEX        the Rebind, as the wire codec encodes it, in hex
//   rehearse 1 BOOT_ID         instead of begin: nothing is to be carried out
//   staged PATH                a temporary is about to be made beside PATH
//   bound HEX                  the same for a bind-mounted file: "PATH NUL SOURCE" in hex
//   swap HEX                   a mount is about to be swapped: what will be mounted where
//   intent N WHAT              the commit point is the first of these
//   done N
//   commit VERDICT
// A torn last line is the end of the journal. A journal of another boot is void: /run is new then,
// and nothing is assumed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/core/unfinished.h"
#include "agent/mounts/plan_mounts.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/wire/messages.h"

namespace sn::agent {

class Journal {
 public:
  explicit Journal(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] Status begin(const wire::Rebind& rebind, const std::string& boot_id);
  [[nodiscard]] Status begin_rehearsal(const std::string& boot_id);
  // Goes on with the unfinished one there is: what it says stays, so that a second interruption is
  // still known to lie past the commit point.
  [[nodiscard]] Status resume();
  [[nodiscard]] Status staged(const StagedFile& file);
  [[nodiscard]] Status swap(const MountSwap& swap);
  // A step is begun; the last one that was begun is done.
  [[nodiscard]] Status intent(const std::string& what);
  [[nodiscard]] Status done();
  [[nodiscard]] Status commit(Verdict verdict);
  // Of a rehearsal, which has nothing to be committed: as if it had never begun.
  void forget();

  // nullopt: there is none, it is committed, or it is another boot's. corrupt: it can't be read,
  // which only a writer other than us can have done.
  [[nodiscard]] static JournalContent read(const std::string& path, const std::string& boot_id);
  static void remove(const std::string& path);

 private:
  [[nodiscard]] Status begin_with(const std::string& line);
  [[nodiscard]] Status append(const std::string& line);
  std::string path_;
  UniqueFd fd_;
  unsigned step_ = 0;  // counted by each process anew
};

}  // namespace sn::agent
