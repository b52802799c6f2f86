// A rebind that waits for scripts of xCAT to end. Other jobs go on meanwhile.
#pragma once

#include <string>
#include <vector>

#include "agent/executor/job.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

class ScriptWait {
 public:
  // `found`: what the rebind's child saw at work. Those that have ended since are not waited for.
  // `most_ms`: from the first of the job's waits on.
  ScriptWait(Job job, const wire::ScriptsAtWork& found, int64_t most_ms);

  // None is at work any more.
  [[nodiscard]] bool over() const { return scripts_.empty(); }
  // Forgets those that have ended.
  void look();
  // Readable when a script has ended; as many as scripts.
  [[nodiscard]] std::vector<int> fds() const;

  [[nodiscard]] MonotonicTime deadline() const { return deadline_; }
  // At the deadline: what is said of the node.
  [[nodiscard]] Error too_long() const;
  // "waiting for xcatpostinit (pid 812) and 2 more".
  [[nodiscard]] std::string step() const;

  [[nodiscard]] const Job& job() const { return job_; }
  [[nodiscard]] Job take_job() { return std::move(job_); }

 private:
  struct Script {
    std::string name;
    uint32_t pid = 0;
    UniqueFd process;  // readable when it has ended
  };
  Job job_;
  int64_t most_ms_;
  MonotonicTime deadline_;
  std::vector<Script> scripts_;
};

}  // namespace sn::agent
