#include "agent/servers/mount_stats.h"

#include <gmock/gmock.h>

#include <random>

namespace sn::agent {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// As kernels 6.1 (nfs4) and 5.14 (nfs) print it, shortened to some operations.
const std::string kText =
    "device rootfs mounted on / with fstype rootfs\n"
    "device nfsha:/export/root/cn001 mounted on / with fstype nfs statvers=1.1\n"
    "\topts:\trw,vers=3,rsize=1048576,wsize=1048576,namlen=255,hard,nolock,proto=tcp,timeo=600\n"
    "\tage:\t4711\n"
    "\tcaps:\tcaps=0x3fc7,wtmult=4096,dtsize=1048576,bsize=0,namlen=255\n"
    "\tsec:\tflavor=1,pseudoflavor=1\n"
    "\tevents:\t77 1412 0 5 22 93 1500 33 0 8 0 20 18 40 91 0 5 88 0 0 8 0 0 0 0 0 0 \n"
    "\tbytes:\t220011 140 0 0 220011 140 60 1 \n"
    "\tRPC iostats version: 1.1  p/v: 100003/3 (nfs)\n"
    "\txprt:\ttcp 871 1 1 0 3 1204 1201 1 1310 7 2 0 4\n"
    "\tper-op statistics\n"
    "\t        NULL: 1 1 0 44 24 0 0 0 0\n"
    "\t     GETATTR: 640 642 2 81920 71680 11 180 211 0\n"
    "\t      ACCESS: 93 93 0 12648 11160 0 30 34 0\n"
    "\n"
    "no device mounted on /run with fstype tmpfs\n"
    "device tmpfs mounted on /tmp with fstype tmpfs\n"
    "device sn1-eth1:/shared\\040home mounted on /shared\\040home with fstype nfs4 statvers=1.1\n"
    "\topts:\trw,vers=4.1,hard,proto=tcp,nconnect=2\n"
    "\tage:\t12\n"
    "\tRPC iostats version: 1.1  p/v: 100003/4 (nfs)\n"
    "\txprt:\ttcp 0 0 1 0 0 20 20 0 20 0 2 0 0\n"
    "\txprt:\ttcp 0 0 1 0 0 9 7 0 9 0 2 0 0\n"
    "\tper-op statistics\n"
    "\t        READ: 3 5 1 100 200 0 9 9 0\n"
    "\t       WRITE: 3 4 4 100 200 0 9 9 0\n";

TEST(MountStats, ReadsWhatTheKernelPrints) {
  const auto mounts = parse_mount_stats(kText);
  ASSERT_THAT(mounts, SizeIs(2));
  EXPECT_EQ(mounts[0],
            (MountStats{"nfsha:/export/root/cn001", "/", "nfs", 4711, {{1204, 1201, 1, 7}}, 2}));
  EXPECT_EQ(
      mounts[1],
      (MountStats{
          "sn1-eth1:/shared home", "/shared home", "nfs4", 12, {{20, 20, 0, 0}, {9, 7, 0, 0}}, 5}));
}

TEST(MountStats, ReadsRdmaAndUdpToo) {
  const auto mounts = parse_mount_stats(
      "device nfsha:/a mounted on /a with fstype nfs4 statvers=1.1\n"
      "\txprt:\trdma 0 1 2 3 4 900 899 1 910 5 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25\n"
      "device nfsha:/b mounted on /b with fstype nfs statvers=1.1\n"
      "\txprt:\tudp 871 1 700 698 2 720 6 2 0 4\n"
      "device nfsha:/c mounted on /c with fstype nfs statvers=1.1\n"
      "\txprt:\tlocal 1 1 0 0 700 698 2 720 6\n");
  ASSERT_THAT(mounts, SizeIs(3));
  EXPECT_THAT(mounts[0].transports, testing::ElementsAre(TransportStats{900, 899, 1, 5}));
  EXPECT_THAT(mounts[1].transports, testing::ElementsAre(TransportStats{700, 698, 2, 6}));
  EXPECT_THAT(mounts[2].transports, IsEmpty()) << "of a form that is not known";
}

TEST(MountStats, ATextCutAnywhereGivesWhatWasWhole) {
  const auto whole = parse_mount_stats(kText);
  for (size_t size = 0; size < kText.size(); ++size) {
    const auto mounts = parse_mount_stats(std::string_view(kText).substr(0, size));
    ASSERT_LE(mounts.size(), whole.size());
    for (size_t i = 0; i < mounts.size(); ++i) {
      EXPECT_EQ(mounts[i].mount_point, whole[i].mount_point);
      EXPECT_LE(mounts[i].timeouts, whole[i].timeouts);
      for (size_t j = 0; j < mounts[i].transports.size(); ++j) {
        EXPECT_EQ(mounts[i].transports[j], whole[i].transports[j]);
      }
    }
  }
}

TEST(MountStats, LinesOfAnotherFormArePassedOver) {
  const auto mounts = parse_mount_stats(
      "device nfsha:/x mounted on /x with fstype nfs statvers=2.0\n"
      "\tage:\tsoon\n"
      "\txprt:\tquic 0 0 1 0 0 20 20 0 20 0 1 2 3\n"
      "\txprt:\ttcp 0 0 1 0 0 20\n"
      "\txprt:\ttcp 0 0 1 0 0 twenty 20 0 20 0\n"
      "\tlater:\t1 2 3\n"
      "\tper-op statistics\n"
      "\t        READ: x\n"
      "\t       WRITE: 1 1 99999999999999999999999 1\n");
  ASSERT_THAT(mounts, SizeIs(1));
  EXPECT_EQ(mounts[0], (MountStats{"nfsha:/x", "/x", "nfs", 0, {}, 0}));
}

TEST(MountStats, ItsSizeIsBounded) {
  std::string text;
  for (size_t i = 0; i < kMaxStatMounts + 5; ++i) {
    text += "device s:/x mounted on /m" + std::to_string(i) + " with fstype nfs statvers=1.1\n";
    for (size_t j = 0; j < kMaxTransports + 5; ++j) text += "\txprt:\ttcp 0 0 1 0 0 2 2 0 2 0\n";
  }
  const auto mounts = parse_mount_stats(text);
  ASSERT_THAT(mounts, SizeIs(kMaxStatMounts));
  EXPECT_THAT(mounts[0].transports, SizeIs(kMaxTransports));
}

TEST(MountStats, AnyByteChangedIsReadWithoutHarm) {
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = kText;
    for (int change = 0; change < 4; ++change) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    EXPECT_LE(parse_mount_stats(text).size(), 6U);
  }
}

