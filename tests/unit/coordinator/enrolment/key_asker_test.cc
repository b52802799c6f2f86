#include "coordinator/enrolment/key_asker.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "common/base/clock.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

const std::string kKey(40, 'k');

TEST(KeyIn, IsALineOfItsOwn) {
  EXPECT_EQ(key_in(kKey + "\n"), kKey);
  EXPECT_EQ(key_in("Warning: added to the list of known hosts.\r\n" + kKey + "\r\n"), kKey);
  EXPECT_EQ(key_in("it is " + kKey), "");
  EXPECT_EQ(key_in(kKey + "k"), "");
  EXPECT_EQ(key_in(""), "");
}

class KeyAskerTest : public testing::Test {
 protected:
  ~KeyAskerTest() override { (void)::unlink(path_.c_str()); }

  struct Heard {
    uint64_t request = 0;
    std::string key, said;
  };

  // A helper that listens, and one question to it.
  UniqueFd helper() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un here{};
    here.sun_family = AF_UNIX;
    path_.copy(here.sun_path, sizeof here.sun_path - 1);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
    EXPECT_EQ(::listen(fd.get(), 4), 0);
    return fd;
  }
  static UniqueFd take(const UniqueFd& helper) {
    return UniqueFd(::accept4(helper.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  void turn_until_heard() {
    const MonotonicTime end = monotonic_now() + 10'000;
    while (!heard_ && monotonic_now() < end) (void)reactor_.step(10);
    ASSERT_TRUE(heard_);
  }

  std::string path_ =
      testing::TempDir() + "key_asker_" + std::to_string(::getpid()) + "_helper.sock";
  MonotonicTime now_{1'000};
  net::Reactor reactor_{[this] { return now_; }};
  std::optional<Heard> heard_;
  KeyAsker asker_{reactor_, path_,
                  [this](uint64_t request, const std::string& key, const std::string& said) {
                    EXPECT_FALSE(heard_);
                    heard_ = Heard{request, key, said};
                  }};
};

TEST_F(KeyAskerTest, SaysWhichNodeAndHearsItsKey) {
  const UniqueFd listening = helper();
  asker_.start({7, "cn042", "SN2P"});
  const UniqueFd fd = take(listening);
  std::array<char, 64> line{};
  EXPECT_EQ(::recv(fd.get(), line.data(), line.size(), 0), 11);
  EXPECT_STREQ(line.data(), "cn042 SN2P\n");
  const std::string printed = "banner\n" + kKey + "\n";
  EXPECT_GT(::send(fd.get(), printed.data(), printed.size(), 0), 0);
  (void)reactor_.step(10);
  EXPECT_FALSE(heard_) << "it may print more";
  (void)::shutdown(fd.get(), SHUT_RDWR);
  turn_until_heard();
  EXPECT_EQ(heard_->request, 7U);
  EXPECT_EQ(heard_->key, kKey);
}

TEST_F(KeyAskerTest, SaysWhatWasPrintedInsteadOfAKey) {
  const UniqueFd listening = helper();
  asker_.start({7, "cn042", ""});
  {
    const UniqueFd fd = take(listening);
    const std::string printed = "ssh: connect to host cn042: \x1b[31mNo route\n\n";
    EXPECT_GT(::send(fd.get(), printed.data(), printed.size(), 0), 0);
  }
  turn_until_heard();
  EXPECT_EQ(heard_->key, "");
  EXPECT_EQ(heard_->said, "ssh: connect to host cn042: ?[31mNo route");
}

TEST_F(KeyAskerTest, DoesNotWaitForEver) {
  const UniqueFd listening = helper();
  asker_.start({7, "cn042", ""});
  now_ = now_ + kAskNode_ms;
  turn_until_heard();
  EXPECT_THAT(heard_->said, HasSubstr("no answer in time"));
}

TEST_F(KeyAskerTest, SaysThatNobodyListens) {
  asker_.start({7, "cn042", ""});
  EXPECT_FALSE(heard_) << "never from within";
  turn_until_heard();
  EXPECT_THAT(heard_->said, HasSubstr("helper.sock: No such file"));
}

}  // namespace
}  // namespace sn::coordinator
