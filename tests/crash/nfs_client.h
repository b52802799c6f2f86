// The kernel's NFS client, played at the border of the system calls, because the kernels that this
// runs on have none. To the program every mount of a service node is NFS; to the kernel it is an
// overlay of a directory below kServers/ADDRESS:
//
//   fsopen("nfs")                 becomes fsopen("overlay")
//   fsconfig(addr = ADDRESS)      becomes fsconfig(lowerdir = the directory of the source there)
//   fsconfig(another option)      succeeds and is not made
//   fsmount of a single file      becomes a detached bind of the file (an overlay has none)
//   open of its own mountinfo     opens a copy in which these mounts are shown as NFS
//
// What is done with the mounts themselves is the kernel's work.
#pragma once

#include <map>
#include <string>

#include "tests/crash/tracer.h"

namespace sn::crash {

inline constexpr const char* kServers = "/crash/servers";
inline constexpr const char* kEmptyDirectory = "/crash/empty";

// "/install" of 10.1.1.100 as the second word of an overlay mount.
[[nodiscard]] std::string overlay_options(const std::string& address, const std::string& path);
// A line of mountinfo as an NFS client would show it.
[[nodiscard]] std::string as_nfs(const std::string& mountinfo_line);

class NfsClient {
 public:
  explicit NfsClient(const Tracer& tracer) : tracer_(tracer) {}
  // The node's, as we reach it.
  void set_root(std::string root) { root_ = std::move(root); }
  // May change the call's arguments. true: the call is not to be made, and succeeds.
  [[nodiscard]] bool play(Call& call);

 private:
  void show_mounts(Call& call);
  void lend(Call& call, size_t argument, const std::string& text, size_t slot) const;

  const Tracer& tracer_;
  std::string root_;
  struct Mounting {
    std::string source;
    std::string file;  // what is mounted is a file: as the node names it
  };
  std::map<std::pair<pid_t, uint64_t>, Mounting> mounting_;  // by process and its fd
  pid_t opening_ = 0;  // was given an overlay for NFS by its last fsopen
  unsigned shown_ = 0;
};

}  // namespace sn::crash
