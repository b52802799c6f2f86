#include "common/net/machine_probes.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <map>
#include <optional>

#include "tests/unit/own_network.h"

namespace sn::net {
namespace {

const IpAddress kLoopback = *IpAddress::parse("127.0.0.1");
// TEST-NET-1 (RFC 5737): nobody answers there.
const IpAddress kNobody = *IpAddress::parse("192.0.2.1");
const IpAddress kServiceNode = *IpAddress::parse("10.1.1.100");

using Until = MachineProbes::Until;

struct Bound {
  UniqueFd fd;
  uint16_t port = 0;
};

Bound bind_at(int type, in_addr_t address = htonl(INADDR_LOOPBACK), uint16_t port = 0) {
  Bound bound{UniqueFd(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), 0};
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = address;
  place.sin_port = htons(port);
  socklen_t size = sizeof place;
  EXPECT_EQ(::bind(bound.fd.get(), reinterpret_cast<sockaddr*>(&place), size), 0);
  EXPECT_EQ(::getsockname(bound.fd.get(), reinterpret_cast<sockaddr*>(&place), &size), 0);
  bound.port = ntohs(place.sin_port);
  return bound;
}

ServicePort tcp(uint16_t port) { return {Transport::tcp, port}; }
ServicePort udp(uint16_t port) { return {Transport::udp, port}; }

struct Probing {
  Reactor reactor;
  std::optional<MachineSighting> seen;
  MachineProbes probes;
  explicit Probing(RawSockets raw = {})
      : probes(reactor, std::move(raw), [this](uint64_t, const MachineSighting& sighting) {
          seen = sighting;
          reactor.stop();
        }) {}
  MachineSighting look(const std::vector<IpAddress>& addresses,
                       const std::vector<ServicePort>& services, uint32_t deadline_ms = 5'000,
                       Until until = Until::serves) {
    probes.start(1, addresses, services, until, deadline_ms);
    EXPECT_FALSE(seen) << "never from within start()";
    EXPECT_TRUE(reactor.run());
    return *seen;
  }
};

TEST(MachineProbes, AConnectionIsAService) {
  const Bound server = bind_at(SOCK_STREAM);
  ASSERT_EQ(::listen(server.fd.get(), 1), 0);
  const auto seen = Probing().look({kLoopback}, {tcp(server.port)});
  EXPECT_EQ(seen.life, Life::serves);
  EXPECT_EQ(seen.evidence, "127.0.0.1:" + std::to_string(server.port) + " connected");
  EXPECT_EQ(seen.services,
            (std::vector<ServiceSighting>{{tcp(server.port), ServiceAnswer::answered}}));
}

TEST(MachineProbes, AResetIsLifeAndNoService) {
  const Bound closed = bind_at(SOCK_STREAM);  // bound, but nobody listens
  const auto seen = Probing().look({kLoopback}, {tcp(closed.port)});
  EXPECT_EQ(seen.life, Life::rejects);
  EXPECT_TRUE(is_half_dead(seen.life));
  EXPECT_EQ(seen.evidence, "rejects connections (127.0.0.1:" + std::to_string(closed.port) +
                               "), no service answers");
  EXPECT_EQ(seen.services.front().answer, ServiceAnswer::refused);
}

TEST(MachineProbes, AClosedUdpPortIsRefusedByTheMachineItself) {
  uint16_t port = bind_at(SOCK_DGRAM).port;  // closed again
  const auto seen = Probing().look({kLoopback}, {udp(port)});
  EXPECT_EQ(seen.life, Life::rejects);
  EXPECT_EQ(seen.services.front().answer, ServiceAnswer::refused);
}

TEST(MachineProbes, AnOpenUdpPortThatNeedNotAnswerIsUnknown) {
  const Bound server = bind_at(SOCK_DGRAM);
  const auto begun = monotonic_now();
  const auto seen = Probing().look({kLoopback}, {udp(server.port)}, 60'000);
  EXPECT_LT(monotonic_now() - begun, 60'000) << "it is not waited for";
  EXPECT_EQ(seen.services.front().answer, ServiceAnswer::unknown);
  EXPECT_EQ(seen.life, Life::silent);
}

TEST(MachineProbes, EveryServiceIsSeenWhenItIsWanted) {
  const Bound open = bind_at(SOCK_STREAM);
  ASSERT_EQ(::listen(open.fd.get(), 1), 0);
  const Bound closed = bind_at(SOCK_STREAM);
  const auto seen =
      Probing().look({kLoopback}, {tcp(open.port), tcp(closed.port)}, 5'000, Until::every_service);
  EXPECT_EQ(seen.life, Life::serves);
  EXPECT_EQ(seen.services,
            (std::vector<ServiceSighting>{{tcp(open.port), ServiceAnswer::answered},
                                          {tcp(closed.port), ServiceAnswer::refused}}));
}

TEST(MachineProbes, OneAnswerOfManyAddressesIsEnough) {
  const Bound server = bind_at(SOCK_STREAM);
  ASSERT_EQ(::listen(server.fd.get(), 1), 0);
  EXPECT_EQ(Probing().look({kNobody, kLoopback}, {tcp(server.port)}).life, Life::serves);
}

TEST(MachineProbes, WithoutAnAddressNothingIsAsked) {
  const auto seen = Probing().look({}, {tcp(22)});
  EXPECT_EQ(seen.life, Life::unasked);
  EXPECT_EQ(seen.evidence, "no address to ask");
}

// Of a listener whose queue is as short as can be: the kernel drops further SYNs, as a cut-off
// machine would, until these are closed.
std::vector<UniqueFd> fill_queue(const Bound& server) {
  std::vector<UniqueFd> fillers;
  for (int i = 0; i < 2; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(server.port);
    (void)::connect(fillers.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  return fillers;
}

TEST(MachineProbes, SilenceIsToldAtTheDeadline) {
  const Bound server = bind_at(SOCK_STREAM);
  ASSERT_EQ(::listen(server.fd.get(), 0), 0);
  const auto fillers = fill_queue(server);
  const auto begun = monotonic_now();
  const auto seen = Probing().look({kLoopback}, {tcp(server.port)}, 150);
  EXPECT_GE(monotonic_now() - begun, 150);
  EXPECT_EQ(seen.life, Life::silent);
  EXPECT_EQ(seen.evidence, "silent on 1 ports for 150 ms (ping and ARP can't be asked from here)");
}

// A service that comes up while it is asked: the kernel sends a lost SYN again after a second only.
TEST(MachineProbes, AServiceThatComesUpMeanwhileIsSeen) {
  const Bound server = bind_at(SOCK_STREAM);
  ASSERT_EQ(::listen(server.fd.get(), 0), 0);
  auto fillers = fill_queue(server);
  Probing probing;
  probing.probes.start(1, {kLoopback}, {tcp(server.port)}, Until::serves, 900);
  // Its first SYN was dropped; from now on there is room.
  fillers.clear();
  UniqueFd taken(::accept(server.fd.get(), nullptr, nullptr));
  EXPECT_TRUE(probing.reactor.run());
  EXPECT_EQ(probing.seen->life, Life::serves) << probing.seen->evidence;
}

// The kernel answers pings while every packet of a service is dropped: a machine that writes its
// crash dump.
TEST(MachineProbes, PingAloneIsHalfDead) {
  in_own_network([] {
    const Bound mute = bind_at(SOCK_DGRAM, htonl(INADDR_LOOPBACK), 123);
    const auto seen = Probing(RawSockets::open()).look({kLoopback}, {udp(123)}, 150);
    EXPECT_EQ(seen.life, Life::echo);
    EXPECT_TRUE(is_half_dead(seen.life));
    EXPECT_EQ(seen.evidence, "answers ping, silent on 1 ports for 150 ms");
    EXPECT_EQ(seen.services.front().answer, ServiceAnswer::silent);
  });
}

TEST(MachineProbes, ARealRequestIsSentThreeTimes) {
  in_own_network([] {
    const Bound mute = bind_at(SOCK_DGRAM, htonl(INADDR_LOOPBACK), 123);
    (void)Probing().look({kLoopback}, {udp(123)}, 150);
    char packet[128];
    for (int i = 0; i < 3; ++i) EXPECT_EQ(::recv(mute.fd.get(), packet, sizeof packet, 0), 48);
    EXPECT_LT(::recv(mute.fd.get(), packet, sizeof packet, 0), 0);
  });
}

// Somebody (an NFS client) asked for the address just before the machine came up; what the kernel
// then says to all who wait for the neighbour is about the time before.
TEST(MachineProbes, AMachineThatComesUpWhileItsNeighbourIsLookedForIsAlive) {
  in_own_network([] {
    EXPECT_EQ(shell("ip ntable change name arp_cache dev eth1 retrans 100 mcast_probes 1"), "");
    Probing probing;
    probing.probes.start(1, {kServiceNode}, {tcp(22)}, Until::serves, 5'000);
    // The search ends 100 ms from now, and is told to whoever waits for the address then.
    UniqueFd waiter(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(22);
    std::memcpy(&address.sin_addr, kServiceNode.data(), kServiceNode.size());
    (void)::connect(waiter.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    pollfd wait{waiter.get(), POLLOUT, 0};
    ASSERT_EQ(::poll(&wait, 1, 5'000), 1);
    EXPECT_EQ(shell("ip addr add 10.1.1.100/32 dev lo"), "");
    EXPECT_TRUE(probing.reactor.run());
    EXPECT_EQ(probing.seen->life, Life::rejects) << probing.seen->evidence;
  });
}

TEST(MachineProbes, NoRouteToTheHostIsBelievedTheSecondTime) {
  in_own_network([] {
    EXPECT_EQ(shell("ip ntable change name arp_cache dev eth1 retrans 100 mcast_probes 1"), "");
    const auto begun = monotonic_now();
    const auto seen = Probing().look({kServiceNode}, {tcp(22), tcp(80)}, 60'000);
    EXPECT_EQ(seen.life, Life::silent);
    EXPECT_LT(monotonic_now() - begun, 60'000);
    EXPECT_NE(seen.evidence.find("No route to host"), std::string::npos) << seen.evidence;
  });
}

TEST(MachineProbes, TwoLooksAtOnceAreToldApart) {
  const Bound server = bind_at(SOCK_STREAM);
  ASSERT_EQ(::listen(server.fd.get(), 4), 0);
  std::map<uint64_t, Life> seen;
  Reactor reactor;
  MachineProbes probes(reactor, {}, [&](uint64_t id, const MachineSighting& sighting) {
    seen[id] = sighting.life;
    if (seen.size() == 2) reactor.stop();
  });
  const uint16_t closed = bind_at(SOCK_STREAM).port;
  probes.start(7, {kLoopback}, {tcp(server.port)}, Until::serves, 5'000);
  probes.start(8, {kLoopback}, {tcp(closed)}, Until::serves, 5'000);
  probes.start(8, {kLoopback}, {tcp(server.port)}, Until::serves, 5'000);  // is under way already
  EXPECT_TRUE(reactor.run());
  EXPECT_EQ(seen, (std::map<uint64_t, Life>{{7, Life::serves}, {8, Life::rejects}}));
}

}  // namespace
}  // namespace sn::net
