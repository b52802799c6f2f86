#include "agent/executor/trouble.h"

#include <gmock/gmock.h>

#include "agent/core/quarantine.h"
#include "tests/unit/agent/executor/the_swap.h"
#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Mount mounted(const std::string& place, const std::string& source, const std::string& address,
              const std::string& superblock = "0:99") {
  Mount mount;
  mount.place = place;
  mount.type = address.empty() ? "tmpfs" : "nfs";
  mount.source = source;
  mount.superblock = superblock;
  mount.options = "rw,vers=3,addr=" + address;
  return mount;
}

std::optional<wire::Quarantine> odd(const std::vector<Mount>& table,
                                    OddPlace what = OddPlace::bare_or_other) {
  return find_odd_place({the_swap()}, table, what);
}

TEST(Trouble, TheOldOrTheNewMountIsNothingOdd) {
  const Mount old_there = mounted("/apps", "sn1-eth1:/export", "10.1.1.100", "0:45");
  const Mount new_there = mounted("/apps", "sn2-eth1:/export", "10.1.1.101");
  const Mount old_by_hand = mounted("/data", "10.1.1.100:/export/data", "10.1.1.100");
  const Mount new_below = mounted("/data", "sn2-eth1:/export/data", "10.1.1.101");
  EXPECT_FALSE(odd({old_there, new_below}));
  EXPECT_FALSE(odd({new_there, old_by_hand}));
}

TEST(Trouble, ABarePlaceIsOddAndNamed) {
  const auto found = odd({mounted("/apps", "sn2-eth1:/export", "10.1.1.101")}, OddPlace::bare);
  ASSERT_TRUE(found);
  EXPECT_EQ(text_of(found->reason), "nothing is mounted on /data since an interrupted swap");
  EXPECT_THAT(text_of(found->cure),
              StartsWith("mount sn2-eth1:/export (or sn1-eth1:/export) on /data"));
}

TEST(Trouble, SomethingElseIsOddOnlyAfterAnInterruption) {
  const std::vector<Mount> table = {mounted("/apps", "scratch", ""),
                                    mounted("/data", "sn2-eth1:/export/data", "10.1.1.101")};
  EXPECT_FALSE(odd(table, OddPlace::bare));
  const auto found = odd(table);
  ASSERT_TRUE(found);
  EXPECT_THAT(text_of(found->reason), HasSubstr("scratch is mounted on /apps"));
  EXPECT_THAT(text_of(found->cure), StartsWith("umount /apps; then mount "));
  // The same server's other export, and the same export of another server.
  for (const auto& other : {mounted("/apps", "sn2-eth1:/other", "10.1.1.101"),
                            mounted("/apps", "sn3-eth1:/export", "10.1.1.102")}) {
    EXPECT_TRUE(odd({other, table[1]})) << other.source;
  }
}

TEST(Trouble, LooksAtTheFenceTheJournalAndThePlaces) {
  const TemporaryDirectory run;
  const std::string journal = run.path("journal");
  EXPECT_FALSE(look_for_trouble(Fence{}, {}, journal, "boot", {}));
  EXPECT_THAT(text_of(look_for_trouble(Fence{}, {}, journal, "boot", {the_swap()})->reason),
              HasSubstr("nothing is mounted on /apps"));
  // An upgrade in the middle of a rebind.
  run.write("journal", "begin 1 boot 8aa7...\nintent 1 replace /etc/hosts\n");
  const auto older = look_for_trouble(Fence{}, {}, journal, "boot", {});
  ASSERT_TRUE(older);
  EXPECT_THAT(text_of(older->reason), HasSubstr("an older snagentd wrote it"));
  EXPECT_THAT(text_of(older->cure), HasSubstr("let the snagentd that wrote it finish"));
  run.write("journal", "nonsense\n");
  EXPECT_THAT(text_of(look_for_trouble(Fence{}, {}, journal, "boot", {})->reason),
              HasSubstr("journal:1"));
  const Result<Fence> unread = fail(ErrorClass::corrupt, "reading", "generation", "why", "cure");
  const auto trouble = look_for_trouble(unread, {}, journal, "boot", {});
  EXPECT_EQ(text_of(trouble->reason), "reading generation: why");
  EXPECT_EQ(text_of(trouble->cure), "cure");
  const QuarantineRecord kept{{Fact(FactCode::quarantine_unreadable), {}}, {}};
  EXPECT_EQ(look_for_trouble(unread, kept, journal, "boot", {}), kept.why);
}

}  // namespace
}  // namespace sn::agent
