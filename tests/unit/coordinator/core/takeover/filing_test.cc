// Takeovers that are over and in nobody's way back.
#include "coordinator/core/takeover/filing.h"

#include "coordinator/store/fold.h"
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kTickMs = 1'500;

class FilingTest : public testing::Test {
 protected:
  // There and back, each by a takeover of its own.
  void move(const std::string& from, const std::string& to) {
    world_.clear(to);
    world_.takeover(from, to);
    world_.verify_each({"cn001", "cn002", "cn003"});
    world_.advance(kTickMs);
  }
  void move_to_and_fro(int times) {
    world_.connect_each({"cn001", "cn002", "cn003"});
    for (int i = 0; i < times; ++i) {
      i % 2 == 0 ? move("SN1P", "SN2P") : move("SN2P", "SN1P");
    }
  }
  [[nodiscard]] bool is_filed(uint64_t takeover) const {
    return !world_.state_.takeovers.at(takeover).filed.empty();
  }

  World world_;
};

TEST_F(FilingTest, TheOldestGoToTheFiles) {
  move_to_and_fro(8);
  EXPECT_TRUE(is_filed(1));
  EXPECT_TRUE(is_filed(4));
  EXPECT_FALSE(is_filed(6)) << "the newest stay at hand";
  EXPECT_FALSE(is_filed(8));
  EXPECT_EQ(world_.node("cn001").part_of(1), nullptr);
  EXPECT_THAT(world_.state_.takeovers.at(1).nodes, IsEmpty());
  EXPECT_LE(world_.node("cn001").assignments.size(), 6U);
}

TEST_F(FilingTest, ListsStillHaveThem) {
  move_to_and_fro(2);
  world_.command(HistoryCommand{});
  const auto before = world_.last_answer<HistoryAnswer>()->takeovers.back();
  for (int i = 0; i < 6; ++i) i % 2 == 0 ? move("SN1P", "SN2P") : move("SN2P", "SN1P");
  ASSERT_TRUE(is_filed(1));
  world_.command(HistoryCommand{});
  const auto& after = world_.last_answer<HistoryAnswer>()->takeovers;
  ASSERT_THAT(after, SizeIs(8));
  EXPECT_EQ(after.back().header.id(), "T1");
  EXPECT_EQ(after.back().nodes, 3U);
  EXPECT_EQ(after.back().counts, before.counts);
  EXPECT_EQ(after.back().targets, before.targets);
  EXPECT_EQ(after.back().exit_code, before.exit_code);
}

TEST_F(FilingTest, IsShownAsItWas) {
  move_to_and_fro(2);
  world_.command(ShowCommand{"T1"});
  ShownTakeover before = world_.last_answer<TakeoverAnswer>()->takeover;
  for (int i = 0; i < 6; ++i) i % 2 == 0 ? move("SN1P", "SN2P") : move("SN2P", "SN1P");
  world_.replies_.clear();
  world_.command(ShowCommand{"T1"}, 7);
  EXPECT_EQ(world_.last_answer<TakeoverAnswer>(), nullptr) << "the files have it";
  ASSERT_THAT(world_.asked_for_files_, SizeIs(1));
  EXPECT_EQ(world_.asked_for_files_.front().client, 7U);
  EXPECT_EQ(world_.asked_for_files_.front().takeover, 1U);
  const auto read = shown_from(world_.files_, 1);
  world_.carry_out(world_.core_->on_filed(7, read, world_.now()));
  ShownTakeover shown = world_.last_answer<TakeoverAnswer>()->takeover;
  EXPECT_FALSE(std::exchange(shown.filed, {}).empty()) << "nothing of it can be taken back";
  // In which takeover its nodes are by now has gone on.
  for (auto& [name, part] : before.nodes) part.since = shown.nodes.at(name).since;
  EXPECT_EQ(shown, before);
}

TEST_F(FilingTest, WhatCannotBeReadIsSaid) {
  world_.carry_out(world_.core_->on_filed(7, shown_from({}, 1), world_.now()));
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->exit_code, 1);
}

TEST_F(FilingTest, NothingOfItIsLeftToDo) {
  move_to_and_fro(8);
  for (const Command& command :
       {Command(world_.failback_of(1, "SN2P")), Command(ResumeCommand{"T1", "root"}),
        Command(ResumeCommand{"T1", "root", {"cn001"}}), Command(AbortCommand{"T1", "root"})}) {
    world_.replies_.clear();
    world_.command(command);
    ASSERT_NE(world_.last_answer<RefusalAnswer>(), nullptr) << command.index();
    EXPECT_FALSE(world_.last_answer<RefusalAnswer>()->reason.is(FactCode::had_no_part));
  }
}

// What leads back to where a node was stays, however old it is.
TEST_F(FilingTest, AWayBackIsKept) {
  world_.connect_each({"cn001", "cn002", "cn003"});
  move("SN1P", "SN2P");
  for (int i = 0; i < 6; ++i) i % 2 == 0 ? move("SN2P", "SN3P") : move("SN3P", "SN2P");
  EXPECT_FALSE(is_filed(1)) << "failback SN1P leads through it";
  TakeoverCommand whole = world_.takeover_of("");
  whole.back_to = "SN1P";
  world_.clear("SN1P");
  world_.leaving_ = "SN2P";
  world_.begin(whole);
  EXPECT_EQ(world_.node("cn001").service_node(), "SN1P");
}

TEST_F(FilingTest, ARestartKnowsTheSame) {
  move_to_and_fro(8);
  world_.restart();
  EXPECT_TRUE(is_filed(1));
  world_.command(HistoryCommand{});
  EXPECT_THAT(world_.last_answer<HistoryAnswer>()->takeovers, SizeIs(8));
}

}  // namespace
}  // namespace sn::coordinator
