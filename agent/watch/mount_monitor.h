// Tells that the node's mount table changed: libmount's monitor of the kernel's table.
#pragma once

#include <memory>

#include "common/base/error.h"

struct libmnt_monitor;

namespace sn::agent {

class MountMonitor {
 public:
  // Opens the monitor of this process's mount namespace.
  [[nodiscard]] static Result<MountMonitor> open();

  // Readable when something changed; owned by the monitor.
  [[nodiscard]] int fd() const;
  // Makes fd() wait for the next change. Never blocks.
  void drain();
  // A fork of its owner calls this instead of the destructor: that takes the kernel's table off the
  // epoll set, which is the owner's too, and the owner would never be told of a change again.
  void abandon();

 private:
  struct Unref {
    void operator()(libmnt_monitor* monitor) const;
  };
  explicit MountMonitor(libmnt_monitor* monitor) : monitor_(monitor) {}
  std::unique_ptr<libmnt_monitor, Unref> monitor_;
};

}  // namespace sn::agent
