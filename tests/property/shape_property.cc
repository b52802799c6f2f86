// The shape of a plan, on generated files of every kind: whatever is edited beside the steps leaves
// it as it is, and two plans have one shape only if they have the same steps.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <iostream>

#include "agent/plan/shape.h"
#include "tests/property/file_generators.h"
#include "tests/vectors/cluster.h"

namespace sn::agent {
namespace {

class Shape : public testing::TestWithParam<std::string> {
 protected:
  static Plan plan_of(const FileKind& kind, const std::string& path, const std::string& text) {
    Observation node;
    node.live = false;
    node.own_addresses = vector_move().own_addresses;
    ObservedFile file;
    file.path = file.real_path = path;
    file.kind = &kind;
    file.text = text;
    node.files.push_back(file);
    return make_plan(node, vector_directory(), vector_move(), {});
  }
};

TEST_P(Shape, IsThatOfTheStepsAlone) {
  const FileKind* kind = kind_named(GetParam());
  ASSERT_NE(kind, nullptr);
  int same = 0, others = 0;
  const bool hold = rc::check("the shape of " + GetParam(), [&] {
    const std::string path = *path_of_kind(*kind);
    const std::string text = *file_of_kind(GetParam());
    const Plan one = plan_of(*kind, path, text);
    const bool again = *rc::gen::inRange(0, 2) == 0;
    const std::string edited =
        again ? text + *rc::gen::element<std::string>("\n", "\n\n", "") : *file_of_kind(GetParam());
    const Plan other = plan_of(*kind, path, edited);
    const bool same_steps = steps_of(one) == steps_of(other);
    RC_ASSERT((one.summary.shape == other.summary.shape) == same_steps);
    RC_ASSERT(steps_of(one).empty() == one.empty());
    // The same text is the same plan, by its hash as well.
    RC_ASSERT(plan_of(*kind, path, text).summary.hash == one.summary.hash);
    if (one.summary.hash == other.summary.hash) RC_ASSERT(same_steps);
    ++(same_steps ? same : others);
  });
  EXPECT_TRUE(hold);
  std::cout << GetParam() << ": " << same << " pairs of one shape, " << others << " of two\n";
  // Else the law would hold for nothing.
  EXPECT_GT(same, 0);
  EXPECT_GT(others, 0);
}

// Not hosts: what only says what a name means is a step where something else is to be moved.
INSTANTIATE_TEST_SUITE_P(Kinds, Shape,
                         testing::Values("niminfo", "resolver", "xcatinfo", "ntp", "chrony",
                                         "syslog", "fstab", "autofs", "statelite", "resolved",
                                         "timesyncd", "networkmanager", "dnsmasq", "unbound"),
                         [](const testing::TestParamInfo<std::string>& kind) {
                           return kind.param;
                         });

}  // namespace
}  // namespace sn::agent
