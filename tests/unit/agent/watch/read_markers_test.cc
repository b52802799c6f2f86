#include "agent/watch/read_markers.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

TEST(Markers, TellTwoBackEndsApart) {
  const TemporaryDirectory directory;
  directory.write("one", "back end 1\n");
  directory.write("two", "back end 2\n");
  const auto one = read_marker_at(AT_FDCWD, directory.path("one"));
  const auto two = read_marker_at(AT_FDCWD, directory.path("two"));
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);
  EXPECT_EQ(*one, *read_marker_at(AT_FDCWD, directory.path("one")));
  EXPECT_EQ(read_marker_at(AT_FDCWD, directory.path("none")).error().what, ErrorClass::not_found);
}

// FNV-1a of 64 bits says the same of both, with or without their length behind them.
TEST(Markers, ThatAWeakDigestTakesForOneAreTwo) {
  const TemporaryDirectory directory;
  directory.write("one", "8yn0iYCKYHlIj4-BwPqk");
  directory.write("two", "GReLUrM4wMqfg9yzV3KQ");
  EXPECT_NE(*read_marker_at(AT_FDCWD, directory.path("one")),
            *read_marker_at(AT_FDCWD, directory.path("two")));
}

}  // namespace
}  // namespace sn::agent
