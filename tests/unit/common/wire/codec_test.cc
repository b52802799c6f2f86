#include "common/wire/codec.h"

#include <gmock/gmock.h>

#include <random>

#include "common/facts/text.h"
#include "common/wire/plan_group.h"

namespace sn::wire {
namespace {

using testing::HasSubstr;

Outcome full_outcome() {
  Outcome outcome;
  outcome.takeover = "T17";
  outcome.generation = 1'795'363'200'000;
  outcome.to = "SN2P";
  outcome.verdict = Verdict::partly;
  outcome.left = 1;
  outcome.plan_hash = "0123456789abcdef";
  outcome.findings.push_back({FindingClass::left, "/etc/chrony.conf:12", "not understood", "fix"});
  outcome.changes.push_back({"resolver", "/etc/resolv.conf", 2, "nameserver 10.1.1.100", "x"});
  return outcome;
}

ServerSighting silent_server() {
  return {"10.1.9.9",
          2049,
          "nfsha",
          ServerState::silent,
          41'000,
          "10.1.9.9:2049 no connection for 1500 ms",
          "3 sends without a reply for 31 s",
          2,
          true};
}

Hello full_hello() {
  Hello hello;
  hello.node = "cn001";
  hello.mode = "act";
  hello.generation = UINT64_MAX;
  hello.bindings.push_back({"SN1P", 9});
  hello.last.push_back(full_outcome());
  hello.servers.push_back(silent_server());
  hello.quarantine.push_back({"a mount is neither", "umount /shared"});
  return hello;
}

const std::vector<ServiceNodeEntry> kMeant{
    {"SN1P", {"sn1"}, {"10.1.1.100/24"}, ""},
    {"SN2P", {"sn2", "sn2.d.example"}, {"10.1.1.101/24", "10.1.2.101/24"}, "00C1A2B34C01"}};

Rebind a_rebind() {
  return {"T1",   9,       "cn001", {"SN1P", "SN3P"}, "SN2P", true, false, StuckPolicy::kill, 41,
          "hash", "shape", kMeant};
}

SignedOrder a_signed_order() {
  return {{std::string("\0\xc1\xff", 3)}, 3, 9, {{"one"}, {"two"}}, {std::string(64, '\x80')}};
}

template <class Message>
void expect_all_back(const std::vector<Message>& messages) {
  EXPECT_EQ(messages.size(), std::variant_size_v<Message>);
  for (const auto& message : messages) {
    const auto back = decode<Message>(encode(message));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, message);
  }
}

TEST(Codec, EveryMessageComesBackAsItWas) {
  PlanReport report;
  report.request = 7;
  report.sightings.push_back({"SN1P",
                              {Life::rejects,
                               "52:54:00:12:34:56",
                               "10.1.1.100:22 refused",
                               {{{Transport::udp, 53}, ServiceAnswer::silent}}}});
  report.hash = "0123456789abcdef";
  report.group = "fedcba9876543210";
  FullPlan full;
  full.request = 7;
  full.plan.outlook = Outlook::partly;
  full.plan.reloads = {"rsyslog", "chrony"};
  full.plan.needs = {{Transport::udp, 53}, {Transport::tcp, 6514}};
  Inventory inventory;
  inventory.references.push_back(
      {"niminfo", "/etc/niminfo:3", "ROUTES", "10.1.1.100", "SN1P", ReferenceRole::keep});
  inventory.mounts.push_back({"/usr",
                              "nfsha:/usr",
                              "10.1.9.9",
                              20049,
                              "4.1",
                              "rw,vers=4.1",
                              true,
                              "0:45",
                              "nfsha",
                              MountClass::external,
                              "/usr",
                              {"bind /opt"}});
  expect_all_back<ToCoordinator>({
      full_hello(),
      Beat{3, 4, "stage", 12'000},
      inventory,
      report,
      Accepted{"T1", 9},
      Progress{"T1", 9, "route default", 2, 8},
      OutcomeReport{full_outcome(), {{"SN2P", 9}}},
      Drift{"/etc/resolv.conf:2", "now nameserver", "SN1P", {}},
      Refused{"T1", 9, "older", "cure"},
      ServerHealthReport{{silent_server(), ServerSighting{}}},
      Mounts{inventory.mounts},
      Quarantine{"the journal can't be read", "look at it; then snctl clear cn001"},
      Seen{9, report.sightings},
      DirectoryRead{"8c1f0a"},
      full,
  });
  expect_all_back<ToAgent>({
      Welcome{kProtocolVersion, 9, 2, 20'000, "d"},
      BeatAck{3},
      Preflight{7, {"SN1P"}, "SN2P", true, StuckPolicy::orphan, 1'000, 41, kMeant, true, 9},
      Observe{9},
      Refused{"T1", 9, "older", "cure"},
      WatchServer{"10.1.9.9", 10'000},
      Look{9, {"SN1P", "SN2P"}, 900},
      TellPlan{7},
      AreYouThere{},
      a_signed_order(),
  });
}

TEST(Codec, EveryOrderComesBackAsItWas) {
  for (const OrderKind& what :
       {OrderKind(a_rebind()), OrderKind(Clear{9}),
        OrderKind(Rehearse{{7, {"SN1P"}, "SN2P", true, StuckPolicy::orphan, 1'000, 41}})}) {
    const Order order{"cn001", "boot", "nonce", what};
    const auto back = decode<Order>(encode(order));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, order);
  }
}

// A node's files hold any bytes, and who reads of them takes text: JSON, a feed, a screen.
TEST(Codec, WhatANodeSaysIsUtf8) {
  Drift drift{"/etc/motd:\xd6\xff", Fact::own_words("caf\xc3\xa9 \xc3"), "SN1P", {}};
  const auto heard = decode<ToCoordinator>(encode(ToCoordinator(drift)));
  ASSERT_TRUE(heard) << heard.error().message();
  EXPECT_EQ(std::get<Drift>(*heard).place, "/etc/motd:??");
  EXPECT_EQ(text_of(std::get<Drift>(*heard).detail), "caf\xc3\xa9 ?");
  std::string bytes = encode(ToCoordinator(Drift{"/etc/motd", {}, "SN1P", {}}));
  bytes[bytes.find("motd") + 1] = '\xff';
  const auto refused = decode<ToCoordinator>(bytes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, ErrorClass::corrupt);
  EXPECT_EQ(refused.error().message(), "decoding field drift.place: not UTF-8");
}

// A cut may fall into the middle of a character.
TEST(Codec, NorIsItCutToAnythingElse) {
  Drift drift;
  for (size_t i = 0; i < kMaxString; ++i) drift.place += "\xc3\xa9";
  for (const char* before : {"", "x"}) {
    Drift shifted = drift;
    shifted.place = before + drift.place;
    EXPECT_TRUE(decode<ToCoordinator>(encode(ToCoordinator(shifted))));
  }
}

TEST(Codec, APlanIsOfTheSameGroupForBothSides) {
  FullPlan full;
  full.plan.changes = {{"hosts", "/etc/\xff\xfehosts", 1, "a", "b"}};
  full.plan.findings = {
      {FindingClass::left, "/etc/\xff", Fact(FactCode::mentions, {.sn = "SN\xffP"}), {}}};
  full.plan.reloads = {"caf\xe9"};
  const std::string group = plan_group(full.plan);
  const auto heard = decode<ToCoordinator>(encode(ToCoordinator(full)));
  ASSERT_TRUE(heard);
  EXPECT_EQ(plan_group(std::get<FullPlan>(*heard).plan), group);
}

TEST(Codec, EveryVerbComesBackAsItWas) {
  expect_all_back<Verb>({
      InspectVerb{7},
      PlanVerb{7, {"SN1P"}, "SN2P", true, StuckPolicy::orphan, 41, kMeant, true, 9},
      OrderVerb{7, a_signed_order()},
      KnockVerb{},
      AliveVerb{},
  });
}

TEST(Codec, ASideDoesNotUnderstandWhatOnlyTheOtherOneSays) {
  EXPECT_FALSE(decode<ToAgent>(encode(full_hello())));
  EXPECT_FALSE(decode<ToCoordinator>(encode(Welcome{})));
  EXPECT_FALSE(decode<Verb>(encode(ExecutorState{})));
  EXPECT_FALSE(decode<ToSession>(encode(ScriptsAtWork{})));
  EXPECT_FALSE(decode<FromChild>(encode(RebindReply{})));
}

TEST(Codec, TheExecutorUnderstandsFiveVerbsAndNothingElse) {
  static_assert(std::variant_size_v<Verb> == 5);
  const auto nonsense = decode<Verb>(encode(ToSession(Progress{})));
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().what, ErrorClass::corrupt);
  EXPECT_THAT(nonsense.error().message(), HasSubstr("unknown message 'progress'"));
}

TEST(Codec, AMessageCutAnywhereIsRefused) {
  const std::string bytes = encode(full_hello());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode<ToCoordinator>(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode<ToCoordinator>(bytes + "x"));
}

TEST(Codec, AnyByteChangedIsAValueOrAnErrorAndNothingElse) {
  const std::string bytes = encode(full_hello());
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = bytes;
    changed[random() % changed.size()] = static_cast<char>(random());
    if (const auto message = decode<ToCoordinator>(changed)) (void)encode(*message);
  }
}

TEST(Codec, TheExampleOfTheProtocolDocumentIsTrue) {
  EXPECT_EQ(encode(BeatAck{3}), std::string("\x82\xa1\x74\xa8"
                                            "beat_ack"
                                            "\xa6serial\x03"));
}

TEST(Codec, TheExampleOfACureIsTrue) {
  EXPECT_EQ(encode_cure(Cure(CureCode::clear_node, {.node = "cn042"})), std::string("\x82\xa4"
                                                                                    "code"
                                                                                    "\xaa"
                                                                                    "clear_node"
                                                                                    "\xa4"
                                                                                    "node"
                                                                                    "\xa5"
                                                                                    "cn042"));
}

TEST(Codec, TheExamplesOfServerHealthAreTrue) {
  EXPECT_EQ(encode(WatchServer{"10.1.9.9", 10'000}), std::string("\x83\xa1\x74\xac"
                                                                 "watch_server"
                                                                 "\xa7"
                                                                 "address"
                                                                 "\xa8"
                                                                 "10.1.9.9"
                                                                 "\xa6"
                                                                 "for_ms"
                                                                 "\xcd\x27\x10"));
  ServerSighting sighting;
  sighting.address = "10.1.9.9";
  sighting.port = 2049;
  sighting.owner = "nfsha";
  sighting.state = ServerState::silent;
  sighting.since_ms = 1'500;
  sighting.mounts = 2;
  sighting.critical = true;
  EXPECT_EQ(encode(ServerHealthReport{{sighting}}), std::string("\x82\xa1\x74\xad"
                                                                "server_health"
                                                                "\xa7"
                                                                "servers"
                                                                "\x91\x89"
                                                                "\xa7"
                                                                "address"
                                                                "\xa8"
                                                                "10.1.9.9"
                                                                "\xa4"
                                                                "port"
                                                                "\xcd\x08\x01"
                                                                "\xa5"
                                                                "owner"
                                                                "\xa5"
                                                                "nfsha"
                                                                "\xa5"
                                                                "state"
                                                                "\xa6"
                                                                "silent"
                                                                "\xa8"
                                                                "since_ms"
                                                                "\xcd\x05\xdc"
                                                                "\xa8"
                                                                "evidence"
                                                                "\xa0\xaa"
                                                                "unanswered"
                                                                "\xa0\xa6"
                                                                "mounts"
                                                                "\x02\xa8"
                                                                "critical"
                                                                "\xc3"));
}

TEST(Codec, AHelloOfAnAgentThatDoesNotPingIsWhole) {
  // {"t": "hello", "node": "cn001"}
  const auto hello = decode<ToCoordinator>(
      "\x82\xa1t\xa5"
      "hello"
      "\xa4node\xa5"
      "cn001");
  ASSERT_TRUE(hello) << hello.error().message();
  EXPECT_TRUE(std::get<Hello>(*hello).servers.empty());
}

// Words that another version says otherwise don't hide which version it is.
TEST(Codec, AHelloOfAnotherProtocolIsReadAsFarAsItsNumber) {
  // {"t": "hello", "protocol": 1, "node": "cn001", "busy": "waiting"}
  const auto hello = decode<ToCoordinator>(
      "\x84\xa1t\xa5"
      "hello"
      "\xa8protocol\x01\xa4node\xa5"
      "cn001"
      "\xa4"
      "busy\xa7waiting");
  ASSERT_TRUE(hello) << hello.error().message();
  EXPECT_EQ(std::get<Hello>(*hello).protocol, 1U);
  EXPECT_EQ(std::get<Hello>(*hello).node, "cn001");
  // {"t": "welcome", "protocol": 99, "beat_ms": {}}
  const auto welcome = decode<ToAgent>(
      "\x83\xa1t\xa7"
      "welcome"
      "\xa8protocol\x63\xa7"
      "beat_ms\x80");
  ASSERT_TRUE(welcome) << welcome.error().message();
  EXPECT_EQ(std::get<Welcome>(*welcome).protocol, 99U);
}

TEST(Codec, UnknownKeysAreIgnoredAndAbsentOnesKeepTheirDefault) {
  // {"t": "beat_ack", "later": [1]}
  const std::string bytes =
      "\x82\xa1t\xa8"
      "beat_ack"
      "\xa5later\x91\x01";
  const auto message = decode<ToAgent>(bytes);
  ASSERT_TRUE(message) << message.error().message();
  EXPECT_EQ(std::get<BeatAck>(*message).serial, 0U);
}

TEST(Codec, NamesTheFieldThatIsWrong) {
  // {"t": "beat_ack", "serial": "x"}
  const auto message = decode<ToAgent>(
      "\x82\xa1t\xa8"
      "beat_ack"
      "\xa6serial\xa1x");
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().what, ErrorClass::corrupt);
  EXPECT_THAT(message.error().message(), HasSubstr("beat_ack.serial"));
  EXPECT_THAT(decode<ToAgent>("\x81\xa1t\xa3"
                              "foo")
                  .error()
                  .message(),
              HasSubstr("foo"));
}

TEST(Codec, RefusesSizesBeyondItsLimitsBeforeAllocatingThem) {
  EXPECT_EQ(decode<ToAgent>(std::string(kMaxMessageBytes + 1, 'x')).error().what,
            ErrorClass::limit);
  // An array that says it has 2^32-1 elements, a string of 2^31 bytes, 1,000 nested arrays.
  const std::string huge_array("\x81\xa1x\xdd\xff\xff\xff\xff", 8);
  const std::string huge_string("\x81\xa1x\xdb\x7f\xff\xff\xff", 8);
  std::string deep("\x81\xa1x", 3);
  deep.append(1'000, '\x91');
  for (const auto& bytes : {huge_array, huge_string, deep}) EXPECT_FALSE(decode<ToAgent>(bytes));
}

TEST(Codec, WhatIsSentIsAlwaysLawfulForThePeer) {
  Inventory inventory;
  for (size_t i = 0; i < kMaxItems * 2; ++i) {
    inventory.references.push_back({"k", std::string(kMaxString, 'p'), "l", "v", "o", {}});
  }
  const std::string bytes = encode(inventory);
  EXPECT_LE(bytes.size(), kMaxMessageBytes);
  EXPECT_TRUE(decode<ToCoordinator>(bytes));
}

TEST(Codec, WhatTheExecutorTellsComesBack) {
  ExecutorState state;
  state.generation = 4;
  state.last.push_back(full_outcome());
  const auto back = decode<ToSession>(encode(state));
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<ExecutorState>(*back).last.front(), full_outcome());
  const NfsServer server{"10.1.9.9", 2049, 3, "nfsha", true, {"/", "/usr"}};
  const auto servers = decode<ToSession>(encode(NfsServers{{server}}));
  ASSERT_TRUE(servers);
  EXPECT_EQ(std::get<NfsServers>(*servers).servers, std::vector<NfsServer>{server});
}

TEST(Codec, WhatAChildFindsComesBack) {
  const auto fence = decode<FromChild>(encode(FenceRead{9, 4, "SN2P", {full_outcome()}}));
  ASSERT_TRUE(fence);
  EXPECT_EQ(std::get<FenceRead>(*fence).last.front(), full_outcome());
  const auto scripts = decode<FromChild>(encode(ScriptsAtWork{{{"xcatdsklspost", 812, 99}}}));
  ASSERT_TRUE(scripts);
  EXPECT_EQ(std::get<ScriptsAtWork>(*scripts).scripts.front().start_ticks, 99U);
}

TEST(Codec, AnOutcomeKeptInAFileComesBack) {
  EXPECT_EQ(*decode_outcome(encode_outcome(full_outcome())), full_outcome());
}

TEST(Codec, JsonEscapesWhatAFileMayHold) {
  Inventory inventory;
  inventory.references.push_back({"k", "/etc/\"x\"\n", "l", "\x01", "o", ReferenceRole::move});
  const std::string json = inventory_json(inventory);
  EXPECT_THAT(json, HasSubstr("\\\"x\\\"\\n"));
  EXPECT_THAT(json, HasSubstr("\\u0001"));
}

}  // namespace
}  // namespace sn::wire
