// One conformance test for both engines; what only a file has comes after it.
#include "coordinator/store/engine.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <utility>

#include "coordinator/store/sqlite.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What became of it, of an engine that says so at once.
Status commit(Engine& engine, std::vector<StoreChange> batch) {
  struct Heard final : Engine::Listener {
    std::optional<Status> said;
    void on_committed() override { said = Status{}; }
    void on_fenced(const Error& why) override { said = tl::unexpected(why); }
  } heard;
  engine.begin(std::move(batch), heard);
  return heard.said.value_or(fail(ErrorClass::internal, "", "", "nothing was said"));
}

std::string fresh_folder() {
  static int serial = 0;
  const std::string folder =
      testing::TempDir() + "store_" + std::to_string(::getpid()) + "_" + std::to_string(++serial);
  std::filesystem::create_directories(folder);
  return folder;
}

// A store that can be closed and opened again, as by a restart.
class Shelf {
 public:
  explicit Shelf(bool on_disk) : on_disk_(on_disk) {
    if (on_disk_) folder_ = fresh_folder();
    open();
  }
  ~Shelf() {
    store_.reset();
    if (on_disk_) std::filesystem::remove_all(folder_);
  }
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  void reopen() {
    const State state = *store_->load();
    store_.reset();
    if (on_disk_) {
      open();
    } else {
      store_ = make_memory_engine(state);
    }
  }
  Engine& operator*() { return *store_; }
  Engine* operator->() { return store_.get(); }

 private:
  void open() {
    if (!on_disk_) {
      store_ = make_memory_engine();
      return;
    }
    auto store = open_sqlite_engine(folder_ + "/state.db");
    ASSERT_TRUE(store) << store.error().message();
    store_ = std::move(*store);
  }
  bool on_disk_;
  std::string folder_;
  std::unique_ptr<Engine> store_;
};

TakeoverHeader header() {
  TakeoverHeader takeover;
  takeover.back_to = "SN1P";
  takeover.number = 17;
  takeover.from = "SN1P";
  takeover.terms = {true, true, StuckPolicy::kill};
  takeover.by = "root";
  takeover.started_unix_ms = 1'700'000'000'000;
  takeover.timeout_ms = 60'000;
  takeover.undoes = 16;
  takeover.state = TakeoverState::stopped;
  takeover.waves = {2, 64, 3};
  takeover.why = "canary cn001 ended failed";
  takeover.resumed_unix_ms = 1'700'000'000'500;
  takeover.strays = {{"cn500", "SN3P", 2}, {"cn400", "", 1}};
  return takeover;
}

// cn001's in T17.
Assignment full() {
  Assignment one;
  one.node = "cn001";
  one.serial = 3;
  one.takeover = 17;
  one.generation = 1'700'000'000'123ULL;
  one.restores = 2;
  one.to = "SN2P";
  one.from = {"SN1P", "SN0P"};
  one.arrived = true;
  one.undo = 1'700'000'000'000ULL;
  one.terms = {true, true, StuckPolicy::orphan};
  one.group = "AB";
  one.outlook = Outlook::whole;
  one.canary = true;
  one.state = AssignmentState::released;
  one.verdict = Verdict::partly;
  one.reason = "/etc/chrony.conf:12 not understood: it's \"odd\"";
  one.cure = "fix line 12";
  one.told_unix_ms = 10;
  one.ended_unix_ms = 20;
  one.log = {{10, "told to move to SN2P"}, {20, ""}};
  one.outcome.takeover = "T17";
  one.outcome.generation = 5;
  one.outcome.to = "SN2P";
  one.outcome.verdict = Verdict::verified;
  one.outcome.kept = 2;
  one.outcome.total_us = 9000;
  one.outcome.findings = {{FindingClass::kept, "/etc/hosts:3", "stays", ""}};
  one.outcome.changes = {
      {"resolver", "/etc/resolv.conf", 2, "nameserver 10.1.1.100", "nameserver 10.1.1.101"}};
  return one;
}

