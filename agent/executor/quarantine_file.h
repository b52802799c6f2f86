// Where the quarantine (agent/core/quarantine.h) is kept: under /run, so that a restart of the
// agent does not forget it; void after a reboot.
#pragma once

#include <optional>
#include <string>

#include "agent/core/quarantine.h"
#include "common/base/error.h"

namespace sn::agent {

class QuarantineFile {
 public:
  explicit QuarantineFile(const std::string& run_dir) : path_(run_dir + "/quarantine") {}

  // nullopt: there is none, or it is another boot's. One that can't be read, also because another
  // version of snagentd wrote it, is a reason of its own, and stays until somebody removes it.
  [[nodiscard]] std::optional<QuarantineRecord> load(const std::string& boot_id) const;
  [[nodiscard]] Status store(const QuarantineRecord& record, const std::string& boot_id) const;
  void remove() const;

 private:
  std::string path_;
};

}  // namespace sn::agent
