#include "agent/enrolment/knock.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "agent/version.h"
#include "agent/watch/files.h"
#include "common/base/clock.h"
#include "common/base/unique_fd.h"
#include "common/enrolment/knock_frames.h"
#include "common/model/address.h"
#include "common/net/connect.h"
#include "common/net/tcp_peer.h"

namespace sn::agent {

namespace {

// Root's ports that no service has (services(5)) and that the kernel's RPC client leaves alone
// (sunrpc.min_resvport, 665): none of them is taken from anybody for these seconds.
constexpr uint16_t kFirstPort = 600;
constexpr uint16_t kLastPort = 664;
constexpr uint16_t kIpp = 631;

Error failed(const std::string& to, Fact why) {
  return Error{ErrorClass::unreachable, "knocking at", to, std::move(why), {}, 0};
}

// The socket; -1 and an errno: none of the ports is to be had.
UniqueFd socket_on_roots_port(const IpAddress& to) {
  uint16_t first = 0;
  (void)::getrandom(&first, sizeof first, 0);  // not all nodes, and not all tries, the same one
  constexpr uint16_t kPorts = kLastPort - kFirstPort + 1;
  for (uint16_t i = 0; i < kPorts; ++i) {
    const auto port = static_cast<uint16_t>(kFirstPort + (first + i) % kPorts);
    if (port == kIpp) continue;
    UniqueFd fd(
        ::socket(to.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fd;
    const int bound = net::bind_port(fd.get(), to.is_v4(), port);
    if (bound == 0) return fd;
    errno = bound;
    if (bound != EADDRINUSE) return {};
  }
  return {};
}

bool wait_for(int fd, short what, MonotonicTime end) {
  while (true) {
    const int64_t left_ms = end - monotonic_now();
    if (left_ms <= 0) return false;
    pollfd waiting{fd, what, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left_ms));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool connected(int fd, MonotonicTime end) {
  if (!wait_for(fd, POLLOUT, end)) {
    errno = ETIMEDOUT;
    return false;
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return false;
  errno = error;
  return error == 0;
}

bool say(int fd, std::string_view bytes, MonotonicTime end) {
  while (!bytes.empty()) {
    if (!wait_for(fd, POLLOUT, end)) return false;
    const ssize_t size = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (size > 0) bytes.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

// Until `got` has as many bytes as `wanted` says. false: the end of it came first.
template <class Wanted>
bool hear(int fd, std::string& got, const Wanted& wanted, MonotonicTime end) {
  std::array<char, 1'024> piece{};
  for (size_t all = wanted(got); got.size() < all; all = wanted(got)) {
    if (!wait_for(fd, POLLIN, end)) return false;
    const ssize_t size = ::recv(fd, piece.data(), std::min(piece.size(), all - got.size()), 0);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (size > 0) got.append(piece.data(), static_cast<size_t>(size));
  }
  return true;
}

size_t answer_wanted(const std::string& got) {
  constexpr size_t kBeginning = 2;
  return enrolment::whole_frame(got).value_or(kBeginning);
}

struct Host {
  IpAddress address;
  std::string text;  // "10.1.1.1:7401"
};

// "tcp://10.1.1.1:7400": numeric, by load_agent_config.
std::optional<Host> host_of(std::string_view endpoint, uint16_t port) {
  const auto address = IpAddress::parse(net::host_of_endpoint(endpoint));
  if (!address) return std::nullopt;
  return Host{*address, net::endpoint_text(*address, port)};
}

Result<wire::KnockAnswer> knock_at(const Host& host, const std::string& coordinator,
                                   const AgentConfig& config, const net::CurveKeys& keys,
                                   const std::string& boot_id, MonotonicTime end) {
  const UniqueFd fd = socket_on_roots_port(host.address);
  if (!fd) {
    return tl::unexpected(Error{ErrorClass::unreachable,
                                "knocking at",
                                host.text,
                                Fact(FactCode::no_port_of_root),
                                {},
                                errno});
  }
  const int begun = net::connect_to(fd.get(), host.address, config.enrolment_port);
  if (begun != 0 && begun != EINPROGRESS) errno = begun;
  if ((begun != 0 && begun != EINPROGRESS) ||
      !connected(fd.get(), std::min(end, monotonic_now() + kKnockConnects_ms))) {
    return fail_errno("knocking at", host.text);
  }
  std::string greeting;
  const auto all_of_it = [](const std::string&) { return enrolment::kGreetingBytes; };
  const auto challenge =
      hear(fd.get(), greeting, all_of_it, end) ? enrolment::challenge_of(greeting) : std::nullopt;
  const auto ends = net::tcp_peer(fd.get());
  if (!challenge || !ends) {
    return tl::unexpected(failed(host.text, Fact(FactCode::greets_otherwise)));
  }
  wire::Knock knock;
  knock.node = config.node;
  knock.version = kVersion;
  knock.boot_id = boot_id;
  knock.challenge = *challenge;
  knock.from = net::endpoint_text(ends->own_address, ends->own_port);
  knock.to = net::endpoint_text(ends->address, ends->port);
  std::string answer;
  if (!say(fd.get(), enrolment::knock_frame(knock, keys, coordinator), end) ||
      !hear(fd.get(), answer, answer_wanted, end)) {
    return tl::unexpected(failed(host.text, Fact(FactCode::hung_up_on_knock)));
  }
  auto said = enrolment::open_answer(enrolment::body_of(answer), keys, coordinator);
  if (!said || said->challenge != *challenge) {
    return tl::unexpected(failed(host.text, Fact(FactCode::not_our_coordinator)));
  }
  return *std::move(said);
}

}  // namespace

Result<wire::KnockAnswer> knock(const AgentConfig& config, const net::CurveKeys& keys,
                                const std::string& boot_id) {
  const MonotonicTime end = monotonic_now() + kKnock_ms;
  std::optional<Error> first;
  for (const auto& endpoint : config.coordinators) {
    const auto host = host_of(endpoint, config.enrolment_port);
    if (!host) continue;
    // With a key that is not the coordinator's it hangs up at once.
    for (const auto& coordinator : config.coordinator_keys) {
      const MonotonicTime now = monotonic_now();
      if (now >= end) break;
      auto answer = knock_at(*host, coordinator.curve, config, keys, boot_id,
                             std::min(end, now + kKnockOneWay_ms));
      if (answer) return answer;
      // The direct way is named first, and what is wrong with it is what is to be mended.
      if (!first) first = answer.error();
    }
  }
  return tl::unexpected(first.value_or(failed("any coordinator", Fact(FactCode::knock_ended))));
}

unsigned first_unprivileged_port() {
  const auto text = read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", 64);
  unsigned port = kFirstUsersPort;
  if (text) (void)std::from_chars(text->data(), text->data() + text->size(), port);
  return port;
}

}  // namespace sn::agent
