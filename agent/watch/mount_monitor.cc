#include "agent/watch/mount_monitor.h"

#include <libmount/libmount.h>
#include <unistd.h>

namespace sn::agent {

void MountMonitor::Unref::operator()(libmnt_monitor* monitor) const { mnt_unref_monitor(monitor); }

Result<MountMonitor> MountMonitor::open() {
  MountMonitor monitor(mnt_new_monitor());
  if (!monitor.monitor_)
    return fail(ErrorClass::limit, "watching", "mounts", Fact(FactCode::no_memory));
  if (mnt_monitor_enable_kernel(monitor.monitor_.get(), 1) != 0 || monitor.fd() < 0) {
    return fail_errno("watching", "mounts");
  }
  return monitor;
}

int MountMonitor::fd() const { return mnt_monitor_get_fd(monitor_.get()); }

void MountMonitor::drain() { (void)mnt_monitor_event_cleanup(monitor_.get()); }

void MountMonitor::abandon() {
  libmnt_monitor* monitor = monitor_.release();  // its memory goes with the process
  const int fd = mnt_monitor_get_fd(monitor);
  if (fd >= 0) close(fd);
}

}  // namespace sn::agent
