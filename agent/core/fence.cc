#include "agent/core/fence.h"

#include "common/model/generation.h"

namespace sn::agent {

Status judge_epoch(const Fence& fence, uint64_t epoch) {
  // One with the greatest of all would be the last that the node obeys.
  if (is_leap(epoch, fence.epoch)) {
    return fail(
        ErrorClass::denied, "", "",
        Fact(FactCode::generation_jumps, {.generation = epoch, .other_generation = fence.epoch}));
  }
  if (epoch >= fence.epoch) return {};
  return tl::unexpected(Error{ErrorClass::denied, "", "", Fact(FactCode::older_epoch),
                              Cure(CureCode::ask_the_leader)});
}

Status judge(const Fence& fence, const std::string& node, const wire::Rebind& rebind) {
  const auto refuse = [](FactCode why, Details with) {
    return fail(ErrorClass::denied, "", "", Fact(why, std::move(with)));
  };
  if (rebind.node != node) {
    return refuse(FactCode::another_node, {.node = node, .value = rebind.node});
  }
  if (Status newest = judge_epoch(fence, rebind.epoch); !newest) return newest;
  if (rebind.generation < fence.generation) {
    return refuse(FactCode::older_generation,
                  {.generation = rebind.generation, .other_generation = fence.generation});
  }
  if (is_leap(rebind.generation, fence.generation)) {
    return refuse(FactCode::generation_jumps,
                  {.generation = rebind.generation, .other_generation = fence.generation});
  }
  if (rebind.generation == fence.generation && rebind.to != fence.target) {
    return refuse(FactCode::other_target,
                  {.sn = fence.target, .to = rebind.to, .generation = rebind.generation});
  }
  return {};
}

}  // namespace sn::agent
