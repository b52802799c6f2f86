#include "agent/session/session.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>
#include <optional>

#include "agent/core/session_core.h"
#include "agent/log.h"
#include "agent/memory.h"
#include "agent/session/confinement.h"
#include "agent/session/privileges.h"
#include "agent/version.h"
#include "agent/watch/kept.h"
#include "common/net/connection_watch.h"
#include "common/net/context.h"
#include "common/net/machine_probes.h"
#include "common/net/nfs_pings.h"
#include "common/net/reactor.h"
#include "common/net/socket.h"
#include "common/wire/codec.h"
#include "common/wire/parts.h"

namespace sn::agent {

namespace {

// Unsent messages of a connection that is given up are worthless: the next hello says it all.
constexpr int kLingerMs = 0;
// One coordinator, one conversation.
constexpr int kHighWater = 256;
constexpr int kHandshakeMs = 30'000;
// A node whose way leads through the dead service node is to know it before anybody types a
// command: after this and three seconds more. A packet every four seconds is no noise.
constexpr int kKeepalive_s = 4;
// With exponential back-off inside libzmq, as long as one endpoint is being tried.
constexpr int kReconnectMs = 200;
constexpr int kReconnectMaxMs = 2'000;

uint64_t random_number() {
  uint64_t value = 0;
  if (getrandom(&value, sizeof value, 0) != sizeof value) {
    value = static_cast<uint64_t>(monotonic_us());
  }
  return value;
}

// What the executor holds for itself, some of it inside of libraries, goes; 0 to 2 and these stay.
void close_all_but(std::array<int, 2> kept) {
  std::sort(kept.begin(), kept.end());
  // Before Linux 5.9 one by one. The executor has some dozen, and the lowest numbers.
  static constexpr int kMost = 4'096;
  const auto close_range = [](int first, int last) {
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0) return;
    for (int fd = first; fd <= std::min(last, kMost); ++fd) (void)close(fd);
  };
  int first = 3;
  for (const int fd : kept) {
    close_range(first, fd - 1);
    first = std::max(first, fd + 1);
  }
  close_range(first, INT_MAX);
}

class Session {
 public:
  Session(const AgentConfig& config, const net::CurveKeys& keys, net::Context& context,
          SessionCore core, SessionEnd executor, UniqueFd mount_stats, net::RawSockets raw)
      : config_(config),
        keys_(keys),
        context_(context),
        core_(std::move(core)),
        probes_(reactor_, std::move(raw),
                [this](uint64_t id, const MachineSighting& seen) {
                  carry_out(core_.on_probe(id, seen, monotonic_now()));
                }),
        executor_(std::move(executor)),
        mount_stats_(std::move(mount_stats)),
        first_xid_(static_cast<uint32_t>(random_number())) {}

  int run() {
    executor_watch_ = reactor_.on(executor_.fd(), net::Reactor::readable,
                                  [this](net::Reactor::Ready) { hear_executor(); });
    tick_ = reactor_.alarm([] {});  // only ends the wait
    reactor_.at_turn_end([this]() -> Status {
      carry_out(core_.tick(monotonic_now()));
      tick_.set(core_.next_tick());
      return {};
    });
    // What is due at the start is not waited for.
    tick_.set(core_.next_tick());
    if (auto status = reactor_.run(); !status) {
      log_line("SN2901", status.error().message());
      return 1;
    }
    return 0;
  }

 private:
  void hear_connection() {
    if (!watch_) return;
    switch (watch_->news()) {
      case net::ConnectionWatch::News::none:
        break;
      case net::ConnectionWatch::News::connected:
        carry_out(core_.on_connected(monotonic_now()));
        break;
      case net::ConnectionWatch::News::lost:
        carry_out(core_.on_connection_lost(monotonic_now()));
        break;
      case net::ConnectionWatch::News::refused:
        carry_out(core_.on_key_refused(monotonic_now()));
        break;
    }
  }

  void hear_executor() {
    while (true) {
      auto message = executor_.receive();
      if (message) {
        carry_out(core_.on_executor(*message, monotonic_now()));
        continue;
      }
      if (message.error().what == ErrorClass::busy) return;
      log_line("SN2902", message.error().message());
      // It is gone, and so is the reason to live.
      return reactor_.stop();
    }
  }

