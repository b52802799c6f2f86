#include <sys/stat.h>
#include <unistd.h>

#include "agent/cli/commands.h"

namespace sn::agent {

Status enter_root(const std::string& root) {
  if (root == "/") return {};
  struct stat info{};
  if (stat((root + "/etc").c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return fail(ErrorClass::invalid_input, "entering", root, "it has no /etc",
                "name the root directory of a node or of an image");
  }
  if (chroot(root.c_str()) != 0 || chdir("/") != 0) {
    return fail_errno("entering", root, "run it as root");
  }
  return {};
}

}  // namespace sn::agent
