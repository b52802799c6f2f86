// Everything of a plan that can be prepared before the commit point: a temporary beside every file,
// the new mounts in a namespace of their own. What is prepared is a step that only remains to be
// carried out. The node itself is untouched, and discard() takes it all away again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/executor/primitives/replace_file.h"
#include "agent/executor/primitives/swap_mount.h"
#include "agent/executor/rebind.h"
#include "agent/plan/plan.h"

namespace sn::agent {

struct Step {
  Fact what;
  FileChange* file = nullptr;
  std::optional<ReplaceFile> replace;
  const RouteChange* route = nullptr;
  const LeaseChange* lease = nullptr;
  SwapMount* swap = nullptr;
  size_t place = 0;   // of `swap`
  bool bare = false;  // an interrupted swap left the place empty

  // Still to be carried out: it was prepared, or needs no preparation.
  [[nodiscard]] bool ready() const {
    return replace || route != nullptr || swap != nullptr || lease != nullptr;
  }
  [[nodiscard]] std::string place_name() const;
};

struct StageFailure {
  std::string place;
  Error error;
  bool essential = true;  // the node is not to be moved without it
};

class Staging {
 public:
  // `journal`: an open one, told of every temporary before it is made; nullptr: none.
  // In a rescue a mount that can't be prepared stays, and is no reason to stay with it.
  Staging(const RebindEnvironment& environment, const PlanRequest& request)
      : env_(environment), to_(request.to), strict_(request.strict), rescue_(request.is_rescue()) {}

  // Adds the plan's steps, which point into it. Each failure is told; false ends the staging.
  using GoOn = std::function<bool(const StageFailure&)>;
  bool stage(Plan& plan, Journal* journal, const GoOn& go_on);
  void discard();
  // The steps are over; what they mounted is still known.
  void forget_steps() { steps_.clear(); }

  [[nodiscard]] std::vector<Step>& steps() { return steps_; }
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] const std::vector<std::unique_ptr<SwapMount>>& swaps() const { return swaps_; }

 private:
  void add_files(std::vector<FileChange>& files,
                 const std::function<bool(const FileChange&)>& which);
  void let_a_file_decide();
  bool stage_mounts(const Plan& plan, Journal* journal, const GoOn& go_on);
  [[nodiscard]] Status serves_nfs(const MountSwap& swap) const;
  [[nodiscard]] Status stage_mount(const MountSwap& swap, bool bare, Journal* journal);
  [[nodiscard]] MountSwap as_begun(const MountSwap& planned) const;
  [[nodiscard]] std::vector<MountSwap> bare_places() const;
  void say(const Fact& step, uint32_t of) const {
    if (env_.progress) env_.progress(step, 0, of);
  }

  const RebindEnvironment& env_;
  const std::string to_;
  const bool strict_;
  const bool rescue_;
  std::vector<Step> steps_;
  std::vector<std::unique_ptr<SwapMount>> swaps_;
};

}  // namespace sn::agent
