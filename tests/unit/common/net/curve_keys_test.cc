#include "common/net/curve_keys.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sn::net {
namespace {

using testing::HasSubstr;

class CurveKeyFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "curve_keys_" + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/coordinator.key"; }
  void write(const std::string& text) const {
    std::ofstream(path()) << text;
    ::chmod(path().c_str(), 0600);
  }

 private:
  std::string folder_;
};

TEST(CurveKeys, TellsWellFormedKeysFromOthers) {
  const auto keys = CurveKeys::generate();
  ASSERT_TRUE(keys);
  EXPECT_TRUE(is_curve_key(keys->public_key()));
  EXPECT_FALSE(is_curve_key(""));
  EXPECT_FALSE(is_curve_key(keys->public_key() + "a"));
  EXPECT_FALSE(is_curve_key(std::string(40, '~')));
  EXPECT_EQ(z85_of_key("short"), "");
}

TEST(CurveKeys, DerivesThePublicKey) {
  const auto keys = CurveKeys::generate();
  EXPECT_EQ(CurveKeys::from_secret(keys->secret_key())->public_key(), keys->public_key());
}

TEST_F(CurveKeyFile, IsMadeOnceAndPrivate) {
  const auto made = CurveKeys::load_or_create(path());
  ASSERT_TRUE(made) << made.error().message();
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  const auto again = CurveKeys::load_or_create(path());
  EXPECT_EQ(again->public_key(), made->public_key());
  size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(path()).parent_path())) {
    (void)entry;
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

TEST_F(CurveKeyFile, IsNeverOverwritten) {
  write("something");
  const auto keys = CurveKeys::generate();
  EXPECT_EQ(keys->save(path()).error().what, ErrorClass::conflict);
}

TEST_F(CurveKeyFile, ThatOthersCanReadIsRefused) {
  ASSERT_TRUE(CurveKeys::load_or_create(path()));
  ::chmod(path().c_str(), 0640);
  const auto keys = CurveKeys::load(path());
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().what, ErrorClass::denied);
  EXPECT_THAT(text_of(keys.error().cure), HasSubstr("chmod 600"));
}

TEST_F(CurveKeyFile, ThatHoldsSomethingElseIsRefused) {
  for (const std::string& text : {std::string(), std::string("junk\n"), std::string(40, '~'),
                                  std::string(41, 'a'), std::string(1000, 'a')}) {
    write(text);
    const auto keys = CurveKeys::load_or_create(path());
    ASSERT_FALSE(keys) << text;
    EXPECT_EQ(keys.error().what, ErrorClass::corrupt);
    EXPECT_EQ(keys.error().to, path());
  }
}

TEST_F(CurveKeyFile, BehindALinkIsRefused) {
  ASSERT_TRUE(CurveKeys::load_or_create(path()));
  const std::string link = path() + ".link";
  std::filesystem::create_symlink(path(), link);
  EXPECT_FALSE(CurveKeys::load(link));
}

}  // namespace
}  // namespace sn::net
