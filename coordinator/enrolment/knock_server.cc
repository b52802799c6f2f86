#include "coordinator/enrolment/knock_server.h"

#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/enrolment/knock_frames.h"
#include "common/net/connect.h"

namespace sn::coordinator {

namespace {

// All nodes of a site may boot at once, and wait here for their turn.
constexpr int kBacklog = 4'096;
// Of one turn: others have theirs.
constexpr int kMostAccepted = 64;

// "tcp://10.1.0.1:7400"; "*" is every address, [::].
IpAddress host_of(std::string_view endpoint) {
  endpoint.remove_prefix(std::min(endpoint.size(), endpoint.find("//") + 2));
  std::string_view host = endpoint.substr(0, endpoint.rfind(':'));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return IpAddress::parse(host == "*" ? "::" : host).value_or(IpAddress());
}

}  // namespace

KnockServer::KnockServer(net::Reactor& reactor, const net::CurveKeys& keys,
                         std::set<IpAddress> forwarders, Heard heard)
    : reactor_(reactor),
      keys_(keys),
      forwarders_(std::move(forwarders)),
      heard_(std::move(heard)) {}
KnockServer::~KnockServer() = default;

Result<std::unique_ptr<KnockServer>> KnockServer::open(
    net::Reactor& reactor, const net::CurveKeys& keys, const std::vector<std::string>& listen,
    uint16_t port, std::set<IpAddress> forwarders, Heard heard) {
  std::unique_ptr<KnockServer> server(
      new KnockServer(reactor, keys, std::move(forwarders), std::move(heard)));
  std::set<IpAddress> hosts;
  for (const auto& endpoint : listen) hosts.insert(host_of(endpoint));
  for (const auto& host : hosts) {
    if (const Status good = server->listen_on(host, port); !good) {
      return tl::unexpected(good.error());
    }
  }
  return server;
}

Status KnockServer::listen_on(const IpAddress& address, uint16_t port) {
  const std::string text = net::endpoint_text(address, port);
  const auto refused = [&] {
    return fail_errno(
        "listening on", text,
        Cure(errno == EADDRINUSE ? CureCode::choose_enrolment_port : CureCode::correct_listen));
  };
  UniqueFd fd(::socket(address.is_v4() ? AF_INET : AF_INET6,
                       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return refused();
  const int on = 1, off = 0;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int bound = -1;
  if (address.is_v4()) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    std::memcpy(&here.sin_addr, address.data(), address.size());
    bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here);
  } else {
    (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_in6 here{};
    here.sin6_family = AF_INET6;
    here.sin6_port = htons(port);
    std::memcpy(&here.sin6_addr, address.data(), address.size());
    bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here);
  }
  if (bound != 0 || ::listen(fd.get(), kBacklog) != 0) return refused();
  if (port_ == 0) {
    sockaddr_in6 here{};  // the port stands at the same place in both
    socklen_t size = sizeof here;
    (void)::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&here), &size);
    port_ = ntohs(here.sin6_port);
  }
  const int listener = fd.get();
  listeners_.push_back({std::move(fd), reactor_.on(listener, net::Reactor::readable,
                                                   [this, listener](net::Reactor::Ready) {
                                                     accept_from(listener);
                                                   })});
  return {};
}

void KnockServer::accept_from(int listener) {
  for (int i = 0; i < kMostAccepted && connections_.size() < kMostKnocking; ++i) {
    UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) break;
    const auto peer = net::tcp_peer(fd.get());
    if (peer && may_knock(peer->address)) greet(std::move(fd), *peer);
  }
  listen_if_room();
}

void KnockServer::listen_if_room() {
  const short interest =
      connections_.size() < kMostKnocking ? net::Reactor::readable : net::Reactor::paused;
  for (auto& listener : listeners_) listener.watch.wants(interest);
}

