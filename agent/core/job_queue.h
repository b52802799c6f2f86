// The jobs that wait for their turn. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "agent/core/job.h"

namespace sn::agent {

// One coordinator asks one thing after another; more than this is a fault on its side.
inline constexpr size_t kMaxJobs = 16;

class JobQueue {
 public:
  // False: too many wait, and it is none that must not be lost.
  bool add(Job job);
  // One that is begun again.
  void add_first(Job job) { jobs_.push_front(std::move(job)); }
  // A newer rebind takes the place of those that wait, unless they finish what was begun; what was
  // asked for rehearsals waits for it.
  void add_newest_rebind(Job job);

  [[nodiscard]] std::optional<Job> take();
  [[nodiscard]] bool empty() const { return jobs_.empty(); }
  // Every rebind that waits; the others stay.
  [[nodiscard]] std::vector<Job> take_rebinds();

  [[nodiscard]] bool any_of(const std::function<bool(const Job&)>& is) const;

 private:
  std::deque<Job> jobs_;
};

}  // namespace sn::agent
