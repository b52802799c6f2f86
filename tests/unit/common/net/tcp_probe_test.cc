#include "common/net/tcp_probe.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>

#include "tests/unit/own_network.h"

namespace sn::net {
namespace {

const IpAddress kLoopback = *IpAddress::parse("127.0.0.1");
// TEST-NET-1 (RFC 5737): nobody answers there.
const IpAddress kNobody = *IpAddress::parse("192.0.2.1");

struct Bound {
  UniqueFd fd;
  uint16_t port = 0;
};

Bound bind_loopback() {
  Bound bound{UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), 0};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(bound.fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(bound.fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  bound.port = ntohs(address.sin_port);
  return bound;
}

void run(TcpProbe& probe) {
  while (!probe.finished()) {
    std::vector<pollfd> fds;
    for (const int fd : probe.fds()) fds.push_back({fd, POLLOUT, 0});
    const int64_t left = probe.deadline() - monotonic_now();
    ::poll(fds.data(), fds.size(), left < 0 ? 0 : static_cast<int>(left));
    for (const auto& item : fds) {
      if (item.revents != 0) probe.on_ready(item.fd);
    }
    probe.on_time(monotonic_now());
  }
}

TEST(TcpProbe, AConnectionIsLife) {
  const Bound server = bind_loopback();
  ASSERT_EQ(::listen(server.fd.get(), 1), 0);
  TcpProbe probe({kLoopback}, {server.port}, 5000, monotonic_now());
  run(probe);
  EXPECT_TRUE(probe.alive());
  EXPECT_EQ(probe.evidence(), "127.0.0.1:" + std::to_string(server.port) + " connected");
  EXPECT_TRUE(probe.fds().empty());
}

TEST(TcpProbe, AResetIsLife) {
  const Bound closed = bind_loopback();  // bound, but nobody listens
  TcpProbe probe({kLoopback}, {closed.port}, 5000, monotonic_now());
  run(probe);
  EXPECT_TRUE(probe.alive());
  EXPECT_EQ(probe.evidence(), "127.0.0.1:" + std::to_string(closed.port) + " refused");
}

TEST(TcpProbe, SilenceIsDeathAfterTheDeadline) {
  // A listener whose queue is full: the kernel drops further SYNs, as a cut-off machine would.
  const Bound server = bind_loopback();
  ASSERT_EQ(::listen(server.fd.get(), 0), 0);
  std::vector<UniqueFd> fillers;
  for (int i = 0; i < 2; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(server.port);
    (void)::connect(fillers.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  const MonotonicTime now = monotonic_now();
  TcpProbe probe({kLoopback}, {server.port}, 1000, now);
  EXPECT_EQ(probe.fds().size(), 1U);
  for (const int fd : probe.fds()) probe.on_ready(fd);  // woken for nothing
  probe.on_time(now + 999);
  EXPECT_FALSE(probe.finished());
  probe.on_time(now + 1000);
  EXPECT_TRUE(probe.finished());
  EXPECT_FALSE(probe.alive());
  EXPECT_EQ(probe.evidence(), "silent on 1 ports for 1000 ms");
}

TEST(TcpProbe, OneAnswerOfManyAddressesIsEnough) {
  const Bound server = bind_loopback();
  ASSERT_EQ(::listen(server.fd.get(), 1), 0);
  TcpProbe probe({kNobody, kLoopback}, {server.port}, 5000, monotonic_now());
  run(probe);
  EXPECT_TRUE(probe.alive());
}

TEST(TcpProbe, NothingToProbeEndsAtOnce) {
  const TcpProbe probe({}, {22}, 1000, monotonic_now());
  EXPECT_TRUE(probe.finished());
  EXPECT_FALSE(probe.alive());
  EXPECT_EQ(probe.evidence(), "no address to probe");
}

TEST(TcpProbe, TriesNoMoreThanItsLimit) {
  const std::vector<IpAddress> many(100, kNobody);
  const TcpProbe probe(many, {22, 53}, 1000, monotonic_now());
  EXPECT_LE(probe.fds().size(), kMaxProbeConnects);
}

// Somebody (an NFS client) asked for the address just before the machine came up; what the kernel
// then says to all who wait for the neighbour is about the time before.
TEST(TcpProbe, AMachineThatComesUpWhileItsNeighbourIsLookedForIsAlive) {
  in_own_network([] {
    EXPECT_EQ(shell("ip ntable change name arp_cache dev eth1 retrans 100 mcast_probes 1"), "");
    TcpProbe probe({*IpAddress::parse("10.1.1.100")}, {22}, 5000, monotonic_now());
    ASSERT_EQ(probe.fds().size(), 1U);
    const int fd = probe.fds().front();
    pollfd wait{fd, POLLOUT, 0};
    ASSERT_EQ(::poll(&wait, 1, 5000), 1);  // the search has ended
    EXPECT_EQ(shell("ip addr add 10.1.1.100/32 dev lo"), "");
    probe.on_ready(fd);
    run(probe);
    EXPECT_TRUE(probe.alive()) << probe.evidence();
    EXPECT_EQ(probe.evidence(), "10.1.1.100:22 refused");
  });
}

TEST(TcpProbe, NoRouteToTheHostIsBelievedTheSecondTime) {
  in_own_network([] {
    EXPECT_EQ(shell("ip ntable change name arp_cache dev eth1 retrans 100 mcast_probes 1"), "");
    const MonotonicTime begun = monotonic_now();
    TcpProbe probe({*IpAddress::parse("10.1.1.100")}, {22, 80}, 60'000, begun);
    run(probe);
    EXPECT_FALSE(probe.alive());
    EXPECT_LT(monotonic_now() - begun, 60'000);
    EXPECT_NE(probe.evidence().find("No route to host"), std::string::npos) << probe.evidence();
  });
}

}  // namespace
}  // namespace sn::net
