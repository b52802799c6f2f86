// A reference kind: knows the grammar of one sort of file, finds the references in it and plans
// their change. Pure: text in, values out; no I/O, no clock. One file a kind; a new kind is one
// class and one line in all_file_kinds(), also if a daemon reads its files: daemon() says all that
// concerns it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/references/comments.h"
#include "agent/references/daemon.h"
#include "agent/references/edits.h"
#include "common/base/error.h"
#include "common/model/address.h"
#include "common/model/identity.h"
#include "common/model/reference.h"
#include "common/model/service_port.h"

namespace sn::agent {

// A move as every kind is told of it: who is left, who is gone to, where the node is.
struct Move {
  std::vector<std::string> from;  // service node names; at least one, none equal to `to`
  std::string to;
  // The node's own addresses, for entries that are added rather than replaced. Empty only if
  // nothing on the node tells.
  std::vector<NetworkAddress> own_addresses;

  [[nodiscard]] bool is_from(std::string_view service_node) const {
    for (const auto& name : from) {
      if (name == service_node) return true;
    }
    return false;
  }
};

// The new service node's address on a network of the node's own; invalid_input names the networks
// if there is none.
[[nodiscard]] Result<IpAddress> own_network_address(const ServiceNode& service_node,
                                                    const Move& move);

inline constexpr ServicePort kNameService{Transport::udp, kDomainPort};
inline constexpr ServicePort kTimeService{Transport::udp, kTimePort};
// RFC 5426, section 3.3; rsyslog's and syslog-ng's default for TCP and RELP too.
inline constexpr uint16_t kLogPort = 514;

struct FilePlan {
  std::vector<Edit> edits;
  std::vector<Finding> findings;  // kept on purpose, left, notes; never `blocked`
  // Commands that bring the edits into effect without a restart of the kind's service (chronyc).
  // Empty: the service is restarted. All or nothing: if one fails, the service is restarted.
  std::vector<Argv> live_commands;
};

// A node's essential set (hosts, routes, mounts, niminfo, xcatinfo, resolver) is all or nothing:
// the node can't do without it. A secondary file (time, syslog, ...) that can't be understood stays
// untouched and named: an odd line of chrony must not cost a node its default route.
enum class Tier { essential, secondary };

// Why a reference stays. Empty: it goes without saying.
struct WhyItStays {
  Fact why;
  Cure cure;
};

class FileKind;

// Files that belong to a kind: where its daemon begins to read, or what a text of the kind names as
// its continuation.
struct Include {
  // Absolute; "*", "?" and "[...]" in every component (glob(7)), which never stand for a dot in
  // front. Of files with one name under several patterns only the first is read.
  std::vector<std::string> patterns = {};
  uint32_t line = 0;             // where it is named; 0: nowhere, it is a root
  const FileKind* as = nullptr;  // who reads them; nullptr: the kind that names them
  // They are not read where one of these files exists.
  std::vector<std::string> unless = {};
  std::vector<std::string> not_beginning = {};  // names that begin so are passed over
  std::vector<std::string> not_ending = {};     // and those that end so
  bool without_copies = false;                  // and what package managers and editors leave
  // Why nobody can tell which files are meant (a program's output). `patterns` is empty then.
  Fact unfollowed = {};
};

// A server that a file names together with where it is asked.
struct AskedServer {
  std::string host;
  ServicePort service;
};

class FileKind {
 public:
  virtual ~FileKind() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual Tier tier() const = 0;
  // Absolute paths of all files that the kind may begin with, patterns in the last component only:
  // what is worth a watch, whether it is read or not.
  [[nodiscard]] virtual std::vector<std::string> paths() const = 0;
  // Where reading begins. Files that nothing names from here on are not the daemon's: a copy beside
  // its configuration is nobody's reference.
  [[nodiscard]] virtual std::vector<Include> roots() const;
  // The files that a text names as its continuation. What can't be understood names none.
  [[nodiscard]] virtual std::vector<Include> includes(const std::string& /*path*/,
                                                      std::string_view /*text*/) const {
    return {};
  }
  // The daemon that reads the files, of static storage; nullptr: they are read anew by whoever
  // needs them.
  [[nodiscard]] virtual const Daemon* daemon() const { return nullptr; }
  // A file that is named as this kind's and as another one's of the same name: as which it is read.
  [[nodiscard]] virtual const FileKind* joined_with(const FileKind& /*other*/) const {
    return this;
  }
  // The name of its service ("rsyslog"); empty: there is none.
  [[nodiscard]] std::string_view service() const {
    return daemon() == nullptr ? std::string_view() : daemon()->service();
  }
  // The files say what a name means (hosts(5)). What they gain comes first in a plan and what they
  // lose comes last: the other files name the new service node by what only these make known.
  [[nodiscard]] virtual bool names_hosts() const { return false; }

  // Where its references are asked while the node runs; nullopt: nowhere, or its files say where.
  [[nodiscard]] virtual std::optional<ServicePort> asks() const { return std::nullopt; }
  // Of one reference, where not all of a kind are asked for something.
  [[nodiscard]] virtual std::optional<ServicePort> asks_for(const Reference& /*reference*/) const {
    return asks();
  }
  // Of a kind whose files say where, in no order. What can't be understood says nothing.
  [[nodiscard]] virtual std::vector<AskedServer> asked_servers(const std::string& /*path*/,
                                                               std::string_view /*text*/) const {
    return {};
  }

  // False: without its daemon nobody can tell what comes of a file, so in a root tree that is not
  // running it is named and left.
  [[nodiscard]] virtual bool moves_offline() const { return true; }

  // The text as it is searched for names that no rule of the kind knows: what its reader passes
  // over, and what can't name a host, is blank; everything else stands where it stood.
  [[nodiscard]] virtual std::string searchable(std::string_view text) const {
    return without_comments(text, CommentRule{});
  }

  // Why a reference of ours with role `keep` stays.
  [[nodiscard]] virtual WhyItStays why_it_stays(const Reference& /*reference*/) const { return {}; }

  // Every place that names a server of the directory (service node or external NFS), each with its
  // line in `place` as "path:line". corrupt, with path:line in `to`: the file can't be understood.
  [[nodiscard]] virtual Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const = 0;

  // The edits after which no reference of role `move` names a service node of move.from. Nothing to
  // do: no edits. corrupt as above; invalid_input: no replacement exists (no address on the
  // network, no name of the form, no NIM machine id), cure given.
  [[nodiscard]] virtual Result<FilePlan> plan(const std::string& path, std::string_view text,
                                              const IdentityIndex& identity,
                                              const Move& move) const = 0;
};

// All kinds, in the order of the node's plan: hosts, niminfo, xcatinfo, resolver and who forwards
// for it, network files, ntp, chrony, timesyncd, syslog, syslog-ng, fstab, mount units, autofs,
// statelite.
const std::vector<std::unique_ptr<FileKind>>& all_file_kinds();

[[nodiscard]] const FileKind* kind_named(std::string_view name);  // nullptr: there is none

// The daemon of the kinds that has this service, or that runs under this name; nullptr: none.
[[nodiscard]] const Daemon* daemon_of_service(std::string_view service);
[[nodiscard]] const Daemon* daemon_of_process(std::string_view process_name);

}  // namespace sn::agent
