#include "coordinator/control/control_server.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "coordinator/control/peer.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

class ControlServerTest : public testing::Test {
 protected:
  ControlServerTest() {
    static int serial = 0;
    folder_ = testing::TempDir() + "control_" + std::to_string(::getpid()) + "_" +
              std::to_string(++serial);
    auto server = ControlServer::open(reactor_, path(), Groups{}, [this](ControlEvent event) {
      if (const auto* audited = std::get_if<Audited>(&event)) {
        audited_.push_back(audited->line);
      } else {
        events_.push_back(std::move(event));
      }
    });
    EXPECT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }
  ~ControlServerTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::string path() const { return folder_ + "/control.sock"; }

  [[nodiscard]] UniqueFd connect() const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().c_str(), path().size());
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  // One look at everything, as the daemon's loop does.
  std::vector<ControlEvent> turn() {
    EXPECT_TRUE(reactor_.step(0));
    return std::exchange(events_, {});
  }

  std::vector<ControlEvent> at_time(MonotonicTime time) {
    server_->on_time(time);
    return std::exchange(events_, {});
  }

  // A connection and then what it sent: local sockets deliver at once.
  std::vector<ControlEvent> turns() {
    auto events = turn();
    for (auto& event : turn()) events.push_back(std::move(event));
    return events;
  }

  static void say(const UniqueFd& fd, const std::string& text) {
    ASSERT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  static std::string hear(const UniqueFd& fd) {
    std::string text;
    char buffer[65536];
    ssize_t size = 0;
    while ((size = ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
      text.append(buffer, static_cast<size_t>(size));
    }
    return text;
  }

  std::string folder_;
  MonotonicTime now_{1'000'000};
  net::Reactor reactor_{[this] { return now_; }};
  std::vector<ControlEvent> events_;
  std::vector<std::string> audited_;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlServerTest, AsksAndAnswers) {
  const UniqueFd client = connect();
  say(client, "{\"command\":\"freeze\",\"frozen\":true}\n");
  const auto events = turns();
  ASSERT_EQ(events.size(), 1U);
  const auto& asked = std::get<ClientAsked>(events[0]);
  EXPECT_EQ(std::get<FreezeCommand>(asked.command).by, user_name(::geteuid()));
  server_->reply(asked.client, DoneAnswer{"one"}, false);
  server_->reply(asked.client, DoneAnswer{"two"}, true);
  server_->reply(asked.client, DoneAnswer{"too late"}, true);
  const std::string heard = hear(client);
  EXPECT_THAT(heard, HasSubstr("\"done\":\"one\",\"exit\":0,\"last\":false}\n"));
  EXPECT_THAT(heard, HasSubstr("\"last\":true}\n"));
  EXPECT_EQ(heard.find("too late"), std::string::npos);
}

TEST_F(ControlServerTest, ALineMayComeInPieces) {
  const UniqueFd client = connect();
  say(client, "{\"command\":");
  EXPECT_TRUE(turns().empty());
  say(client, "\"status\"}\n");
  EXPECT_EQ(turns().size(), 1U);
}

TEST_F(ControlServerTest, AConfirmationFollowsOnTheSameConnection) {
  const UniqueFd client = connect();
  say(client, "{\"command\":\"takeover\",\"from\":\"SN1P\",\"confirm\":true}\n");
  const ClientId id = std::get<ClientAsked>(turns().at(0)).client;
  server_->reply(id, PlanAnswer{}, false);
  say(client, "{\"command\":\"confirm\",\"go\":true}\n");
  const auto events = turns();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<ClientAsked>(events[0]).client, id);
  EXPECT_TRUE(std::get<ConfirmCommand>(std::get<ClientAsked>(events[0]).command).go);
}

// Each of 40,000 in one write would be worked on and its answer kept.
TEST_F(ControlServerTest, NoOtherRequestIsTakenBeforeTheFirstIsAnswered) {
  const UniqueFd client = connect();
  say(client,
      "{\"command\":\"takeover\",\"from\":\"SN1P\"}\n"
      "{\"command\":\"takeover\",\"from\":\"SN2P\"}\n{\"command\":\"status\"}\n");
  EXPECT_EQ(turns().size(), 1U);
  EXPECT_THAT(hear(client), HasSubstr("the request before is not answered yet"));
}

TEST_F(ControlServerTest, EveryRequestIsAuditedOnceWithWhoAskedAndWhatCameOfIt) {
  const UniqueFd done = connect(), refused = connect(), odd = connect();
  UniqueFd leaves = connect();
  say(done, "{\"command\":\"freeze\",\"frozen\":true}\n");
  server_->reply(std::get<ClientAsked>(turns().at(0)).client, DoneAnswer{"frozen"}, true);
  ASSERT_EQ(audited_.size(), 1U);
  EXPECT_THAT(audited_[0], HasSubstr(user_name(::geteuid()) + " (" + std::to_string(::geteuid())));
  EXPECT_THAT(audited_[0], HasSubstr("sn_unit"));
  EXPECT_THAT(audited_[0], HasSubstr("{\"command\":\"freeze\",\"frozen\":true} -> done"));
  say(refused, "{\"command\":\"freeze\",\"frozen\":true}\n");
  server_->reply(std::get<ClientAsked>(turns().at(0)).client,
                 RefusalAnswer{Fact(FactCode::nothing_to_mend), {}}, true);
  ASSERT_EQ(audited_.size(), 2U);
  EXPECT_THAT(audited_[1], HasSubstr("-> refused: "));
  say(odd, "{\"command\":\"\\u001bfreeze\u0007\n\"}\n");
  (void)turns();
  ASSERT_EQ(audited_.size(), 3U);
  EXPECT_EQ(audited_[2].find('\x07'), std::string::npos);
  EXPECT_THAT(audited_[2], HasSubstr("refused"));
  say(leaves, "{\"command\":\"watch\"}\n");
  (void)turns();
  leaves.reset();
  (void)turns();
  ASSERT_EQ(audited_.size(), 4U);
  EXPECT_THAT(audited_[3], HasSubstr("left before the answer"));
}

