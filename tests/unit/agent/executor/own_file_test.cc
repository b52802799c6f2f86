#include "agent/executor/own_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

TEST(OwnFile, IsReplacedAsAWhole) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(write_own_file(directory.path("outcome"), "one"));
  ASSERT_TRUE(write_own_file(directory.path("outcome"), "two"));
  EXPECT_EQ(directory.read("outcome"), "two");
}

// Found by tests/crash: nobody removed it.
TEST(OwnFile, OneThatCantBeWrittenLeavesNoTemporary) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory.path("outcome"));
  ASSERT_FALSE(write_own_file(directory.path("outcome"), "text"));
  size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    left += entry.path().filename() == "outcome" ? 0 : 1;
  }
  EXPECT_EQ(left, 0U);
}

}  // namespace
}  // namespace sn::agent