  void hear_coordinator() {
    // Bounded: a coordinator gone wrong must not keep the executor from being heard.
    for (int i = 0; i < kHighWater && socket_; ++i) {
      auto received = socket_->receive();
      if (!received) {
        log_line("SN2903", received.error().message());
        return;
      }
      if (!*received) return;
      const auto message = read(**received);
      if (!message) {
        log_line("SN2904", "a message was not understood: " + message.error().message());
      } else if (*message) {
        carry_out(core_.on_coordinator(**message, monotonic_now()));
      }
    }
  }

  // nullopt: more of it is to come.
  Result<std::optional<wire::ToAgent>> read(const net::Received& received) {
    if (!received.single_frame) {
      return fail(ErrorClass::corrupt, "", "", "it has several frames");
    }
    if (!wire::is_part(received.bytes)) return wire::decode<wire::ToAgent>(received.bytes);
    const auto whole = assembly_.add(received.bytes);
    if (!whole) return tl::unexpected(whole.error());
    if (!*whole) return std::nullopt;
    return wire::decode<wire::ToAgent>(**whole);
  }

  // Never blocks, whatever the servers do: the kernel prints its own counters.
  void read_mount_stats() {
    if (!mount_stats_) return;
    std::string text;
    std::array<char, 32 * 1024> piece{};
    while (text.size() < kMaxMountStats) {
      const ssize_t size =
          ::pread(mount_stats_.get(), piece.data(), piece.size(), static_cast<off_t>(text.size()));
      if (size <= 0) break;  // what is read so far is judged
      text.append(piece.data(), static_cast<size_t>(size));
    }
    carry_out(core_.on_mount_stats(parse_mount_stats(text), monotonic_now()));
  }

  void carry_out(const SessionEffects& effects) {
    for (const auto& effect : effects) {
      if (const auto* connect = std::get_if<Connect>(&effect)) {
        open(connect->endpoint, connect->key);
      } else if (const auto* out = std::get_if<ToCoordinator>(&effect)) {
        if (!socket_) continue;
        // What can't be said now is said by the next hello.
        if (auto status = say(out->message); !status) {
          log_line("SN2905", status.error().message());
        }
      } else if (const auto* ask = std::get_if<ToExecutor>(&effect)) {
        if (auto status = executor_.send(ask->message); !status) {
          log_line("SN2906", status.error().message());
        }
      } else if (const auto* start = std::get_if<StartProbe>(&effect)) {
        const auto address = IpAddress::parse(start->address);
        if (!address) continue;
        using Until = net::MachineProbes::Until;
        probes_.start(start->id, {*address}, start->services,
                      start->every_service ? Until::every_service : Until::serves,
                      start->deadline_ms, start->domain_name);
      } else if (const auto* ask_server = std::get_if<StartPing>(&effect)) {
        start_ping(ask_server->ping);
      } else if (std::holds_alternative<ReadMountStats>(effect)) {
        read_mount_stats();
      } else if (const auto* refusal = std::get_if<TellRefusal>(&effect)) {
        log_line("SN2914", "the coordinator refuses this node: " + text_of(refusal->reason) +
                               "; cure: " + text_of(refusal->cure));
      }
    }
  }

  Status say(const wire::ToCoordinator& message) {
    for (const auto& frame : wire::frames_of(wire::encode(message), ++message_number_)) {
      if (Status sent = socket_->send(frame); !sent) return sent;
    }
    return {};
  }

  void start_ping(const PingStart& start) {
    const auto address = IpAddress::parse(start.address);
    if (!address) {
      carry_out(
          core_.on_ping(start.id, {false, 0, start.address + " is no address"}, monotonic_now()));
      return;
    }
    pings_.start(start.id, *address, start.port, start.version,
                 first_xid_ + static_cast<uint32_t>(start.id), start.deadline_ms);
  }

