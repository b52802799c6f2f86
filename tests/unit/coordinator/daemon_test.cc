// The whole coordinator in one process: real sockets, real store, agents that only talk.
#include "coordinator/daemon.h"
#include "common/wire/plan_group.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <thread>

#include "common/net/reactor.h"
#include "common/net/zap_handler.h"
#include "common/orders/signed_orders.h"
#include "common/wire/codec.h"
#include "coordinator/log.h"
#include "coordinator/snctl/client.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

constexpr int64_t kDeadlineMs = 20'000;

// Of 127/8, this process's alone: tests run side by side, each with both ports of its own
// coordinator.
std::string own_loopback_address() {
  const auto pid = static_cast<uint32_t>(::getpid());  // of 22 bits: PID_MAX_LIMIT
  return "127." + std::to_string(1 + (pid >> 16 & 0x3f)) + "." + std::to_string(pid >> 8 & 0xff) +
         "." + std::to_string(pid & 0xff);
}

// A node that answers everything as a good one would, at once.
class FakeAgent {
 public:
  FakeAgent(const net::Context& context, std::string node, const std::string& server_key,
            const std::string& endpoint)
      : node_(std::move(node)), endpoint_(endpoint), keys_(*net::CurveKeys::generate()) {
    net::SocketOptions options;
    options.curve = &keys_;
    options.curve_server_key = server_key;
    options.reconnect_ms = 10;
    socket_.emplace(*net::Socket::open(context, net::SocketType::dealer, options));
  }

  [[nodiscard]] const std::string& public_key() const { return keys_.public_key(); }
  [[nodiscard]] const net::Socket& socket() const { return *socket_; }

  void connect() {
    EXPECT_TRUE(socket_->connect(endpoint_));
    hello();
  }

  void hello() {
    wire::Hello hello;
    hello.node = node_;
    hello.mode = "act";
    hello.confined = true;
    hello.version = "0";
    hello.instance = "1";
    hello.path = endpoint_;
    hello.generation = generation_;
    hello.generation_target = generation_ == 0 ? "" : bound_to_;
    hello.bindings = {{bound_to_, 9}};
    if (last_) hello.last = {*last_};
    say(hello);
  }

  // Reads and answers what is there.
  void work() {
    while (true) {
      auto received = socket_->receive();
      if (!received || !*received) return;
      const auto message = wire::decode<wire::ToAgent>((*received)->bytes);
      ASSERT_TRUE(message);
      if (std::holds_alternative<wire::Welcome>(*message)) welcomed = true;
      if (const auto* ask = std::get_if<wire::Preflight>(&*message)) plan(*ask);
      if (const auto* order = std::get_if<wire::SignedOrder>(&*message)) {
        const auto says = orders::content_of(*order);
        const auto* rebind = says ? std::get_if<wire::Rebind>(&says->what) : nullptr;
        if (rebind != nullptr) move(*rebind);
      }
    }
  }

  bool welcomed = false;

 private:
  void say(const wire::ToCoordinator& message) {
    EXPECT_TRUE(socket_->send(wire::encode(message)));
  }

  void plan(const wire::Preflight& ask) {
    wire::PlanReport report;
    report.request = ask.request;
    report.sightings = {{ask.from.front(), {Life::silent, "", "silent on 11 ports for 50 ms", {}}},
                        {ask.to, {Life::serves, "", "192.0.2.101:22 connected", {}}}};
    wire::PlanSummary plan;
    plan.outlook = Outlook::whole;
    plan.references = 9;
    plan.files = 7;
    plan.changes = {
        {"resolver", "/etc/resolv.conf", 2, "nameserver 192.0.2.100", "nameserver 192.0.2.101"}};
    report.group = plan.group = wire::plan_group(plan);
    say(report);
    // The only one of its group will be asked.
    say(wire::FullPlan{ask.request, plan});
  }

  void move(const wire::Rebind& rebind) {
    say(wire::Accepted{rebind.takeover, rebind.generation});
    generation_ = rebind.generation;
    bound_to_ = rebind.to;
    wire::Outcome outcome;
    outcome.takeover = rebind.takeover;
    outcome.generation = rebind.generation;
    outcome.to = rebind.to;
    outcome.verdict = Verdict::verified;
    outcome.total_us = 9'000;
    outcome.changes = {
        {"resolver", "/etc/resolv.conf", 2, "nameserver 192.0.2.100", "nameserver 192.0.2.101"}};
    last_ = outcome;
    say(wire::OutcomeReport{outcome, {{bound_to_, 9}}});
  }

