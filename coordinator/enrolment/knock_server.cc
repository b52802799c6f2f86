#include "coordinator/enrolment/knock_server.h"

#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/enrolment/knock_frames.h"
#include "common/net/connect.h"

namespace sn::coordinator {

namespace {

// All nodes of a site may boot at once, and wait here for their turn.
constexpr int kBacklog = 4'096;
// Of one turn: others have theirs.
constexpr int kMostAccepted = 64;

IpAddress every_address() { return *IpAddress::parse("::"); }

// "tcp://10.1.0.1:7400"; "*" is every address, of IPv4 too.
IpAddress host_of(std::string_view endpoint) {
  const std::string_view host = net::host_of_endpoint(endpoint);
  return host == "*" ? every_address() : IpAddress::parse(host).value_or(IpAddress());
}

}  // namespace

KnockServer::KnockServer(net::Reactor& reactor, const net::CurveKeys& keys,
                         std::set<IpAddress> forwarders, Heard heard)
    : reactor_(reactor),
      keys_(keys),
      forwarders_(std::move(forwarders)),
      heard_(std::move(heard)),
      open_more_(reactor.alarm([this] { open_waiting(); })),
      accept_more_(reactor.alarm([this] { go_on_accepting(); })) {}
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
  // "*" where the kernel has no IPv6, as libzmq does it.
  if (!fd && errno == EAFNOSUPPORT && address == every_address()) return listen_on({}, port);
  if (!fd) return refused();
  const int on = 1, off = 0;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!address.is_v4()) {
    (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (errno = net::bind_to(fd.get(), address, port); errno != 0) return refused();
  if (::listen(fd.get(), kBacklog) != 0) return refused();
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
  for (int i = 0; i < kMostAccepted; ++i) {
    UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) break;
    const auto peer = net::tcp_peer(fd.get());
    if (!peer) continue;
    const Source source = source_of(*peer);
    if (!may_knock(source)) continue;
    if (make_room(source)) {
      greet(std::move(fd), *peer);
    } else if (source.of_root && !has_all(source)) {
      return stop_accepting(std::move(fd), *peer);
    }
  }
}

// Until there is a place for this one.
void KnockServer::stop_accepting(UniqueFd fd, const net::TcpPeer& peer) {
  parked_.emplace(Parked{std::move(fd), peer});
  for (auto& each : listeners_) each.watch.wants(net::Reactor::paused);
  accept_more_.set(reactor_.now() + kKnockPatience_ms);
}

void KnockServer::go_on_accepting() {
  if (!parked_) return;
  if (!make_room(source_of(parked_->peer))) {
    return accept_more_.set(reactor_.now() + kKnockPatience_ms);
  }
  Parked parked = std::move(*parked_);
  parked_.reset();
  accept_more_.clear();
  for (auto& each : listeners_) each.watch.wants(net::Reactor::readable);
  greet(std::move(parked.fd), parked.peer);
}

KnockServer::Source KnockServer::source_of(const net::TcpPeer& peer) {
  constexpr size_t kNetworkBytes = 8;
  const bool of_root = peer.port < kFirstUsersPort;
  if (peer.address.is_v4()) return {peer.address, of_root};
  std::array<uint8_t, 16> network{};
  std::copy_n(peer.address.data(), kNetworkBytes, network.begin());
  return {*IpAddress::from_bytes(network.data(), network.size()), of_root};
}

bool KnockServer::is_many(const Source& source) const {
  return !source.network.is_v4() || forwarders_.contains(source.network);
}

bool KnockServer::has_all(const Source& source) const {
  const auto of = of_source_.find(source);
  const size_t most = is_many(source) ? kMostKnockingOfMany : kMostKnockingOfSource;
  return of != of_source_.end() && of->second >= most;
}

bool KnockServer::make_room(const Source& source) {
  if (has_all(source)) {
    return end_oldest([&](const Source& other) { return other == source; });
  }
  if (of_class_[source.of_root] < kMostKnocking) return true;
  return end_oldest([&](const Source& other) { return other.of_root == source.of_root; });
}

bool KnockServer::end_oldest(const std::function<bool(const Source&)>& is) {
  for (const auto& [request, connection] : connections_) {
    if (reactor_.now() - connection.greeted < kKnockPatience_ms) break;  // and all behind it
    if (connection.whole || !is(source_of(connection.peer))) continue;
    end(request);
    return true;
  }
  return false;
}

bool KnockServer::may_knock(const Source& source) {
  const bool many = is_many(source);
  const double burst = many ? kKnocksBurstOfMany : kKnocksBurst;
  const double per_second = many ? kKnocksPerSecondOfMany : kKnocksPerSecond;
  const MonotonicTime now = reactor_.now();
  if (rates_.size() >= kMostKnockersCounted && !rates_.contains(source)) {
    std::erase_if(rates_, [&](const auto& entry) {
      return entry.second.left_at(now, kKnocksBurst, kKnocksPerSecond) >= kKnocksBurst - 1;
    });
    // As many that come again and again: somebody holds them all, or everybody is new.
    if (rates_.size() >= kMostKnockersCounted) rates_.clear();
  }
  return rates_.try_emplace(source, Bucket{burst, now}).first->second.take(now, burst, per_second);
}

void KnockServer::greet(UniqueFd fd, const net::TcpPeer& peer) {
  const uint64_t request = ++last_request_;
  Connection& connection = connections_[request];
  connection.peer = peer;
  ++of_source_[source_of(peer)];
  ++of_class_[source_of(peer).of_root];
  std::array<unsigned char, enrolment::kChallengeBytes / 2> random{};
  std::array<char, enrolment::kChallengeBytes + 1> challenge{};
  randombytes_buf(random.data(), random.size());
  connection.challenge =
      sodium_bin2hex(challenge.data(), challenge.size(), random.data(), random.size());
  connection.fd = std::move(fd);
  connection.greeted = reactor_.now();
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
  if (size <= 0 || connection.whole) return end(request);
  connection.said.append(piece.data(), static_cast<size_t>(size));
  const auto whole = enrolment::whole_frame(connection.said);
  if (!whole) return;
  if (*whole > enrolment::kMaxKnockBytes || connection.said.size() > *whole) return end(request);
  if (connection.said.size() < *whole) return;
  connection.whole = true;
  openings_[source_of(connection.peer).of_root].waiting.push_back(request);
  open_waiting();
}

void KnockServer::open_waiting() {
  const MonotonicTime now = reactor_.now();
  const bool fresh = now - opened_since_ >= kOpened_ms;
  if (fresh) opened_since_ = now;
  bool more = false;
  for (auto& [of_root, opening] : openings_) {
    if (fresh) opening.opened = 0;
    while (!opening.waiting.empty() && opening.opened < kMostOpened) {
      const uint64_t request = opening.waiting.front();
      opening.waiting.pop_front();
      const auto found = connections_.find(request);
      if (found == connections_.end()) continue;  // it has hung up
      ++opening.opened;
      take_knock(request, found->second);
    }
    more = more || !opening.waiting.empty();
  }
  if (more) open_more_.set(opened_since_ + kOpened_ms);
}

void KnockServer::take_knock(uint64_t request, Connection& connection) {
  const std::string frame = std::exchange(connection.said, {});
  auto opened = enrolment::open_knock(enrolment::body_of(frame), keys_);
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
  const Source source = source_of(over.mapped().peer);
  --of_class_[source.of_root];
  const auto of = of_source_.find(source);
  if (--of->second == 0) of_source_.erase(of);
  // In a turn of its own: this may be in the middle of one's.
  if (parked_) accept_more_.set(reactor_.now());
}

}  // namespace sn::coordinator
