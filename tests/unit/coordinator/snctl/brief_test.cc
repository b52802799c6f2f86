// A brief answer leaves out what a screen does not show: the screens are the same.
#include <gmock/gmock.h>

#include <random>

#include "coordinator/control/json/json.h"
#include "coordinator/snctl/screens.h"
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TakeoverPart some_part(const std::string& node, std::mt19937& random) {
  const auto one_of = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  TakeoverPart part;
  part.node = node;
  part.takeover = 17;
  part.to = one_of(5) == 0 ? "SN3P" : "SN2P";
  part.from = {"SN1P"};
  part.previous = "SN1P";
  part.group = "A";
  part.outlook = Outlook::whole;
  part.canary = one_of(10) == 0;
  part.verdict = Verdict::verified;
  if (one_of(4) == 0) {
    static constexpr Verdict kOthers[] = {Verdict::partly, Verdict::blocked, Verdict::pending,
                                          Verdict::failed, Verdict::held,    Verdict::none};
    part.verdict = kOthers[one_of(6)];
    part.reason = Fact(FactCode::down);
  }
  part.told_unix_ms = one_of(12) == 0 ? 0 : 1'000 + one_of(50);
  part.ended_unix_ms = one_of(12) == 0 ? 0 : 1'100 + one_of(50);
  part.since = one_of(10) == 0 ? 19 : 0;
  if (part.verdict == Verdict::none || one_of(10) == 0) return part;  // it has not spoken
  part.outcome.verdict = part.verdict;
  part.outcome.left = one_of(10) == 0 ? one_of(3) : 0;
  part.outcome.places = 38 + one_of(4);
  part.outcome.kept = one_of(3);
  part.outcome.boot_time_only = one_of(2);
  part.outcome.unclaimed = one_of(2);
  part.outcome.restored = one_of(3);
  part.outcome.total_us = 1'000 * (1 + one_of(9));
  part.outcome.reload_us = 1'000 * one_of(2);
  if (one_of(8) == 0) {
    part.outcome.findings = {
        {FindingClass::note,
         "/etc/fstab:3",
         one_of(2) == 0 ? Fact(FactCode::replanned) : Fact(FactCode::planned_from_what_it_is),
         {}}};
  }
  return part;
}

ShownTakeover some_takeover(unsigned seed) {
  std::mt19937 random(seed);
  ShownTakeover takeover;
  takeover.number = 17;
  takeover.from = "SN1P";
  takeover.by = "root";
  takeover.started_unix_ms = 1'000;
  takeover.finished_unix_ms = 2'000;
  takeover.resumed_unix_ms = seed % 5 == 0 ? 1'110 : 0;
  takeover.undoes = seed % 3 == 0 ? 16 : 0;
  takeover.state = TakeoverState::finished;
  for (unsigned i = 1; i <= 1 + seed % 60; ++i) {
    const std::string node = "cn" + std::to_string(100 + i);
    takeover.nodes.emplace(node, some_part(node, random));
  }
  return takeover;
}

std::string screens_of(const TakeoverAnswer& answer) {
  const ProgressAnswer progress = progress_of(answer.takeover);
  return takeover_header(summary_of(answer.takeover)) + takeover_screen(answer) +
         progress_line(progress, 1'000, 2'000, 200);
}

TEST(Brief, ATakeoverLooksTheSame) {
  size_t left_out = 0;
  for (unsigned seed = 1; seed <= 600; ++seed) {
    const TakeoverAnswer whole{some_takeover(seed), false, 4};
    const TakeoverAnswer brief{made_brief(whole.takeover), false, 4};
    left_out += brief.takeover.plain.nodes.size();
    const auto read = answer_from_json(answer_to_json(Answer(brief), true));
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_EQ(screens_of(whole), screens_of(std::get<TakeoverAnswer>(read->value))) << seed;
  }
  EXPECT_GT(left_out, 2'000U);
}

TEST(Brief, OfATakeoverInTheStateIsTheSame) {
  World world(9);
  std::vector<std::string> nodes;
  for (const auto& [node, service_nodes] : world.cluster_.nodes) nodes.push_back(node);
  world.connect_each(nodes);
  world.takeover();
  world.verify_each({"cn001", "cn002", "cn003", "cn004", "cn005", "cn006", "cn007"});
  world.outcome("cn008", Verdict::partly, world.node("cn008").generation(), "SN2P");
  const Takeover& takeover = world.state_.takeovers.at(1);
  const ShownTakeover brief = brief_takeover(world.state_, takeover);
  EXPECT_EQ(brief, made_brief(shown_takeover(world.state_, takeover)));
  EXPECT_FALSE(brief.plain.nodes.empty());
  ShowCommand show{"T1"};
  show.brief = true;
  world.command(show);
  EXPECT_EQ(world.last_answer<TakeoverAnswer>()->takeover, brief);
  // The next question of the same client is a question of its own.
  world.command(ShowCommand{"T1"});
  EXPECT_THAT(world.last_answer<TakeoverAnswer>()->takeover.nodes, SizeIs(9));
}

TEST(Brief, AStatusLooksTheSame) {
  World world(9);
  world.connect_each({"cn001", "cn002", "cn003", "cn004", "cn005", "cn006"});
  world.takeover();
  world.verify_each({"cn001", "cn002", "cn003", "cn004"});
  world.outcome("cn005", Verdict::partly, world.node("cn005").generation(), "SN2P");
  world.from("cn002", wire::Drift{"/etc/hosts", Fact(FactCode::drift_notice), "", {}});
  world.from("cn003", wire::ServerHealthReport{{{"10.1.9.9", 2049, "nfsha", ServerState::silent,
                                                 5'000, "no answer", "", 2, true}}});
  world.from("cn004", wire::ServerHealthReport{{{"10.1.9.9", 2049, "nfsha", ServerState::answering,
                                                 5'000, "answered", "", 2, true}}});
  world.command(StatusCommand{});
  const StatusAnswer whole = *world.last_answer<StatusAnswer>();
  StatusCommand asked;
  asked.brief = true;
  world.command(asked);
  const auto read =
      answer_from_json(answer_to_json(Answer(*world.last_answer<StatusAnswer>()), true));
  ASSERT_TRUE(read) << read.error().message();
  const StatusAnswer& brief = std::get<StatusAnswer>(read->value);
  EXPECT_EQ(brief.plain, 2U) << "cn001 and cn004";
  EXPECT_THAT(brief.nodes, SizeIs(7));
  EXPECT_EQ(status_screen(brief), status_screen(whole));
}

TEST(Brief, AFineClusterIsFew) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  StatusCommand asked;
  asked.brief = true;
  world.command(asked);
  const StatusAnswer& brief = *world.last_answer<StatusAnswer>();
  EXPECT_THAT(brief.nodes, IsEmpty());
  EXPECT_THAT(status_screen(brief), testing::HasSubstr("All 3 nodes fine"));
}

}  // namespace
}  // namespace sn::coordinator
