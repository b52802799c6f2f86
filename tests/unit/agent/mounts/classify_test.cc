#include "agent/mounts/classify.h"

#include <gmock/gmock.h>

#include "tests/unit/agent/mounts/mounts_fixture.h"

namespace sn::agent {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class ClassifyMounts : public testing::Test {
 protected:
  const NfsMount& at(const std::string& place) {
    mounts_ = classify_mounts(facts_, IdentityIndex(mount_directory()));
    for (const auto& mount : mounts_) {
      if (mount.place == place) return mount;
    }
    throw std::runtime_error("no mount on " + place);
  }
  MountFacts facts_ = facts_of(kMountInfo);
  std::vector<NfsMount> mounts_;
};

TEST_F(ClassifyMounts, SeesServersByAddressAndNotByName) {
  EXPECT_EQ(at("/install").what, MountClass::service_node);
  EXPECT_EQ(at("/install").owner, "SN1P");
  EXPECT_EQ(at("/").what, MountClass::external);
  EXPECT_EQ(at("/opt x").what, MountClass::other);
  EXPECT_EQ(at("/opt x").owner, "");
  // The name says SN1P, the connection goes to SN2P: somebody moved it.
  facts_ = facts_of("40 1 0:1 / /m rw - nfs sn1-eth1:/m rw,vers=3,addr=10.1.1.101\n");
  EXPECT_EQ(at("/m").owner, "SN2P");
}

TEST_F(ClassifyMounts, KnowsVersionPortAndWhetherItCanBeWritten) {
  EXPECT_EQ(at("/install").version, "3");
  EXPECT_EQ(at("/install").port, 2049U);
  EXPECT_TRUE(at("/install").read_only);
  EXPECT_EQ(at("/shared_home").version, "4.1");
  EXPECT_EQ(at("/shared_home").port, 2050U);
  EXPECT_FALSE(at("/shared_home").read_only);
}

TEST_F(ClassifyMounts, SeesWhatHangsFromAMount) {
  EXPECT_THAT(at("/shared_home").upon, ElementsAre("bind /data", "bind /etc/app.conf",
                                                   "mount /shared_home/scratch (tmpfs)"));
  EXPECT_THAT(at("/install").upon, IsEmpty());
}

TEST_F(ClassifyMounts, KnowsWhatTheNodeCanNotRunWithout) {
  EXPECT_EQ(text_of(at("/").critical), "/");
  EXPECT_EQ(text_of(at("/usr").critical), "/usr");
  EXPECT_TRUE(holds_the_node(at("/usr")));
  EXPECT_EQ(text_of(at("/install").critical), "");
  EXPECT_FALSE(holds_the_node(at("/install")));
}

TEST_F(ClassifyMounts, ASwapFileOrAnImageHoldsItsMount) {
  facts_.backing_files = {{"/shared_home/swap0", "swap /shared_home/swap0"}};
  EXPECT_EQ(text_of(at("/shared_home").critical), "swap /shared_home/swap0");
  EXPECT_TRUE(holds_the_node(at("/shared_home")));
  // In the tmpfs upon it, not in it.
  facts_.backing_files = {{"/shared_home/scratch/swap0", "swap"}};
  EXPECT_EQ(text_of(at("/shared_home").critical), "");
}

TEST_F(ClassifyMounts, AnOverlayHoldsItsLowers) {
  facts_ = facts_of(std::string(kMountInfo) +
                    "50 21 0:70 / /opt/app rw - overlay app "
                    "rw,lowerdir=/usr/app:/install/app,upperdir=/run/u,workdir=/run/w\n");
  EXPECT_EQ(text_of(at("/install").critical), "overlay lower of /opt/app");
  EXPECT_TRUE(holds_the_node(at("/install")));
}

TEST_F(ClassifyMounts, StateliteIsNeededAndCanBeMoved) {
  facts_ = facts_of(
      "40 1 0:1 / /.statelite/persistent rw - nfs sn1-eth1:/p rw,vers=3,addr=10.1.1.100\n");
  EXPECT_EQ(text_of(at("/.statelite/persistent").critical), "statelite");
  EXPECT_FALSE(holds_the_node(at("/.statelite/persistent")));
}

TEST_F(ClassifyMounts, ACoveredMountIsNobodys) {
  facts_ = facts_of(std::string(kMountInfo) +
                    "60 30 0:80 / /install rw - nfs filer:/i rw,vers=3,addr=10.1.7.7\n");
  EXPECT_EQ(at("/install").address, "10.1.7.7");
  EXPECT_EQ(std::count_if(mounts_.begin(), mounts_.end(),
                          [](const NfsMount& mount) { return mount.place == "/install"; }),
            1);
}

TEST(MountSource, IsServerAndPath) {
  EXPECT_EQ(exported_path("sn1:/a/b/"), "/a/b");
  EXPECT_EQ(server_of("sn1:/a/b"), "sn1");
  EXPECT_EQ(exported_path("[2001:db8::1]:/a"), "/a");
  EXPECT_EQ(server_of("[2001:db8::1]:/a"), "2001:db8::1");
  EXPECT_EQ(exported_path("tmpfs"), "");
  EXPECT_EQ(server_of(""), "");
  EXPECT_EQ(exported_path("sn1:/"), "/");
}

TEST(MountTable, FindsTheMountOfAPath) {
  const auto facts = facts_of(kMountInfo);
  EXPECT_EQ(mount_of(facts.table, "/shared_home/x")->place, "/shared_home");
  EXPECT_EQ(mount_of(facts.table, "/shared_homes")->place, "/");
  EXPECT_EQ(mount_of(facts.table, "/shared_home/scratch")->type, "tmpfs");
  EXPECT_EQ(mount_of({}, "/"), nullptr);
}

// As a user-mode Linux node of kernel 6.1 shows its statelite files.
TEST(PathInFileSystem, IsInTheSourceOfNfsAndInTheRootOfOthers) {
  const auto table = parse_mount_table(
      "23 1 0:20 / / ro,relatime - nfs nfsha:/image/root ro,vers=3,addr=10.1.9.9\n"
      "41 23 0:33 / /.statelite/persistent rw,relatime - nfs nfsha:/state/cn002.1 "
      "rw,vers=3,addr=10.1.9.9\n"
      "52 23 0:33 / /opt/xcat/xcatinfo rw,relatime - nfs "
      "nfsha:/state/cn002.1/cn002/opt/xcat/xcatinfo rw,vers=3,addr=10.1.9.9\n"
      "60 23 0:40 /etc/resolv.conf /etc/resolv.conf rw,relatime - tmpfs statelite rw\n");
  ASSERT_TRUE(table);
  EXPECT_EQ(path_in_file_system((*table)[1]), "/state/cn002.1");
  EXPECT_EQ(path_in_file_system((*table)[2]), "/state/cn002.1/cn002/opt/xcat/xcatinfo");
  EXPECT_EQ(path_in_file_system((*table)[3]), "/etc/resolv.conf");
}

}  // namespace
}  // namespace sn::agent
