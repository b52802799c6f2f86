#include "agent/executor/child.h"

#include <signal.h>

#include <utility>

#include "agent/ipc/fork.h"

namespace sn::agent {

Result<Child> Child::spawn(const std::function<void(const ChildEnd&)>& work) {
  auto ends = ParentEnd::make_pair();
  if (!ends) return tl::unexpected(ends.error());
  const pid_t pid = fork_process([&] {
    ends->first.close();
    work(ends->second);
    return 0;
  });
  if (pid < 0) return fail_errno("forking", "a disposable child");
  return Child(pid, std::move(ends->first));
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), channel_(std::move(other.channel_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    channel_ = std::move(other.channel_);
  }
  return *this;
}

Child::~Child() { kill(); }

void Child::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

}  // namespace sn::agent
