// What an administrator types on a node; one file a verb. Each returns the program's exit code.
#pragma once

#include <string>

#include "agent/config.h"

namespace sn::agent {

struct InspectOptions {
  std::string root = "/";
  std::string directory;  // cluster.toml; empty: the configured one
  std::string config = kDefaultConfigPath;
  bool json = false;
};
// Every reference with kind, place, value and which server it names.
int inspect_command(const InspectOptions& options);

struct RebindOptions {
  std::string root;
  std::string cluster;
  std::string from;
  std::string to;
  bool dry_run = false;
  bool strict = false;
  bool json = false;
};
// The same plan on a root tree that is not running. 0: done and verified; 1: error; 3: refused,
// untouched; 4: something is left.
int rebind_command(const RebindOptions& options);

struct CheckOptions {
  std::string config = kDefaultConfigPath;
  std::string cluster;  // cluster.toml; empty: the configured one
};
// Reads both files as the daemon would, touches nothing. 0: the daemon would take them.
int check_command(const CheckOptions& options);

// Prints the node's public key; makes the pair if there is none.
int key_command(const std::string& config);

// The daemon.
int run_command_line(const std::string& config);

// Makes `root` this process's "/", so that links and paths mean what they mean on the node.
[[nodiscard]] Status enter_root(const std::string& root);

}  // namespace sn::agent