// The inventory's of a node.
Assignment first(const std::string& node) {
  Assignment one;
  one.node = node;
  one.serial = 1;
  one.to = "SN1P";
  return one;
}

class EngineConforms : public testing::TestWithParam<bool> {
 protected:
  Shelf store_{GetParam()};
};

TEST_P(EngineConforms, BeginsEmpty) {
  const State state = *store_->load();
  EXPECT_TRUE(state.nodes.empty());
  EXPECT_TRUE(state.takeovers.empty());
  EXPECT_EQ(state.last_generation, 0U);
  EXPECT_EQ(state.freeze, Freeze{});
}

TEST_P(EngineConforms, KeepsEverythingOverARestart) {
  const ServiceNodeRecord record{"SN1P", ServiceNodeState::failed, 99, "T17"};
  const Freeze freeze{true, "root", 77};
  const Acknowledgement said{"cn001", Fact(FactCode::drift_notice, {}, "x"), "root", 88};
  const NodeKey key{"cn001", std::string(40, 'k'), 55};
  const FeedKey wall{"wall", std::string(40, 'w'), 56, "root"};
  const FeedKey gone{"gone", std::string(40, 'g'), 57, "root"};
  ASSERT_TRUE(commit(*store_, {PutFeedKey{wall}, PutFeedKey{gone}, DropFeedKey{"gone"}}));
  ASSERT_TRUE(
      commit(*store_, {PutServiceNode{record}, PutTakeover{header()}, PutAssignment{first("cn001")},
                       PutAssignment{full()}, PutAssignment{first("cn002")}, PutFreeze{freeze},
                       PutAcknowledgement{said}, PutGeneration{~0ULL >> 1}, PutKey{key}}));
  store_.reopen();
  const State state = *store_->load();
  EXPECT_EQ(state.feed_keys, (std::map<std::string, FeedKey>{{"wall", wall}}));
  EXPECT_EQ(state.nodes.at("cn001"), (NodeRecord{"cn001", {first("cn001"), full()}}));
  EXPECT_EQ(state.nodes.at("cn002"), (NodeRecord{"cn002", {first("cn002")}}));
  EXPECT_EQ(state.service_nodes.at("SN1P"), record);
  EXPECT_EQ(state.takeovers.at(17), (Takeover{header(), {"cn001"}}));
  EXPECT_EQ(state.freeze, freeze);
  EXPECT_EQ(state.acknowledgements.at("cn001"), said);
  EXPECT_EQ(state.last_generation, ~0ULL >> 1);
  EXPECT_THAT(state.keys, ElementsAre(key));
}

TEST_P(EngineConforms, TheLaterChangeWins) {
  Assignment later = full();
  later.from.clear();
  later.verdict = Verdict::verified;
  TakeoverHeader ended = header();
  ended.state = TakeoverState::finished;
  ended.strays.clear();
  ASSERT_TRUE(
      commit(*store_, {PutTakeover{header()}, PutAssignment{full()}, PutAssignment{later}}));
  ASSERT_TRUE(commit(*store_, {PutTakeover{ended}}));
  store_.reopen();
  const State state = *store_->load();
  EXPECT_THAT(state.nodes.at("cn001").assignments, ElementsAre(later));
  EXPECT_EQ(state.takeovers.at(17).state, TakeoverState::finished);
  EXPECT_TRUE(state.takeovers.at(17).strays.empty());
  // A header does not wipe the nodes.
  EXPECT_THAT(state.takeovers.at(17).nodes, ElementsAre("cn001"));
}

