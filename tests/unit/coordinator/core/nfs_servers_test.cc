#include "coordinator/core/nfs_servers.h"

#include <gmock/gmock.h>

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

wire::ServerSighting sighting(ServerState state, const std::string& address = "10.1.9.9",
                              const std::string& owner = "nfsha") {
  wire::ServerSighting one;
  one.address = address;
  one.port = 2049;
  one.owner = owner;
  one.state = state;
  one.since_ms = 1'500;
  one.evidence = "no connection for 1500 ms";
  one.mounts = 2;
  one.critical = true;
  return one;
}

class Servers : public testing::Test {
 protected:
  Servers() {
    for (const char* node : {"cn001", "cn002", "cn003"}) {
      wire::Hello hello;
      hello.node = node;
      (void)fleet_.arrive(std::string("c-") + node, hello, now());
    }
  }
  [[nodiscard]] Now now() const { return {{now_ms_}, {1'790'000'000'000 + now_ms_}}; }
  std::vector<SeenServer> say(const std::string& node, ServerState state) {
    return servers_.take(node, {sighting(state)}, now());
  }
  void all_say(ServerState state) {
    for (const char* node : {"cn001", "cn002", "cn003"}) (void)say(node, state);
  }
  std::vector<NfsServers::Alarm> alarms() { return servers_.alarms(fleet_, now().monotonic); }
  std::vector<std::string> deputies() {
    std::vector<std::string> nodes;
    for (const auto& order : servers_.deputies(fleet_, now().monotonic)) {
      nodes.push_back(order.node + " " + order.address);
    }
    return nodes;
  }
  static std::vector<std::string> told(const std::vector<NfsServers::Alarm>& alarms) {
    std::vector<std::string> nodes;
    for (const auto& alarm : alarms) {
      for (const auto& order : alarm.orders) nodes.push_back(order.node + " " + order.address);
    }
    return nodes;
  }
  // One round of this machine's own questions.
  void ask(bool answered) {
    now_ms_ = std::max(now_ms_, servers_.next_tick().ms);
    for (const auto& ping : servers_.due_pings(now().monotonic, requests_)) {
      servers_.on_ping(ping.request, answered, answered ? "answered" : "no connection",
                       now().monotonic);
    }
  }

  Fleet fleet_;
  Directory directory_ = [] {
    Directory directory;
    directory.external_nfs = {{"nfsha", {*NetworkAddress::parse("10.1.9.9/24")}}};
    ServiceNode sn1;
    sn1.name = "SN1P";
    sn1.addresses = {*NetworkAddress::parse("10.1.1.100/24"),
                     *NetworkAddress::parse("10.1.2.100/24")};
    directory.service_nodes = {sn1};
    return directory;
  }();
  NfsServers servers_{directory_};
  int64_t now_ms_ = 1'000'000;
  uint64_t requests_ = 0;
};

TEST_F(Servers, AStateThatSettledAnewIsAnEventAndNothingElseIs) {
  EXPECT_THAT(say("cn001", ServerState::unknown), IsEmpty());
  EXPECT_THAT(say("cn001", ServerState::answering), IsEmpty()) << "as it should be";
  EXPECT_THAT(say("cn001", ServerState::suspicious), IsEmpty());
  EXPECT_THAT(say("cn001", ServerState::answering), IsEmpty()) << "a false alarm";
  EXPECT_THAT(say("cn001", ServerState::suspicious), IsEmpty());
  const auto silent = say("cn001", ServerState::silent);
  ASSERT_THAT(silent, SizeIs(1));
  EXPECT_EQ(silent[0].since_unix_ms, now().wall.unix_ms - 1'500);
  EXPECT_THAT(say("cn001", ServerState::silent), IsEmpty());
  EXPECT_THAT(say("cn001", ServerState::slow), SizeIs(1));
  EXPECT_THAT(say("cn001", ServerState::answering), SizeIs(1));
}

TEST_F(Servers, ANodeThatBeginsWithASilentServerSaysNews) {
  EXPECT_THAT(say("cn001", ServerState::silent), SizeIs(1));
}

TEST_F(Servers, ATimeBeyondAnySenseIsTakenAsVeryLong) {
  auto one = sighting(ServerState::silent);
  one.since_ms = UINT64_MAX;
  const auto changes = servers_.take("cn001", {one}, now());
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].since_unix_ms, 0);
}

TEST_F(Servers, TheDoubtOfOneIsEverybodys) {
  all_say(ServerState::answering);
  EXPECT_THAT(alarms(), IsEmpty());
  (void)say("cn002", ServerState::suspicious);
  const auto raised = alarms();
  ASSERT_THAT(raised, SizeIs(1));
  EXPECT_EQ(raised[0].owner, "nfsha");
  EXPECT_EQ(raised[0].address, "10.1.9.9");
  EXPECT_EQ(raised[0].node, "cn002");
  EXPECT_THAT(told(raised), ElementsAre("cn001 10.1.9.9", "cn003 10.1.9.9"));
  (void)say("cn002", ServerState::silent);
  (void)say("cn001", ServerState::suspicious);
  EXPECT_THAT(alarms(), IsEmpty()) << "everybody looks already";
}

