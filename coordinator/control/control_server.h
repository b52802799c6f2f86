// Where `snctl` asks: a UNIX stream socket. One connection is one exchange: a request line, then
// answer lines until the last (json.h), then we close. A takeover that asks back takes one more
// line, {"command":"confirm","go":true}.
//
// Who may: root, the user sncoordd runs as, and members of the acting group everything, members of
// the reading group what only_reads(), as the kernel names them (SO_PEERCRED, SO_PEERGROUPS): no
// user database is asked, it may be on a dead service node. Limits: kMaxClients, kMaxRequestBytes;
// who does not read for kSlow_ms is dropped. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "common/base/bucket.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/net/reactor.h"
#include "coordinator/control/groups.h"
#include "coordinator/control/peer.h"
#include "coordinator/core/commands.h"

namespace sn::coordinator {

// People at terminals and a few monitors. Nobody but root takes all of them: one other user has no
// more than a quarter, and all others leave a quarter to root.
inline constexpr size_t kMaxClients = 64;
inline constexpr size_t kMaxClientsOfUser = 16;
inline constexpr size_t kMaxClientsOfOthers = 48;
// Those who may only look leave half of that to those who act.
inline constexpr size_t kMaxReaders = 24;
// Of one of them: some screens at once, and then a dashboard's.
inline constexpr double kReadsBurst = 20;
inline constexpr double kReadsPerSecond = 2;
// A takeover that names 100,000 nodes one by one.
inline constexpr size_t kMaxRequestBytes = 1024 * 1024;
// `snctl show` of a takeover of 10,000 nodes with every change is 30 MB.
inline constexpr size_t kMaxUnsentBytes = 128 * 1024 * 1024;
inline constexpr int64_t kSlow_ms = 10'000;

struct ClientAsked {
  ClientId client = 0;
  Command command;
};
struct ClientGone {
  ClientId client = 0;
};
struct Audited {  // a request has its last answer, or none any more (audit.h)
  std::string line;
};
using ControlEvent = std::variant<ClientAsked, ClientGone, Audited>;

class ControlServer {
 public:
  // What clients do, one call each. It may reply(), and must not end the server.
  using Told = std::function<void(ControlEvent)>;

  // Creates the socket's folder if it is missing, and the socket, both for `groups`, and serves it
  // under `reactor`, which must outlive the server.
  // busy: somebody serves there already.
  static Result<std::unique_ptr<ControlServer>> open(net::Reactor& reactor, const std::string& path,
                                                     const Groups& groups, Told told);

  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  // Removes the socket.
  ~ControlServer();

  // Drops who does not read.
  void on_time(MonotonicTime now);
  [[nodiscard]] size_t clients() const { return clients_.size(); }
  // Ignored for a client that is gone. `last`: closed once it is written.
  void reply(ClientId client, const Answer& answer, bool last);

 private:
  struct Client {
    UniqueFd fd;
    uid_t uid = 0;
    bool may_act = false;
    std::string by;
    std::string who;    // for the audit
    std::string asked;  // its request, until the last answer
    std::string in;
    std::string out;
    size_t written = 0;       // of out
    MonotonicTime progress;   // when something was last written, or out was empty
    bool ending = false;      // the last answer is in `out`
    bool exchanging = false;  // the core knows it
    net::Reactor::Watch watch;
  };

  ControlServer(net::Reactor& reactor, UniqueFd listener, std::string path, const Groups& groups,
                Told told);
  void accept_all();
  [[nodiscard]] bool may_act(const Peer& peer) const;
  [[nodiscard]] bool has_place(uid_t uid, bool may_act) const;
  void take_line(ClientId id, Client& client, std::string_view line);
  void on_ready(ClientId id);
  // false: the client is gone.
  [[nodiscard]] bool read_from(ClientId id);
  void take_lines(ClientId id, Client& client);
  void audit(const Client& client, std::string_view request, std::string_view outcome);
  [[nodiscard]] bool may_read_now(uid_t uid);
  // The first of those in a row that are all refused for their number.
  void audit_reader(const Client& client, std::string_view request, std::string_view outcome);
  void refuse(Client& client, const Error& error);
  // false: the client is lost.
  [[nodiscard]] bool flush(Client& client);
  void drop(ClientId id);

  net::Reactor& reactor_;
  Told told_;
  UniqueFd listener_;
  std::string path_;
  Groups groups_;
  std::map<ClientId, Client> clients_;
  // A member of the reading group; they are few.
  struct Reader {
    Bucket reads;
    bool told = false;  // that it asks too often, and that is in the log
  };
  std::map<uid_t, Reader> readers_;
  net::Reactor::Watch listening_;
  ClientId last_id_ = 0;
};

}  // namespace sn::coordinator
