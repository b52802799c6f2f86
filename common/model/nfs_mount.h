// An NFS mount of a node as the node reports it, and what may be done about one. Values; they
// travel in the wire messages as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/facts/fact.h"

#include "common/facts/words.h"

namespace sn {

// Whose server a mount comes from, judged by its address (`addr=` of the kernel's table) and never
// by its name.
enum class MountClass : uint8_t {
  external,      // the external NFS server: never touched
  service_node,  // a service node
  other,         // a server nobody declared
};
template <>
struct Words<MountClass> {
  static constexpr Word<MountClass> kAll[] = {{MountClass::external, "external"},
                                              {MountClass::service_node, "service-node"},
                                              {MountClass::other, "other"}};
};

// The format is that of /proc/PID/mountinfo (proc(5)) with the NFS client's options (nfs(5)).
struct NfsMount {
  std::string place;    // the mount point, "/shared_home"
  std::string source;   // "sn1-eth1:/shared_home"
  std::string address;  // of the server, as the kernel has it
  uint32_t port = 2049;
  std::string version;  // "3", "4.1"
  std::string options;  // of the superblock, as the kernel shows them
  bool read_only = false;
  std::string superblock;  // "0:45": mounts of equal ones are views of one file system
  std::string owner;       // the server's name in the directory; empty: nobody's
  MountClass what = MountClass::other;
  Fact critical;                  // what the node needs it for ("/", "swap /swap0"); empty: nothing
  std::vector<std::string> upon;  // what is bound from it, mounted on it or swapped to in it
  bool operator==(const NfsMount&) const = default;
};

// What is done with a mount of the old service node that processes can't let go of.
enum class StuckPolicy : uint8_t {
  keep,    // the mount is not touched; if the old service node returns, its users go on
  orphan,  // it is detached: only a reboot ends the processes, sync and shutdown may hang
  kill,    // SIGKILL and MNT_FORCE first, then it is detached
};
template <>
struct Words<StuckPolicy> {
  static constexpr Word<StuckPolicy> kAll[] = {
      {StuckPolicy::keep, "keep"}, {StuckPolicy::orphan, "orphan"}, {StuckPolicy::kill, "kill"}};
};

}  // namespace sn