  // No heartbeats of ZMTP, on either side: at the coordinator's they would cost a processor with
  // the square of the number of agents. The application's beats show a living program, and cost no
  // further wake-up.
  void open(const std::string& endpoint, size_t key) {
    socket_watch_.reset();
    connection_watch_.reset();
    watch_.reset();
    socket_.reset();
    assembly_ = {};
    net::SocketOptions options;
    options.send_high_water = kHighWater;
    options.receive_high_water = kHighWater;
    options.max_message_bytes = static_cast<int64_t>(wire::kMaxOnWireBytes);
    options.handshake_ms = kHandshakeMs;
    options.reconnect_ms = kReconnectMs;
    options.reconnect_max_ms = kReconnectMaxMs;
    options.linger_ms = kLingerMs;
    options.keepalive_s = kKeepalive_s;
    options.curve = &keys_;
    options.curve_server_key = config_.coordinator_keys[key].curve;
    auto socket = net::Socket::open(context_, net::SocketType::dealer, options);
    if (!socket) {
      log_line("SN2907", socket.error().message());
      return;
    }
    auto watch = net::ConnectionWatch::open(context_, *socket);
    if (!watch) log_line("SN2912", watch.error().message());  // an unanswered beat tells it too
    if (auto status = socket->connect(endpoint); !status) {
      log_line("SN2913", status.error().message());
      return;
    }
    socket_ = std::make_unique<net::Socket>(std::move(*socket));
    socket_watch_ = reactor_.on(*socket_, net::Reactor::readable,
                                [this](net::Reactor::Ready) { hear_coordinator(); });
    if (!watch) return;
    watch_.emplace(std::move(*watch));
    // Last: after what came before the loss.
    connection_watch_ = reactor_.on(
        watch_->socket(), net::Reactor::readable,
        [this](net::Reactor::Ready) { hear_connection(); }, net::Reactor::Order::last);
  }

  const AgentConfig& config_;
  const net::CurveKeys& keys_;
  net::Context& context_;
  SessionCore core_;
  net::Reactor reactor_;
  net::MachineProbes probes_;
  net::NfsPings pings_{
      reactor_, [this](uint64_t id, const net::NfsPing& ping) {
        carry_out(
            core_.on_ping(id, {ping.answered(), ping.rtt_us(), ping.evidence()}, monotonic_now()));
      }};
  SessionEnd executor_;
  net::Reactor::Watch executor_watch_;
  net::Reactor::Alarm tick_;
  std::unique_ptr<net::Socket> socket_;
  wire::Assembly assembly_;  // of what comes over it
  uint8_t message_number_ = 0;
  net::Reactor::Watch socket_watch_;
  std::optional<net::ConnectionWatch> watch_;
  net::Reactor::Watch connection_watch_;
  const UniqueFd mount_stats_;
  const uint32_t first_xid_;
};

}  // namespace

int run_session(const AgentConfig& config, const net::CurveKeys& keys, const std::string& boot_id,
                const UserIds& user, SessionEnd executor) {
  const auto refuse = [](const Error& error) {
    log_line("SN2908", error.message());
    return 1;
  };
  shrink_memory();
  const bool raised = raise_lock_limit();
  if (!raised) {
    log_line("SN2910",
             "the limit on locked memory can't be raised: only what is mapped now is "
             "locked (cure: LimitMEMLOCK=infinity in the unit)");
  }
  // The session's memory is locked once its threads are there, which have no right to that by
  // themselves.
  const auto lock = [](LockScope scope) {
    if (auto status = lock_memory(scope); !status) log_line("SN2909", status.error().message());
  };
  if (!raised) lock(LockScope::present);
  // Only root may open these. What the first shows is this mount namespace for as long as it is
  // open.
  UniqueFd mount_stats = open_kept("/proc/self/mountstats", O_RDONLY);
  if (!mount_stats) {
    log_line("SN2911", fail_errno("opening", "/proc/self/mountstats").value().message());
  }
  forget_kept();
  close_all_but({executor.fd(), mount_stats.get()});
  net::RawSockets raw = net::RawSockets::open();
  if (const std::string missing = raw.missing(); !missing.empty()) {
    log_line("SN2915", "no socket for " + missing + ": service nodes are not asked that way");
  }
  if (auto status = become(user); !status) return refuse(status.error());
  auto context = net::Context::create();
  if (!context) return refuse(context.error());
  // A socket now makes libzmq's threads exist and its libraries load while that may still be done.
  {
    (void)net::Socket::open(*context, net::SocketType::dealer, {});
  }
  if (raised) lock(LockScope::present_and_future);
  const Status confined = confine();
  if (!confined) {
    log_line("SN2916", confined.error().message());
    if (!config.runs_unconfined) return 1;
  }
  SessionConfig core_config;
  core_config.node = config.node;
  core_config.version = kVersion;
  core_config.boot_id = boot_id;
  core_config.seed = random_number();
  core_config.instance = std::to_string(random_number());
  core_config.endpoints = config.coordinators;
  core_config.keys = config.coordinator_keys.size();
  core_config.confined = confined.has_value();
  return Session(config, keys, *context, SessionCore(std::move(core_config)), std::move(executor),
                 std::move(mount_stats), std::move(raw))
      .run();
}

}  // namespace sn::agent