TEST_F(Servers, OnlyWhoUsesItAndIsThereIsTold) {
  all_say(ServerState::answering);
  (void)servers_.take("cn003", {sighting(ServerState::answering, "10.1.9.10", "other")}, now());
  fleet_.leave("c-cn001");
  (void)say("cn002", ServerState::silent);
  EXPECT_THAT(alarms(), IsEmpty());
}

TEST_F(Servers, AnotherAddressOfTheSameOwnerIsDoubtedToo) {
  (void)servers_.take("cn001", {sighting(ServerState::answering, "10.1.1.100", "SN1P")}, now());
  (void)servers_.take("cn002", {sighting(ServerState::answering, "10.1.2.100", "SN1P")}, now());
  // Two servers that nobody knows are not one server.
  (void)servers_.take("cn003",
                      {sighting(ServerState::answering, "10.1.3.1", ""),
                       sighting(ServerState::answering, "10.1.3.2", "")},
                      now());
  (void)servers_.take("cn001", {sighting(ServerState::suspicious, "10.1.1.100", "SN1P")}, now());
  EXPECT_THAT(told(alarms()), ElementsAre("cn002 10.1.2.100"));
  (void)servers_.take("cn003",
                      {sighting(ServerState::suspicious, "10.1.3.1", ""),
                       sighting(ServerState::answering, "10.1.3.2", "")},
                      now());
  EXPECT_THAT(told(alarms()), IsEmpty());
}

TEST_F(Servers, ADoubtThatProvedWrongIsRepeatedLessAndLessOften) {
  all_say(ServerState::answering);
  size_t count = 0;
  for (int second = 0; second < 3'600; ++second) {
    (void)say("cn001", ServerState::suspicious);
    count += alarms().size();
    (void)say("cn001", ServerState::answering);
    now_ms_ += 1'000;
  }
  // 5, 10, 20 ... 300 s: ten in the first half hour, and then six.
  EXPECT_GE(count, 10U);
  EXPECT_LE(count, 20U);
  now_ms_ += 2 * kMaxWatchPauseMs;
  (void)say("cn001", ServerState::suspicious);
  EXPECT_THAT(alarms(), SizeIs(1));
  (void)say("cn001", ServerState::answering);
  now_ms_ += kWatchPauseMs;
  (void)say("cn001", ServerState::suspicious);
  EXPECT_THAT(alarms(), SizeIs(1)) << "after a calm time it begins anew";
}

TEST_F(Servers, ADoubtThatProvedRightIsRepeatedAsSoonAsMayBe) {
  all_say(ServerState::answering);
  for (int i = 0; i < 20; ++i) {
    (void)say("cn001", ServerState::suspicious);
    EXPECT_THAT(alarms(), SizeIs(1));
    (void)say("cn001", ServerState::silent);
    (void)say("cn001", ServerState::answering);
    now_ms_ += kWatchPauseMs;
  }
}

TEST_F(Servers, ThisMachineAsksEachServerTwiceASecond) {
  EXPECT_TRUE(servers_.due_pings(now().monotonic, requests_).empty());
  all_say(ServerState::answering);
  const auto first = servers_.due_pings(now().monotonic, requests_);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].address, "10.1.9.9");
  EXPECT_EQ(first[0].port, 2049);
  EXPECT_EQ(servers_.next_tick(), now().monotonic + kPingMs);
  EXPECT_THAT(servers_.due_pings(now().monotonic, requests_), IsEmpty());
  now_ms_ += kPingMs;
  EXPECT_THAT(servers_.due_pings(now().monotonic, requests_), IsEmpty()) << "one at a time";
  servers_.on_ping(first[0].request, true, "answered", now().monotonic);
  now_ms_ += kPingMs;
  EXPECT_THAT(servers_.due_pings(now().monotonic, requests_), SizeIs(1));
}

TEST_F(Servers, ItsOwnQuestionUnansweredIsADoubtIfItWasAnsweredBefore) {
  all_say(ServerState::answering);
  ask(false);
  EXPECT_THAT(alarms(), IsEmpty()) << "there may be no way from here";
  ask(true);
  EXPECT_THAT(alarms(), IsEmpty());
  ask(false);
  const auto raised = alarms();
  ASSERT_THAT(raised, SizeIs(1));
  EXPECT_EQ(raised[0].node, "");  // nobody's but the coordinator's own
  EXPECT_THAT(raised[0].orders, SizeIs(3));
  ask(false);
  EXPECT_THAT(alarms(), IsEmpty());
}