bool KnockServer::may_knock(const IpAddress& address) {
  const bool many = forwarders_.contains(address);
  const auto of = of_address_.find(address);
  const size_t most = many ? kMostKnockingOfForwarder : kMostKnockingOfAddress;
  if (of != of_address_.end() && of->second >= most) return false;
  const double burst = many ? kKnocksBurstOfForwarder : kKnocksBurst;
  const double per_second = many ? kKnocksPerSecondOfForwarder : kKnocksPerSecond;
  const MonotonicTime now = reactor_.now();
  const auto filled = [&](const Rate& rate, double most_left, double a_second) {
    return std::min(most_left,
                    rate.left + static_cast<double>(now - rate.filled) / 1000 * a_second);
  };
  if (rates_.size() >= kMostKnockersCounted && !rates_.contains(address)) {
    std::erase_if(rates_, [&](const auto& entry) {
      return filled(entry.second, kKnocksBurst, kKnocksPerSecond) >= kKnocksBurst - 1;
    });
    // As many that come again and again: somebody holds them all, or everybody is new.
    if (rates_.size() >= kMostKnockersCounted) rates_.clear();
  }
  const auto [found, fresh] = rates_.try_emplace(address, Rate{burst, now});
  Rate& rate = found->second;
  rate = {filled(rate, burst, per_second), now};
  if (rate.left < 1) return false;
  rate.left -= 1;
  return true;
}

void KnockServer::greet(UniqueFd fd, const net::TcpPeer& peer) {
  const uint64_t request = ++last_request_;
  Connection& connection = connections_[request];
  connection.peer = peer;
  ++of_address_[peer.address];
  std::array<unsigned char, enrolment::kChallengeBytes / 2> random{};
  std::array<char, enrolment::kChallengeBytes + 1> challenge{};
  randombytes_buf(random.data(), random.size());
  connection.challenge =
      sodium_bin2hex(challenge.data(), challenge.size(), random.data(), random.size());
  connection.fd = std::move(fd);
  connection.alarm = reactor_.at(reactor_.now() + kKnockSaid_ms, [this, request] { end(request); });
  const std::string greeting = enrolment::greeting_frame(connection.challenge);
  // It is the first that this socket says, and small.
  if (::send(connection.fd.get(), greeting.data(), greeting.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(greeting.size())) {
    return end(request);
  }
  connection.watch = reactor_.on(connection.fd.get(), net::Reactor::readable,
                                 [this, request](net::Reactor::Ready) { hear(request); });
}

void KnockServer::hear(uint64_t request) {
  Connection& connection = connections_.at(request);
  std::array<char, enrolment::kMaxKnockBytes> piece{};
  const ssize_t size = ::recv(connection.fd.get(), piece.data(), piece.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // Whoever hangs up, or goes on after its knock.
  if (size <= 0 || connection.asked) return end(request);
  connection.said.append(piece.data(), static_cast<size_t>(size));
  const auto whole = enrolment::whole_frame(connection.said);
  if (!whole) return;
  if (*whole > enrolment::kMaxKnockBytes || connection.said.size() > *whole) return end(request);
  if (connection.said.size() == *whole) {
    const std::string frame = std::exchange(connection.said, {});
    take_knock(request, connection, enrolment::body_of(frame));
  }
}

void KnockServer::take_knock(uint64_t request, Connection& connection, std::string_view frame) {
  auto opened = enrolment::open_knock(frame, keys_);
  if (!opened || opened->knock.challenge != connection.challenge) return end(request);
  const net::TcpPeer& peer = connection.peer;
  Knocked knocked;
  knocked.request = request;
  knocked.public_key = std::move(opened->public_key);
  knocked.knock = std::move(opened->knock);
  knocked.from = peer.address;
  knocked.port = peer.port;
  knocked.direct = knocked.knock.from == net::endpoint_text(peer.address, peer.port) &&
                   knocked.knock.to == net::endpoint_text(peer.own_address, peer.own_port);
  connection.asked = true;
  connection.alarm.set(reactor_.now() + kKnockAnswered_ms);
  heard_(knocked);
}

void KnockServer::answer(uint64_t request, const std::string& public_key,
                         const wire::KnockAnswer& answer) {
  const auto found = connections_.find(request);
  if (found == connections_.end()) return;
  const std::string frame = enrolment::answer_frame(answer, keys_, public_key);
  // A few hundred bytes into an empty queue: all of it or a peer that is gone.
  (void)::send(found->second.fd.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
  end(request);
}

void KnockServer::end(uint64_t request) {
  const auto over = connections_.extract(request);
  if (over.empty()) return;
  const auto of = of_address_.find(over.mapped().peer.address);
  if (--of->second == 0) of_address_.erase(of);
  listen_if_room();
}

}  // namespace sn::coordinator
