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
          std::string(40, 'k') + "\"\n" + more));
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

}  // namespace
}  // namespace sn::agent
