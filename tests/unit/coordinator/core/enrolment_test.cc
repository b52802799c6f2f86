#include <gmock/gmock.h>

#include <algorithm>

#include "coordinator/core/enrolment.h"
#include "coordinator/core/events.h"
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

TEST(Keys, AMessageUnderAnUnknownKeyIsRefused) {
  World world;
  const auto effects = world.core_->on_message("c-x", std::string(40, 'x'),
                                               world.hello_of("cn001", {}), world.now());
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<wire::Refused>(std::get<Send>(effects[0]).message));
}

TEST(Keys, ANodeCannotSpeakForAnother) {
  World world;
  world.carry_out(
      world.core_->on_message("c-x", key_of("cn002"), world.hello_of("cn001", {}), world.now()));
  world.command(StatusCommand{});
  for (const auto& node : world.last_answer<StatusAnswer>()->nodes) EXPECT_FALSE(node.connected);
}

TEST(Keys, ARevokedKeyIsNotHeardAnyMore) {
  World world;
  world.connect("cn001");
  world.command(RevokeKeyCommand{"cn001"});
  EXPECT_FALSE(world.admitted_.contains(key_of("cn001")));
  world.connect("cn001");
  world.command(StatusCommand{});
  EXPECT_FALSE(world.last_answer<StatusAnswer>()->nodes.front().connected);
}

TEST(Keys, ANewKeyRetiresTheOldOneAndEndsItsConnection) {
  World world;
  world.connect("cn001");
  world.command(AddKeyCommand{"cn001", std::string(40, 'n')});
  EXPECT_TRUE(world.admitted_.contains(std::string(40, 'n')));
  EXPECT_FALSE(world.admitted_.contains(key_of("cn001")));
  EXPECT_EQ(std::count_if(world.state_.keys.begin(), world.state_.keys.end(),
                          [](const NodeKey& key) { return key.node == "cn001"; }),
            1);
  world.connect("cn001");
  world.command(StatusCommand{});
  EXPECT_FALSE(world.last_answer<StatusAnswer>()->nodes.front().connected);
  world.command(AddKeyCommand{"cn001", std::string(40, 'n')});
  EXPECT_TRUE(world.admitted_.contains(std::string(40, 'n'))) << "the same again changes nothing";
}

TEST(Keys, TheKeyOfANodeThatIsInNoRowLetsNobodyIn) {
  World world;
  world.cluster_.nodes.erase("cn003");
  world.restart();
  EXPECT_FALSE(world.admitted_.contains(key_of("cn003")));
  EXPECT_TRUE(world.admitted_.contains(key_of("cn002")));
  // Somebody took it out by mistake.
  world.cluster_.nodes["cn003"] = {"SN1P", "SN2P"};
  world.restart();
  EXPECT_TRUE(world.admitted_.contains(key_of("cn003")));
}

// A node that knocks, as the shell hears it.
class Knocks : public testing::Test {
 protected:
  Knocks() {
    world_.cluster_.node_addresses["cn001"] = {*IpAddress::parse("10.1.1.11")};
    world_.cluster_.node_addresses["cn002"] = {*IpAddress::parse("10.1.1.12")};
    world_.restart();
    for (const auto* node : {"cn001", "cn002", "cn003"}) world_.command(RevokeKeyCommand{node});
    world_.events_.clear();
  }

  Knocked from(const std::string& node, const std::string& address, char key = 'n') {
    Knocked knocked;
    knocked.request = ++requests_;
    knocked.public_key = std::string(40, key);
    knocked.knock.node = node;
    knocked.from = *IpAddress::parse(address);
    knocked.port = 612;
    knocked.direct = true;
    return knocked;
  }
  const wire::KnockAnswer* knock(const Knocked& knocked) {
    world_.knock_answers_.clear();
    world_.carry_out(world_.core_->on_knock(knocked, world_.now()));
    return answer();
  }
  const wire::KnockAnswer* answer() {
    return world_.knock_answers_.empty() ? nullptr : &world_.knock_answers_.back().answer;
  }
  std::vector<PendingKey> pending() {
    world_.command(ListPendingKeysCommand{});
    return world_.last_answer<PendingAnswer>()->keys;
  }
  bool admits(char key) const { return world_.admitted_.contains(std::string(40, key)); }
  size_t events(const event::Kind& kind) const {
    return static_cast<size_t>(std::count_if(world_.events_.begin(), world_.events_.end(),
                                             [&](const auto& one) { return one.id == kind.id; }));
  }
  // The node with the old key is connected.
  void connect_with(char key, const std::string& node) {
    world_.carry_out(world_.core_->on_message("old " + node, std::string(40, key),
                                              world_.hello_of(node, {{"SN1P", 9}}), world_.now()));
  }

