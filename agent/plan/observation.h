// What a node is, read once: the input of every plan and of every verification.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/leases/lease.h"
#include "agent/mounts/classify.h"
#include "agent/mounts/mount_user.h"
#include "agent/references/kind.h"
#include "agent/routes/route.h"
#include "common/model/address.h"
#include "common/model/reference.h"

namespace sn::agent {

// Tells whether a file is still the one that was read.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};

// Where a file really lies, links and binds followed: whether it is this node's to edit.
enum class FilePlace : uint8_t {
  own,        // this node's; can be edited
  read_only,  // on a read-only image: change it in the image
  foreign,    // a link into another program's territory (systemd-resolved, NetworkManager...)
};

struct ObservedFile {
  std::string path;       // as the kind names it
  std::string real_path;  // what is edited: a link's target
  const FileKind* kind = nullptr;
  std::string text;
  FileIdentity identity;
  FilePlace place = FilePlace::own;
  std::string owner;  // of a foreign one: "NetworkManager"
};

// A word that is fixed until the next boot.
struct BootWord {
  std::string place;  // "/proc/cmdline"
  std::string label;  // "XCAT"
  std::string value;  // "10.1.1.100:3001"
};

// A file that can't be replaced, and would refuse it only in the middle of a rebind.
struct Refusal {
  std::string path;  // as the kind names it
  Fact reason;
  Cure cure;
};

struct Observation {
  bool live = true;                // false: a root tree that is not running; no routes, no services
  bool tree_is_read_only = false;  // of one that is not running: its root directory is
  std::string host_name;
  std::vector<NetworkAddress> own_addresses;
  std::vector<ObservedFile> files;  // in the order of all_file_kinds()
  std::vector<Route> routes;
  std::vector<BootWord> boot_words;
  // Of a running node's daemons; filled in by executor/observe_node.h.
  std::vector<Lease> leases;
  MountFacts mounts;
  // Users of mounts that come from a service node; empty if there is no such mount, because the
  // walk through /proc takes time.
  std::vector<MountUser> mount_users;
  // The services of the kinds that run now; looked up where a plan is shown, empty elsewhere.
  std::vector<std::string> running_services;
  // Those of them that nobody knows how to restart: what the takeover would end with.
  struct NotRestartable {
    std::string service;
    Fact reason;
    Cure cure;
  };
  std::vector<NotRestartable> not_restartable;
  // A place that could not be read, and so may name anybody: it is never taken for absent.
  struct Unread {
    std::string place;
    Fact reason;
    Cure cure;
    Tier tier = Tier::essential;
    std::string mount;  // of a service node, which it lies on; empty: none
  };
  std::vector<Unread> unread;
  std::vector<Finding> findings;  // notes
  // Of files that a plan changes: looked for once it is known which (executor/refusals.h).
  std::vector<Refusal> refusals;
};

}  // namespace sn::agent
