#include "agent/servers/nfs_servers.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

NfsMount mount(const std::string& place, const std::string& address, const std::string& version,
               const std::string& critical = "", uint32_t port = 2049) {
  NfsMount one;
  one.place = place;
  one.address = address;
  one.version = version;
  one.critical = critical;
  one.port = port;
  one.owner = address == "10.1.9.9" ? "nfsha" : "";
  return one;
}

TEST(NfsServers, OneOfSeveralMountsIsAskedOnce) {
  EXPECT_THAT(nfs_servers_of({mount("/", "10.1.9.9", "3", "/"), mount("/usr", "10.1.9.9", "4.1"),
                              mount("/home", "10.1.1.100", "4.2"),
                              mount("/data", "10.1.1.100", "3", "", 20'049)},
                             {}, {}),
              ElementsAre(wire::NfsServer{"10.1.9.9", 2049, 4, "nfsha", true, {"/", "/usr"}},
                          wire::NfsServer{"10.1.1.100", 2049, 4, "", false, {"/home"}},
                          wire::NfsServer{"10.1.1.100", 20'049, 3, "", false, {"/data"}}));
}

TEST(NfsServers, AMountOverRdmaIsAskedOnTheUsualTcpPort) {
  NfsMount rdma = mount("/data", "10.1.9.9", "4.1", "", 20'049);
  rdma.options = "rw,vers=4.1,proto=rdma,port=20049,addr=10.1.9.9";
  EXPECT_THAT(nfs_servers_of({mount("/", "10.1.9.9", "3", "/"), rdma}, {}, {}),
              ElementsAre(wire::NfsServer{"10.1.9.9", 2049, 4, "nfsha", true, {"/", "/data"}}));
  rdma.options = "rw,vers=4.1,proto=tcp,port=20049,addr=10.1.9.9";
  EXPECT_THAT(nfs_servers_of({rdma}, {}, {}),
              ElementsAre(wire::NfsServer{"10.1.9.9", 20'049, 4, "nfsha", false, {"/data"}}));
}

TEST(NfsServers, AMountWithoutAnAddressIsNobodys) {
  EXPECT_THAT(nfs_servers_of({mount("/", "", "3")}, {}, {}), IsEmpty());
  EXPECT_THAT(nfs_servers_of({}, {}, {}), IsEmpty());
}

TEST(NfsServers, WhoseMountsComeAndGoIsAskedAllTheTime) {
  Directory directory;
  directory.service_nodes.push_back({"SN1P", {}, {*NetworkAddress::parse("10.1.1.100/24")}, ""});
  EXPECT_THAT(nfs_servers_of({mount("/home", "10.1.9.9", "3")},
                             {"10.1.1.100", "10.1.9.9", "10.1.1.100", "10.1.7.7"}, directory),
              ElementsAre(wire::NfsServer{"10.1.9.9", 2049, 3, "nfsha", false, {"/home"}},
                          wire::NfsServer{"10.1.1.100", 2049, 4, "SN1P", false, {}},
                          wire::NfsServer{"10.1.7.7", 2049, 4, "", false, {}}));
}

TEST(NfsServers, TheListOfMountsIsBounded) {
  const std::vector<NfsMount> many(kMaxMountsOfServer + 9, mount("/x", "10.1.9.9", "3"));
  const auto servers = nfs_servers_of(many, {}, {});
  ASSERT_EQ(servers.size(), 1U);
  EXPECT_EQ(servers[0].mounts.size(), kMaxMountsOfServer);
}

}  // namespace
}  // namespace sn::agent
