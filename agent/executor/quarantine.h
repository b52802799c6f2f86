// A node that can no longer be right takes no commands until somebody has looked at it: its journal
// or its fence can't be read, a mount is in a state that no step of ours leaves, or finishing what
// was begun kills the process that tries.
//
// Kept under /run, so that a restart of the agent does not forget it; void after a reboot.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/executor/fence.h"
#include "agent/mounts/mount_table.h"
#include "agent/mounts/plan_mounts.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

struct QuarantineRecord {
  wire::Quarantine why;
  std::vector<MountSwap> places;  // that were neither old nor new
  bool operator==(const QuarantineRecord&) const = default;
};

// The error's message as the reason, its cure as the cure.
[[nodiscard]] wire::Quarantine quarantine_of(const Error& error);

class QuarantineFile {
 public:
  explicit QuarantineFile(const std::string& run_dir) : path_(run_dir + "/quarantine") {}

  // nullopt: there is none, or it is another boot's. One that can't be read, also because another
  // version of snagentd wrote it, is a reason of its own.
  [[nodiscard]] std::optional<QuarantineRecord> load(const std::string& boot_id) const;
  [[nodiscard]] Status store(const QuarantineRecord& record, const std::string& boot_id) const;
  void remove() const;

 private:
  std::string path_;
};

// Whether this node is in it, and why. What is kept is what is so.
class Quarantine {
 public:
  Quarantine(const std::string& run_dir, std::string node)
      : file_(run_dir), node_(std::move(node)) {}

  [[nodiscard]] bool active() const { return why_.has_value(); }
  // What is told; empty: in none.
  [[nodiscard]] wire::Quarantine why() const;
  // What a command is answered.
  [[nodiscard]] Error refusal() const;
  [[nodiscard]] const std::vector<MountSwap>& places() const { return places_; }
  [[nodiscard]] const QuarantineFile& file() const { return file_; }

  // What an earlier agent of this boot, or a child, has kept. Who calls enters it anew.
  void load(const std::string& boot_id);
  // A newer reason takes the place of the old one; the places stay.
  void enter(wire::Quarantine why, const std::string& boot_id);
  void lift();

 private:
  QuarantineFile file_;
  std::string node_;
  std::optional<wire::Quarantine> why_;
  std::vector<MountSwap> places_;
};

// What a program finds at the places of an interrupted swap.
enum class OddPlace : uint8_t {
  bare,          // nothing is mounted there
  bare_or_other  // or something that is neither the old nor the new one
};
// The first of the places that is so; nullopt: none.
[[nodiscard]] std::optional<wire::Quarantine> find_odd_place(const std::vector<MountSwap>& swaps,
                                                             const std::vector<Mount>& table,
                                                             OddPlace odd);

// Everything that keeps a node in quarantine, looked at anew; `fence`: as it was loaded, if it
// could be. Reads files, so it runs in a child.
[[nodiscard]] std::optional<wire::Quarantine> look_for_trouble(
    const Result<Fence>& fence, const std::string& journal_path, const std::string& boot_id,
    const std::vector<MountSwap>& places);

// "mend this, then snctl clear cn001".
[[nodiscard]] std::string with_clear(const std::string& cure, const std::string& node);

}  // namespace sn::agent
