// The service nodes that this node may be sent to: /etc/snagent/cluster.toml, root's own.
#pragma once

#include <optional>
#include <string>

#include "agent/plan/observation.h"
#include "common/base/error.h"
#include "common/model/service_node.h"
#include "common/wire/messages.h"

namespace sn::agent {

// As the coordinator and the executor's core know it.
[[nodiscard]] wire::DirectoryRead as_read(const Directory& directory);

class DirectoryFile {
 public:
  explicit DirectoryFile(std::string path) : path_(std::move(path)) {}

  // At start: what current() answers from then on.
  [[nodiscard]] Status load();
  [[nodiscard]] const Directory& current() const { return directory_; }

  // As it is now. denied: others than root can write it.
  [[nodiscard]] Result<Directory> read() const;
  // In a child: a root server that returned answers nonsense for a moment.
  [[nodiscard]] Result<Directory> read_patiently() const;

 private:
  std::string path_;
  Directory directory_;
  std::optional<FileIdentity> identity_;  // that directory_ was read from
};

}  // namespace sn::agent
