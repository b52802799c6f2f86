// The journal of the one rebind in progress, on tmpfs: it survives an agent restart, not a reboot.
//
// A file of records (common/wire/records.h: a head with kind and version, then MessagePack with
// sizes and check values), each written with one write(2), the head with the first:
//
//   "t"      keys                  meaning
//   begin    boot_id, rebind       the order, as the wire has it
//   rehearse boot_id               instead of begin: nothing is to be carried out
//   staged   path, source          a temporary is about to be made beside `path`, or, if that is
//                                  bind-mounted, beside `source`
//   swap     swap                  a mount is about to be swapped: what will be mounted where
//   intent   step, what            a step is about to be done; the first is the commit point
//   done     step
//   commit   verdict               nothing is open any more
//
// agent/records/fields.h has the keys of `swap`. A record that is cut short is the end of the
// journal: its step was not begun. A record that was changed, and a journal of another version (an
// upgrade in the middle of a rebind), is corrupt: the node goes into quarantine with that reason. A
// journal of another boot is void: /run is new then, and nothing is assumed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/core/unfinished.h"
#include "agent/mounts/plan_mounts.h"
#include "agent/records/records.h"
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
  [[nodiscard]] Status intent(const Fact& what);
  [[nodiscard]] Status done();
  [[nodiscard]] Status commit(Verdict verdict);
  // Of a rehearsal, which has nothing to be committed: as if it had never begun.
  void forget();

  // nullopt: there is none, it is committed, or it is another boot's. corrupt: it can't be read:
  // another version of snagentd wrote it, or it was changed.
  [[nodiscard]] static JournalContent read(const std::string& path, const std::string& boot_id);
  static void remove(const std::string& path);

 private:
  [[nodiscard]] Status begin_with(const JournalEntry& entry);
  [[nodiscard]] Status append(const JournalEntry& entry);
  [[nodiscard]] Status write_whole(const std::string& bytes);
  std::string path_;
  UniqueFd fd_;
  unsigned step_ = 0;  // counted by each process anew
};

}  // namespace sn::agent
