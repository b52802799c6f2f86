// One conformance test for both stores; what only a file has comes after it.
#include "coordinator/store/state_store.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "coordinator/store/sqlite.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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
    State state = *store_->load();
    store_.reset();
    if (on_disk_) {
      open();
    } else {
      store_ = make_memory_store(std::move(state));
    }
  }
  StateStore& operator*() { return *store_; }
  StateStore* operator->() { return store_.get(); }

 private:
  void open() {
    if (!on_disk_) {
      store_ = make_memory_store();
      return;
    }
    auto store = open_sqlite_store(folder_ + "/state.db");
    ASSERT_TRUE(store) << store.error().message();
    store_ = std::move(*store);
  }
  bool on_disk_;
  std::string folder_;
  std::unique_ptr<StateStore> store_;
};

Row full_row() {
  Row row;
  row.node = "cn001";
  row.service_node = "SN2P";
  row.generation = 1'700'000'000'123ULL;
  row.state = RowState::released;
  row.from = {"SN1P", "SN0P"};
  row.takeover = "T17";
  row.planned = true;
  row.strict = true;
  row.stuck = StuckPolicy::orphan;
  row.undo = 1'700'000'000'000ULL;
  row.verdict = Verdict::partly;
  row.reason = "/etc/chrony.conf:12 not understood: it's \"odd\"";
  row.cure = "fix line 12";
  return row;
}