  World world_;
  uint64_t requests_ = 0;
};

TEST_F(Knocks, ItsOwnAddressLetsANodeIn) {
  const auto* said = knock(from("cn001", "10.1.1.11"));
  ASSERT_NE(said, nullptr);
  EXPECT_TRUE(said->accepted);
  EXPECT_TRUE(admits('n'));
  EXPECT_EQ(world_.state_.keys.back(), (NodeKey{"cn001", std::string(40, 'n'),
                                                world_.now().wall.unix_ms, "address 10.1.1.11"}));
  EXPECT_EQ(events(event::kKeyAdded), 1U);
  EXPECT_TRUE(knock(from("cn001", "10.1.1.11"))->accepted) << "again";
  EXPECT_EQ(events(event::kKeyAdded), 1U);
}

TEST_F(Knocks, WhatProvesNothingWaitsForAPerson) {
  Knocked of_a_user = from("cn001", "10.1.1.11", 'a');
  of_a_user.port = 1'024;
  EXPECT_EQ(knock(of_a_user)->reason.code(), FactCode::knock_of_anybody);
  Knocked forwarded = from("cn001", "10.1.1.11", 'b');
  forwarded.direct = false;
  EXPECT_EQ(knock(forwarded)->reason.code(), FactCode::knock_through);
  EXPECT_EQ(knock(from("cn001", "10.1.1.12", 'c'))->reason.code(), FactCode::knock_from_elsewhere);
  EXPECT_EQ(knock(from("cn003", "10.1.1.13", 'd'))->reason.code(), FactCode::knock_of_no_address);
  EXPECT_THAT(world_.admitted_, testing::IsEmpty());
  EXPECT_EQ(events(event::kNodeKnocks), 4U);
  const auto listed = pending();
  ASSERT_EQ(listed.size(), 4U);
  EXPECT_EQ(listed.back().node, "cn003");
  EXPECT_EQ(listed.back().from, "10.1.1.13");
}

TEST_F(Knocks, ANodeThatWaitsIsANoticeWithItsCommand) {
  (void)knock(from("cn003", "10.1.1.13"));
  (void)knock(from("cn003", "10.1.1.13"));
  EXPECT_EQ(events(event::kNodeKnocks), 1U) << "not at each knock";
  world_.command(StatusCommand{});
  const auto& nodes = world_.last_answer<StatusAnswer>()->nodes;
  EXPECT_EQ(nodes.back().notice.code(), FactCode::knocks);
  EXPECT_THAT(text_of(nodes.back().notice_cure), testing::HasSubstr("snctl keys accept cn003"));
  world_.command(AcceptKeysCommand{{"cn003"}, "", "root"});
  EXPECT_NE(world_.last_answer<DoneAnswer>(), nullptr);
  EXPECT_TRUE(admits('n'));
  EXPECT_THAT(pending(), testing::IsEmpty());
  EXPECT_TRUE(knock(from("cn003", "10.1.1.13"))->accepted);
}