TEST_F(ControlServerTest, TellsWhenAClientGoes) {
  UniqueFd client = connect();
  say(client, "{\"command\":\"watch\"}\n");
  const ClientId id = std::get<ClientAsked>(turns().at(0)).client;
  client.reset();
  const auto events = turns();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<ClientGone>(events[0]).client, id);
  server_->reply(id, DoneAnswer{"nobody hears this"}, true);
}

TEST_F(ControlServerTest, AnswersNonsense) {
  const UniqueFd client = connect();
  say(client, "help!\n");
  EXPECT_TRUE(turns().empty());
  const std::string heard = hear(client);
  EXPECT_THAT(heard, HasSubstr("not a JSON object"));
  EXPECT_THAT(heard, HasSubstr("\"exit\":1"));
}

TEST_F(ControlServerTest, RefusesAnEndlessLine) {
  const UniqueFd client = connect();
  EXPECT_TRUE(turns().empty());
  const std::string piece(64 * 1024, 'x');
  for (size_t sent = 0; sent <= kMaxRequestBytes; sent += piece.size()) {
    say(client, piece);
    EXPECT_TRUE(turn().empty());
  }
  EXPECT_THAT(hear(client), HasSubstr("a request of more than"));
}

TEST_F(ControlServerTest, HasRoomForSoManyClients) {
  std::vector<UniqueFd> clients;
  for (size_t i = 0; i < kMaxClients; ++i) {
    clients.push_back(connect());
    (void)turn();
  }
  const UniqueFd one_more = connect();
  (void)turn();
  EXPECT_THAT(hear(one_more), HasSubstr("too many clients"));
}

TEST_F(ControlServerTest, DropsAClientThatDoesNotRead) {
  const UniqueFd client = connect();
  say(client, "{\"command\":\"watch\"}\n");
  const ClientId id = std::get<ClientAsked>(turns().at(0)).client;
  for (int i = 0; i < 100; ++i) {
    server_->reply(id, DoneAnswer{std::string(100'000, 'x')}, false);
  }
  EXPECT_TRUE(at_time(now_ + kSlow_ms).empty());
  const auto events = at_time(now_ + kSlow_ms + 1);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<ClientGone>(events[0]).client, id);
}

TEST_F(ControlServerTest, DropsAClientThatNeverAsks) {
  const UniqueFd client = connect();
  (void)turn();
  EXPECT_EQ(server_->clients(), 1U);
  EXPECT_TRUE(at_time(now_ + kSlow_ms + 1).empty());  // the core never knew it
  EXPECT_EQ(server_->clients(), 0U);
}

TEST_F(ControlServerTest, KeepsAWatcherThatHasNothingToRead) {
  const UniqueFd client = connect();
  say(client, "{\"command\":\"watch\"}\n");
  ASSERT_EQ(turns().size(), 1U);
  EXPECT_TRUE(at_time(now_ + 100 * kSlow_ms).empty());
  EXPECT_EQ(server_->clients(), 1U);
}

TEST_F(ControlServerTest, ItsSocketIsPrivate) {
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat(folder_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(ControlServerTest, TwoCannotServeAtOnePlace) {
  const auto second = ControlServer::open(reactor_, path(), Groups{}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, ErrorClass::busy);
}

TEST_F(ControlServerTest, TakesThePlaceOfADeadOne) {
  const std::string stale = folder_ + "/stale.sock";
  {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, stale.c_str(), stale.size());
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(ControlServer::open(reactor_, stale, Groups{}, {}));
}

TEST(ControlServerPath, MustFitASocketAddress) {
  net::Reactor reactor;
  EXPECT_FALSE(ControlServer::open(reactor, "relative.sock", Groups{}, {}));
  EXPECT_FALSE(ControlServer::open(reactor, "/" + std::string(200, 'x'), Groups{}, {}));
}

TEST(ControlPeer, GroupsComeFromTheLocalFileOrAsNumbers) {
  EXPECT_EQ(*find_group("root"), 0U);
  EXPECT_EQ(*find_group("4242"), 4242U);
  EXPECT_FALSE(find_group("no-such-group"));
  EXPECT_EQ(user_name(0), "root");
  EXPECT_EQ(user_name(4'000'000), "uid 4000000");
}

}  // namespace
}  // namespace sn::coordinator