TEST_P(EngineConforms, ForgetsAssignmentsAndKeys) {
  const NodeKey a{"cn001", std::string(40, 'a'), 1};
  const NodeKey b{"cn001", std::string(40, 'b'), 2};
  const NodeKey c{"cn002", std::string(40, 'c'), 3};
  ASSERT_TRUE(
      commit(*store_, {PutTakeover{header()}, PutAssignment{first("cn001")}, PutAssignment{full()},
                       PutAssignment{first("cn002")}, PutKey{a}, PutKey{b}, PutKey{c}}));
  ASSERT_TRUE(
      commit(*store_, {DropAssignment{"cn001", 1}, DropAssignment{"cn002", 1}, DropKeys{"cn001"}}));
  store_.reopen();
  const State state = *store_->load();
  EXPECT_THAT(state.nodes.at("cn001").assignments, ElementsAre(full()));
  EXPECT_FALSE(state.nodes.contains("cn002")) << "nothing is left of it";
  EXPECT_THAT(state.keys, ElementsAre(c));
}

TEST_P(EngineConforms, ForgetsATakeoverWithAllOfIt) {
  TakeoverHeader newer = header();
  newer.number = 18;
  ASSERT_TRUE(commit(*store_, {PutTakeover{header()}, PutTakeover{newer}}));
  ASSERT_TRUE(commit(*store_, {DropTakeover{17}}));
  store_.reopen();
  EXPECT_THAT(store_->load()->takeovers, ElementsAre(testing::Pair(18, Takeover{newer, {}})));
  // Nothing of it was left to come back under its number.
  TakeoverHeader again = header();
  again.strays.clear();
  ASSERT_TRUE(commit(*store_, {PutTakeover{again}}));
  store_.reopen();
  EXPECT_EQ(store_->load()->takeovers.at(17), (Takeover{again, {}}));
}

TEST_P(EngineConforms, EveryWordSurvives) {
  for (const auto& [state, word] : Words<AssignmentState>::kAll) {
    for (const auto& [verdict, also] : Words<Verdict>::kAll) {
      Assignment one = first("cn001");
      one.state = state;
      one.verdict = verdict;
      ASSERT_TRUE(commit(*store_, {PutAssignment{one}}));
      EXPECT_THAT(store_->load()->nodes.at("cn001").assignments, ElementsAre(one));
    }
  }
  for (const auto& [state, word] : Words<ServiceNodeState>::kAll) {
    ASSERT_TRUE(commit(*store_, {PutServiceNode{{"SN1P", state, 0, ""}}}));
    EXPECT_EQ(store_->load()->service_nodes.at("SN1P").state, state);
  }
}

TEST_P(EngineConforms, WhoLeadsHasAnEpochOfItsOwn) {
  const State led = *store_->claim({1'790'000'000'000});
  EXPECT_EQ(led.epoch, 1'790'000'000'000U) << "as the clock says: newer than what a backup had";
  store_.reopen();
  EXPECT_EQ(store_->load()->epoch, led.epoch) << "looking takes nothing";
  const State next = *store_->claim({1'780'000'000'000});
  EXPECT_EQ(next.epoch, led.epoch + 1) << "never an older one, whatever the clock says";
  ASSERT_TRUE(commit(*store_, {PutGeneration{3}}));
  ASSERT_TRUE(*store_->fold());
  store_.reopen();
  EXPECT_EQ(store_->load()->epoch, next.epoch);
  EXPECT_EQ(store_->load()->last_generation, 3U);
}

TEST_P(EngineConforms, FilesAreNoPartOfTheState) {
  TakeoverHeader filed = header();
  filed.strays.clear();
  filed.filed = {{{"SN2P"}, 1, {{Verdict::verified, 1}}, 0}};
  TakeoverPart part;
  static_cast<Assignment&>(part) = full();
  ASSERT_TRUE(commit(
      *store_, {PutTakeover{header()}, PutAssignment{first("cn001")}, PutAssignment{full()}}));
  ASSERT_TRUE(commit(*store_, {FileTakeover{header()}, FileParts{17, 1, {part}},
                               DropAssignment{"cn001", full().serial}, PutTakeover{filed}}));
  for (int i = 0; i < 2; ++i) {
    const State state = *store_->load();
    EXPECT_EQ(state.takeovers.at(17), (Takeover{filed, {}}));
    EXPECT_THAT(state.nodes.at("cn001").assignments, ElementsAre(first("cn001")));
    (void)store_->fold();
  }
}