TakeoverHeader header() {
  TakeoverHeader takeover;
  takeover.number = 17;
  takeover.from = "SN1P";
  takeover.planned = true;
  takeover.strict = true;
  takeover.stuck = StuckPolicy::kill;
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

TakeoverNode part(const std::string& name) {
  TakeoverNode node;
  node.node = name;
  node.previous = "SN1P";
  node.to = "SN2P";
  node.from = {"SN1P"};
  node.generation = 5;
  node.verdict = Verdict::verified;
  node.told_unix_ms = 10;
  node.ended_unix_ms = 20;
  node.previous_state = RowState::queued;
  node.previous_verdict = Verdict::partly;
  node.previous_from = {"SN0P", "SN3P"};
  node.previous_takeover = "T12";
  node.restored_generation = 6;
  node.undo = 4;
  node.group = "AB";
  node.outlook = Outlook::whole;
  node.canary = true;
  node.log = {{10, "told to move to SN2P"}, {20, ""}};
  node.outcome.takeover = "T17";
  node.outcome.generation = 5;
  node.outcome.to = "SN2P";
  node.outcome.verdict = Verdict::verified;
  node.outcome.kept = 2;
  node.outcome.total_us = 9000;
  node.outcome.findings = {{FindingClass::kept, "/etc/hosts:3", "stays", ""}};
  node.outcome.changes = {
      {"resolver", "/etc/resolv.conf", 2, "nameserver 10.1.1.100", "nameserver 10.1.1.101"}};
  return node;
}

TakeoverNode untouched(const std::string& name) {
  TakeoverNode node;
  node.node = name;
  return node;
}

class StateStoreConforms : public testing::TestWithParam<bool> {
 protected:
  Shelf store_{GetParam()};
};

TEST_P(StateStoreConforms, BeginsEmpty) {
  const State state = *store_->load();
  EXPECT_TRUE(state.rows.empty());
  EXPECT_TRUE(state.takeovers.empty());
  EXPECT_EQ(state.last_generation, 0U);
  EXPECT_EQ(state.freeze, Freeze{});
}

TEST_P(StateStoreConforms, KeepsEverythingOverARestart) {
  const ServiceNodeRecord record{"SN1P", ServiceNodeState::failed, 99, "T17"};
  const Freeze freeze{true, "root", 77};
  const NodeKey key{"cn001", std::string(40, 'k'), 55};
  ASSERT_TRUE(
      store_->commit({PutRow{full_row()}, PutServiceNode{record}, PutTakeover{header()},
                      PutTakeoverNode{17, part("cn001")}, PutTakeoverNode{17, untouched("cn002")},
                      PutFreeze{freeze}, PutGeneration{~0ULL >> 1}, PutKey{key}}));
  store_.reopen();
  const State state = *store_->load();
  EXPECT_EQ(state.rows.at("cn001"), full_row());
  EXPECT_EQ(state.service_nodes.at("SN1P"), record);
  Takeover expected{header(), {}};
  expected.nodes["cn001"] = part("cn001");
  expected.nodes["cn002"] = untouched("cn002");
  EXPECT_EQ(state.takeovers.at(17), expected);
  EXPECT_EQ(state.freeze, freeze);
  EXPECT_EQ(state.last_generation, ~0ULL >> 1);
  EXPECT_THAT(state.keys, ElementsAre(key));
}

TEST_P(StateStoreConforms, TheLaterChangeWins) {
  Row row = full_row();
  row.from.clear();
  row.verdict = Verdict::verified;
  TakeoverHeader ended = header();
  ended.state = TakeoverState::finished;
  ended.strays.clear();
  ASSERT_TRUE(store_->commit({PutRow{full_row()}, PutRow{row}, PutTakeover{header()},
                              PutTakeoverNode{17, part("cn001")}}));
  ASSERT_TRUE(store_->commit({PutTakeover{ended}}));
  store_.reopen();
  const State state = *store_->load();
  EXPECT_EQ(state.rows.at("cn001"), row);
  EXPECT_EQ(state.takeovers.at(17).state, TakeoverState::finished);
  EXPECT_TRUE(state.takeovers.at(17).strays.empty());
  // A header does not wipe the nodes.
  EXPECT_EQ(state.takeovers.at(17).nodes.at("cn001"), part("cn001"));
}

TEST_P(StateStoreConforms, ForgetsRowsAndKeys) {
  const NodeKey a{"cn001", std::string(40, 'a'), 1};
  const NodeKey b{"cn001", std::string(40, 'b'), 2};
  const NodeKey c{"cn002", std::string(40, 'c'), 3};
  ASSERT_TRUE(store_->commit({PutRow{full_row()}, PutKey{a}, PutKey{b}, PutKey{c}}));
  ASSERT_TRUE(store_->commit({DropRow{"cn001"}, DropKeys{"cn001"}}));
  store_.reopen();
  const State state = *store_->load();
  EXPECT_TRUE(state.rows.empty());
  EXPECT_THAT(state.keys, ElementsAre(c));
}

TEST_P(StateStoreConforms, ForgetsATakeoverWithAllOfIt) {
  Takeover newer{header(), {}};
  newer.number = 18;
  ASSERT_TRUE(store_->commit({PutTakeover{header()}, PutTakeoverNode{17, part("cn001")},
                              PutTakeover{newer.header()}, PutTakeoverNode{18, part("cn001")}}));
  ASSERT_TRUE(store_->commit({DropTakeover{17}}));
  store_.reopen();
  newer.nodes["cn001"] = part("cn001");
  EXPECT_THAT(store_->load()->takeovers, ElementsAre(testing::Pair(18, newer)));
  // Nothing of it was left to come back under its number.
  ASSERT_TRUE(store_->commit({PutTakeover{header()}}));
  store_.reopen();
  EXPECT_TRUE(store_->load()->takeovers.at(17).nodes.empty());
  EXPECT_EQ(store_->load()->takeovers.at(17).header(), header());
}

TEST_P(StateStoreConforms, EveryWordSurvives) {
  for (const auto state :
       {RowState::observed, RowState::held, RowState::queued, RowState::released}) {
    for (const auto verdict : {Verdict::none, Verdict::verified, Verdict::partly, Verdict::blocked,
                               Verdict::failed, Verdict::pending, Verdict::held}) {
      Row row = full_row();
      row.state = state;
      row.verdict = verdict;
      ASSERT_TRUE(store_->commit({PutRow{row}}));
      EXPECT_EQ(store_->load()->rows.at("cn001"), row);
    }
  }
  for (const auto state : {ServiceNodeState::up, ServiceNodeState::suspect,
                           ServiceNodeState::failed, ServiceNodeState::maintenance}) {
    ASSERT_TRUE(store_->commit({PutServiceNode{{"SN1P", state, 0, ""}}}));
    EXPECT_EQ(store_->load()->service_nodes.at("SN1P").state, state);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, StateStoreConforms, testing::Values(false, true),
                         [](const auto& param) { return param.param ? "Sqlite" : "Memory"; });

class SqliteStore : public testing::Test {
 protected:
  ~SqliteStore() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/state.db"; }

 private:
  std::string folder_ = fresh_folder();
};

TEST_F(SqliteStore, TwoCoordinatorsCannotShareIt) {
  const auto first = open_sqlite_store(path());
  ASSERT_TRUE(first);
  const auto second = open_sqlite_store(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, ErrorClass::busy);
  EXPECT_THAT(second.error().message(), HasSubstr("another sncoordd is using it"));
}

TEST_F(SqliteStore, NamesAFileThatIsNoDatabase) {
  std::ofstream(path()) << std::string(4096, 'x');
  const auto store = open_sqlite_store(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().what, ErrorClass::corrupt);
  EXPECT_THAT(text_of(store.error().cure), HasSubstr("restore"));
}

TEST_F(SqliteStore, NamesADamagedDatabase) {
  {
    const auto store = open_sqlite_store(path());
    std::vector<StoreChange> changes;
    for (int i = 0; i < 500; ++i) {
      Row row = full_row();
      row.node = "cn" + std::to_string(i);
      changes.emplace_back(PutRow{row});
    }
    ASSERT_TRUE((*store)->commit(changes));
  }
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 2; page < 20; ++page) {
      file.seekp(page * 4096);
      file << std::string(2048, '\xff');
    }
  }
  const auto store = open_sqlite_store(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().what, ErrorClass::corrupt);
}

