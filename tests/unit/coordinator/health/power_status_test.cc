#include "coordinator/health/power_status.h"

#include <gtest/gtest.h>

#include <poll.h>

#include <optional>
#include <string>

#include "common/base/pidfd.h"

namespace sn::coordinator {
namespace {

struct Told {
  uint64_t request = 0;
  Power power = Power::unknown;
  std::string said;
};

Told ask(std::vector<std::string> argv) {
  net::Reactor reactor;
  std::optional<Told> told;
  PowerStatus power(reactor, std::move(argv),
                    [&](uint64_t request, Power state, const std::string& said) {
                      told = Told{request, state, said};
                      reactor.stop();
                    });
  power.start({7, "SN1P"});
  EXPECT_FALSE(told) << "never from within start()";
  EXPECT_TRUE(reactor.run());
  return *told;
}

TEST(PowerSaid, IsTheLastWord) {
  EXPECT_EQ(power_said("sn1: off\n"), Power::off);
  EXPECT_EQ(power_said("sn1: on\n"), Power::on);
  EXPECT_EQ(power_said("warning: slow BMC\nsn1: OFF"), Power::off);
  EXPECT_EQ(power_said("off"), Power::off);
  EXPECT_EQ(power_said(""), Power::unknown);
  EXPECT_EQ(power_said("sn1: Error: timeout\n"), Power::unknown);
  EXPECT_EQ(power_said("sn1: power is switched off by nobody"), Power::unknown);
  EXPECT_EQ(power_said("sn1: suspend-off"), Power::unknown);
}

TEST(PowerStatus, RunsTheSitesCommandForTheServiceNode) {
  const Told told = ask({"/bin/sh", "-c", "echo \"$0: off\"", "{sn}"});
  EXPECT_EQ(told.request, 7U);
  EXPECT_EQ(told.power, Power::off);
  EXPECT_EQ(told.said, "SN1P: off");
}

TEST(PowerStatus, WhatItComplainsOfIsSaid) {
  const Told told = ask({"/bin/sh", "-c", "echo 'no such BMC' >&2; exit 1"});
  EXPECT_EQ(told.power, Power::unknown);
  EXPECT_EQ(told.said, "no such BMC");
}

TEST(PowerStatus, OneThatCannotBeStartedIsNamed) {
  const Told told = ask({"/no/such/program"});
  EXPECT_EQ(told.power, Power::unknown);
  EXPECT_EQ(told.said, "/no/such/program: No such file or directory");
}

TEST(PowerStatus, WithoutACommandNothingIsKnown) {
  EXPECT_EQ(ask({}).said, "no power_status in sncoordd.toml");
}

// It leaves a child behind that holds nothing of ours: all of its group is ended.
TEST(PowerStatus, EndsWhatItStarted) {
  const Told told = ask({"/bin/sh", "-c", "sleep 600 >/dev/null 2>&1 & echo \"pid: $!\""});
  const auto child = std::stoi(told.said.substr(told.said.find(' ')));
  const UniqueFd process = open_pidfd(child);
  pollfd ended{process.get(), POLLIN, 0};
  // Gone already, or soon.
  EXPECT_TRUE(!process || ::poll(&ended, 1, 10'000) == 1) << "it was to be killed with its group";
}

}  // namespace
}  // namespace sn::coordinator
