// A file and where its temporary is: what must be known to finish or undo an interrupted commit of
// one file (agent/executor/primitives/replace_file.h). Pure.
#pragma once

#include <string>

namespace sn::agent {

struct StagedFile {
  std::string path;
  std::string source;  // of the bind mount at `path`; empty: there is none, or it can't be reached
  bool operator==(const StagedFile&) const = default;

  [[nodiscard]] std::string temporary() const;
};

// "/etc/.hosts.snagent" of "/etc/hosts".
[[nodiscard]] std::string temporary_beside(const std::string& path);

}  // namespace sn::agent
