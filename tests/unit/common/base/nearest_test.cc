#include "common/base/nearest.h"

#include <gtest/gtest.h>

namespace sn {
namespace {

TEST(Nearest, IsWhatWasMeant) {
  const std::vector<std::string> verbs = {"takeover", "plan", "failback", "freeze", "thaw"};
  EXPECT_EQ(nearest("takovr", verbs), "takeover");
  EXPECT_EQ(nearest("tkaeover", verbs), "takeover");
  EXPECT_EQ(nearest("plna", verbs), "plan");
  EXPECT_EQ(nearest("sn1p", {"SN1P", "SN2P"}), "SN1P");
  EXPECT_EQ(nearest("SN1", {"SN1P", "SN2P"}), "SN1P");
}

TEST(Nearest, IsNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("reboot", {"takeover", "plan", "thaw"}), "");
  EXPECT_EQ(nearest("", {"a"}), "");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), {"plan"}), "");
}

}  // namespace
}  // namespace sn
