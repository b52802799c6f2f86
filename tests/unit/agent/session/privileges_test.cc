#include "agent/session/privileges.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

using testing::HasSubstr;

TEST(FindUser, RefusesWhoIsEverybodys) {
  for (const char* name : {"root", "nobody"}) {
    const auto user = find_user(name);
    ASSERT_FALSE(user) << name;
    EXPECT_EQ(user.error().what, ErrorClass::denied);
    EXPECT_THAT(user.error().message(), HasSubstr("set user = \"snagent\""));
  }
}

TEST(FindUser, SaysHowToAddOneThatIsMissing) {
  const auto user = find_user("no-such-user");
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().what, ErrorClass::not_found);
  EXPECT_THAT(user.error().message(), HasSubstr("useradd --system"));
}

TEST(FindUser, FindsOneOfItsOwn) {
  const auto user = find_user("daemon");
  ASSERT_TRUE(user) << user.error().message();
  EXPECT_EQ(user->user, 1U);
}

}  // namespace
}  // namespace sn::agent
