#include "agent/executor/undo_files.h"

#include <gmock/gmock.h>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

Plan plan_for(const std::string& path) {
  Plan plan;
  FileChange change;
  change.path = change.real_path = path;
  change.edits = {{0, 1, "SN1P", "SN2P"}};
  change.text_after = "SN2P\n";
  plan.files.push_back(change);
  return plan;
}

wire::Rebind rebind(uint64_t generation) {
  wire::Rebind rebind;
  rebind.takeover = "T" + std::to_string(generation);
  rebind.generation = generation;
  return rebind;
}

wire::Rebind taking_back(uint64_t generation) {
  wire::Rebind back = rebind(100);
  back.undo = generation;
  return back;
}

TEST(UndoFiles, BothHalvesOfAnInterruptedRebindAreOneRecord) {
  const TemporaryDirectory run;
  ASSERT_TRUE(UndoFiles(run.path(), "boot").add(rebind(17), plan_for("/etc/a")));
  ASSERT_TRUE(UndoFiles(run.path(), "boot").add(rebind(17), plan_for("/etc/b")));
  ASSERT_TRUE(UndoFiles(run.path(), "boot").add(rebind(17), plan_for("/etc/a")));
  const auto undo = UndoFiles(run.path(), "boot").asked_for(17);
  ASSERT_TRUE(undo && undo->record);
  EXPECT_EQ(undo->name(), "T17");
  ASSERT_THAT(undo->record->files, SizeIs(2));
  EXPECT_EQ(undo->record->files[0].path, "/etc/a");
  EXPECT_EQ(undo->record->files[0].before, mark_of("SN1P\n"));
  EXPECT_EQ(undo->record->files[1].path, "/etc/b");
}

// Found by the crash tests: the route whose removal had failed was taken for one of before.
TEST(UndoFiles, EverythingSinceIsOneRecordButForTriesToTakeItBack) {
  const TemporaryDirectory run;
  const UndoFiles files(run.path(), "boot");
  ASSERT_TRUE(files.add(rebind(18), plan_for("/etc/b")));
  ASSERT_TRUE(files.add(rebind(17), plan_for("/etc/a")));
  wire::Rebind tried = taking_back(17);
  tried.generation = 99;
  ASSERT_TRUE(files.add(tried, plan_for("/etc/tried")));
  ASSERT_TRUE(files.add(taking_back(17), plan_for("/etc/back")));
  const auto undo = files.asked_for(17);
  ASSERT_TRUE(undo && undo->record);
  ASSERT_THAT(undo->record->files, SizeIs(2));
  EXPECT_EQ(undo->record->files[0].path, "/etc/a");
  EXPECT_EQ(undo->record->files[1].path, "/etc/b");
}

TEST(UndoFiles, SayWhyThereIsNoRecord) {
  const TemporaryDirectory run;
  const UndoFiles files(run.path(), "boot");
  EXPECT_FALSE(files.asked_for(0)) << "none was asked for";
  EXPECT_THAT(text_of(files.asked_for(17)->why_none),
              HasSubstr("no record of generation 17 on this node"));
  ASSERT_TRUE(UndoFiles(run.path(), "an earlier one").add(rebind(17), plan_for("/etc/a")));
  EXPECT_EQ(text_of(files.asked_for(17)->why_none),
            "rebooted since generation 17; planned from its present state");
  run.write("undo.18", "nonsense");
  EXPECT_THAT(text_of(files.asked_for(18)->why_none),
              HasSubstr("the record of generation 18 can't be used"));
  // Of an agent before an upgrade.
  run.write("undo.18", "14:snagent undo 2,4:boot,2:18,");
  EXPECT_THAT(text_of(files.asked_for(18)->why_none),
              AllOf(HasSubstr("an older snagentd wrote it"),
                    HasSubstr("; planned from its present state")));
  // Another generation's, by whatever accident.
  std::filesystem::copy_file(run.path("undo.17"), run.path("undo.19"));
  EXPECT_FALSE(UndoFiles(run.path(), "an earlier one").asked_for(19)->record);
}

TEST(UndoFiles, OnlyTheNewestAreKept) {
  const TemporaryDirectory run;
  const UndoFiles files(run.path(), "boot");
  run.write("undo.x", "not ours");
  for (uint64_t generation = 5; generation <= 12; ++generation) {
    ASSERT_TRUE(files.add(rebind(generation), plan_for("/etc/a")));
  }
  for (uint64_t generation = 5; generation <= 12; ++generation) {
    EXPECT_EQ(files.asked_for(generation)->record.has_value(), generation > 8) << generation;
  }
  EXPECT_TRUE(std::filesystem::exists(run.path("undo.x")));
}

TEST(UndoFiles, ARecordHasAnEnd) {
  const TemporaryDirectory run;
  Plan plan = plan_for("/etc/a");
  plan.files[0].edits[0].before.assign(kMaxUndoBytes, 'x');
  EXPECT_EQ(UndoFiles(run.path(), "boot").add(rebind(17), plan).error().what, ErrorClass::limit);
}

}  // namespace
}  // namespace sn::agent
