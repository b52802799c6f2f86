#include "agent/executor/owed_starts.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(OwedStarts, ALaterRunOfTheSameBootKnowsThem) {
  const TemporaryDirectory run;
  EXPECT_THAT(*OwedStarts(run.path(), "boot").load(), IsEmpty());
  ASSERT_TRUE(OwedStarts(run.path(), "boot").store({"rsyslog", "chrony"}));
  EXPECT_THAT(*OwedStarts(run.path(), "boot").load(), ElementsAre("chrony", "rsyslog"));
  ASSERT_TRUE(OwedStarts(run.path(), "boot").store({}));
  EXPECT_THAT(*OwedStarts(run.path(), "boot").load(), IsEmpty());
}

TEST(OwedStarts, ABootHasStartedEverythingItself) {
  const TemporaryDirectory run;
  ASSERT_TRUE(OwedStarts(run.path(), "boot").store({"rsyslog"}));
  EXPECT_THAT(*OwedStarts(run.path(), "other boot").load(), IsEmpty());
}

TEST(OwedStarts, WhatIsNotOursOrOlderIsSaid) {
  const TemporaryDirectory run;
  for (const char* text : {"", "boot", "boot\nrsyslog\n", "\n\n\n"}) {
    std::ofstream(run.path() + "/owed_starts") << text;
    const auto owed = OwedStarts(run.path(), "boot").load();
    ASSERT_FALSE(owed) << text;
    EXPECT_EQ(owed.error().what, ErrorClass::corrupt);
    EXPECT_FALSE(owed.error().cure.empty());
  }
}

}  // namespace
}  // namespace sn::agent
