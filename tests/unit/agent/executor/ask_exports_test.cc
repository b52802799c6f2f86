#include "agent/executor/ask_exports.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <map>
#include <thread>

#include "agent/executor/export_calls.h"
#include "common/base/unique_fd.h"
#include "common/net/xdr.h"
#include "tests/unit/own_network.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

constexpr uint16_t kMountPort = 20048, kNfs = 2049;
constexpr uint32_t kPortmap = 100000, kMount = 100005;

// Port mapper, mount daemon and NFS server of one machine, on loopback: `statuses` of paths, and
// what was asked.
class FakeServer {
 public:
  explicit FakeServer(std::map<std::string, uint32_t> statuses) : statuses_(std::move(statuses)) {
    for (const uint16_t port : {kPortmapPort, kMountPort, kNfs}) listen_on(port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    stop_ = true;
    thread_.join();
  }

  [[nodiscard]] int forgotten() const { return forgotten_; }
  [[nodiscard]] int unprivileged() const { return unprivileged_; }

 private:
  void listen_on(uint16_t port) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << port;
    ASSERT_EQ(listen(fd.get(), 8), 0);
    listening_.push_back(std::move(fd));
  }

  void serve() {
    constexpr int kStepMs = 10;
    while (!stop_) {
      std::vector<pollfd> polled;
      for (const auto& fd : listening_) polled.push_back({fd.get(), POLLIN, 0});
      for (const auto& fd : talking_) polled.push_back({fd.get(), POLLIN, 0});
      if (poll(polled.data(), polled.size(), kStepMs) <= 0) continue;
      const size_t listeners = listening_.size();
      std::vector<UniqueFd> still;
      for (size_t i = listeners; i < polled.size(); ++i) {
        if (polled[i].revents == 0 || answer(polled[i].fd)) {
          still.push_back(std::move(talking_[i - listeners]));
        }
      }
      talking_ = std::move(still);
      for (size_t i = 0; i < listeners; ++i) {
        if (polled[i].revents != 0) accept_one(polled[i].fd);
      }
    }
  }

  void accept_one(int listener) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    UniqueFd fd(accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
    if (ntohs(peer.sin_port) >= IPPORT_RESERVED) ++unprivileged_;
    if (fd) talking_.push_back(std::move(fd));
  }

  bool answer(int fd) {
    std::array<char, 1'024> buffer{};
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) return false;
    std::string_view bytes(buffer.data(), static_cast<size_t>(size));
    net::xdr::Reader words(bytes.substr(4));
    const uint32_t xid = words.next();
    words.skip(8);
    const uint32_t program = words.next();
    words.skip(4);
    const uint32_t procedure = words.next();
    std::string body;
    for (const uint32_t word : {xid, 1U, 0U, 0U, 0U, 0U}) net::xdr::append(body, word);
    if (program == kPortmap) {
      net::xdr::append(body, uint32_t{kMountPort});
    } else if (program == kMount && procedure == 3) {
      ++forgotten_;
    } else {
      net::xdr::append(body, status_of(bytes));
    }
    std::string record;
    net::xdr::append(record, 0x80000000U | static_cast<uint32_t>(body.size()));
    record += body;
    return send(fd, record.data(), record.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(record.size());
  }

  [[nodiscard]] uint32_t status_of(std::string_view call) const {
    for (const auto& [path, status] : statuses_) {
      if (call.find(path) != std::string_view::npos) return status;
    }
    return 0;
  }

  const std::map<std::string, uint32_t> statuses_;
  std::vector<UniqueFd> listening_, talking_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> forgotten_ = 0, unprivileged_ = 0;
  std::thread thread_;
};

MountSwap swap_of(const std::string& path, const std::string& type = "nfs") {
  MountSwap swap;
  swap.type = type;
  swap.source_before = "sn1-eth1:" + path;
  swap.source = "sn2-eth1:" + path;
  swap.address = "127.0.0.1";
  swap.options = "vers=3";
  swap.places = {{path, "", "", {}}};
  return swap;
}

std::vector<std::string> found(const std::vector<MountSwap>& swaps) {
  std::vector<std::string> texts;
  for (const auto& finding : find_missing_exports(swaps, "SN2P", FindingClass::left)) {
    texts.push_back(finding.place + ": " + text_of(finding.reason));
  }
  return texts;
}

TEST(AskExports, NamesTheMountsThatWouldFailAndLeavesNoTrace) {
  in_own_network([] {
    const FakeServer server({{"gone", 2}, {"closed", 13}, {"odd", 10006}});
    EXPECT_THAT(
        found({swap_of("/well"), swap_of("/gone"), swap_of("/closed"), swap_of("/odd")}),
        ElementsAre("mount /gone: SN2P does not export /gone: no such path there",
                    "mount /closed: SN2P does not export /closed to this node: access denied"));
    EXPECT_EQ(server.forgotten(), 1) << "what was granted is given back";
    EXPECT_EQ(server.unprivileged(), 0);
  });
}

TEST(AskExports, Version4AsksTheNfsServerItself) {
  in_own_network([] {
    const FakeServer server({{"gone", 2}});
    EXPECT_THAT(found({swap_of("/well", "nfs4"), swap_of("/gone", "nfs4")}),
                ElementsAre("mount /gone: SN2P does not export /gone: no such path there"));
    EXPECT_EQ(server.forgotten(), 0);
  });
}

TEST(AskExports, AServerThatDoesNotAnswerIsNoFinding) {
  in_own_network([] {
    EXPECT_THAT(found({swap_of("/a"), swap_of("/b", "nfs4")}), ElementsAre()) << "refused";
    MountSwap silent = swap_of("/c");
    silent.address = "10.1.1.99";
    EXPECT_THAT(found({silent, silent}), ElementsAre());
  });
}

}  // namespace
}  // namespace sn::agent
