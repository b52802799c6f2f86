// Tells that something on the node changed: files of the kinds, routes, mounts. What became of them
// is for a look to find out; the slow look finds what these can't see.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "agent/watch/mount_monitor.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

class ChangeWatch {
 public:
  // Walks paths, so at start only. Only without inotify it fails.
  [[nodiscard]] Status open();

  // Readable when something changed; -1: not watched.
  [[nodiscard]] int files() const { return inotify_.get(); }
  [[nodiscard]] int routes() const { return route_monitor_.get(); }
  [[nodiscard]] int mounts() const { return mount_monitor_ ? mount_monitor_->fd() : -1; }

  // True: a file of ours changed, not just one beside it.
  [[nodiscard]] bool take_file_events();
  void take_route_events();
  void take_mount_events();

  // A fork that is not to hold the watches calls this.
  void abandon();

 private:
  UniqueFd inotify_;
  std::map<int, std::string> directories_;  // by inotify watch
  UniqueFd route_monitor_;
  std::optional<MountMonitor> mount_monitor_;
};

}  // namespace sn::agent
