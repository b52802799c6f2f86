#include "agent/core/staged_file.h"

namespace sn::agent {

std::string temporary_beside(const std::string& path) {
  const size_t slash = path.rfind('/');
  return path.substr(0, slash + 1) + "." + path.substr(slash + 1) + ".snagent";
}

std::string StagedFile::temporary() const {
  return temporary_beside(source.empty() ? path : source);
}

}  // namespace sn::agent