  const std::string node_;
  const std::string endpoint_;
  net::CurveKeys keys_;
  std::optional<net::Socket> socket_;
  std::string bound_to_ = "SN1P";
  uint64_t generation_ = 0;
  std::optional<wire::Outcome> last_;
};

class DaemonTest : public testing::Test {
 protected:
  DaemonTest() : folder_(testing::TempDir() + "daemon_" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    config_.state_dir = folder_;
    config_.listen = {"tcp://" + own_loopback_address() + ":7400"};
    config_.control_socket = folder_ + "/run/control.sock";
    config_.feed = "ipc://" + folder_ + "/run/feed.sock";
    config_.probe_ms = 50;
    config_.preflight_ms = 5'000;
    server_key_ = net::CurveKeys::load_or_create(config_.key_path())->public_key();
    for (int i = 1; i <= 8; ++i) {
      agents_.emplace_back(*context_, "cn00" + std::to_string(i), server_key_, config_.listen[0]);
    }
  }
  ~DaemonTest() override {
    stop();
    std::filesystem::remove_all(folder_);
  }

  static Cluster cluster() {
    // What probes the old service node meets the silent port.
    auto cluster = parse_cluster(R"(
[[service_node]]
name = "SN1P"
node_names = ["sn1"]
addresses = ["127.0.0.1/24"]
[[service_node]]
name = "SN2P"
node_names = ["sn2"]
addresses = ["127.0.0.2/24"]
[[node]]
names = "cn[001-008]"
service_nodes = ["SN1P", "SN2P"]
)",
                                 "cluster.toml");
    EXPECT_TRUE(cluster) << cluster.error().message();
    return *cluster;
  }

  void start() {
    log::open();
    auto daemon = Daemon::open(config_, cluster(), {}, {});
    ASSERT_TRUE(daemon) << daemon.error().message();
    daemon_ = std::move(*daemon);
    thread_ = std::thread([this] { EXPECT_TRUE(daemon_->run()); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    ::kill(::getpid(), SIGTERM);  // to the signalfd: the signal is blocked everywhere
    thread_.join();
    daemon_.reset();
  }

  Client ask(const Command& command) {
    auto client = Client::connect(config_.control_socket);
    EXPECT_TRUE(client) << client.error().message();
    EXPECT_TRUE(client.value().ask(command));
    return std::move(*client);
  }

  Answer answer_to(const Command& command) {
    auto client = ask(command);
    const auto line = client.next(kDeadlineMs);
    EXPECT_TRUE(line && *line);
    return line.value().value().answer.value;
  }

  void enrol_all() {
    int i = 0;
    for (const auto& agent : agents_) {
      const Answer done =
          answer_to(AddKeyCommand{"cn00" + std::to_string(++i), agent.public_key()});
      EXPECT_TRUE(std::holds_alternative<DoneAnswer>(done));
    }
  }

  // Lets the agents work until `done`.
  template <class Done>
  void work_until(Done done) {
    const MonotonicTime end = monotonic_now() + kDeadlineMs;
    bool reached = done();
    while (!reached && monotonic_now() < end) {
      net::Reactor reactor;
      std::vector<net::Reactor::Watch> watches;
      for (const auto& agent : agents_) {
        watches.push_back(reactor.on(agent.socket(), net::Reactor::readable, [](auto) {}));
      }
      ASSERT_TRUE(reactor.step(5));
      for (auto& agent : agents_) agent.work();
      reached = done();
    }
    EXPECT_TRUE(reached);
  }

  bool all_welcomed() {
    return std::all_of(agents_.begin(), agents_.end(), [](const auto& a) { return a.welcomed; });
  }

  // The last answer of an exchange, while the agents work.
  Line last_answer(Client& client) {
    std::optional<Line> last;
    work_until([&] {
      while (true) {
        auto line = client.next(1);
        if (!line || !*line) return false;
        if ((*line)->answer.last) {
          last = std::move(**line);
          return true;
        }
      }
    });
    return last ? *last : Line{};
  }

  const std::string folder_;
  DaemonConfig config_;
  Result<net::Context> context_ = net::Context::create();
  std::string server_key_;
  std::deque<FakeAgent> agents_;
  std::unique_ptr<Daemon> daemon_;
  std::thread thread_;
};

TEST_F(DaemonTest, MovesEveryNodeAndRemembersIt) {
  start();
  enrol_all();
  for (auto& agent : agents_) agent.connect();
  work_until([&] { return all_welcomed(); });

  TakeoverCommand command;
  command.from = "SN1P";
  command.dry_run = true;
  auto plan = ask(command);
  const Line planned = last_answer(plan);
  const auto& answer = std::get<PlanAnswer>(planned.answer.value);
  EXPECT_EQ(answer.groups.size(), 1U);
  EXPECT_EQ(answer.groups.at(0).outlook, Outlook::whole);

  command.dry_run = false;
  command.fenced = true;  // the loopback's kernel answers for it
  auto client = ask(command);
  const Line ended = last_answer(client);
  ASSERT_TRUE(std::holds_alternative<TakeoverAnswer>(ended.answer.value)) << ended.json;
  const auto& takeover = std::get<TakeoverAnswer>(ended.answer.value);
  EXPECT_EQ(takeover.exit_code, 0) << ended.json;
  EXPECT_EQ(takeover.takeover.nodes.size(), 8U);

  stop();
  start();
  const auto status = std::get<StatusAnswer>(answer_to(StatusCommand{}));
  for (const auto& node : status.nodes) {
    EXPECT_EQ(node.service_node, "SN2P");
    EXPECT_EQ(node.verdict, Verdict::verified);
  }
  EXPECT_EQ(status.service_nodes.at(0).record.state, ServiceNodeState::failed);
  const auto shown = std::get<TakeoverAnswer>(answer_to(ShowCommand{"T1"}));
  EXPECT_EQ(shown.takeover.nodes.at("cn001").outcome.changes.size(), 1U);
  // Keys survive too: ZAP lets the agents in again.
  for (auto& agent : agents_) agent.welcomed = false;
  for (auto& agent : agents_) agent.hello();
  work_until([&] { return all_welcomed(); });
}

TEST_F(DaemonTest, ANodeIsLetInAsSoonAsItsKeyIsAdded) {
  start();
  while (agents_.size() > 1) agents_.pop_back();
  ASSERT_TRUE(std::holds_alternative<DoneAnswer>(
      answer_to(AddKeyCommand{"cn001", agents_[0].public_key()})));
  agents_[0].connect();
  work_until([&] { return all_welcomed(); });
}

TEST_F(DaemonTest, WatchersSeeEventsAndTheFeedHasThem) {
  start();
  auto subscriber = net::Socket::open(*context_, net::SocketType::sub, {});
  ASSERT_TRUE(subscriber->subscribe(""));
  ASSERT_TRUE(subscriber->connect(config_.feed));
  auto watcher = ask(WatchCommand{});
  bool frozen = false;
  const MonotonicTime end = monotonic_now() + kDeadlineMs;
  std::optional<net::Received> heard;
  // The subscription takes effect some time after connect().
  while (!heard && monotonic_now() < end) {
    frozen = !frozen;
    (void)answer_to(FreezeCommand{frozen, ""});
    net::Reactor reactor;
    const auto watch = reactor.on(*subscriber, net::Reactor::readable, [](auto) {});
    ASSERT_TRUE(reactor.step(20));
    heard = *subscriber->receive();
  }
  ASSERT_TRUE(heard);
  EXPECT_THAT(heard->bytes, HasSubstr("epoch"));
  const auto line = watcher.next(kDeadlineMs);
  ASSERT_TRUE(line && *line);
  EXPECT_EQ(std::get<Event>((*line)->answer.value).id, "SN0401");
  EXPECT_FALSE((*line)->answer.last);
}

TEST_F(DaemonTest, ASecondOneCannotUseTheSameState) {
  start();
  const auto second = Daemon::open(config_, cluster(), {}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, ErrorClass::busy);
}

}  // namespace
}  // namespace sn::coordinator