TEST_P(EngineConforms, AnEmptyBatchIsAnswered) {
  EXPECT_TRUE(commit(*store_, {}));
  EXPECT_EQ(store_->unfolded(), 0U) << "and is kept nowhere";
}

INSTANTIATE_TEST_SUITE_P(Both, EngineConforms, testing::Values(false, true),
                         [](const auto& param) { return param.param ? "Sqlite" : "Memory"; });

class SqliteEngine : public testing::Test {
 protected:
  ~SqliteEngine() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/state.db"; }

 private:
  std::string folder_ = fresh_folder();
};

TEST_F(SqliteEngine, TwoCoordinatorsCannotShareIt) {
  const auto first = open_sqlite_engine(path());
  ASSERT_TRUE(first);
  const auto second = open_sqlite_engine(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, ErrorClass::busy);
  EXPECT_THAT(second.error().message(), HasSubstr("another sncoordd is using it"));
}

TEST_F(SqliteEngine, NamesAFileThatIsNoDatabase) {
  std::ofstream(path()) << std::string(4096, 'x');
  const auto store = open_sqlite_engine(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().what, ErrorClass::corrupt);
  EXPECT_THAT(text_of(store.error().cure), HasSubstr("restore"));
}

TEST_F(SqliteEngine, NamesADamagedDatabase) {
  {
    const auto store = open_sqlite_engine(path());
    std::vector<StoreChange> changes;
    for (int i = 0; i < 500; ++i) {
      changes.emplace_back(PutAssignment{first("cn" + std::to_string(i))});
    }
    ASSERT_TRUE(commit(**store, changes));
  }
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 2; page < 20; ++page) {
      file.seekp(page * 4096);
      file << std::string(2048, '\xff');
    }
  }
  const auto store = open_sqlite_engine(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().what, ErrorClass::corrupt);
}

TEST_F(SqliteEngine, RefusesANewerSchema) {
  ASSERT_TRUE(open_sqlite_engine(path()));
  ASSERT_TRUE(Database::open(path())->run("PRAGMA user_version=99"));
  const auto store = open_sqlite_engine(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().what, ErrorClass::superseded);
  EXPECT_THAT(text_of(store.error().why), HasSubstr("schema 99"));
}

// Nothing is carried over before version 1.0, and nothing is lost: the file stays what it was.
TEST_F(SqliteEngine, RefusesAnOlderSchema) {
  ASSERT_TRUE(open_sqlite_engine(path()));
  ASSERT_TRUE(Database::open(path())->run("PRAGMA user_version=3"));
  const auto store = open_sqlite_engine(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().what, ErrorClass::superseded);
  EXPECT_THAT(text_of(store.error().why), HasSubstr("older sncoordd (schema 3, this one knows"));
  EXPECT_THAT(text_of(store.error().cure), HasSubstr("or move it away"));
  EXPECT_EQ(*Database::open(path())->number("PRAGMA user_version"), 3);
}

TEST_F(SqliteEngine, RefusesAnotherProgramsDatabase) {
  ASSERT_TRUE(Database::open(path())->run("CREATE TABLE theirs (x)"));
  EXPECT_EQ(open_sqlite_engine(path()).error().what, ErrorClass::invalid_input);
}

TEST_F(SqliteEngine, NamesAnAssignmentOfNoTakeover) {
  const auto store = open_sqlite_engine(path());
  ASSERT_TRUE(commit(**store, {PutAssignment{full()}}));
  const auto state = (*store)->load();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().what, ErrorClass::corrupt);
  EXPECT_THAT(text_of(state.error().why), HasSubstr("T17"));
}

