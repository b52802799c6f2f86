// A disposable child: whatever can block on a file system that does not answer runs in one, so that
// its parent never does. It dies with its parent.
#pragma once

#include <sys/types.h>

#include <functional>

#include "agent/ipc/channel.h"
#include "common/base/error.h"

namespace sn::agent {

class Child {
 public:
  // Forks and runs `work` in the child with its end of the channel; the child ends when `work`
  // returns. The caller has no threads.
  [[nodiscard]] static Result<Child> spawn(const std::function<void(const ChildEnd&)>& work);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  // Kills it if it still runs; reaping is done by whoever reaps all children.
  ~Child();

  [[nodiscard]] const ParentEnd& channel() const { return channel_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // It was reaped: its pid may be somebody else's by now.
  void reaped() { pid_ = -1; }
  void kill() const;
  // In another fork of the parent: forgets the child without ending it.
  void abandon() {
    pid_ = -1;
    channel_.close();
  }

 private:
  Child(pid_t pid, ParentEnd channel) : pid_(pid), channel_(std::move(channel)) {}
  pid_t pid_ = -1;
  ParentEnd channel_;
};

}  // namespace sn::agent