TEST_F(Knocks, OneThatKnocksNoMoreIsForgotten) {
  (void)knock(from("cn003", "10.1.1.13"));
  world_.advance(kKnocksNoMore_ms + 1'000);
  EXPECT_THAT(pending(), testing::IsEmpty());
}

TEST_F(Knocks, OfSeveralKeysAPersonSaysWhichOne) {
  for (const char key : {'a', 'b', 'c', 'd', 'e'}) (void)knock(from("cn003", "10.1.1.13", key));
  EXPECT_EQ(answer()->reason.code(), FactCode::knock_too_many);
  ASSERT_EQ(pending().size(), kMostPending);
  world_.command(AcceptKeysCommand{{"cn003"}, "", "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason.code(), FactCode::knocks_more);
  world_.command(AcceptKeysCommand{{"cn003"}, "bbbb", "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason.code(), FactCode::fingerprint_is_short);
  world_.command(AcceptKeysCommand{{"cn003"}, std::string(12, 'x'), "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason.code(), FactCode::knocks_other);
  world_.command(AcceptKeysCommand{{"cn003"}, std::string(12, 'b'), "root"});
  EXPECT_THAT(world_.admitted_, testing::ElementsAre(std::string(40, 'b')));
}

TEST_F(Knocks, AllOfAListOrNone) {
  (void)knock(from("cn003", "10.1.1.13"));
  world_.command(AcceptKeysCommand{{"cn003", "cn002"}, "", "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason.code(), FactCode::knocks_not);
  EXPECT_THAT(world_.admitted_, testing::IsEmpty());
}

TEST_F(Knocks, ARejectedKeyIsNotListedAgain) {
  (void)knock(from("cn003", "10.1.1.13"));
  world_.command(RejectKeysCommand{{"cn003"}, "root"});
  EXPECT_EQ(knock(from("cn003", "10.1.1.13"))->reason.code(), FactCode::key_rejected);
  EXPECT_THAT(pending(), testing::IsEmpty());
  world_.command(AddKeyCommand{"cn003", std::string(40, 'n'), "root"});
  EXPECT_TRUE(admits('n')) << "a person may think again";
}

TEST_F(Knocks, ANodeThatWasRebootedHasANewKey) {
  (void)knock(from("cn001", "10.1.1.11", 'o'));
  connect_with('o', "cn001");
  ASSERT_TRUE(admits('o'));
  EXPECT_EQ(knock(from("cn001", "10.1.1.11")), nullptr) << "the old key's node is asked";
  EXPECT_FALSE(admits('n'));
  EXPECT_EQ(knock(from("cn001", "10.1.1.11", 'x'))->reason.code(), FactCode::old_key_is_asked);
  world_.advance(kOldKeyAnswers_ms);
  ASSERT_NE(answer(), nullptr);
  EXPECT_TRUE(answer()->accepted);
  EXPECT_THAT(world_.admitted_, testing::ElementsAre(std::string(40, 'n')));
  EXPECT_EQ(std::count_if(world_.state_.keys.begin(), world_.state_.keys.end(),
                          [](const NodeKey& key) { return key.node == "cn001"; }),
            1);
}

TEST_F(Knocks, WhileTheOldKeyAnswersASecondChangesNothing) {
  (void)knock(from("cn001", "10.1.1.11", 'o'));
  connect_with('o', "cn001");
  EXPECT_EQ(knock(from("cn001", "10.1.1.11")), nullptr);
  world_.now_ms_ += 10;
  world_.carry_out(
      world_.core_->on_message("old cn001", std::string(40, 'o'), wire::Beat{}, world_.now()));
  world_.advance(1);
  ASSERT_NE(answer(), nullptr);
  EXPECT_FALSE(answer()->accepted);
  EXPECT_EQ(answer()->reason.code(), FactCode::other_key_answers);
  EXPECT_THAT(world_.admitted_, testing::ElementsAre(std::string(40, 'o')));
  EXPECT_EQ(events(event::kKeyDoubled), 1U);
  world_.command(StatusCommand{});
  const auto& nodes = world_.last_answer<StatusAnswer>()->nodes;
  EXPECT_EQ(nodes.front().notice.code(), FactCode::knocks);
  EXPECT_TRUE(nodes.front().connected);
}

TEST_F(Knocks, NobodyElsesNameOrKey) {
  EXPECT_EQ(knock(from("cn009", "10.1.1.11"))->reason.code(), FactCode::not_in_inventory);
  (void)knock(from("cn001", "10.1.1.11"));
  EXPECT_EQ(knock(from("cn002", "10.1.1.12"))->reason.code(), FactCode::key_of_another);
  Knocked old = from("cn002", "10.1.1.12", 'o');
  old.knock.protocol = 1;
  EXPECT_EQ(knock(old)->reason.code(), FactCode::protocol_not_spoken);
  EXPECT_THAT(world_.admitted_, testing::ElementsAre(std::string(40, 'n')));
}

}  // namespace
}  // namespace sn::coordinator
