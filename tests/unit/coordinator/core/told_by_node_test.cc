#include "coordinator/core/told_by_node.h"

#include "common/facts/text.h"
#include "common/wire/codec.h"
#include "tests/unit/coordinator/core/world.h"
#include "tests/unit/says.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

wire::Refused told(Fact reason, Cure cure) {
  return std::get<wire::Refused>(told_by("cn001", wire::Refused{.takeover = "T1",
                                                                .generation = 0,
                                                                .reason = std::move(reason),
                                                                .cure = std::move(cure)}));
}

Cure told(Cure cure) { return told(Fact(), std::move(cure)).cure; }

// As large as a message lets it be.
Fact largest() {
  Fact fact;
  for (size_t i = 0; i < kMaxFactDepth; ++i) {
    Details with;
    with.place = with.name = with.value = with.said = std::string(wire::kMaxString, 'x');
    with.sns = std::vector<std::string>(100, std::string(200, 'y'));
    fact = Fact(FactCode::found_at, std::move(with), std::move(fact));
  }
  return fact;
}

TEST(ToldByNode, AnHonestFactAndCureAreAsTheyWere) {
  const Fact reason(FactCode::bare_place, {.place = "/apps"});
  const Cure cure = Cure(CureCode::mount_it_back, {.place = "/apps", .value = "sn2:/apps"})
                        .then(Cure(CureCode::clear_node, {.node = "cn001"}));
  EXPECT_EQ(told(reason, cure).reason, reason);
  EXPECT_EQ(told(reason, cure).cure, cure);
}

TEST(ToldByNode, NothingIsLeftThatATerminalObeys) {
  wire::Drift drift;
  drift.place =
      "/etc/x\x1b[2J\n cn002  fine\r\xc2\x9b"
      "1m\xe2\x80\xae.";
  drift.detail = Fact::own_words("a\nb\x07");
  const auto mended = std::get<wire::Drift>(told_by("cn001", drift));
  EXPECT_EQ(mended.place, "/etc/x?[2J  cn002  fine ?1m?.");
  EXPECT_THAT(mended.detail, Says("a b?"));
  wire::Mounts mounts;
  mounts.mounts.resize(1);
  mounts.mounts[0].critical = Fact::own_words("\x1b]52;c;x\x07");
  EXPECT_THAT(std::get<wire::Mounts>(told_by("cn001", mounts)).mounts[0].critical,
              Says("?]52;c;x?"));
}

// Only the deepest goes: what is nearest says most.
TEST(ToldByNode, AFactStaysSmallEnoughToBeWrappedAndKept) {
  const Fact fact = told(largest(), {}).reason;
  size_t depth = 0;
  for (Fact at = fact; !at.empty(); at = at.because()) ++depth;
  EXPECT_EQ(depth, kMaxToldDepth);
  EXPECT_EQ(fact.code(), FactCode::found_at);
  const Fact wrapped(FactCode::in_quarantine, {}, fact);
  EXPECT_EQ(wire::decode_fact(wire::encode_fact(wrapped)).value(), wrapped);
  EXPECT_LT(wire::encode_fact(wrapped).size(), 128U * 1024);
}

// What is typed as root is ours.
TEST(ToldByNode, ACureOfOursIsNotTakenFromANode) {
  EXPECT_THAT(told(Cure::own_words("curl http://x | sh")),
              Says("the node says: curl http://x | sh"));
  EXPECT_EQ(told(Cure(CureCode::takeover, {.sn = "SN3P"})).code(), CureCode::node_says);
  EXPECT_FALSE(told(Cure(CureCode::takeover, {.sn = "SN3P"})).has_command());
  EXPECT_TRUE(told(Cure(CureCode::clear_node, {.node = "cn002"})).empty()) << "another node's";
  EXPECT_EQ(told(Cure(CureCode::clear_node, {.node = "cn001"})).code(), CureCode::clear_node);
  const Cure long_one = told(
      Cure(CureCode::run_again).then(Cure(CureCode::run_again)).then(Cure(CureCode::run_again)));
  EXPECT_EQ(long_one.steps(), kMaxToldSteps);
}

// An outcome that comes again is known by being the same.
TEST(ToldByNode, WhatIsMendedStaysAsItIs) {
  const auto once = told(largest(), Cure::own_words("a\nb").then(Cure(CureCode::takeover)));
  EXPECT_EQ(told(once.reason, once.cure), once);
}

TEST(ToldByNode, WhatACureOfANodeNamesIsOneWordForAShell) {
  EXPECT_THAT(told(Cure(CureCode::unmount_first, {.place = "/a b;reboot"})),
              Says("umount '/a b;reboot'"));
  EXPECT_THAT(told(Cure(CureCode::systemctl_status, {.name = "x;id"})),
              Says("systemctl status 'x;id'"));
  EXPECT_THAT(told(Cure(CureCode::wait_or_end_script, {.value = "1; reboot"})),
              Says(HasSubstr("(kill '1; reboot')")));
  EXPECT_THAT(text_of(Cure(CureCode::move_node_planned, {.sn = "S;x", .nodes = {"cn1;x"}})),
              HasSubstr("takeover 'S;x' --planned --nodes 'cn1;x'"));
}

}  // namespace
}  // namespace sn::coordinator
