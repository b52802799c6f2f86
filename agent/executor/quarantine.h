// Where the quarantine (agent/core/quarantine.h) is kept, and how its causes are looked for.
//
// Kept under /run, so that a restart of the agent does not forget it; void after a reboot.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/core/quarantine.h"
#include "agent/executor/fence.h"
#include "agent/mounts/mount.h"
#include "agent/mounts/plan_mounts.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

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

}  // namespace sn::agent