// What follows a record that is not the one that was there is another cluster's, or another day's.
TEST_F(SqliteEngine, NamesARecordThatWasExchanged) {
  const auto store = open_sqlite_engine(path());
  for (const uint64_t generation : {1, 2, 3}) {
    ASSERT_TRUE(commit(**store, {PutGeneration{generation}}));
  }
  auto other = Database::open(path());
  ASSERT_TRUE(
      other->run("UPDATE record SET bytes=(SELECT bytes FROM record WHERE number=1) "
                 "WHERE number=2"));
  auto state = (*store)->load();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().what, ErrorClass::corrupt);
  EXPECT_THAT(text_of(state.error().why), HasSubstr("record 2: it has another number"));
  EXPECT_THAT(text_of(state.error().cure), HasSubstr("restore"));
  ASSERT_TRUE(other->run("DELETE FROM record WHERE number=2"));
  state = (*store)->load();
  ASSERT_FALSE(state);
  EXPECT_THAT(text_of(state.error().why), HasSubstr("record 2: it has another number"));
}

// A fold changes nothing, whenever it happens and however much of the log it takes.
TEST_F(SqliteEngine, FoldsALogWithoutChangingIt) {
  const NodeKey a{"cn001", std::string(40, 'a'), 1};
  const NodeKey b{"cn002", std::string(40, 'b'), 2};
  const NodeKey c{"cn001", std::string(40, 'c'), 3};
  const std::vector<std::vector<StoreChange>> batches = {
      {PutKey{a}, PutKey{b}, PutGeneration{5}, PutFreeze{{true, "root", 7}}},
      {PutTakeover{header()}, PutAssignment{first("cn001")}, PutAssignment{full()}},
      {DropKeys{"cn001"}, PutKey{c}, PutGeneration{6}},
      {DropAssignment{"cn001", 1}, PutAcknowledgement{{"cn001", Fact(FactCode::down), "root", 8}}},
      {DropAcknowledgement{"cn001"}, PutServiceNode{{"SN1P", ServiceNodeState::failed, 9, "T17"}}},
      {DropKeys{"cn002"}, DropAssignment{"cn001", 3}, DropTakeover{17}}};
  for (size_t after = 0; after <= batches.size(); ++after) {
    const std::string folder = fresh_folder();
    const auto folded = open_sqlite_engine(folder + "/state.db");
    const auto plain = make_memory_engine();
    for (size_t i = 0; i < batches.size(); ++i) {
      ASSERT_TRUE(commit(**folded, batches[i]));
      ASSERT_TRUE(commit(*plain, batches[i]));
      if (i + 1 >= after) {
        ASSERT_TRUE(*(*folded)->fold());
      }
      const State state = *(*folded)->load();
      const State expected = *plain->load();
      EXPECT_EQ(state.nodes, expected.nodes);
      EXPECT_EQ(state.takeovers, expected.takeovers);
      EXPECT_EQ(state.service_nodes, expected.service_nodes);
      EXPECT_EQ(state.freeze, expected.freeze);
      EXPECT_EQ(state.last_generation, expected.last_generation);
      EXPECT_EQ(state.acknowledgements, expected.acknowledgements);
      EXPECT_EQ(state.keys, expected.keys);
    }
    std::filesystem::remove_all(folder);
  }
}

