#include "agent/watch/script_needs.h"

#include <algorithm>
#include <map>
#include <optional>

#include "agent/mounts/classify.h"
#include "agent/watch/mount_facts.h"
#include "agent/watch/process.h"
#include "agent/watch/sockets.h"

namespace sn::agent {

namespace {

// A command line that a postscript begins: wget with its options and a URL.
constexpr size_t kArgumentsBytes = 4 * 1024;
// A boot begins some dozens; what is beyond says nothing more.
constexpr size_t kMaxProcesses = 256;

bool is_one_of(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// The node mounts something of one of them.
std::string mounted_from(const IdentityIndex& identity,
                         const std::vector<std::string>& service_nodes) {
  const auto facts = read_mount_facts();
  if (!facts) return {};
  for (const auto& mount : classify_mounts(*facts, identity)) {
    if (is_one_of(service_nodes, mount.owner)) return mount.owner;
  }
  return {};
}

}  // namespace

std::vector<int> processes_of(const std::vector<BootScript>& scripts) {
  std::map<int, std::vector<int>> children;
  for (const int pid : all_pids()) {
    if (const auto stat = process_stat(pid)) children[stat->parent].push_back(pid);
  }
  std::vector<int> found;
  for (const auto& script : scripts) found.push_back(script.pid);
  for (size_t at = 0; at < found.size() && found.size() < kMaxProcesses; ++at) {
    const auto began = children.find(found[at]);
    if (began != children.end()) {
      found.insert(found.end(), began->second.begin(), began->second.end());
    }
  }
  return found;
}

std::vector<AwaitedSocket> parse_awaited_sockets(const std::string& text,
                                                 const IdentityIndex& identity,
                                                 const std::vector<std::string>& service_nodes) {
  std::vector<AwaitedSocket> found;
  for (const auto& socket : parse_sockets(text)) {
    const auto owner = identity.owner_of(socket.peer);
    if (!owner || owner->kind != Owner::Kind::service_node) continue;
    if (!is_one_of(service_nodes, owner->name)) continue;
    // One that nobody has any more is no process's.
    if (socket.inode != 0) found.push_back({socket.inode, owner->name});
  }
  return found;
}

std::string named_in_arguments(std::string_view arguments, const IdentityIndex& identity,
                               const std::vector<std::string>& service_nodes) {
  for (const auto& token : host_like_tokens(arguments)) {
    const auto owner = identity.owner_of(token.text);
    if (!owner || owner->kind != Owner::Kind::service_node) continue;
    if (is_one_of(service_nodes, owner->name)) return owner->name;
  }
  return {};
}

std::string awaited_service_node(const std::vector<BootScript>& scripts, LookAt look_at,
                                 const IdentityIndex& identity,
                                 const std::vector<std::string>& service_nodes) {
  const auto processes = processes_of(scripts);
  std::map<uint64_t, std::string> sockets;
  for (const auto& text : read_socket_tables()) {
    for (auto& one : parse_awaited_sockets(text, identity, service_nodes)) {
      sockets.emplace(one.inode, std::move(one.service_node));
    }
  }
  std::optional<std::string> mounted;
  for (const int pid : processes) {
    if (!sockets.empty()) {
      for (const uint64_t inode : process_sockets(pid)) {
        if (const auto found = sockets.find(inode); found != sockets.end()) return found->second;
      }
    }
    if (waits_in_nfs(pid)) {
      if (!mounted) mounted = mounted_from(identity, service_nodes);
      if (!mounted->empty()) return *mounted;
      continue;  // its arguments may be held by what it waits for
    }
    if (look_at == LookAt::names) continue;
    auto named =
        named_in_arguments(process_arguments(pid, kArgumentsBytes), identity, service_nodes);
    if (!named.empty()) return named;
  }
  return {};
}

}  // namespace sn::agent
