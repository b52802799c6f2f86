#include "agent/plan/promise.h"

#include <gmock/gmock.h>

#include "agent/plan/shape.h"
#include "tests/vectors/cluster.h"

namespace sn::agent {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class APromise : public testing::Test {
 protected:
  void add(const std::string& kind_name, const std::string& path, const std::string& text) {
    ObservedFile file;
    file.path = file.real_path = path;
    file.kind = kind_named(kind_name);
    file.text = text;
    observation_.files.push_back(file);
  }
  void set(const std::string& path, const std::string& text) {
    for (auto& file : observation_.files) {
      if (file.path == path) file.text = text;
    }
  }
  [[nodiscard]] Plan plan() const {
    return make_plan(observation_, vector_directory(), vector_move(), {});
  }
  // The order of somebody who was shown this plan.
  static wire::Rebind order_for(const Plan& shown) {
    wire::Rebind order;
    order.plan_hash = shown.summary.hash;
    order.plan_shape = shown.summary.shape;
    return order;
  }
  void SetUp() override {
    add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
    add("ntp", "/etc/ntp.conf", "server 10.1.1.100\n");
  }
  Observation observation_;
};

TEST_F(APromise, IsKeptByTheSamePlan) {
  EXPECT_EQ(judge_promise(order_for(plan()), plan()), Promise::kept);
}

TEST_F(APromise, IsNotBrokenByADaemonThatCouldNotBeAskedThisTime) {
  observation_.leases = {{"resolved", "eth1", {"10.1.1.100"}}};
  const Plan shown = plan();
  const auto confirmed = steps_of(shown);
  observation_.leases.clear();
  ASSERT_EQ(judge_promise(order_for(shown), plan()), Promise::broken);
  EXPECT_TRUE(misses_only({"resolved"}, confirmed, plan()));
  EXPECT_FALSE(misses_only({"networkmanager"}, confirmed, plan()));
  set("/etc/ntp.conf", "server 10.1.1.100\nserver 10.1.2.100\n");
  EXPECT_FALSE(misses_only({"resolved"}, confirmed, plan())) << "and something was added";
}

TEST_F(APromise, OfTheSameStepsIsReplannedWhereSomethingBesideThemWasEdited) {
  const Plan shown = plan();
  set("/etc/resolv.conf", "# edited\nsearch d.example\nnameserver 10.1.1.100\n");
  EXPECT_EQ(plan().summary.shape, shown.summary.shape);
  EXPECT_EQ(judge_promise(order_for(shown), plan()), Promise::replanned);
}

TEST_F(APromise, IsBrokenByAReferenceThatWasAdded) {
  const Plan shown = plan();
  const auto steps = steps_of(shown);
  set("/etc/ntp.conf", "server 10.1.1.100\nserver 10.1.2.100\n");
  const Plan now = plan();
  EXPECT_EQ(judge_promise(order_for(shown), now), Promise::broken);
  const auto findings = broken_promise(&steps, now);
  ASSERT_THAT(findings, testing::Not(IsEmpty()));
  for (const auto& finding : findings) EXPECT_EQ(finding.what, FindingClass::blocked);
  EXPECT_TRUE(findings[0].reason.is(FactCode::plan_differs));
  EXPECT_THAT(text_of(findings[0].reason), HasSubstr("/etc/ntp.conf"));
  EXPECT_THAT(text_of(findings[0].reason), HasSubstr("10.1.2.100"));
}

TEST_F(APromise, IsBrokenByAReferenceThatIsGone) {
  const Plan shown = plan();
  const auto steps = steps_of(shown);
  set("/etc/ntp.conf", "# no server\n");
  const Plan now = plan();
  EXPECT_EQ(judge_promise(order_for(shown), now), Promise::broken);
  const auto findings = broken_promise(&steps, now);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_TRUE(findings[1].reason.is(FactCode::step_gone));
  EXPECT_EQ(findings[1].place, "/etc/ntp.conf");
}

// Nobody has to look at what changes nothing.
TEST_F(APromise, IsKeptWhereNothingIsLeftToDo) {
  const Plan shown = plan();
  observation_.files.clear();
  EXPECT_EQ(judge_promise(order_for(shown), plan()), Promise::kept);
}

TEST_F(APromise, WasGivenToNobodyWithoutAHash) {
  EXPECT_EQ(judge_promise(wire::Rebind{}, plan()), Promise::kept);
}

TEST_F(APromise, SaysSoWhereThePlanThatWasConfirmedIsNotKnownAnyMore) {
  const auto findings = broken_promise(nullptr, plan());
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_TRUE(findings[0].reason.is(FactCode::plan_differs));
  EXPECT_TRUE(findings[0].reason.because().is(FactCode::confirmed_plan_unknown));
}

TEST_F(APromise, NamesNoMoreDifferencesThanAnybodyReads) {
  std::vector<PlannedChange> other;
  for (int i = 0; i < 200; ++i) other.push_back({"ntp", std::to_string(i), 0, "a", "b"});
  const auto findings = broken_promise(&other, plan());
  EXPECT_THAT(findings, SizeIs(kMaxDifferences + 1));
  EXPECT_GT(findings[0].reason.with().count, 200U);
}

TEST_F(APromise, DoesNotDependOnTheOrderInWhichFilesAreRead) {
  const Plan shown = plan();
  std::swap(observation_.files[0], observation_.files[1]);
  EXPECT_EQ(plan().summary.shape, shown.summary.shape);
}

TEST_F(APromise, OfABlockedPlanIsThatNothingIsDone) {
  observation_.unread.push_back({"/etc/hosts", Fact(FactCode::cut_short), {}, Tier::essential, ""});
  const Plan refused = plan();
  ASSERT_TRUE(refused.blocked());
  EXPECT_THAT(steps_of(refused), IsEmpty());
  observation_.unread.clear();
  EXPECT_EQ(judge_promise(order_for(refused), plan()), Promise::broken);
}

}  // namespace
}  // namespace sn::agent