TEST_F(SqliteStore, RefusesANewerSchema) {
  ASSERT_TRUE(open_sqlite_store(path()));
  ASSERT_TRUE(Database::open(path())->run("PRAGMA user_version=99"));
  const auto store = open_sqlite_store(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().what, ErrorClass::superseded);
  EXPECT_THAT(text_of(store.error().why), HasSubstr("schema 99"));
}

// Nothing is carried over before version 1.0, and nothing is lost: the file stays what it was.
TEST_F(SqliteStore, RefusesAnOlderSchema) {
  ASSERT_TRUE(open_sqlite_store(path()));
  ASSERT_TRUE(Database::open(path())->run("PRAGMA user_version=3"));
  const auto store = open_sqlite_store(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().what, ErrorClass::superseded);
  EXPECT_THAT(text_of(store.error().why), HasSubstr("older sncoordd (schema 3, this one knows"));
  EXPECT_THAT(text_of(store.error().cure), HasSubstr("or move it away"));
  EXPECT_EQ(*Database::open(path())->number("PRAGMA user_version"), 3);
}

TEST_F(SqliteStore, RefusesAnotherProgramsDatabase) {
  ASSERT_TRUE(Database::open(path())->run("CREATE TABLE theirs (x)"));
  EXPECT_EQ(open_sqlite_store(path()).error().what, ErrorClass::invalid_input);
}

TEST_F(SqliteStore, NamesAWordItDoesNotKnow) {
  {
    const auto store = open_sqlite_store(path());
    ASSERT_TRUE((*store)->commit({PutRow{full_row()}}));
  }
  ASSERT_TRUE(Database::open(path())->run("UPDATE row SET verdict='splendid'"));
  const auto store = open_sqlite_store(path());
  const auto state = (*store)->load();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().what, ErrorClass::corrupt);
  EXPECT_THAT(text_of(state.error().why), HasSubstr("cn001"));
}

// A reason that is too large to be read would keep the coordinator from starting.
TEST_F(SqliteStore, WhatItKeepsItCanRead) {
  const auto store = open_sqlite_store(path());
  Row row = full_row();
  Details huge;
  huge.said = std::string(20 * 1024 * 1024, 'x');
  row.reason = Fact(FactCode::own_words, huge);
  Row other = full_row();
  other.node = "cn002";
  Details many;
  for (int i = 0; i < 9'000; ++i) many.nodes.push_back("cn" + std::to_string(i));
  other.reason = Fact(FactCode::ended_worse, many);
  ASSERT_TRUE((*store)->commit({PutRow{row}, PutRow{other}}));
  const auto state = (*store)->load();
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(state->rows.at("cn002").reason, other.reason);
}

TEST_F(SqliteStore, AFailedCommitLeavesNothing) {
  const auto store = open_sqlite_store(path());
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->commit({PutGeneration{1}}));
  auto other = Database::open(path());
  ASSERT_TRUE(other->run("DROP TABLE node_key"));
  const Status done =
      (*store)->commit({PutGeneration{2}, PutKey{{"cn001", std::string(40, 'k'), 1}}});
  EXPECT_FALSE(done);
  EXPECT_EQ(*other->number("SELECT last FROM generation"), 1);
  EXPECT_TRUE((*store)->commit({PutGeneration{3}}));
}

TEST_F(SqliteStore, IsDurable) {
  const auto store = open_sqlite_store(path());
  auto other = Database::open(path());
  EXPECT_EQ(*other->text("PRAGMA journal_mode"), "wal");
}

}  // namespace
}  // namespace sn::coordinator
