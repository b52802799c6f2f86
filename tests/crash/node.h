// One diskless node in namespaces of its own, made anew for every kill: a few dozen files on tmpfs,
// so that it costs milliseconds. It is bound to SN1P, which is dead unless it is revived; SN2P
// answers.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace sn::crash {

inline constexpr const char* kNodeName = "cn001";
inline constexpr const char* kOld = "10.1.1.100";  // SN1P
inline constexpr const char* kNew = "10.1.1.101";  // SN2P
inline constexpr const char* kManagement = "10.1.1.1";
inline constexpr const char* kOtherNames = "10.1.1.53";  // a name server that nobody moves
inline constexpr int kPort = 7400;

// The network around the node, and the place where its root is made: once a worker.
class World {
 public:
  // In namespaces of the calling process's own, which end with it.
  explicit World(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] bool make();
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] int node_network() const { return node_network_; }
  // As they were when the node booted.
  [[nodiscard]] bool reset_routes() const;
  // SN1P answers, or is dead.
  [[nodiscard]] bool revive_old(bool alive) const;

 private:
  std::string directory_;
  int node_network_ = -1;
};

struct Programs {
  std::string agent;     // snagentd
  std::string services;  // this program
};

struct Keys {
  std::string node_secret;
  std::string coordinator_public;
};

class Node {
 public:
  Node(const World& world, const Programs& programs, const Keys& keys);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Back when everything is mounted and the services run.
  [[nodiscard]] bool boot(const std::string& log);
  // `snagentd run`, from its first process; traced by whoever traces that.
  void start_agent() const;
  [[nodiscard]] pid_t first_process() const { return first_; }
  void gone() { first_ = 0; }
  // Its root, as we reach it.
  [[nodiscard]] std::string root() const;

 private:
  [[noreturn]] void live(int commands, int ready, const std::string& log) const;
  [[nodiscard]] bool make_root() const;
  [[nodiscard]] bool furnish() const;
  [[nodiscard]] bool mount_everything() const;
  [[nodiscard]] bool enter() const;

  const World& world_;
  const Programs& programs_;
  const Keys& keys_;
  pid_t first_ = 0;
  int commands_ = -1;
};

// What can be seen of a node: what a kill must leave either as it was or as it is to be.
struct Image {
  std::map<std::string, std::string> files;  // path -> kind, owner, mode, attributes and content
  std::vector<std::string> mounts;           // sorted: place, source, root, attributes, options
  std::vector<std::string> routes;           // sorted
  std::vector<std::string> leftovers;        // temporaries, wherever they lie
  std::string journal;                       // "" or its last whole line's first word
  bool past_commit_point = false;            // of an open journal
  std::map<std::string, int> running;        // daemon -> how many
  std::map<std::string, std::string> uses;   // daemon -> what it runs on (services.h)
};
[[nodiscard]] Image look_at(const Node& node);
// What every thread of the node with this root is at: a line each.
[[nodiscard]] std::string processes_text(const std::string& root);
// A process of this name, in the node with this root.
[[nodiscard]] bool runs_in(const std::string& root, const std::string& name);

// The essential set and the rest, by path: which files a takeover changes is seen by comparison.
[[nodiscard]] std::string difference(const Image& one, const Image& other, bool with_services);

}  // namespace sn::crash
