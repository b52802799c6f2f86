#include "agent/watch/only_root.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

using testing::HasSubstr;

class OnlyRoot : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    std::filesystem::create_directory(directory_.path("etc"));
    file_ = directory_.write("etc/agent.toml", "mode = \"act\"\n");
    ASSERT_EQ(chmod(file_.c_str(), 0644), 0);
  }
  void expect_denied(const std::string& place) const {
    const Status judged = only_root_writes(file_);
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().what, ErrorClass::denied);
    EXPECT_THAT(judged.error().message(), HasSubstr(place));
  }

  TemporaryDirectory directory_;
  std::string file_;
};

TEST_F(OnlyRoot, AFileOfRootsInDirectoriesOfRootsIsGood) {
  EXPECT_TRUE(only_root_writes(file_)) << only_root_writes(file_).error().message();
  ASSERT_EQ(chmod(file_.c_str(), 0664), 0);
  EXPECT_TRUE(only_root_writes(file_)) << "group 0 is root";
}

TEST_F(OnlyRoot, AFileThatSomebodyElseCanWriteIsNot) {
  ASSERT_EQ(chmod(file_.c_str(), 0666), 0);
  expect_denied(file_);
  ASSERT_EQ(chmod(file_.c_str(), 0644), 0);
  ASSERT_EQ(chown(file_.c_str(), 4242, 0), 0);
  expect_denied(file_);
  ASSERT_EQ(chown(file_.c_str(), 0, 4242), 0);
  EXPECT_TRUE(only_root_writes(file_));
  ASSERT_EQ(chmod(file_.c_str(), 0664), 0);
  expect_denied(file_);
}

TEST_F(OnlyRoot, ADirectoryInWhichSomebodyElseCanExchangeItIsNot) {
  ASSERT_EQ(chmod(directory_.path("etc").c_str(), 0777), 0);
  expect_denied("in " + directory_.path("etc"));
  ASSERT_EQ(chmod(directory_.path("etc").c_str(), 01777), 0);
  EXPECT_TRUE(only_root_writes(file_)) << "what is root's stays there";
  ASSERT_EQ(chown(directory_.path("etc").c_str(), 4242, 0), 0);
  expect_denied("in " + directory_.path("etc"));
}

TEST_F(OnlyRoot, ALinkLeadsNowhereElse) {
  std::filesystem::create_directory(directory_.path("home"));
  std::filesystem::rename(file_, directory_.path("home/agent.toml"));
  ASSERT_EQ(symlink(directory_.path("home/agent.toml").c_str(), file_.c_str()), 0);
  EXPECT_TRUE(only_root_writes(file_));
  ASSERT_EQ(chown(directory_.path("home").c_str(), 4242, 0), 0);
  expect_denied("in " + directory_.path("home"));
}

TEST_F(OnlyRoot, ADirectoryOfOurOwnIsNobodyElses) {
  EXPECT_TRUE(make_own_directory(directory_.path("run")));
  EXPECT_TRUE(make_own_directory(directory_.path("run"))) << "as it was made";
  ASSERT_EQ(chown(directory_.path("run").c_str(), 4242, 0), 0);
  EXPECT_FALSE(make_own_directory(directory_.path("run")));
  ASSERT_EQ(symlink("/etc", directory_.path("link").c_str()), 0);
  EXPECT_FALSE(make_own_directory(directory_.path("link")));
}

}  // namespace
}  // namespace sn::agent
