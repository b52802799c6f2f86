#include "agent/references/mount_unit.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

TEST(MountUnit, NamesWhatItMountsAndLeavesIt) {
  const Planning unit("mount-unit", "/etc/systemd/system/apps.mount");
  const char* text =
      "[Unit]\nDescription=sn1-eth1\n[Mount]\nWhat=sn1-eth1:/apps\nWhere=/apps\n"
      "Type=nfs\nOptions=ro\n";
  EXPECT_EQ(unit.after(text), text);
  const auto plan = unit.plan(text);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].what, FindingClass::left);
  EXPECT_EQ(plan->findings[0].place, "/etc/systemd/system/apps.mount:4");
}

TEST(MountUnit, AReadWriteMountStaysOnPurpose) {
  const Planning unit("mount-unit", "/etc/systemd/system/home.mount");
  const char* text = "[Mount]\nWhat=sn1-eth1:/home\nType=nfs\n";
  EXPECT_TRUE(unit.plan(text)->findings.empty());
  EXPECT_THAT(unit.references(text),
              ElementsAre("/etc/systemd/system/home.mount:2 read-write mount sn1-eth1 SN1P keep"));
}

TEST(MountUnit, KnowsOtherTypes) {
  const Planning unit("mount-unit", "/etc/systemd/system/x.mount");
  EXPECT_EQ(unit.plan("[Mount]\nWhat=//sn1-eth1/x\nType=cifs\n")->findings.size(), 1U);
  EXPECT_TRUE(unit.plan("[Mount]\nWhat=/dev/sda1\nType=ext4\n")->findings.empty());
}

TEST(MountUnit, KnowsTheLayersOfSystemd) {
  const auto roots = kind_named("mount-unit")->roots();
  EXPECT_THAT(roots.at(0).patterns, testing::Contains("/usr/lib/systemd/system/*.mount"));
  EXPECT_THAT(roots.at(0).patterns, testing::Contains("/run/systemd/system/*.mount"));
}

}  // namespace
}  // namespace sn::agent
