#include "agent/core/quarantine.h"

#include <gtest/gtest.h>

#include "common/facts/text.h"

namespace sn::agent {
namespace {

TEST(Quarantine, TheCureEndsWithTheCommand) {
  EXPECT_EQ(text_of(with_clear("mend it", "cn001")), "mend it; then snctl clear cn001");
  EXPECT_EQ(text_of(with_clear("", "cn001")), "snctl clear cn001");
  EXPECT_EQ(with_clear(with_clear("mend it", "cn001"), "cn001"), with_clear("mend it", "cn001"));
}

}  // namespace
}  // namespace sn::agent
