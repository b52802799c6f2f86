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
    world_.state_.keys.clear();
    world_.restart();
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
    world_.advance(1);
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
  for (const char key : {'a', 'b'}) (void)knock(from("cn003", "10.1.1.13", key));
  ASSERT_EQ(pending().size(), 2U);
  world_.command(AcceptKeysCommand{{"cn003"}, "", "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason.code(), FactCode::knocks_more);
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->cure,
            Cure(CureCode::accept_key_of, {.node = "cn003"}));
  world_.command(AcceptKeysCommand{{"cn003"}, "bbbb", "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason.code(), FactCode::fingerprint_is_short);
  world_.command(AcceptKeysCommand{{"cn003"}, std::string(12, 'x'), "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason.code(), FactCode::knocks_other);
  world_.command(AcceptKeysCommand{{"cn003"}, std::string(12, 'b'), "root"});
  EXPECT_THAT(world_.admitted_, testing::ElementsAre(std::string(40, 'b')));
}

TEST_F(Knocks, ManyKeysOfOneSourceTakeNobodysPlace) {
  (void)knock(from("cn003", "10.1.1.13", 'n'));
  for (const char key : {'a', 'b', 'c', 'd', 'e', 'f'}) (void)knock(from("cn003", "10.9.9.9", key));
  ASSERT_EQ(pending().size(), kMostPending);
  EXPECT_EQ(pending().front().from, "10.1.1.13");
  // As many sources as places: root somewhere is more than anybody.
  for (int i = 0; i < 4; ++i) {
    Knocked anybody = from("cn002", "10.9.9." + std::to_string(i), static_cast<char>('p' + i));
    anybody.port = 2'000;
    (void)knock(anybody);
  }
  Knocked one_more = from("cn002", "10.9.9.77", 'x');
  one_more.port = 2'000;
  EXPECT_EQ(knock(one_more)->reason.code(), FactCode::knock_too_many);
  EXPECT_EQ(knock(from("cn002", "10.9.9.78", 'y'))->reason.code(), FactCode::knock_from_elsewhere);
}

TEST_F(Knocks, EventsHaveALimitAndTheRestIsCounted) {
  for (int i = 0; i < static_cast<int>(kKnockEvents) + 100; ++i) {
    Knocked knocked = from("cn003", "10.9.9.9");
    knocked.public_key = std::to_string(i) + std::string(35, '.');
    (void)knock(knocked);
  }
  EXPECT_EQ(events(event::kNodeKnocks), static_cast<size_t>(kKnockEvents));
  world_.events_.clear();
  world_.advance(61'000);
  ASSERT_EQ(events(event::kNodeKnocks), 1U);
  EXPECT_THAT(world_.events_.back().text, testing::HasSubstr("100 knocks more"));
}

TEST_F(Knocks, ANodeInNoRowIsSaidToo) {
  (void)knock(from("cn009\x1b[31m", "10.1.1.19"));
  ASSERT_EQ(events(event::kNodeKnocks), 1U);
  EXPECT_THAT(world_.events_.back().text, testing::HasSubstr("'cn009?[31m', from 10.1.1.19"));
}

TEST_F(Knocks, WhoseKeyIsRevokedWaitsForAPerson) {
  (void)knock(from("cn001", "10.1.1.11"));
  world_.command(RevokeKeyCommand{"cn001", "root"});
  EXPECT_FALSE(admits('n'));
  for (const char key : {'n', 'm'}) {
    EXPECT_EQ(knock(from("cn001", "10.1.1.11", key))->reason,
              Fact(FactCode::key_was_revoked, {.by = "root"}));
  }
  world_.restart();
  EXPECT_EQ(knock(from("cn001", "10.1.1.11"))->reason.code(), FactCode::key_was_revoked);
  EXPECT_EQ(knock(from("cn002", "10.1.1.12"))->reason,
            Fact(FactCode::key_of_another, {.node = "cn001"}))
      << "nor is its key good for another node";
  world_.command(AddKeyCommand{"cn002", std::string(40, 'n'), "root"});
  EXPECT_FALSE(admits('n'));
  world_.command(AcceptKeysCommand{{"cn001"}, std::string(40, 'n'), "root"});
  EXPECT_TRUE(admits('n'));
  EXPECT_TRUE(knock(from("cn001", "10.1.1.11"))->accepted);
}

TEST_F(Knocks, TheAlarmStaysWhoeverKnocks) {
  (void)knock(from("cn001", "10.1.1.11", 'o'));
  for (const char key : {'a', 'b', 'c'}) (void)knock(from("cn001", "10.9.9.9", key));
  connect_with('o', "cn001");
  EXPECT_EQ(knock(from("cn001", "10.1.1.11")), nullptr);
  world_.carry_out(
      world_.core_->on_message("old cn001", std::string(40, 'o'), wire::Beat{}, world_.now()));
  world_.advance(1);
  Knocked of_a_user = from("cn001", "10.1.1.11");
  of_a_user.port = 2'000;
  (void)knock(of_a_user);
  for (const char key : {'d', 'e', 'f', 'g'}) {
    of_a_user.public_key = std::string(40, key);
    (void)knock(of_a_user);
  }
  const auto listed = pending();
  EXPECT_TRUE(std::any_of(listed.begin(), listed.end(), [](const PendingKey& key) {
    return key.public_key == std::string(40, 'n') && key.why.is(FactCode::other_key_answers);
  }));
  world_.command(StatusCommand{true});
  EXPECT_TRUE(world_.last_answer<StatusAnswer>()->nodes.front().notice.is(FactCode::knocks));
}

TEST_F(Knocks, WhatAPersonDecidesMeanwhileStands) {
  (void)knock(from("cn001", "10.1.1.11", 'o'));
  connect_with('o', "cn001");
  EXPECT_EQ(knock(from("cn001", "10.1.1.11")), nullptr);
  world_.command(AddKeyCommand{"cn001", std::string(40, 'h'), "root"});
  EXPECT_EQ(answer()->reason.code(), FactCode::decided_meanwhile);
  world_.advance(2 * kOldKeyAnswers_ms);
  EXPECT_THAT(world_.admitted_, testing::ElementsAre(std::string(40, 'h')));
  connect_with('h', "cn001");
  EXPECT_EQ(knock(from("cn001", "10.1.1.11")), nullptr);
  world_.command(RevokeKeyCommand{"cn001", "root"});
  world_.advance(2 * kOldKeyAnswers_ms);
  EXPECT_THAT(world_.admitted_, testing::IsEmpty());
}

TEST_F(Knocks, AKeyIsOneNodes) {
  for (const auto* node : {"cn001", "cn002"}) (void)knock(from(node, "10.9.9.9"));
  world_.command(AcceptKeysCommand{{"cn001", "cn002"}, "", "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason,
            Fact(FactCode::key_of_another, {.node = "cn001"}));
  world_.command(AcceptKeysCommand{{"cn001"}, "", "root"});
  world_.command(AcceptKeysCommand{{"cn002"}, "", "root"});
  EXPECT_THAT(world_.admitted_, testing::ElementsAre(std::string(40, 'n')));
}

TEST_F(Knocks, ANodeDoesNotMakeKeysForALiving) {
  int in = 0;
  for (int i = 0; i < 20; ++i) {
    Knocked knocked = from("cn001", "10.1.1.11");
    knocked.public_key = std::to_string(i) + std::string(38, '.');
    in += knock(knocked)->accepted ? 1 : 0;
  }
  EXPECT_EQ(in, static_cast<int>(kKeysBurst));
  EXPECT_EQ(answer()->reason.code(), FactCode::keys_change_too_often);
  EXPECT_EQ(world_.admitted_.size(), 1U);
  world_.advance(121'000);
  EXPECT_TRUE(knock(from("cn001", "10.1.1.11"))->accepted);
}

TEST_F(Knocks, AllOfAListOrNone) {
  (void)knock(from("cn003", "10.1.1.13"));
  world_.command(AcceptKeysCommand{{"cn003", "cn002"}, "", "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason.code(), FactCode::knocks_not);
  EXPECT_THAT(world_.admitted_, testing::IsEmpty());
}

TEST_F(Knocks, ARejectedKeyIsNotListedAgain) {
  (void)knock(from("cn003", "10.1.1.13"));
  world_.command(RejectKeysCommand{{"cn003"}, "", "root"});
  EXPECT_EQ(knock(from("cn003", "10.1.1.13"))->reason.code(), FactCode::key_rejected);
  EXPECT_THAT(pending(), testing::IsEmpty());
  world_.command(AddKeyCommand{"cn003", std::string(40, 'n'), "root"});
  EXPECT_TRUE(admits('n')) << "a person may think again";
}

TEST_F(Knocks, ARejectedKeyThatProvesItsAddressIsTheNodes) {
  Knocked forwarded = from("cn001", "10.1.1.100");
  forwarded.direct = false;
  (void)knock(forwarded);
  world_.command(RejectKeysCommand{{"cn001"}, "", "root"});
  EXPECT_TRUE(knock(from("cn001", "10.1.1.11"))->accepted);
}

TEST_F(Knocks, OfSeveralOneIsRejected) {
  for (const char key : {'a', 'b'}) (void)knock(from("cn003", "10.1.1.13", key));
  world_.command(RejectKeysCommand{{"cn003"}, "", "root"});
  EXPECT_EQ(world_.last_answer<RefusalAnswer>()->reason.code(), FactCode::knocks_more);
  world_.command(RejectKeysCommand{{"cn003"}, std::string(12, 'a'), "root"});
  ASSERT_EQ(pending().size(), 1U);
  EXPECT_EQ(pending().front().public_key, std::string(40, 'b'));
}

TEST_F(Knocks, ANodeThatWasRebootedHasANewKey) {
  (void)knock(from("cn001", "10.1.1.11", 'o'));
  connect_with('o', "cn001");
  ASSERT_TRUE(admits('o'));
  EXPECT_EQ(knock(from("cn001", "10.1.1.11")), nullptr) << "the old key's node is asked";
  EXPECT_FALSE(admits('n'));
  EXPECT_EQ(knock(from("cn001", "10.1.1.11", 'x'))->reason.code(), FactCode::old_key_is_asked);
  world_.advance(kOldKeyAnswers_ms + 1);
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
  // In the same millisecond, as on a quiet network.
  world_.carry_out(
      world_.core_->on_message("old cn001", std::string(40, 'o'), wire::Beat{}, world_.now()));
  world_.advance(1);
  ASSERT_NE(answer(), nullptr);
  EXPECT_FALSE(answer()->accepted);
  EXPECT_EQ(answer()->reason.code(), FactCode::other_key_answers);
  EXPECT_THAT(world_.admitted_, testing::ElementsAre(std::string(40, 'o')));
  EXPECT_EQ(events(event::kKeyDoubled), 1U);
  world_.command(StatusCommand{true});
  const auto& nodes = world_.last_answer<StatusAnswer>()->nodes;
  EXPECT_EQ(nodes.front().notice.code(), FactCode::knocks);
  EXPECT_TRUE(nodes.front().connected);
}

// The site's own way to ask a node for its key.
class Commands : public Knocks {
 protected:
  Commands() {
    world_.enrolment_.insert(EnrolBy::command);
    world_.restart();
  }
  // One that its address does not vouch for.
  Knocked knocks(const std::string& node, char key = 'n') {
    Knocked knocked = from(node, "10.1.1.100", key);
    knocked.direct = false;
    EXPECT_EQ(knock(knocked), nullptr) << "the node is asked";
    return knocked;
  }
  void printed(const Knocked& knocked, const std::string& key, const std::string& said = "") {
    world_.carry_out(world_.core_->on_node_key(knocked.request, key, said, world_.now()));
  }
};

TEST_F(Commands, ANodeThatSaysItsKeyIsLetIn) {
  const Knocked knocked = knocks("cn003");
  ASSERT_EQ(world_.asked_nodes_.size(), 1U);
  EXPECT_EQ(world_.asked_nodes_.back().node, "cn003");
  EXPECT_EQ(world_.asked_nodes_.back().request, knocked.request);
  EXPECT_EQ(world_.asked_nodes_.back().via, "") << "no service node is known to live";
  printed(knocked, std::string(40, 'n'));
  ASSERT_NE(answer(), nullptr);
  EXPECT_TRUE(answer()->accepted);
  EXPECT_EQ(world_.state_.keys.back().how, "command");
}

TEST_F(Commands, AnotherKeyOrNoneWaitsForAPerson) {
  printed(knocks("cn003"), std::string(40, 'x'));
  EXPECT_EQ(answer()->reason.code(), FactCode::command_has_other_key);
  printed(knocks("cn003"), "", "Connection refused");
  EXPECT_EQ(answer()->reason, Fact(FactCode::command_has_no_key, {.said = "Connection refused"}));
  EXPECT_THAT(world_.admitted_, testing::IsEmpty());
  ASSERT_EQ(pending().size(), 1U);
  EXPECT_EQ(pending().front().why, answer()->reason);
}

TEST_F(Commands, ItsOwnAddressNeedsNoCommand) {
  EXPECT_TRUE(knock(from("cn001", "10.1.1.11"))->accepted);
  EXPECT_THAT(world_.asked_nodes_, testing::IsEmpty());
}

TEST_F(Commands, TheOldKeysNodeIsAskedAllTheSame) {
  printed(knocks("cn003", 'o'), std::string(40, 'o'));
  connect_with('o', "cn003");
  world_.knock_answers_.clear();
  printed(knocks("cn003"), std::string(40, 'n'));
  EXPECT_EQ(answer(), nullptr);
  world_.advance(kOldKeyAnswers_ms + 1);
  ASSERT_NE(answer(), nullptr);
  EXPECT_TRUE(answer()->accepted);
  EXPECT_EQ(world_.state_.keys.back().how, "command");
}

TEST_F(Commands, WhoeverKnocksMeanwhileWaitsForTheSameAnswer) {
  const Knocked first = knocks("cn003", 'x');
  EXPECT_EQ(knock(from("cn003", "10.1.1.100")), nullptr);
  EXPECT_EQ(world_.asked_nodes_.size(), 1U);
  printed(first, std::string(40, 'n'));
  ASSERT_EQ(world_.knock_answers_.size(), 2U);
  EXPECT_FALSE(world_.knock_answers_.front().answer.accepted);
  EXPECT_TRUE(world_.knock_answers_.back().answer.accepted);
  EXPECT_THAT(world_.admitted_, testing::ElementsAre(std::string(40, 'n')));
}

TEST_F(Commands, ANodeIsNotAskedAllTheTime) {
  for (int i = 0; i < static_cast<int>(kQuestionsBurst); ++i) {
    printed(knocks("cn003", static_cast<char>('a' + i)), "", "no route");
  }
  EXPECT_EQ(knock(from("cn003", "10.9.9.9"))->reason.code(), FactCode::knock_of_no_address);
  EXPECT_EQ(world_.asked_nodes_.size(), static_cast<size_t>(kQuestionsBurst));
  EXPECT_EQ(pending().size(), kMostPending) << "listed all the same";
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
