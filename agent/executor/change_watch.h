// Tells that something on the node changed: files of the kinds, routes, mounts. What became of them
// is for a look to find out; the slow look finds what these can't see.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "agent/watch/mount_monitor.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/net/reactor.h"

namespace sn::agent {

class ChangeWatch {
 public:
  struct Calls {
    std::function<void()> changed;  // a file of the kinds, not just one beside it, or a route
    std::function<void()> mounts_changed;
  };

  // The calls are made in turns of `reactor`, last: after what processes said. `directory_file`: of
  // service nodes, a file of the kinds as well.
  ChangeWatch(net::Reactor& reactor, std::string directory_file, Calls calls)
      : reactor_(reactor), directory_file_(std::move(directory_file)), calls_(std::move(calls)) {}

  // Walks paths, so at start only. Only without inotify it fails.
  [[nodiscard]] Status open();

  // The inotify instance: a child may add watches to it (agent/watch/files.h).
  [[nodiscard]] int inotify() const { return inotify_.get(); }

  // A fork that is not to hold the watches calls this.
  void abandon();

 private:
  [[nodiscard]] net::Reactor::Watch call_on(int fd, void (ChangeWatch::*hear)());
  void hear_files();
  void hear_routes();
  void hear_mounts();
  // True: a file of ours changed.
  [[nodiscard]] bool take_file_events();

  net::Reactor& reactor_;
  const std::string directory_file_;
  Calls calls_;
  UniqueFd inotify_;
  std::map<int, std::string> directories_;  // by inotify watch
  UniqueFd route_monitor_;
  std::optional<MountMonitor> mount_monitor_;
  net::Reactor::Watch files_;
  net::Reactor::Watch routes_;
  net::Reactor::Watch mounts_;
};

}  // namespace sn::agent
