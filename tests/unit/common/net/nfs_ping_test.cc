#include "common/net/nfs_ping.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <vector>

#include "common/model/server_state.h"

namespace sn::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Nothing in these tests takes a thousandth of it; it only ends a test that has failed.
constexpr uint32_t kLong = 20'000;
constexpr uint32_t kXid = 7;

// A real server on loopback, served by the test's own thread between the ping's steps.
class Server {
 public:
  // Given all bytes of the call so far: what to send now. Called whenever more came.
  using Answer = std::function<std::string(const std::string& received)>;

  explicit Server(int family = AF_INET)
      : listener_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage storage{};
    socklen_t size = 0;
    if (family == AF_INET) {
      auto* address = reinterpret_cast<sockaddr_in*>(&storage);
      address->sin_family = AF_INET;
      address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      size = sizeof *address;
    } else {
      auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
      address->sin6_family = AF_INET6;
      address->sin6_addr = in6addr_loopback;
      size = sizeof *address;
    }
    bound_ = ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0;
    if (!bound_) return;
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&storage), &size), 0);
    port_ = ntohs(family == AF_INET ? reinterpret_cast<sockaddr_in*>(&storage)->sin_port
                                    : reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
  }
  void listen(int backlog = 8) { ASSERT_EQ(::listen(listener_.get(), backlog), 0); }
  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] int listener() const { return listener_.get(); }
  [[nodiscard]] bool bound() const { return bound_; }

  // Serves one connection until the ping ends.
  void serve(NfsPing& ping, const Answer& answer, bool close_after = false) {
    UniqueFd connection;
    std::string received;
    while (!ping.finished()) {
      std::vector<pollfd> fds{
          {ping.fd(), static_cast<short>(ping.wants_write() ? POLLOUT : POLLIN), 0},
          {connection ? connection.get() : listener_.get(), POLLIN, 0}};
      ::poll(fds.data(), fds.size(),
             static_cast<int>(std::max<int64_t>(ping.deadline() - monotonic_now(), 0)));
      if (fds[1].revents != 0 && !connection) {
        connection.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      } else if (fds[1].revents != 0) {
        char buffer[256];
        const ssize_t size = ::recv(connection.get(), buffer, sizeof buffer, 0);
        if (size > 0) {
          received.append(buffer, static_cast<size_t>(size));
          const std::string bytes = answer(received);
          (void)::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
          if (close_after) connection.reset();
        }
      }
      if (fds[0].revents != 0) ping.on_ready();
      ping.on_time(monotonic_now());
    }
    received_ = received;
  }
  [[nodiscard]] const std::string& received() const { return received_; }

 private:
  UniqueFd listener_;
  uint16_t port_ = 0;
  bool bound_ = false;
  std::string received_;
};

std::string target(const Server& server) { return "127.0.0.1:" + std::to_string(server.port()); }

NfsPing ping_of(const Server& server, uint32_t deadline_ms = kLong, uint32_t version = 4) {
  return NfsPing(*IpAddress::parse("127.0.0.1"), server.port(), version, kXid, deadline_ms,
                 monotonic_now());
}

// REPLY, accepted, no verifier, success.
std::string success() {
  return std::string("\x80\0\0\x18\0\0\0\x07\0\0\0\x01", 12) + std::string(16, '\0');
}
std::string version_mismatch() {
  return std::string("\x80\0\0\x20\0\0\0\x07\0\0\0\x01", 12) + std::string(12, '\0') +
         std::string("\0\0\0\x02\0\0\0\x03\0\0\0\x03", 12);
}

TEST(NfsPing, AnRpcReplyIsAnAnswer) {
  Server server;
  server.listen();
  NfsPing ping = ping_of(server, kLong, 3);
  server.serve(ping, [](const std::string&) { return success(); });
  EXPECT_TRUE(ping.answered()) << ping.evidence();
  EXPECT_THAT(ping.evidence(), StartsWith(target(server) + " answered in "));
  EXPECT_THAT(ping.evidence(), EndsWith(" ms"));
  EXPECT_GT(ping.rtt_us(), 0U);
  EXPECT_EQ(server.received(), encode_null_call(kXid, kNfsProgram, 3));
  EXPECT_EQ(ping.fd(), -1);
}

TEST(NfsPing, AnObjectionIsAnAnswer) {
  Server server;
  server.listen();
  NfsPing ping = ping_of(server);
  server.serve(ping, [](const std::string&) { return version_mismatch(); });
  EXPECT_TRUE(ping.answered()) << ping.evidence();
  EXPECT_THAT(ping.evidence(), HasSubstr("does not serve this version, only 3 to 3"));
}

TEST(NfsPing, WorksOverIpv6) {
  Server server(AF_INET6);
  if (!server.bound()) GTEST_SKIP() << "no IPv6 on this machine's loopback";
  server.listen();
  NfsPing ping(*IpAddress::parse("::1"), server.port(), 4, kXid, kLong, monotonic_now());
  server.serve(ping, [](const std::string&) { return success(); });
  EXPECT_TRUE(ping.answered()) << ping.evidence();
  EXPECT_THAT(ping.evidence(), StartsWith("[::1]:" + std::to_string(server.port()) + " answered"));
}

