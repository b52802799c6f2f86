#include "agent/references/daemon.h"

#include <gmock/gmock.h>

#include <set>

#include "agent/references/chronyd.h"
#include "agent/references/kind.h"

namespace sn::agent {
namespace {

using testing::HasSubstr;

TEST(Daemons, AreFoundByServiceAndByProcess) {
  for (const auto& [process, service] :
       {std::pair{"rsyslogd", "rsyslog"}, std::pair{"syslogd", "rsyslog"},
        std::pair{"chronyd", "chrony"}, std::pair{"ntpd", "ntp"}, std::pair{"nimsh", "nimsh"},
        std::pair{"automount", "autofs"}, std::pair{"systemd-resolve", "systemd-resolved"},
        std::pair{"systemd-timesyn", "systemd-timesyncd"}, std::pair{"dnsmasq", "dnsmasq"},
        std::pair{"unbound", "unbound"}, std::pair{"syslog-ng", "syslog-ng"}}) {
    const Daemon* daemon = daemon_of_process(process);
    ASSERT_NE(daemon, nullptr) << process;
    EXPECT_EQ(daemon->service(), service);
    EXPECT_EQ(daemon_of_service(service), daemon);
  }
  EXPECT_EQ(daemon_of_process("bash"), nullptr);
  EXPECT_EQ(daemon_of_process(""), nullptr);
  EXPECT_EQ(daemon_of_service(""), nullptr);
}

TEST(Daemons, AreNeverTwoUnderOneName) {
  std::set<std::string_view> names;
  for (const auto& kind : all_file_kinds()) {
    if (kind->daemon() == nullptr) continue;
    for (const auto name : kind->daemon()->process_names()) {
      EXPECT_TRUE(names.insert(name).second) << name;
    }
  }
}

TEST(Daemons, AllButAutomountAreToldByARestart) {
  for (const auto& kind : all_file_kinds()) {
    const Daemon* daemon = kind->daemon();
    if (daemon == nullptr) continue;
    EXPECT_EQ(daemon->told() == Daemon::Told::hang_up, daemon->service() == "autofs");
  }
}

TEST(Daemons, OnlyChronydCanBeAsked) {
  for (const auto& kind : all_file_kinds()) {
    const Daemon* daemon = kind->daemon();
    if (daemon == nullptr) continue;
    EXPECT_EQ(!daemon->question().empty(), daemon->service() == "chrony");
  }
}

TEST(Chronyd, IsToldSeveralCommandsByOneChronyc) {
  EXPECT_EQ(
      Chronyd().joined({{"chronyc", "delete", "10.1.1.100"},
                        {"chronyc", "add", "server", "10.1.1.101", "iburst"},
                        {"other", "program"},
                        {"chronyc", "reload", "sources"}}),
      (std::vector<Argv>{{"chronyc", "-m", "delete 10.1.1.100", "add server 10.1.1.101 iburst"},
                         {"other", "program"},
                         {"chronyc", "-m", "reload sources"}}));
  EXPECT_TRUE(Chronyd().joined({}).empty());
}

// As chronyc 4.3 prints them with -c.
TEST(Chronyd, FollowsOneOfTheWantedSourcesAndNoneOfTheUnwanted) {
  const std::string both =
      "^,*,10.1.1.101,3,6,377,12,0.000012,0.000013,0.000100\n"
      "^,-,10.1.1.100,3,6,0,999,0.0,0.0,0.0\n";
  EXPECT_TRUE(Chronyd().judge(both, {"10.1.2.101", "10.1.1.101"}, {}));
  const Status old = Chronyd().judge(both, {"10.1.1.101"}, {"10.1.1.100"});
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().what, ErrorClass::stale);
  EXPECT_THAT(text_of(old.error().why), HasSubstr("10.1.1.100 is still a source"));
  const Status none = Chronyd().judge("", {"10.1.1.101"}, {"10.1.1.100"});
  ASSERT_FALSE(none);
  EXPECT_THAT(text_of(none.error().why), HasSubstr("10.1.1.101 is not a source"));
  EXPECT_FALSE(Chronyd().judge("^,*,10.1.1.1010,3\nnonsense\n,\n", {"10.1.1.101"}, {}));
}

}  // namespace
}  // namespace sn::agent
