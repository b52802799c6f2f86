// One line of a mount table as a value, and what can be asked of a table without asking the node.
// Pure. Format: proc(5), /proc/PID/mountinfo; watch/mount_table.h reads it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sn::agent {

struct Mount {
  int id = 0;
  int parent = 0;
  std::string superblock;  // "0:45", major:minor
  std::string root;        // of the mount within its file system: "/" or a bind's sub-path
  std::string place;       // mount point
  std::string type;        // "nfs", "nfs4", "tmpfs"
  std::string source;      // "sn1-eth1:/install"; of a bind of NFS the bound path
  std::string attributes;  // per mount: "ro,nosuid,relatime"
  std::string options;     // of the superblock: "rw,vers=3,addr=10.1.1.100"
  bool shared = false;     // a member of a peer group: what is mounted below it propagates
  bool operator==(const Mount&) const = default;
};

[[nodiscard]] inline bool is_nfs(const Mount& mount) {
  return mount.type == "nfs" || mount.type == "nfs4";
}

// The value of "name=value" in a comma separated list; empty: it is not there. A name without a
// value is found with has_option.
[[nodiscard]] std::string option_value(std::string_view options, std::string_view name);
[[nodiscard]] bool has_option(std::string_view options, std::string_view name);

// `path` is `directory` or lies below it. Both absolute, without trailing slash.
[[nodiscard]] bool lies_within(std::string_view path, std::string_view directory);

// The mount that a path is found on: of those with the longest mount point the one that covers the
// others. By text alone, no link is followed. nullptr: an empty table.
[[nodiscard]] const Mount* mount_of(const std::vector<Mount>& table, std::string_view path);
// The mount that a program sees at exactly this place. nullptr: it is no mount point.
[[nodiscard]] const Mount* mount_at(const std::vector<Mount>& table, std::string_view place);

}  // namespace sn::agent
