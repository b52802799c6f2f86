#include "common/net/tcp_peer.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/unique_fd.h"

namespace sn::net {
namespace {

class TcpPeerTest : public testing::Test {
 protected:
  TcpPeerTest() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    EXPECT_EQ(::bind(listener_.get(), address, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), address, &size), 0);
    port_ = ntohs(at.sin_port);
    EXPECT_EQ(::connect(far_.get(), address, size), 0);
    own_ = UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  static UniqueFd open() { return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

  UniqueFd listener_ = open(), far_ = open(), own_;
  uint16_t port_ = 0;
};

TEST_F(TcpPeerTest, TellsWhoIsThere) {
  const auto peer = tcp_peer(own_.get()), back = tcp_peer(far_.get());
  ASSERT_TRUE(peer && back);
  const IpAddress loopback = *IpAddress::parse("127.0.0.1");
  EXPECT_EQ(*peer, (TcpPeer{loopback, back->own_port, loopback, port_}));
  EXPECT_EQ(back->port, port_);
}

TEST_F(TcpPeerTest, CountsWhatCameAndKnowsWhatIsNotRead) {
  EXPECT_EQ(tcp_progress(own_.get())->received, 0U);
  EXPECT_FALSE(tcp_progress(own_.get())->unread);
  ASSERT_EQ(::send(far_.get(), "four", 4, 0), 4);
  char bytes[4];
  ASSERT_EQ(::recv(own_.get(), bytes, 1, MSG_PEEK), 1);  // it is there
  EXPECT_TRUE(tcp_progress(own_.get())->unread);
  EXPECT_EQ(tcp_progress(own_.get())->received, 4U);
  ASSERT_EQ(::recv(own_.get(), bytes, sizeof bytes, MSG_WAITALL), 4);
  EXPECT_FALSE(tcp_progress(own_.get())->unread);
  EXPECT_EQ(tcp_progress(own_.get())->received, 4U);
}

TEST_F(TcpPeerTest, NothingElseIsAPeer) {
  EXPECT_FALSE(tcp_peer(listener_.get()));
  EXPECT_FALSE(tcp_peer(-1));
  EXPECT_FALSE(tcp_progress(-1));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reads(ends[0]), writes(ends[1]);
  EXPECT_FALSE(tcp_peer(reads.get()));
  EXPECT_FALSE(tcp_progress(reads.get()));
}

}  // namespace
}  // namespace sn::net
