#include "coordinator/control/peer.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdio>
#include <memory>

namespace sn::coordinator {

namespace {

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<FILE, CloseFile>;

}  // namespace

Result<gid_t> find_group(const std::string& name) {
  gid_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc{} && end == name.data() + name.size()) return number;
  const File file(std::fopen("/etc/group", "re"));
  if (file) {
    // One thread reads it at start-up; the static buffer is nobody else's.
    while (const group* entry = ::fgetgrent(file.get())) {
      if (name == entry->gr_name) return entry->gr_gid;
    }
  }
  return fail(ErrorClass::not_found, "looking up group", name, "not in /etc/group",
              "groupadd " + name + ", or give its number");
}

std::string user_name(uid_t uid) {
  const File file(std::fopen("/etc/passwd", "re"));
  if (file) {
    while (const passwd* entry = ::fgetpwent(file.get())) {
      if (entry->pw_uid == uid) return entry->pw_name;
    }
  }
  return "uid " + std::to_string(uid);
}

Result<Peer> peer_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return fail_errno("asking for", "the peer's credentials");
  }
  Peer peer;
  peer.pid = credentials.pid;
  peer.uid = credentials.uid;
  // The kernel's own limit on a process's groups is 65536; a person has a handful.
  peer.groups.resize(1024);
  size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size) != 0) size = 0;
  peer.groups.resize(size / sizeof(gid_t));
  peer.groups.push_back(credentials.gid);
  return peer;
}

}  // namespace sn::coordinator
