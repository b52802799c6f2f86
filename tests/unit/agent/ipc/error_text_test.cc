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

TEST(ErrorText, FactsCrossAsFacts) {
  const Error error{ErrorClass::conflict,
                    "planning",
                    "/etc/niminfo:3",
                    Fact(FactCode::machine_id_unknown, {.to = "SN2P"}),
                    Cure(CureCode::set_machine_id, {.to = "SN2P"}),
                    0};
  const Error read = error_from_text(error_to_text(error));
  EXPECT_EQ(read.why, error.why);
  EXPECT_EQ(read.cure, error.cure);
}

TEST(ErrorText, WhatIsCutShortIsAnInternalError) {
  const std::string text = error_to_text({ErrorClass::busy, "doing", "it", "why", "cure", EIO});
  for (size_t size = 1; size < text.size(); ++size) {
    EXPECT_EQ(error_from_text(text.substr(0, size)).what, ErrorClass::internal);
  }
}

}  // namespace
}  // namespace sn::agent
