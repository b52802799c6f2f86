#include "agent/executor/change_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include "agent/log.h"
#include "agent/routes/kernel_routes.h"
#include "agent/watch/files.h"
#include "common/base/file.h"

namespace sn::agent {

Status ChangeWatch::open() {
  inotify_.reset(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify_) return fail_errno("opening", "inotify");
  auto directories = watched_directories();
  directories.push_back(directory_of(directory_file_));
  for (const auto& directory : directories) {
    const int watch = inotify_add_watch(
        inotify_.get(), directory.c_str(),
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR);
    // Without a watch the slow look still finds every change.
    if (watch >= 0) directories_[watch] = directory;
  }
  if (auto monitor = MountMonitor::open()) {
    mount_monitor_.emplace(std::move(*monitor));
    mount_monitor_->drain();  // the first look at the mounts comes after this
  } else {
    log_line("SN1913", monitor.error().message());  // the slow look still finds every change
  }
  if (auto monitor = open_route_monitor()) route_monitor_ = std::move(*monitor);
  files_ = call_on(inotify_.get(), &ChangeWatch::hear_files);
  if (route_monitor_) routes_ = call_on(route_monitor_.get(), &ChangeWatch::hear_routes);
  if (mount_monitor_) mounts_ = call_on(mount_monitor_->fd(), &ChangeWatch::hear_mounts);
  return {};
}

net::Reactor::Watch ChangeWatch::call_on(int fd, void (ChangeWatch::*hear)()) {
  return reactor_.on(
      fd, net::Reactor::readable, [this, hear](net::Reactor::Ready) { (this->*hear)(); },
      net::Reactor::Order::last);
}

void ChangeWatch::hear_files() {
  if (take_file_events()) calls_.changed();
}

void ChangeWatch::hear_routes() {
  drain_route_monitor(route_monitor_.get());
  calls_.changed();
}

void ChangeWatch::hear_mounts() {
  mount_monitor_->drain();
  calls_.mounts_changed();
}

bool ChangeWatch::take_file_events() {
  alignas(inotify_event) char buffer[4096];
  bool ours = false;
  ssize_t size = 0;
  while ((size = read(inotify_.get(), buffer, sizeof buffer)) > 0) {
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event)) + static_cast<ssize_t>(event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) ours = true;
      const auto watch = directories_.find(event->wd);
      if (watch == directories_.end()) {
        // A child has added this watch (watch_files_elsewhere), or a watch ended.
        if ((event->mask & IN_IGNORED) == 0) ours = true;
      } else if (event->len > 0 && (is_watched_file(watch->second, event->name) ||
                                    watch->second + "/" + event->name == directory_file_)) {
        ours = true;
      }
    }
  }
  return ours;
}

void ChangeWatch::abandon() {
  for (auto* watch : {&files_, &routes_, &mounts_}) watch->reset();
  inotify_.reset();
  route_monitor_.reset();
  if (mount_monitor_) mount_monitor_->abandon();
  mount_monitor_.reset();
}

}  // namespace sn::agent
