// What a node need not say, because it was shown before it was done.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AsPlanned : public testing::Test {
 protected:
  AsPlanned() {
    world_.hashes_ = true;
    world_.lines_ = {
        {"resolver", "/etc/resolv.conf", 2, "nameserver 10.1.1.100", "nameserver 10.1.1.101"}};
    world_.findings_ = {{FindingClass::kept, "/etc/fstab:3", "SN1P stays", ""},
                        {FindingClass::not_in_effect, "/etc/chrony.conf", "nobody told it", ""},
                        {FindingClass::unclaimed, "socket 10.1.5.9:873", "of cn001", ""}};
    world_.connect("cn001");
    world_.connect("cn002");
  }
  void says(const std::string& node, Verdict verdict, const std::string& hash) {
    wire::OutcomeReport report;
    report.outcome.takeover = "T1";
    report.outcome.generation = world_.node(node).generation();
    report.outcome.to = "SN2P";
    report.outcome.verdict = verdict;
    report.outcome.left = verdict == Verdict::verified ? 0 : 1;
    report.outcome.plan_hash = hash;
    report.outcome.as_planned = true;
    report.outcome.changed = 1;
    world_.from(node, report);
  }
  [[nodiscard]] const TakeoverHeader& takeover() const { return world_.state_.takeovers.at(1); }

  World world_;
};

TEST_F(AsPlanned, IsOnRecordBeforeAnybodyIsTold) {
  world_.takeover();
  ASSERT_EQ(world_.told_.size(), 2U);
  for (const auto& order : world_.told_) {
    EXPECT_EQ(order.kept_lines, 1U);
    EXPECT_EQ(order.plan_hash, "hash of " + order.node);
    EXPECT_EQ(world_.part(1, order.node).plan_hash, order.plan_hash);
  }
  ASSERT_EQ(takeover().plans->size(), 1U);
  EXPECT_EQ(takeover().plans->front().group, "A");
  EXPECT_EQ(takeover().plans->front().changes, world_.lines_);
  EXPECT_THAT(takeover().plans->front().findings,
              ElementsAre(testing::Field(&Finding::place, "/etc/fstab:3")));
}

TEST_F(AsPlanned, ItsLinesAreItsGroups) {
  world_.takeover();
  says("cn001", Verdict::verified, "hash of cn001");
  const Assignment& part = world_.part(1, "cn001");
  EXPECT_EQ(part.verdict, Verdict::verified);
  EXPECT_THAT(part.outcome.changes, IsEmpty());
  EXPECT_EQ(changes_of(takeover(), part), world_.lines_);
  EXPECT_THAT(part.outcome.findings, IsEmpty());
  EXPECT_THAT(findings_of(takeover(), part),
              ElementsAre(testing::Field(&Finding::place, "/etc/fstab:3")));
}

// What was found before the move is no word about what is so after it: of such findings only the
// node's own count, and where anything is wrong it has said all.
TEST_F(AsPlanned, ANodeThatIsNotVerifiedSpeaksForItself) {
  world_.takeover();
  says("cn001", Verdict::partly, "hash of cn001");
  const Assignment& part = world_.part(1, "cn001");
  EXPECT_FALSE(part.outcome.as_planned);
  EXPECT_THAT(findings_of(takeover(), part), IsEmpty());
  EXPECT_THAT(text_of(part.reason), testing::HasSubstr("1 "));
}

// Nobody was shown that plan: which lines are its own is not known.
TEST_F(AsPlanned, OnlyByThePlanThatWasConfirmed) {
  world_.takeover();
  says("cn001", Verdict::verified, "hash of cn002");
  EXPECT_FALSE(world_.part(1, "cn001").outcome.as_planned);
  EXPECT_THAT(changes_of(takeover(), world_.part(1, "cn001")), IsEmpty());
}

TEST_F(AsPlanned, ANodeThatWasRebootedSinceSaysAll) {
  world_.takeover();
  world_.told();
  auto hello = world_.hello_of("cn001", {{"SN1P", 9}});
  hello.boot_id = "another";
  world_.from("cn001", hello);
  for (const auto& order : world_.told_) EXPECT_EQ(order.kept_lines, 0U) << order.node;
}

}  // namespace
}  // namespace sn::coordinator
