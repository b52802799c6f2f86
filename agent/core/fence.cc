#include "agent/core/fence.h"

namespace sn::agent {

Status judge(const Fence& fence, const std::string& node, const wire::Rebind& rebind) {
  const auto refuse = [](std::string why) {
    return fail(ErrorClass::denied, "", "", std::move(why));
  };
  if (rebind.node != node) return refuse("this is " + node + ", not " + rebind.node);
  if (rebind.generation < fence.generation) {
    return refuse("generation " + std::to_string(rebind.generation) +
                  " is older than the newest seen, " + std::to_string(fence.generation));
  }
  if (rebind.generation == fence.generation && rebind.to != fence.target) {
    return refuse("generation " + std::to_string(rebind.generation) + " was for " + fence.target +
                  ", not " + rebind.to);
  }
  return {};
}

}  // namespace sn::agent
