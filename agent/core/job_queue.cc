#include "agent/core/job_queue.h"

#include <algorithm>
#include <utility>

namespace sn::agent {

bool JobQueue::any_of(const std::function<bool(const Job&)>& is) const {
  return std::any_of(jobs_.begin(), jobs_.end(), is);
}

bool JobQueue::add(Job job) {
  // Looking twice at the same moment shows the same.
  const auto own_look = [](const Job& other) {
    return other.kind == Job::Kind::inspect && !other.answer && !other.with_mentions;
  };
  if (own_look(job) && any_of(own_look)) return true;
  if (jobs_.size() >= kMaxJobs && job.kind != Job::Kind::rebind) return false;
  jobs_.push_back(std::move(job));
  return true;
}

void JobQueue::add_newest_rebind(Job job) {
  // What waits behind the one at work is older by the fence: only the newest counts.
  std::erase_if(
      jobs_, [](const Job& other) { return other.kind == Job::Kind::rebind && !other.recovering; });
  jobs_.push_back(std::move(job));
  std::stable_partition(jobs_.begin(), jobs_.end(),
                        [](const Job& other) { return other.kind != Job::Kind::rehearse; });
}

std::optional<Job> JobQueue::take() {
  if (jobs_.empty()) return std::nullopt;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

std::vector<Job> JobQueue::take_rebinds() {
  std::vector<Job> rebinds;
  for (auto& job : std::exchange(jobs_, {})) {
    if (job.kind == Job::Kind::rebind) {
      rebinds.push_back(std::move(job));
    } else {
      jobs_.push_back(std::move(job));
    }
  }
  return rebinds;
}

}  // namespace sn::agent