TEST_F(SqliteEngine, FoldsInSlices) {
  const auto store = open_sqlite_engine(path());
  std::vector<StoreChange> batch;
  for (int i = 0; i < 1'000; ++i) {
    batch.emplace_back(PutAssignment{first("cn" + std::to_string(1000 + i))});
  }
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(commit(**store, batch));
  auto other = Database::open(path());
  const size_t all = (*store)->unfolded();
  EXPECT_GT(all, kFoldSlice);
  ASSERT_TRUE(*(*store)->fold());
  EXPECT_GT(*other->number("SELECT count(*) FROM record"), 0);
  EXPECT_LT((*store)->unfolded(), all);
  while (*(*store)->fold()) {
  }
  EXPECT_EQ((*store)->unfolded(), 0U);
  EXPECT_EQ(*other->number("SELECT count(*) FROM record"), 0);
  EXPECT_EQ(*other->number("SELECT count(*) FROM fold"), 1'000);
  EXPECT_FALSE(*(*store)->fold()) << "nothing is left to do";
  EXPECT_EQ((*store)->load()->nodes.size(), 1'000U);
  ASSERT_TRUE(commit(**store, {PutGeneration{7}}));
  EXPECT_EQ((*store)->load()->last_generation, 7U);
}

// A reason that is too large to be read would keep the coordinator from starting.
TEST_F(SqliteEngine, WhatItKeepsItCanRead) {
  const auto store = open_sqlite_engine(path());
  Assignment one = first("cn001");
  Details huge;
  huge.said = std::string(20 * 1024 * 1024, 'x');
  one.reason = Fact(FactCode::own_words, huge);
  Assignment other = first("cn002");
  Details many;
  for (int i = 0; i < 9'000; ++i) many.nodes.push_back("cn" + std::to_string(i));
  other.reason = Fact(FactCode::ended_worse, many);
  ASSERT_TRUE(commit(**store, {PutAssignment{one}, PutAssignment{other}}));
  const auto state = (*store)->load();
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(state->nodes.at("cn002").assignments.front().reason, other.reason);
}

TEST_F(SqliteEngine, AFailedCommitLeavesNothing) {
  const auto store = open_sqlite_engine(path());
  ASSERT_TRUE(store);
  ASSERT_TRUE(commit(**store, {PutGeneration{1}}));
  auto other = Database::open(path());
  // Of a batch of two records the second can't be written.
  ASSERT_TRUE(
      other->run("CREATE TRIGGER full BEFORE INSERT ON record WHEN NEW.number = 3 "
                 "BEGIN SELECT RAISE(FAIL, 'full'); END"));
  std::vector<StoreChange> large;
  for (int i = 0; i < 30'000; ++i) {
    large.emplace_back(PutAssignment{first("cn" + std::to_string(i))});
  }
  large.emplace_back(PutGeneration{2});
  EXPECT_FALSE(commit(**store, large));
  EXPECT_EQ((*store)->load()->last_generation, 1U);
  EXPECT_TRUE((*store)->load()->nodes.empty());
  ASSERT_TRUE(other->run("DROP TRIGGER full"));
  ASSERT_TRUE(commit(**store, large));
  EXPECT_EQ((*store)->load()->last_generation, 2U);
}

TEST_F(SqliteEngine, ReadsFilesWhereverTheyAre) {
  const auto store = open_sqlite_engine(path());
  std::vector<TakeoverPart> parts(600);
  for (size_t i = 0; i < parts.size(); ++i) {
    static_cast<Assignment&>(parts[i]) = full();
    parts[i].node = "cn" + std::to_string(1000 + i);
    parts[i].previous = "SN1P";
    parts[i].since = 19;
  }
  const std::vector<TakeoverPart> first(parts.begin(), parts.begin() + 512),
      rest(parts.begin() + 512, parts.end());
  TakeoverHeader other = header();
  other.number = 18;
  ASSERT_TRUE(commit(**store, {FileTakeover{header()}, FileParts{17, 1, first},
                               FileParts{17, 2, rest}, FileTakeover{other}}));
  for (int i = 0; i < 2; ++i) {
    const auto read = read_filed(path(), 17);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(static_cast<const TakeoverHeader&>(*read), header());
    ASSERT_EQ(read->nodes.size(), 600U);
    EXPECT_EQ(read->nodes.at("cn1599"), parts.back());
    ASSERT_TRUE((*store)->fold());
  }
  EXPECT_LT((*store)->unfolded(), 1U);
  ASSERT_TRUE(commit(**store, {DropTakeover{17}}));
  while (*(*store)->fold()) {
  }
  EXPECT_FALSE(read_filed(path(), 17)) << "it goes with the takeover";
  EXPECT_TRUE(read_filed(path(), 18));
}

TEST_F(SqliteEngine, IsDurable) {
  const auto store = open_sqlite_engine(path());
  auto other = Database::open(path());
  EXPECT_EQ(*other->text("PRAGMA journal_mode"), "wal");
}

}  // namespace
}  // namespace sn::coordinator
