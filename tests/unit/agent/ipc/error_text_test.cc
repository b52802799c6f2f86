#include "agent/ipc/error_text.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace sn::agent {
namespace {

TEST(ErrorText, CrossesWhole) {
  const Error error{ErrorClass::unreachable, "mounting", "sn2:/install", "no", "export it", ESTALE};
  const Error read = error_from_text(error_to_text(error));
  EXPECT_EQ(read.what, error.what);
  EXPECT_EQ(read.message(), error.message());
  EXPECT_EQ(read.os_errno, ESTALE);
}

TEST(ErrorText, WhatIsMissingStaysEmpty) {
  const std::string text = error_to_text({ErrorClass::busy, "doing", "it", "why", "cure", EIO});
  for (size_t size = 1; size <= text.size(); ++size) {
    EXPECT_EQ(error_from_text(text.substr(0, size)).what, ErrorClass::busy);
  }
}

}  // namespace
}  // namespace sn::agent
