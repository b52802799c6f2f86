#include "agent/executor/ask_exports.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "agent/executor/export_calls.h"
#include "common/base/clock.h"
#include "common/base/unique_fd.h"
#include "common/model/server_state.h"
#include "common/net/connect.h"

namespace sn::agent {

namespace {

// A port that only root may have. Without one the question is asked all the same.
void bind_reserved(int fd, bool v4) {
  constexpr uint16_t kFirst = 1023, kLast = 900;
  for (uint16_t port = kFirst; port > kLast; --port) {
    const int done = net::bind_port(fd, v4, port);
    if (done != EADDRINUSE) return;
  }
}

// One server program, asked one thing after the other.
class Connection {
 public:
  Connection(const IpAddress& address, uint16_t port, MonotonicTime until) : until_(until) {
    fd_.reset(socket(address.is_v4() ? AF_INET : AF_INET6,
                     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_) return;
    // A reserved port is not to wait for the end of a connection: there are few.
    const linger reset{1, 0};
    (void)setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    bind_reserved(fd_.get(), address.is_v4());
    const int os_errno = net::connect_to(fd_.get(), address, port);
    int failed = os_errno == EINPROGRESS ? 0 : os_errno;
    socklen_t size = sizeof failed;
    if (os_errno == EINPROGRESS &&
        (!wait_for(POLLOUT) || getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &failed, &size) != 0)) {
      failed = ETIMEDOUT;
    }
    if (failed != 0) fd_.reset();
  }

  // nullopt: no answer, or an objection; after no answer there is none to the next call either.
  std::optional<std::string> ask(const net::RpcCall& call) {
    if (!fd_) return std::nullopt;
    const uint32_t xid = ++last_xid_;
    auto results = exchange(net::encode_call(xid, call), xid);
    if (!results) fd_.reset();
    return results;
  }

 private:
  std::optional<std::string> exchange(std::string unsent, uint32_t xid) {
    while (!unsent.empty()) {
      const ssize_t sent = send(fd_.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
      if (sent > 0) unsent.erase(0, static_cast<size_t>(sent));
      if (sent < 0 && (errno != EAGAIN || !wait_for(POLLOUT))) return std::nullopt;
    }
    net::RpcReplyReader reader(xid);
    std::array<char, net::kMaxRpcReply> buffer{};
    while (wait_for(POLLIN)) {
      const ssize_t size = recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (size <= 0) return std::nullopt;
      auto reply = reader.take({buffer.data(), static_cast<size_t>(size)});
      if (!reply || (*reply && !(*reply)->objection.empty())) return std::nullopt;
      if (*reply) return std::move((*reply)->results);
    }
    return std::nullopt;
  }

  [[nodiscard]] bool wait_for(short events) const {
    for (;;) {
      const int64_t left = until_ - monotonic_now();
      if (left <= 0) return false;
      pollfd ready{fd_.get(), events, 0};
      const int count = poll(&ready, 1, static_cast<int>(left));
      if (count > 0) return true;
      if (count == 0 || errno != EINTR) return false;
    }
  }

  const MonotonicTime until_;
  UniqueFd fd_;
  uint32_t last_xid_ = 0;
};

uint16_t number_in(const MountSwap& swap, std::string_view option, uint16_t otherwise) {
  const std::string text = option_value(swap.options, option);
  uint16_t port = otherwise;
  (void)std::from_chars(text.data(), text.data() + text.size(), port);
  return port == 0 ? otherwise : port;
}

// What was mounted with rdma is asked the same way: its mount daemon is asked by TCP.
class Asker {
 public:
  explicit Asker(MonotonicTime until) : until_(until) {}

  Exported ask(const MountSwap& swap, const std::string& path) {
    const auto address = IpAddress::parse(swap.address);
    if (!address) return Exported::unknown;
    if (swap.type == "nfs4") {
      if (option_value(swap.options, "proto").starts_with("rdma")) return Exported::unknown;
      const auto answer =
          connection(*address, number_in(swap, "port", kNfsPort)).ask(lookup_call(path));
      return answer ? lookup_answer(*answer) : Exported::unknown;
    }
    const uint16_t port = mount_daemon(*address);
    if (port == 0) return Exported::unknown;
    Connection& daemon = connection(*address, port);
    const auto answer = daemon.ask(export_call(path));
    const Exported exported = answer ? export_answer(*answer) : Exported::unknown;
    if (exported == Exported::yes) (void)daemon.ask(export_forget_call(path));
    return exported;
  }

 private:
  Connection& connection(const IpAddress& address, uint16_t port) {
    return connections_.try_emplace({address.to_string(), port}, address, port, until_)
        .first->second;
  }

  uint16_t mount_daemon(const IpAddress& address) {
    const auto known = mount_daemons_.find(address.to_string());
    if (known != mount_daemons_.end()) return known->second;
    const auto answer = connection(address, kPortmapPort).ask(mount_daemon_call());
    const uint16_t port = answer ? mount_daemon_port(*answer) : uint16_t{0};
    return mount_daemons_.emplace(address.to_string(), port).first->second;
  }

  const MonotonicTime until_;
  std::map<std::pair<std::string, uint16_t>, Connection> connections_;
  std::map<std::string, uint16_t> mount_daemons_;
};

}  // namespace

std::vector<Finding> find_missing_exports(const std::vector<MountSwap>& swaps,
                                          const std::string& to, FindingClass what) {
  std::vector<Finding> missing;
  Asker asker(monotonic_now() + kAskExportsMs);
  for (size_t i = 0; i < std::min(swaps.size(), kMaxAskedExports); ++i) {
    const MountSwap& swap = swaps[i];
    const std::string path = exported_path(swap.source);
    const Exported exported = asker.ask(swap, path);
    if (exported == Exported::unknown || exported == Exported::yes) continue;
    const FactCode why = exported == Exported::not_to_us ? FactCode::exports_not_to_this_node
                                                         : FactCode::does_not_export;
    missing.push_back({what, mount_name(swap.places.front().place),
                       Fact(why, {.to = to, .value = path}),
                       Cure(CureCode::export_it, {.value = swap.source_before})});
  }
  return missing;
}

}  // namespace sn::agent
