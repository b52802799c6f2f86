// What is said when, with an engine that answers late, or not as one hopes.
#include "coordinator/store/batches.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Answers when the test says so.
class SlowEngine final : public Engine {
 public:
  Result<State> load() override { return State{}; }
  Result<State> claim(WallTime) override { return State{}; }
  void begin(std::vector<StoreChange> batch, Listener& listener) override {
    EXPECT_EQ(listener_, nullptr) << "one at a time";
    asked_.push_back(batch.size());
    listener_ = &listener;
  }
  [[nodiscard]] int64_t lease_ms() const override { return 2'000; }

  void commit() { std::exchange(listener_, nullptr)->on_committed(); }
  void fence() { std::exchange(listener_, nullptr)->on_fenced({}); }

  std::vector<size_t> asked_;  // changes of each batch

 private:
  Listener* listener_ = nullptr;
};

class BatchesTest : public testing::Test {
 protected:
  static Effect change() { return Store{PutGeneration{1}}; }
  static Effect order() { return Order{"order", {"cn001", "", "", wire::Clear{}}}; }
  static Effect word() { return Send{"word", wire::BeatAck{}}; }
  void flush(Effects effects) {
    batches_.add(std::move(effects));
    batches_.flush();
  }
  void pass(int64_t ms) { now_ = now_ + ms; }

  MonotonicTime now_{1'000};
  SlowEngine engine_;
  std::vector<std::string> said_;
  Batches batches_{engine_,
                   [this](Effects& batch) {
                     for (const auto& effect : batch) {
                       if (const auto* send = std::get_if<Send>(&effect)) {
                         said_.push_back(send->connection);
                       } else if (const auto* order = std::get_if<Order>(&effect)) {
                         said_.push_back(order->connection);
                       }
                     }
                   },
                   [this] { return now_; }};
};

TEST_F(BatchesTest, NothingIsSaidBeforeItIsDurable) {
  flush({word(), change(), order()});
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_THAT(engine_.asked_, ElementsAre(1));
  engine_.commit();
  EXPECT_THAT(said_, ElementsAre("word", "order"));
  EXPECT_TRUE(batches_.idle());
}

TEST_F(BatchesTest, WhatComesMeanwhileIsTheNextBatch) {
  flush({change(), order()});
  flush({change(), change()});
  flush({word()});
  EXPECT_THAT(engine_.asked_, ElementsAre(1)) << "one in flight";
  engine_.commit();
  EXPECT_THAT(said_, ElementsAre("order"));
  EXPECT_THAT(engine_.asked_, ElementsAre(1, 2));
  engine_.commit();
  EXPECT_THAT(said_, ElementsAre("order", "word"));
}

TEST_F(BatchesTest, AnOrderThatChangesNothingAsksWhoLeads) {
  flush({order()});
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_THAT(engine_.asked_, ElementsAre(0));
  engine_.commit();
  EXPECT_THAT(said_, ElementsAre("order"));
}

TEST_F(BatchesTest, AHarmlessWordDoesNotAskAgainSoSoon) {
  flush({word()});
  EXPECT_THAT(engine_.asked_, SizeIs(1)) << "nothing is known yet";
  engine_.commit();
  pass(999);
  flush({word()});
  EXPECT_THAT(said_, SizeIs(2));
  EXPECT_THAT(engine_.asked_, SizeIs(1));
  pass(1);
  flush({word()});
  EXPECT_THAT(said_, SizeIs(2));
  EXPECT_THAT(engine_.asked_, SizeIs(2));
}

// This process stood still, and somebody else may lead since.
TEST_F(BatchesTest, AnAnswerThatCameLateIsNotEnoughForAnOrder) {
  flush({change(), order()});
  pass(501);
  engine_.commit();
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_THAT(engine_.asked_, ElementsAre(1, 0));
  engine_.commit();
  EXPECT_THAT(said_, ElementsAre("order"));
}

TEST_F(BatchesTest, WhoIsFencedIsSilent) {
  flush({change(), order()});
  flush({word()});
  engine_.fence();
  EXPECT_TRUE(batches_.fenced());
  flush({word(), order()});
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_THAT(engine_.asked_, SizeIs(1));
}

}  // namespace
}  // namespace sn::coordinator
