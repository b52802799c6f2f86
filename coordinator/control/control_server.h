// Where `snctl` asks: a UNIX stream socket. One connection is one exchange: a request line, then
// answer lines until the last (json.h), then we close. A takeover that asks back takes one more
// line, {"command":"confirm","go":true}.
//
// Who may: root, the user sncoordd runs as, and members of the control group, as the kernel names
// them (SO_PEERCRED, SO_PEERGROUPS): no user database is asked, it may be on a dead service node.
// Limits: kMaxClients, kMaxRequestBytes; who does not read for kSlow_ms is dropped. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "coordinator/core/commands.h"

namespace sn::coordinator {

// People at terminals and a few monitors.
inline constexpr size_t kMaxClients = 64;
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
using ControlEvent = std::variant<ClientAsked, ClientGone>;

struct ControlFd {
  int fd = -1;
  bool write = false;  // wanted beside reading
};

class ControlServer {
 public:
  // Creates the socket's folder (0750) if it is missing, and the socket (0660), both for `group`.
  // busy: somebody serves there already.
  static Result<ControlServer> open(const std::string& path, std::optional<gid_t> group);

  ControlServer(ControlServer&&) noexcept = default;
  ControlServer& operator=(ControlServer&&) noexcept = default;
  // Removes the socket.
  ~ControlServer();

  [[nodiscard]] std::vector<ControlFd> fds() const;
  // One of fds() is ready or failed. Returns what came of it.
  [[nodiscard]] std::vector<ControlEvent> on_ready(int fd, MonotonicTime now);
  // Drops who does not read.
  [[nodiscard]] std::vector<ControlEvent> on_time(MonotonicTime now);
  // Ignored for a client that is gone. `last`: closed once it is written.
  void reply(ClientId client, const Answer& answer, bool last, MonotonicTime now);

 private:
  struct Client {
    UniqueFd fd;
    std::string by;
    std::string in;
    std::string out;
    size_t written = 0;       // of out
    MonotonicTime progress;   // when something was last written, or out was empty
    bool ending = false;      // the last answer is in `out`
    bool exchanging = false;  // the core knows it
  };

  ControlServer(UniqueFd listener, std::string path, std::optional<gid_t> group);
  void accept_all(MonotonicTime now);
  [[nodiscard]] std::optional<std::string> name_if_allowed(int fd) const;
  void read_from(ClientId id, Client& client, MonotonicTime now, std::vector<ControlEvent>& events);
  void take_lines(ClientId id, Client& client, MonotonicTime now,
                  std::vector<ControlEvent>& events);
  void refuse(Client& client, const Error& error, MonotonicTime now);
  // false: the client is lost or done.
  [[nodiscard]] bool flush(Client& client, MonotonicTime now);
  void drop(ClientId id, std::vector<ControlEvent>& events);

  UniqueFd listener_;
  std::string path_;
  std::optional<gid_t> group_;
  std::map<ClientId, Client> clients_;
  std::map<int, ClientId> by_fd_;
  ClientId last_id_ = 0;
};

}  // namespace sn::coordinator
