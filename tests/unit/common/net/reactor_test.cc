#include "common/net/reactor.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/net/context.h"

namespace sn::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Far longer than anything local needs; a limit for a test that fails.
constexpr int64_t kLongMs = 10'000;

struct Pair {
  Pair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    here.reset(fds[0]);
    there.reset(fds[1]);
  }
  void say(const std::string& text = "x") const {
    EXPECT_EQ(::write(there.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void hear_one() const {
    char byte = 0;
    EXPECT_EQ(::read(here.get(), &byte, 1), 1);
  }
  UniqueFd here, there;
};

class ReactorTest : public testing::Test {
 protected:
  // A turn that waits for nothing.
  std::vector<std::string> turn() {
    EXPECT_TRUE(reactor_.step(0));
    return std::exchange(log_, {});
  }
  Reactor::ReadyCall note(const std::string& what) {
    return [this, what](Reactor::Ready) { log_.push_back(what); };
  }
  Reactor::DeadlineCall note_time(const std::string& what) {
    return [this, what] { log_.push_back(what); };
  }
  void note_turn_end() {
    reactor_.at_turn_end([this]() -> Status {
      log_.emplace_back("end");
      return {};
    });
  }

  MonotonicTime now_{1'000};
  std::vector<std::string> log_;
  Reactor reactor_{[this] { return now_; }};
};

// ---------------------------------------------------------------- fds

TEST_F(ReactorTest, CallsWhatIsReadyAndNothingElse) {
  const Pair one, two;
  const auto first = reactor_.on(one.here.get(), Reactor::readable, note("one"));
  const auto second = reactor_.on(two.here.get(), Reactor::readable, note("two"));
  EXPECT_THAT(turn(), IsEmpty());
  two.say();
  EXPECT_THAT(turn(), ElementsAre("two"));
  EXPECT_THAT(turn(), ElementsAre("two")) << "it is not read yet";
  two.hear_one();
  EXPECT_THAT(turn(), IsEmpty());
}

TEST_F(ReactorTest, NoSourceStarvesAnother) {
  const Pair endless, other;
  // Reads one byte of many a turn, and is ready again at once.
  const auto first = reactor_.on(endless.here.get(), Reactor::readable, [&](Reactor::Ready) {
    endless.hear_one();
    endless.say();
    log_.emplace_back("endless");
  });
  const auto second = reactor_.on(other.here.get(), Reactor::readable, note("other"));
  auto always_due = reactor_.alarm({});
  always_due = reactor_.at(now_, [&] {
    log_.emplace_back("due");
    always_due.set(now_);
  });
  endless.say();
  other.say();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(turn(), ElementsAre("endless", "other", "due"));
}

TEST_F(ReactorTest, CallsInTheOrderThatWasAskedForThenAsRegistered) {
  std::array<Pair, 5> pairs;
  const auto on = [&](size_t i, const std::string& what, Reactor::Order order) {
    return reactor_.on(pairs.at(i).here.get(), Reactor::readable, note(what), order);
  };
  const auto loss = on(0, "loss", Reactor::Order::last);
  const auto death = on(1, "usual 1", Reactor::Order::usual);
  const auto words = on(2, "last words", Reactor::Order::first);
  const auto usual = on(3, "usual 2", Reactor::Order::usual);
  const auto more = on(4, "more words", Reactor::Order::first);
  for (const auto& pair : pairs) pair.say();
  EXPECT_THAT(turn(), ElementsAre("last words", "more words", "usual 1", "usual 2", "loss"));
}

TEST_F(ReactorTest, AFailedFdIsReadyForWhatItIsWatchedFor) {
  Pair pair;
  Reactor::Ready seen;
  const auto watch =
      reactor_.on(pair.here.get(), Reactor::readable, [&](Reactor::Ready ready) { seen = ready; });
  pair.there.reset();
  (void)turn();
  EXPECT_TRUE(seen.to_read);
}

TEST_F(ReactorTest, OneFdMayBeWatchedForBoth) {
  const Pair pair;
  std::vector<Reactor::Ready> seen;
  auto both = reactor_.on(pair.here.get(), Reactor::readable | Reactor::writable,
                          [&](Reactor::Ready ready) { seen.push_back(ready); });
  (void)turn();
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_FALSE(seen[0].to_read);
  EXPECT_TRUE(seen[0].to_write);
  pair.say();
  (void)turn();
  EXPECT_TRUE(seen.at(1).to_read && seen.at(1).to_write);
  both.wants(Reactor::readable);
  (void)turn();
  EXPECT_TRUE(seen.at(2).to_read);
  EXPECT_FALSE(seen.at(2).to_write);
  both.wants(Reactor::paused);
  (void)turn();
  EXPECT_THAT(seen, SizeIs(3));
}

TEST_F(ReactorTest, OneFdMayHaveTwoRegistrations) {
  const Pair pair;
  const auto reads = reactor_.on(pair.here.get(), Reactor::readable, note("read"));
  auto writes = reactor_.on(pair.here.get(), Reactor::writable, note("write"));
  EXPECT_THAT(turn(), ElementsAre("write"));
  pair.say();
  EXPECT_THAT(turn(), ElementsAre("read", "write"));
  writes.reset();
  EXPECT_THAT(turn(), ElementsAre("read"));
}

// ---------------------------------------------------------------- ends of registrations

TEST_F(ReactorTest, ARegistrationMayEndInItsOwnCallAndInAnothers) {
  const Pair one, two, three;
  const auto held = std::make_shared<int>(7);
  Reactor::Watch own, other, last;
  own = reactor_.on(one.here.get(), Reactor::readable, [&, held](Reactor::Ready) {
    own.reset();
    other.reset();
    log_.push_back("own " + std::to_string(*held));  // what was captured is still there
  });
  other = reactor_.on(two.here.get(), Reactor::readable, note("other"));
  last = reactor_.on(three.here.get(), Reactor::readable, note("last"));
  for (const auto* pair : {&one, &two, &three}) pair->say();
  EXPECT_THAT(turn(), ElementsAre("own 7", "last"));
  EXPECT_THAT(turn(), ElementsAre("last"));
  EXPECT_EQ(held.use_count(), 1) << "it is let go";
}

TEST_F(ReactorTest, ANewRegistrationOfTheSameNumberHasNothingOfTheOldOne) {
  Pair first, second;
  Reactor::Watch watch, old;
  watch = reactor_.on(first.here.get(), Reactor::readable, [&](Reactor::Ready) {
    log_.emplace_back("first");
    // The second pair's fd gets the number that the old one was ready under.
    old.reset();
    const int number = second.here.get();
    second.here.reset();
    const Pair fresh;
    ASSERT_EQ(::dup2(fresh.here.get(), number), number);
    second.here.reset(number);
    old = reactor_.on(number, Reactor::readable, note("fresh"));
  });
  old = reactor_.on(second.here.get(), Reactor::readable, note("old"));
  first.say();
  second.say();
  EXPECT_THAT(turn(), ElementsAre("first"));
}

TEST_F(ReactorTest, WhatIsRegisteredInACallIsSeenInTheNextTurn) {
  const Pair one, two;
  Reactor::Watch late;
  auto watch = reactor_.on(one.here.get(), Reactor::readable, [&](Reactor::Ready) {
    one.hear_one();
    late = reactor_.on(two.here.get(), Reactor::readable, note("late"));
  });
  one.say();
  two.say();
  EXPECT_THAT(turn(), IsEmpty());
  EXPECT_THAT(turn(), ElementsAre("late"));
  // Once more, over the one that is there.
  late = reactor_.on(two.here.get(), Reactor::readable, note("later"));
  EXPECT_THAT(turn(), ElementsAre("later"));
}

TEST_F(ReactorTest, ARegistrationMayOutliveTheReactor) {
  const Pair pair;
  std::optional<Reactor> brief(std::in_place);
  auto watch = brief->on(pair.here.get(), Reactor::readable, note("never"));
  auto alarm = brief->at(now_, note_time("never"));
  brief.reset();
  watch.wants(Reactor::writable);
  alarm.set(now_);
}

// ---------------------------------------------------------------- deadlines

TEST_F(ReactorTest, DeadlinesRingOnceInTheirOrder) {
  const auto third = reactor_.at({1'030}, note_time("third"));
  const auto first = reactor_.at({1'010}, note_time("first"));
  const auto second = reactor_.at({1'010}, note_time("second"));
  EXPECT_THAT(turn(), IsEmpty());
  now_ = {1'010};
  EXPECT_THAT(turn(), ElementsAre("first", "second"));
  now_ = {1'500};
  EXPECT_THAT(turn(), ElementsAre("third"));
  EXPECT_THAT(turn(), IsEmpty());
}

TEST_F(ReactorTest, ADeadlineInThePastRingsInTheNextTurn) {
  auto alarm = reactor_.alarm({});
  alarm = reactor_.at({1}, [&] {
    log_.emplace_back("rang");
    if (now_.ms == 1'000) alarm.set({2});
    now_ = {1'001};
  });
  EXPECT_THAT(turn(), ElementsAre("rang")) << "and not twice in a turn";
  // It is not waited for either.
  ASSERT_TRUE(reactor_.step());
  EXPECT_THAT(log_, ElementsAre("rang"));
}

TEST_F(ReactorTest, ADeadlineMayBeMovedClearedAndEndedByAnothersCall) {
  Reactor::Alarm moved, cleared, ended;
  const auto first = reactor_.at({1'000}, [&] {
    moved.set({1'100});
    cleared.clear();
    ended.reset();
  });
  moved = reactor_.at({1'000}, note_time("moved"));
  cleared = reactor_.at({1'000}, note_time("cleared"));
  ended = reactor_.at({1'000}, note_time("ended"));
  EXPECT_THAT(turn(), IsEmpty());
  now_ = {1'100};
  EXPECT_THAT(turn(), ElementsAre("moved"));
}

TEST(Reactor, WaitsForItsNextDeadlineAndNoLonger) {
  Reactor reactor;
  bool rang = false;
  const MonotonicTime begin = reactor.now();
  const auto soon = reactor.at(begin + 20, [&] { rang = true; });
  const auto never = reactor.at({INT64_MAX}, [] { FAIL(); });
  ASSERT_TRUE(reactor.step(kLongMs));
  EXPECT_TRUE(rang);
  EXPECT_GE(reactor.now() - begin, 20);
  EXPECT_LT(reactor.now() - begin, kLongMs);
}

// ---------------------------------------------------------------- turns

TEST_F(ReactorTest, TheTurnsEndComesAfterEverythingAndOnce) {
  const Pair one, two;
  const auto first = reactor_.on(one.here.get(), Reactor::readable, note("one"));
  const auto second = reactor_.on(two.here.get(), Reactor::readable, note("two"));
  const auto due = reactor_.at(now_, note_time("due"));
  note_turn_end();
  one.say();
  two.say();
  EXPECT_THAT(turn(), ElementsAre("one", "two", "due", "end"));
}

TEST_F(ReactorTest, AnErrorOfTheTurnsEndEndsTheLoop) {
  int turns = 0;
  auto again = reactor_.alarm({});
  again = reactor_.at(now_, [&] { again.set(now_); });
  reactor_.at_turn_end([&]() -> Status {
    if (++turns < 3) return {};
    return fail(ErrorClass::limit, "committing", "it", "no space");
  });
  const Status ended = reactor_.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().what, ErrorClass::limit);
  EXPECT_EQ(turns, 3);
}

TEST_F(ReactorTest, AfterStopNothingMoreIsCalled) {
  const Pair one, two;
  const auto stops = reactor_.on(
      two.here.get(), Reactor::readable,
      [&](Reactor::Ready) {
        log_.emplace_back("stop");
        reactor_.stop();
      },
      Reactor::Order::first);
  const auto other = reactor_.on(one.here.get(), Reactor::readable, note("other"));
  const auto due = reactor_.at(now_, note_time("due"));
  note_turn_end();
  one.say();
  two.say();
  ASSERT_TRUE(reactor_.run());
  EXPECT_THAT(log_, ElementsAre("stop"));
}

TEST_F(ReactorTest, AnFdThatIsNoneIsToldAndDoesNotEndTheLoop) {
  bool told = false;
  const int closed = ::dup(STDERR_FILENO);
  ::close(closed);
  const auto watch = reactor_.on(closed, Reactor::readable, [&](Reactor::Ready) { told = true; });
  (void)turn();
  EXPECT_TRUE(told);
}

TEST(Reactor, SocketsAndFdsAreOneThing) {
  const auto context = Context::create();
  ASSERT_TRUE(context);
  auto server = Socket::open(*context, SocketType::router, {});
  auto client = Socket::open(*context, SocketType::dealer, {});
  ASSERT_TRUE(server && client);
  ASSERT_TRUE(server->bind("tcp://127.0.0.1:*"));
  ASSERT_TRUE(client->connect(server->last_endpoint()));
  Reactor reactor;
  const Pair pair;
  int messages = 0, bytes = 0;
  const auto sockets = reactor.on(*server, Reactor::readable, [&](Reactor::Ready) {
    // One a turn: what is left must be seen again, though ZMQ_FD is edge-triggered.
    const auto received = server->receive();
    if (received && *received) ++messages;
    if (messages == 3) reactor.stop();
  });
  const auto fds = reactor.on(pair.here.get(), Reactor::readable, [&](Reactor::Ready) {
    pair.hear_one();
    ++bytes;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->send("hello"));
  });
  const auto limit = reactor.at(reactor.now() + kLongMs, [&] { reactor.stop(); });
  pair.say();
  ASSERT_TRUE(reactor.run());
  EXPECT_EQ(bytes, 1);
  EXPECT_EQ(messages, 3);
}

}  // namespace
}  // namespace sn::net