TEST_F(Servers, WhatThisMachineHasNoWayToIsAskedByOneNodeAfterTheOther) {
  all_say(ServerState::answering);
  EXPECT_THAT(deputies(), IsEmpty()) << "not known yet";
  ask(false);
  for (const char* node : {"cn001", "cn002", "cn003", "cn001"}) {
    EXPECT_THAT(deputies(), ElementsAre(std::string(node) + " 10.1.9.9"));
    now_ms_ += kDeputyMs - 1;
    EXPECT_THAT(deputies(), IsEmpty()) << "it is " << node << "'s turn";
    now_ms_ += 1;
  }
}

TEST_F(Servers, WhatAnswersThisMachineNeedsNoDeputy) {
  all_say(ServerState::answering);
  ask(true);
  EXPECT_THAT(deputies(), IsEmpty());
  ask(false);
  EXPECT_THAT(deputies(), SizeIs(1));
  ask(true);
  now_ms_ += kDeputyMs;
  EXPECT_THAT(deputies(), IsEmpty());
}

TEST_F(Servers, OnlyWhoIsThereAndNotInDoubtIsADeputy) {
  (void)say("cn001", ServerState::silent);
  (void)say("cn002", ServerState::suspicious);
  (void)say("cn003", ServerState::unknown);
  ask(false);
  EXPECT_THAT(deputies(), ElementsAre("cn003 10.1.9.9"));
  fleet_.leave("c-cn003");
  now_ms_ += kDeputyMs;
  EXPECT_THAT(deputies(), IsEmpty());
  (void)say("cn001", ServerState::slow);
  EXPECT_THAT(deputies(), IsEmpty()) << "in the next turn";
  now_ms_ += kDeputyMs;
  EXPECT_THAT(deputies(), ElementsAre("cn001 10.1.9.9"));
}

TEST_F(Servers, ANodesWordAloneMakesThisMachineKnockNowhere) {
  auto another_port = sighting(ServerState::answering);
  another_port.port = 6'667;
  (void)servers_.take("cn001",
                      {another_port, sighting(ServerState::answering, "127.0.0.9", ""),
                       sighting(ServerState::answering, "10.1.3.1", "nfsha"),
                       sighting(ServerState::answering, "example.com", "")},
                      now());
  EXPECT_THAT(servers_.due_pings(now().monotonic, requests_), IsEmpty());
  // It asks them itself.
  EXPECT_THAT(deputies(), ElementsAre("cn001 10.1.3.1", "cn001 10.1.9.9", "cn001 127.0.0.9",
                                      "cn001 example.com"));
}

TEST_F(Servers, EachAddressHasADeputyOfItsOwn) {
  // This machine sees one network, and the nodes of the other one see theirs.
  (void)servers_.take("cn001", {sighting(ServerState::answering, "10.1.1.100", "SN1P")}, now());
  (void)servers_.take("cn002", {sighting(ServerState::answering, "10.1.2.100", "SN1P")}, now());
  for (const auto& ping : servers_.due_pings(now().monotonic, requests_)) {
    servers_.on_ping(ping.request, ping.address == "10.1.1.100", "", now().monotonic);
  }
  EXPECT_THAT(deputies(), ElementsAre("cn002 10.1.2.100"));
}

TEST_F(Servers, AServerThatNobodyUsesAnyMoreIsNotAsked) {
  all_say(ServerState::answering);
  for (const char* node : {"cn001", "cn002", "cn003"}) (void)servers_.take(node, {}, now());
  EXPECT_THAT(servers_.due_pings(now().monotonic, requests_), IsEmpty());
  EXPECT_THAT(servers_.of("cn001"), IsEmpty());
}

TEST_F(Servers, StatusCountsWhatConnectedNodesSay) {
  (void)say("cn001", ServerState::silent);
  now_ms_ += 60'000;
  (void)say("cn002", ServerState::silent);
  (void)say("cn003", ServerState::answering);
  ask(true);
  auto list = servers_.status(fleet_);
  ASSERT_THAT(list, SizeIs(1));
  EXPECT_EQ(list[0].nodes, 3U);
  EXPECT_EQ(list[0].silent, 2U);
  EXPECT_EQ(list[0].answering, 1U);
  EXPECT_EQ(list[0].critical_for, 3U);
  EXPECT_EQ(list[0].silent_since_unix_ms, 1'790'001'000'000 - 1'500);
  EXPECT_EQ(list[0].here, SeenFrom::answering);
  fleet_.leave("c-cn001");
  list = servers_.status(fleet_);
  EXPECT_EQ(list[0].nodes, 2U);
  EXPECT_EQ(list[0].silent, 1U);
}

TEST_F(Servers, ANodesListIsBounded) {
  std::vector<wire::ServerSighting> many;
  for (size_t i = 0; i < kMaxServersOfNode + 9; ++i) {
    many.push_back(sighting(ServerState::answering, "10.2.0." + std::to_string(i)));
  }
  (void)servers_.take("cn001", many, now());
  EXPECT_THAT(servers_.of("cn001"), SizeIs(kMaxServersOfNode));
}

}  // namespace
}  // namespace sn::coordinator
