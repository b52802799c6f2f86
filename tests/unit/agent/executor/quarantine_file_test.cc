#include "agent/executor/quarantine_file.h"

#include <gmock/gmock.h>

#include "tests/unit/agent/executor/the_swap.h"
#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

using testing::HasSubstr;

TEST(QuarantineFile, IsKeptForThisBootWithItsPlaces) {
  const TemporaryDirectory run;
  const QuarantineFile file(run.path());
  EXPECT_FALSE(file.load("boot"));
  QuarantineRecord record{{"a reason", "a cure"}, {the_swap()}};
  ASSERT_TRUE(file.store(record, "boot"));
  EXPECT_EQ(file.load("boot"), record);
  EXPECT_FALSE(file.load("the next one"));
  file.remove();
  EXPECT_FALSE(file.load("boot"));
}

TEST(QuarantineFile, AFileThatCantBeReadIsAReasonOfItsOwn) {
  const TemporaryDirectory run;
  const QuarantineFile file(run.path());
  ASSERT_TRUE(file.store({{"a reason", "a cure"}, {the_swap()}}, "boot"));
  const std::string text = run.read("quarantine");
  std::vector<std::string> others = {"nonsense", "20:snagent quarantine 1,4:boot,", text + "x",
                                     "snagent quarantine 3\n" + text};
  for (size_t size = 0; size < text.size(); ++size) others.push_back(text.substr(0, size));
  for (const auto& other : others) {
    run.write("quarantine", other);
    const auto record = file.load("boot");
    ASSERT_TRUE(record) << other;
    EXPECT_THAT(text_of(record->why.reason), HasSubstr("can't be read")) << other;
  }
  EXPECT_THAT(text_of(file.load("boot")->why.reason), HasSubstr("cut short"));
}

}  // namespace
}  // namespace sn::agent
