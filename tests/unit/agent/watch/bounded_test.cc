#include "agent/watch/bounded.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

namespace sn::agent {
namespace {

using testing::HasSubstr;

constexpr int64_t kLongMs = 60'000;  // never reached by work that ends

TEST(RunBounded, HandsBackWhatTheWorkReturned) {
  const std::string large(300'000, 'x');
  const auto answer = run_bounded([&]() -> Result<std::string> { return large; }, kLongMs, "it");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(*answer, large);
  EXPECT_EQ(*run_bounded([]() -> Result<std::string> { return std::string(); }, kLongMs, "it"), "");
}

TEST(RunBounded, HandsBackTheErrorWhole) {
  const auto answer = run_bounded(
      []() -> Result<std::string> {
        return fail(ErrorClass::denied, "reading", "/x", "no right", "ask root");
      },
      kLongMs, "it");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, ErrorClass::denied);
  EXPECT_EQ(answer.error().to, "/x");
  EXPECT_EQ(text_of(answer.error().cure), "ask root");
}

TEST(RunBounded, EndsAtItsDeadline) {
  const auto answer = run_bounded(
      []() -> Result<std::string> {
        while (true) pause();
      },
      1, "the dead mount");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, ErrorClass::timed_out);
  EXPECT_EQ(answer.error().to, "the dead mount");
}

TEST(RunBounded, NoticesThatItsWorkerWasKilled) {
  const auto answer = run_bounded(
      []() -> Result<std::string> {
        kill(getpid(), SIGKILL);
        return std::string("never");
      },
      kLongMs, "it");
  ASSERT_FALSE(answer);
  EXPECT_THAT(text_of(answer.error().why), HasSubstr("killed"));
}

TEST(RunBounded, RefusesAnAnswerWithoutEnd) {
  const auto answer = run_bounded(
      []() -> Result<std::string> { return std::string(kMaxBoundedAnswer + 1'000'000, 'x'); },
      kLongMs, "it");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, ErrorClass::limit);
}

}  // namespace
}  // namespace sn::agent
