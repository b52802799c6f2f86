#include "agent/watch/script_needs.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "agent/watch/process.h"

namespace sn::agent {
namespace {

using testing::Contains;
using testing::SizeIs;
using namespace std::string_literals;

IdentityIndex identity() {
  Directory directory;
  for (const char* number : {"1", "2"}) {
    const std::string n(number);
    directory.service_nodes.push_back({"SN" + n + "P",
                                       {"sn" + n, "sn" + n + ".d.example"},
                                       {*NetworkAddress::parse("10.1.1.10" + n + "/24")},
                                       ""});
  }
  return IdentityIndex(directory);
}

TEST(ScriptNeeds, AConnectionThatIsTriedOrStandsIsAwaited) {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0B01010A:9C40 6501010A:0050 02 00000001:00000000 01:00000032 00000001 0 0 4711 2 0\n"
      "   1: 0B01010A:9C41 6501010A:0050 01 00000000:00000000 00:00000000 00000000 0 0 4712 1 0\n"
      "   2: 0B01010A:9C42 6501010A:0050 06 00000000:00000000 03:00000032 00000000 0 0 0 3 0\n"
      "   3: 0B01010A:9C43 6601010A:0050 01 00000000:00000000 00:00000000 00000000 0 0 4713 1 0\n"
      "   4: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4714 1 0\n";
  const auto found = parse_awaited_sockets(table, identity(), {"SN1P"});
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].inode, 4711U);
  EXPECT_EQ(found[1].inode, 4712U);
  EXPECT_EQ(found[0].service_node, "SN1P");
}

TEST(ScriptNeeds, AnArgumentThatNamesItIsAsked) {
  const std::vector<std::string> from{"SN1P"};
  const auto named = [&](const std::string& arguments) {
    return named_in_arguments(arguments, identity(), from);
  };
  EXPECT_EQ(named("wget\0-N\0-r\0http://10.1.1.101:80/install/postscripts/\0"s), "SN1P");
  EXPECT_EQ(named("/usr/bin/curl\0http://sn1.d.example/install\0"s), "SN1P");
  EXPECT_EQ(named("openssl\0s_client\0-connect\0sn1:3001\0"s), "SN1P");
  EXPECT_EQ(named("wget\0http://10.1.1.102/install\0"s), "") << "another one";
  EXPECT_EQ(named("sleep\0"
                  "10\0"s),
            "");
  EXPECT_EQ(named("ping\0"
                  "10.1.1.1012\0"s),
            "")
      << "no part of a word";
}

TEST(ScriptNeeds, ThoseOfTheProcessesThatItBeganCount) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    pause();
    _exit(0);
  }
  const auto processes = processes_of({{getpid(), 0, "xcatdsklspost"}});
  EXPECT_THAT(processes, Contains(getpid()));
  EXPECT_THAT(processes, Contains(child));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(ScriptNeeds, NobodyIsAwaitedByAProcessThatAsksNobody) {
  EXPECT_EQ(awaited_service_node({{getpid(), 0, "xcatdsklspost"}}, LookAt::names_and_arguments,
                                 identity(), {"SN1P"}),
            "");
  EXPECT_FALSE(waits_in_nfs(getpid()));
}

}  // namespace
}  // namespace sn::agent
