#include "agent/config.h"

#include <gmock/gmock.h>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result<AgentConfig> load(const std::string& more) {
  const TemporaryDirectory directory;
  return load_agent_config(directory.write(
      "agent.toml",
      "node = \"cn001\"\ncoordinators = [\"tcp://10.1.1.1:7400\"]\ncoordinator_key = \"" +
          std::string(40, 'k') + std::string(64, '0') + "\"\n" + more));
}

TEST(AgentConfig, NamesNfsServersThatAreAskedWithoutAMount) {
  EXPECT_THAT(load("")->nfs_servers, IsEmpty());
  EXPECT_THAT(load("nfs_servers = [\"10.1.9.9\", \"fd00::9\"]\n")->nfs_servers,
              ElementsAre("10.1.9.9", "fd00::9"));
  const auto named = load("nfs_servers = [\"nfsha\"]\n");
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().what, ErrorClass::invalid_input);
  EXPECT_THAT(named.error().message(), HasSubstr("agent.toml:4: 'nfsha' is no address"));
}

TEST(AgentConfig, TheCoordinatorsKeyIsWhatItPrints) {
  const TemporaryDirectory directory;
  for (const size_t digits : {0, 63, 65}) {
    const auto read = load_agent_config(directory.write(
        "agent.toml", "coordinators = []\ncoordinator_key = \"" + std::string(40, 'k') +
                          std::string(digits, '0') + "\"\n"));
    ASSERT_FALSE(read) << digits;
    EXPECT_THAT(read.error().message(), HasSubstr("agent.toml:2: a coordinator's key has 104"));
  }
  const auto one = load("");
  ASSERT_EQ(one->coordinator_keys.size(), 1U);
  EXPECT_EQ(one->coordinator_keys[0].curve, std::string(40, 'k'));
  EXPECT_EQ(one->coordinator_keys[0].orders, std::string(64, '0'));
}

TEST(AgentConfig, TheNextKeyIsKnownBeforeItIsUsed) {
  const auto two =
      load("next_coordinator_key = \"" + std::string(40, 'n') + std::string(64, '1') + "\"\n");
  ASSERT_TRUE(two) << two.error().message();
  ASSERT_EQ(two->coordinator_keys.size(), 2U);
  EXPECT_EQ(two->coordinator_keys[1].orders, std::string(64, '1'));
  const auto wrong = load("next_coordinator_key = \"n\"\n");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("sncoordd key next"));
}

TEST(AgentConfig, NothingIsKilledUnlessTheSiteAllowsIt) {
  EXPECT_THAT(load("")->allowed_stuck, IsEmpty());
  EXPECT_THAT(load("allow_stuck = [\"orphan\", \"kill\"]\n")->allowed_stuck,
              ElementsAre(StuckPolicy::orphan, StuckPolicy::kill));
  const auto unknown = load("allow_stuck = [\"keep\"]\n");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("agent.toml:4: 'keep' is not known"));
}

}  // namespace
}  // namespace sn::agent
