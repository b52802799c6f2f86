#include "coordinator/config.h"

#include <gmock/gmock.h>

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kListen = "listen = [\"tcp://10.1.0.1:7400\"]\n";

// Not every network: a management node has one that leads out of the cluster, too.
TEST(DaemonConfig, WhereItListensIsSaid) {
  const auto config = parse_config("", "sncoordd.toml");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message(), HasSubstr("where nodes reach the coordinator"));
  EXPECT_THAT(config.error().message(), HasSubstr("listen = [\"tcp://10.1.0.1:7400\"]"));
}

TEST(DaemonConfig, EverythingElseHasADefault) {
  const auto config = parse_config(kListen, "sncoordd.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->inventory, "/etc/sncoord/cluster.toml");
  EXPECT_EQ(config->store_path(), "/var/lib/sncoord/state.db");
  EXPECT_TRUE(config->power_status.empty());
}

TEST(DaemonConfig, ReadsEveryKey) {
  const auto config = parse_config(R"(
inventory = "/a/cluster.toml"
state_dir = "/b"
listen = ["tcp://10.1.0.1:7400", "tcp://[fd00::1]:7400"]
control_socket = "/c/control.sock"
control_group = "hpc"
reading_group = "helpdesk"
feed = "tcp://10.1.0.1:7402"
beat_interval_ms = 500
probe_ms = 300
preflight_ms = 900
power_status = ["/opt/xcat/bin/rpower", "{sn}", "stat"]
)",
                                   "sncoordd.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->listen.size(), 2U);
  EXPECT_EQ(config->control_group, "hpc");
  EXPECT_EQ(config->reading_group, "helpdesk");
  EXPECT_EQ(config->feed, "tcp://10.1.0.1:7402");
  EXPECT_EQ(config->beat_interval_ms, 500U);
  EXPECT_THAT(config->power_status, ElementsAre("/opt/xcat/bin/rpower", "{sn}", "stat"));
}

TEST(DaemonConfig, NamesPlaceAndCureOfEveryMistake) {
  for (const char* line :
       {"colour = 1", "listen = []", "listen = [\"tcp://mn:7400\"]", "listen = [\"tcp://*\"]",
        "listen = [\"tcp://*:0\"]", "listen = [\"tcp://*:70000\"]", "listen = [\"ipc:///x\"]",
        "listen = [\"tcp://10.1.0.300:1\"]", "listen = \"tcp://*:7400\"", "inventory = \"x.toml\"",
        "state_dir = 7", "feed = \"tcp://mn:7402\"", "feed = \"ipc://feed\"",
        "beat_interval_ms = 1", "probe_ms = 5000", "power_status = \"rpower\"",
        "power_status = [\"rpower\"]"}) {
    const bool listens = std::string_view(line).starts_with("listen");
    const auto config =
        parse_config(std::string("\n") + line + "\n" + (listens ? "" : kListen), "sncoordd.toml");
    ASSERT_FALSE(config) << line;
    EXPECT_THAT(config.error().to, HasSubstr("sncoordd.toml")) << line;
    EXPECT_FALSE(config.error().cure.empty()) << line;
  }
}

TEST(DaemonConfig, SaysWhoIsLetIn) {
  const auto usual = parse_config(kListen, "sncoordd.toml");
  EXPECT_EQ(usual->enrolment, (std::set{EnrolBy::address, EnrolBy::manual}));
  EXPECT_EQ(usual->enrolment_port, 7401);
  const auto strict =
      parse_config(std::string(kListen) + "enrolment = [\"manual\"]\nenrolment_port = 7500\n", "f");
  EXPECT_EQ(strict->enrolment, std::set{EnrolBy::manual});
  EXPECT_EQ(strict->enrolment_port, 7500);
  const auto wrong =
      parse_config(std::string("enrolment = [\"addresses\"]\n") + kListen, "sncoordd.toml");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("sncoordd.toml:1"));
  EXPECT_THAT(wrong.error().message(), HasSubstr("'addresses' is no way to let a node in"));
}

}  // namespace
}  // namespace sn::coordinator