MountStats mount(uint64_t sends, uint64_t receives, uint64_t timeouts = 0) {
  return {"sn1:/home", "/home", "nfs", 1, {{sends, receives, 0, 0}}, timeouts};
}

TEST(UnansweredRequests, TwoReadingsWithoutAReplyShowWhatWaits) {
  UnansweredRequests requests;
  EXPECT_THAT(requests.take({mount(100, 100)}, {0}), IsEmpty());
  EXPECT_THAT(requests.take({mount(103, 100)}, {30'000}), IsEmpty()) << "it may just be on its way";
  const auto found = requests.take({mount(104, 100)}, {61'000});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].mount_point, "/home");
  EXPECT_EQ(to_text(found[0]), "4 sends without a reply for 31 s");
  EXPECT_THAT(requests.take({mount(105, 104)}, {91'000}), IsEmpty()) << "replies came";
}

TEST(UnansweredRequests, RepetitionsOfThePastAreNotHeldAgainstTheServer) {
  UnansweredRequests requests;
  EXPECT_THAT(requests.take({mount(104, 100)}, {0}), IsEmpty());
  EXPECT_THAT(requests.take({mount(104, 100)}, {30'000}), IsEmpty());
  EXPECT_THAT(requests.take({mount(110, 104)}, {60'000}), IsEmpty());
  EXPECT_THAT(requests.take({mount(110, 104)}, {90'000}), IsEmpty());
  EXPECT_THAT(requests.take({mount(110, 104)}, {120'000}), IsEmpty());
}

TEST(UnansweredRequests, ANewConnectionIsJudgedAnew) {
  UnansweredRequests requests;
  EXPECT_THAT(requests.take({mount(100, 100)}, {0}), IsEmpty());
  EXPECT_THAT(requests.take({mount(102, 100)}, {30'000}), IsEmpty());
  EXPECT_THAT(requests.take({mount(5, 3)}, {60'000}), IsEmpty());
  EXPECT_THAT(requests.take({mount(5, 3)}, {90'000}), IsEmpty());
  MountStats other = mount(9, 3);
  other.device = "sn2:/home";
  EXPECT_THAT(requests.take({other}, {120'000}), IsEmpty());
}

TEST(UnansweredRequests, MoreRepliesThanSendsAreNoDebt) {
  UnansweredRequests requests;
  EXPECT_THAT(requests.take({mount(5, 9)}, {0}), IsEmpty());
  EXPECT_THAT(requests.take({mount(6, 9)}, {30'000}), IsEmpty());
  EXPECT_THAT(requests.take({mount(7, 9)}, {60'000}), IsEmpty());
}

TEST(UnansweredRequests, TimeOutsAreCountedFromReadingToReading) {
  UnansweredRequests requests;
  EXPECT_THAT(requests.take({mount(100, 100, 7)}, {0}), IsEmpty());
  const auto found = requests.take({mount(120, 120, 9)}, {30'000});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(to_text(found[0]), "2 time-outs");
  EXPECT_THAT(requests.take({mount(130, 130, 9)}, {60'000}), IsEmpty());
}

}  // namespace
}  // namespace sn::agent