TEST(NfsPing, ReadsAReplyThatComesByteByByte) {
  Server server;
  server.listen();
  NfsPing ping = ping_of(server);
  // Each byte is sent only after the one before it was read: pieces that the kernel can't join.
  UniqueFd connection;
  std::string left = success();
  while (!ping.finished()) {
    pollfd waits[] = {{ping.fd(), static_cast<short>(ping.wants_write() ? POLLOUT : POLLIN), 0}};
    if (!ping.wants_write() && !left.empty()) {
      if (!connection)
        connection.reset(::accept4(server.listener(), nullptr, nullptr, SOCK_CLOEXEC));
      ASSERT_EQ(::send(connection.get(), left.data(), 1, MSG_NOSIGNAL), 1);
      left.erase(0, 1);
    }
    ASSERT_GT(::poll(waits, 1, kLong), 0);
    ping.on_ready();
  }
  EXPECT_TRUE(ping.answered()) << ping.evidence();
  EXPECT_TRUE(left.empty());
}

TEST(NfsPing, AStoppedServerAcceptsAndDoesNotAnswer) {
  Server server;
  server.listen();
  const MonotonicTime begin = monotonic_now();
  NfsPing ping(*IpAddress::parse("127.0.0.1"), server.port(), 4, kXid, 1'500, begin);
  while (ping.wants_write()) {
    pollfd wait{ping.fd(), POLLOUT, 0};
    ASSERT_GT(::poll(&wait, 1, kLong), 0);
    ping.on_ready();
  }
  ping.on_ready();  // woken for nothing
  ping.on_time(begin + 1'499);
  EXPECT_FALSE(ping.finished());
  ping.on_time(begin + 1'500);
  ASSERT_TRUE(ping.finished());
  EXPECT_FALSE(ping.answered());
  EXPECT_EQ(ping.evidence(), target(server) + " connected, no answer for 1500 ms");
}

TEST(NfsPing, ACutOffMachineIsNoConnection) {
  // A listener whose queue is full: the kernel drops further SYNs, as a cut-off machine would.
  Server server;
  server.listen(0);
  std::vector<NfsPing> fillers;
  for (int i = 0; i < 2; ++i) fillers.push_back(ping_of(server));
  const MonotonicTime begin = monotonic_now();
  NfsPing ping(*IpAddress::parse("127.0.0.1"), server.port(), 4, kXid, 1'000, begin);
  ping.on_ready();  // woken for nothing
  ping.on_time(begin + 1'000);
  ASSERT_TRUE(ping.finished());
  EXPECT_EQ(ping.evidence(), target(server) + " no connection for 1000 ms");
}

TEST(NfsPing, ARefusedConnectionIsNoAnswer) {
  Server server;  // bound, but nobody listens
  NfsPing ping = ping_of(server);
  while (!ping.finished()) {
    pollfd wait{ping.fd(), POLLOUT, 0};
    ASSERT_GT(::poll(&wait, 1, kLong), 0);
    ping.on_ready();
  }
  EXPECT_FALSE(ping.answered());
  EXPECT_EQ(ping.evidence(), target(server) + " connection refused");
}

TEST(NfsPing, GarbageIsNoAnswer) {
  Server server;
  server.listen();
  NfsPing ping = ping_of(server);
  server.serve(ping, [](const std::string&) { return "220 mail.example ESMTP\r\n"; });
  EXPECT_FALSE(ping.answered());
  EXPECT_THAT(ping.evidence(), HasSubstr("what is no RPC reply: larger"));
}

TEST(NfsPing, BytesWithoutEndAreGivenUp) {
  Server server;
  server.listen();
  NfsPing ping = ping_of(server);
  // A fragment that promises what may come, and then more of them than any reply has.
  std::string flood;
  for (int i = 0; i < 4096; ++i) flood += std::string("\0\0\0\x01x", 5);
  server.serve(ping, [&](const std::string&) { return flood; });
  EXPECT_FALSE(ping.answered());
  EXPECT_THAT(ping.evidence(), HasSubstr("too many fragments"));
}

TEST(NfsPing, AConnectionThatEndsIsNoAnswer) {
  Server server;
  server.listen();
  NfsPing ping = ping_of(server);
  server.serve(ping, [](const std::string&) { return success().substr(0, 10); }, true);
  EXPECT_FALSE(ping.answered());
  EXPECT_THAT(ping.evidence(), StartsWith(target(server) + " connected, then"));
}

TEST(NfsPing, AnAddressThatCannotBeReachedSaysSo) {
  // No connect to the multicast address of all nodes gets as far as waiting.
  const NfsPing ping(*IpAddress::parse("ff02::1"), kNfsPort, 4, kXid, kLong, monotonic_now());
  ASSERT_TRUE(ping.finished());
  EXPECT_FALSE(ping.answered());
  EXPECT_THAT(ping.evidence(), StartsWith("[ff02::1]:2049 "));
}

}  // namespace
}  // namespace sn::net
