#include "agent/executor/primitives/swap_mount.h"

#include <poll.h>
#include <signal.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/executor/primitives/last_hold.h"
#include "agent/executor/primitives/mount_calls.h"
#include "agent/executor/primitives/stage_mount.h"
#include "agent/watch/mount_table.h"
#include "common/base/clock.h"
#include "common/base/pidfd.h"

namespace sn::agent {

namespace {

// Killed and forced processes need a moment to be gone; more than this they do not need.
constexpr int64_t kFreeMs = 2'000;
constexpr int kFreeStepMs = 20;

// The mount that `upper` hides in its own place, or nullptr.
const Mount* beneath(const std::vector<Mount>& table, const Mount& upper) {
  for (const auto& mount : table) {
    if (mount.id == upper.parent && mount.place == upper.place) return &mount;
  }
  return nullptr;
}

// A process runs until its last thread has ended: its first thread may be a zombie while others
// hold on to files.
bool is_running(int pid) {
  const UniqueFd process = open_pidfd(pid);
  if (!process) return errno != ESRCH;
  pollfd ended{process.get(), POLLIN, 0};
  return poll(&ended, 1, 0) == 0;
}

}  // namespace

SwapMount::SwapMount(MountSwap swap, std::string stage_dir, MountOrder order)
    : swap_(std::move(swap)), stage_dir_(std::move(stage_dir)), order_(order) {}

Status SwapMount::stage(const std::string& known_marker) {
  trees_.clear();
  auto trees = stage_mount(swap_, stage_dir_, known_marker);
  if (!trees) return tl::unexpected(trees.error());
  trees_ = std::move(*trees);
  return {};
}

Status SwapMount::commit(size_t index, bool nothing_there_is_fine) {
  const std::string& place = swap_.places[index].place;
  const auto table = read_mount_table("/proc/self/mountinfo");
  if (!table) return tl::unexpected(table.error());
  const Mount* there = mount_at(*table, place);
  if (there == nullptr && nothing_there_is_fine) {
    if (attach_tree(trees_[index].get(), AT_FDCWD, place.c_str(), 0) != 0) {
      return fail_errno("mounting on", place);
    }
    trees_[index].reset();
    return {};
  }
  if (there == nullptr || there->superblock != swap_.superblock) {
    return fail(ErrorClass::stale, "swapping", place,
                there == nullptr ? Fact(FactCode::nothing_mounted_there)
                                 : Fact(FactCode::mounted_there_now, {.value = there->source}),
                Cure(CureCode::run_takeover_again));
  }
  if (const Mount* below = beneath(*table, *there); below != nullptr && is_new(*below)) {
    return exchange(place, -1);
  }
  if (swap_.force && index == 0) {
    if (auto status = free_the_stuck(place); !status) return status;
  }
  if (auto status = exchange(place, trees_[index].get()); !status) return status;
  trees_[index].reset();
  return {};
}

// Before the detach: a process that waits for a detached mount can't be freed any more. MNT_FORCE
// answers EBUSY and yet ends the calls in flight; a process may begin the next one before it dies.
Status SwapMount::free_the_stuck(const std::string& place) const {
  for (const int pid : swap_.kill) kill(pid, SIGKILL);
  const MonotonicTime until = monotonic_now() + kFreeMs;
  while (std::any_of(swap_.kill.begin(), swap_.kill.end(), is_running)) {
    (void)umount2(place.c_str(), MNT_FORCE | UMOUNT_NOFOLLOW);
    if (monotonic_now() >= until) {
      return fail(ErrorClass::timed_out, "freeing", place, Fact(FactCode::killed_still_there),
                  Cure(CureCode::stuck_orphan));
    }
    poll(nullptr, 0, kFreeStepMs);
  }
  return {};
}

// `mount` is the new one of an interrupted swap, on which the old one still lies.
bool SwapMount::is_new(const Mount& mount) const {
  return mount.superblock != swap_.superblock && mount.type == swap_.type &&
         option_value(mount.options, "addr") == swap_.address;
}

Status SwapMount::exchange(const std::string& place, int tree) const {
  UniqueFd last(clone_tree(AT_FDCWD, place.c_str(), 0));
  if (!last) return fail_errno("holding on to", place);
  const LastHold hold(last);
  auto status = tree < 0 ? detach_mount(place) : exchange_mount(place, tree, order_);
  last.reset();  // before the hold's, which is the last one
  return status;
}

}  // namespace sn::agent
