#include "common/model/nfs_mount.h"

namespace sn {

std::string_view to_string(MountClass mount_class) {
  switch (mount_class) {
    case MountClass::external:
      return "external";
    case MountClass::service_node:
      return "service-node";
    case MountClass::other:
      return "other";
  }
  return "other";
}

std::string_view to_string(StuckPolicy policy) {
  switch (policy) {
    case StuckPolicy::keep:
      return "keep";
    case StuckPolicy::orphan:
      return "orphan";
    case StuckPolicy::kill:
      return "kill";
  }
  return "kill";
}

}  // namespace sn
