// A full disk is refused by name, before anything is begun that can't be written.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

class FullDisk : public testing::Test {
 public:
  FullDisk() {
    world_.connect("cn001");
    set(true);
  }
  void set(bool full) {
    const Disk disk{"/var/lib/sncoord", full ? uint64_t{0} : uint64_t{900}, 1, full};
    world_.carry_out(world_.core_->on_disk(disk, world_.now()));
  }
  std::string refusal(const Command& command) {
    world_.replies_.clear();
    world_.command(command);
    const auto* answer = world_.last_answer<RefusalAnswer>();
    return answer == nullptr ? "" : text_of(answer->reason);
  }
  static constexpr const char* kFull = "/var/lib/sncoord is full: 0 of 1 MiB free";

  World world_{2};
};

TEST_F(FullDisk, RefusesWhatWouldBeWritten) {
  EXPECT_EQ(refusal(world_.takeover_of("SN1P")), kFull);
  EXPECT_EQ(refusal(ResumeCommand{"T1", "root"}), kFull);
  EXPECT_EQ(refusal(AckCommand{{"cn001"}, "root"}), kFull);
  EXPECT_EQ(refusal(ClearServiceNodeCommand{"SN1P", "root"}), kFull);
  EXPECT_TRUE(world_.state_.takeovers.empty());
}

TEST_F(FullDisk, ShowsPlansAndItself) {
  TakeoverCommand look = world_.takeover_of("SN1P");
  look.dry_run = true;
  EXPECT_EQ(refusal(look), "");
  world_.command(StatusCommand{});
  EXPECT_TRUE(world_.last_answer<StatusAnswer>()->disk.full);
}

TEST_F(FullDisk, StopsAYesToAQuestionOfBefore) {
  set(false);
  TakeoverCommand asked = world_.takeover_of("SN1P");
  asked.confirm = true;
  world_.begin(asked);
  ASSERT_NE(world_.last_answer<PlanAnswer>(), nullptr);
  set(true);
  EXPECT_EQ(refusal(ConfirmCommand{true}), kFull);
  set(false);
  EXPECT_EQ(refusal(ConfirmCommand{true}), "there is no question to answer");
}

TEST_F(FullDisk, EndsWithTheRoomThatIsMade) {
  set(false);
  world_.takeover();
  EXPECT_EQ(world_.state_.takeovers.size(), 1U);
  // What is stopped needs no room to be stopped.
  set(true);
  EXPECT_EQ(refusal(AbortCommand{"T1", "root"}), "");
}

TEST_F(FullDisk, IsAnEventOnce) {
  const auto count = [&](const char* what) {
    return std::count_if(world_.events_.begin(), world_.events_.end(),
                         [&](const Event& event) { return event.what == what; });
  };
  set(true);
  EXPECT_EQ(count("disk_full"), 1);
  set(false);
  EXPECT_EQ(count("disk_has_room"), 1);
}

}  // namespace
}  // namespace sn::coordinator
