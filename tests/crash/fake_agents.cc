#include "tests/crash/fake_agents.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

#include "common/net/connection_watch.h"
#include "common/net/context.h"
#include "common/net/reactor.h"
#include "common/net/socket.h"
#include "common/orders/signed_orders.h"
#include "common/wire/codec.h"
#include "common/wire/plan_group.h"

namespace sn::crash {

namespace {

constexpr int kReconnectMs = 5;
constexpr uint32_t kReferences = 4;

// The order of members is that of their making: the socket goes before its context.
class Agent {
 public:
  Agent(size_t number, const net::CurveKeys& keys, const net::Context& context,
        std::string endpoint, std::string server)
      : number_(number),
        keys_(keys),
        context_(context),
        endpoint_(std::move(endpoint)),
        server_(std::move(server)) {}

  bool connect() {
    watch_.reset();
    socket_.reset();
    net::SocketOptions options;
    options.reconnect_ms = options.reconnect_max_ms = kReconnectMs;
    options.handshake_ms = 10'000;
    options.curve = &keys_;
    options.curve_server_key = server_;
    auto socket = net::Socket::open(context_, net::SocketType::dealer, options);
    if (!socket) return false;
    auto watch = net::ConnectionWatch::open(context_, *socket);
    if (!watch || !socket->connect(endpoint_)) return false;
    socket_.emplace(std::move(*socket));
    watch_.emplace(std::move(*watch));
    wire::Hello hello;
    hello.node = agent_name(number_);
    hello.version = "crash";
    hello.boot_id = "4f2c5f7e-0000-4000-8000-00000000000" + std::to_string(number_);
    hello.instance = std::to_string(++instance_);
    hello.mode = "act";
    hello.confined = true;
    hello.path = endpoint_;
    hello.generation = generation_;
    hello.generation_target = target_;
    hello.bindings = bindings();
    if (outcome_) hello.last.push_back(*outcome_);
    return say(hello);
  }

  [[nodiscard]] const net::Socket& socket() const { return *socket_; }
  [[nodiscard]] const net::Socket& events() const { return watch_->socket(); }
  [[nodiscard]] bool lost() {
    const auto news = watch_->news();
    return news == net::ConnectionWatch::News::lost || news == net::ConnectionWatch::News::refused;
  }
  [[nodiscard]] uint64_t generation() const { return generation_; }

  // true: a Welcome was among it.
  bool hear() {
    bool welcome = false;
    while (true) {
      auto received = socket_->receive();
      if (!received || !*received) return welcome;
      auto message = wire::decode<wire::ToAgent>((*received)->bytes);
      if (!message) continue;
      if (std::holds_alternative<wire::Welcome>(*message)) welcome = true;
      if (const auto* preflight = std::get_if<wire::Preflight>(&*message)) plan(*preflight);
      if (std::holds_alternative<wire::TellPlan>(*message)) say(told_);
      if (const auto* order = std::get_if<wire::SignedOrder>(&*message)) {
        const auto says = orders::content_of(*order);
        const auto* rebind = says ? std::get_if<wire::Rebind>(&says->what) : nullptr;
        if (rebind != nullptr) move(*rebind);
      }
      if (std::holds_alternative<wire::Observe>(*message) && outcome_) report();
    }
  }

 private:
  bool say(const wire::ToCoordinator& message) {
    return socket_->send(wire::encode(message)).has_value();
  }
  [[nodiscard]] std::vector<wire::Binding> bindings() const {
    return {{target_.empty() ? "SN1P" : target_, kReferences}};
  }

  void plan(const wire::Preflight& preflight) {
    wire::PlanReport report;
    report.request = preflight.request;
    for (const auto& from : preflight.from) {
      report.sightings.push_back({from, {Life::silent, "", "silent on 11 ports", {}}});
    }
    report.sightings.push_back(
        {preflight.to, {Life::serves, "", preflight.to + ":22 connected", {}}});
    told_.request = preflight.request;
    told_.plan.outlook = target_ == preflight.to ? Outlook::nothing : Outlook::whole;
    told_.plan.references = target_ == preflight.to ? 0 : kReferences;
    told_.plan.files = 2;
    report.hash = told_.plan.hash = "hash" + std::to_string(number_);
    report.group = told_.plan.group = wire::plan_group(told_.plan);
    say(report);
  }

  void move(const wire::Rebind& rebind) {
    if (rebind.generation < generation_) return;
    generation_ = rebind.generation;
    target_ = rebind.to;
    outcome_.emplace();
    outcome_->takeover = rebind.takeover;
    outcome_->generation = rebind.generation;
    outcome_->to = rebind.to;
    outcome_->verdict = Verdict::verified;
    outcome_->changed = kReferences;
    say(wire::Accepted{rebind.takeover, rebind.generation});
    report();
  }
  void report() { say(wire::OutcomeReport{*outcome_, bindings()}); }

  const size_t number_;
  const net::CurveKeys& keys_;
  const net::Context& context_;
  const std::string endpoint_, server_;
  std::optional<net::Socket> socket_;
  std::optional<net::ConnectionWatch> watch_;
  uint64_t instance_ = 0;
  uint64_t generation_ = 0;
  std::string target_;
  wire::FullPlan told_;
  std::optional<wire::Outcome> outcome_;
};

}  // namespace

std::string agent_name(size_t agent) { return "cn00" + std::to_string(agent + 1); }

FakeAgents::~FakeAgents() { stop(); }

bool FakeAgents::start(const std::vector<net::CurveKeys>& keys, const std::string& endpoint,
                       const std::string& coordinator_key) {
  stop();
  if (shared_ == nullptr) {
    void* memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    shared_ = static_cast<Shared*>(memory);
  }
  new (shared_) Shared{};
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) serve(keys, endpoint, coordinator_key, parent);
  return pid_ > 0;
}

void FakeAgents::stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool FakeAgents::all_welcome() const {
  for (const auto& one : shared_->welcome) {
    if (!one) return false;
  }
  return true;
}

bool FakeAgents::none_connected() const {
  for (const auto& one : shared_->connected) {
    if (one) return false;
  }
  return true;
}

uint64_t FakeAgents::told(size_t agent) const { return shared_->told[agent]; }

void FakeAgents::serve(const std::vector<net::CurveKeys>& keys, const std::string& endpoint,
                       const std::string& coordinator_key, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  auto context = net::Context::create();
  if (!context) _exit(1);
  std::vector<std::unique_ptr<Agent>> agents;
  for (size_t i = 0; i < kAgents; ++i) {
    agents.push_back(std::make_unique<Agent>(i, keys[i], *context, endpoint, coordinator_key));
    if (!agents[i]->connect()) _exit(1);
  }
  while (true) {
    net::Reactor reactor;
    std::vector<net::Reactor::Watch> watches;
    std::vector<bool> news(kAgents);
    for (size_t i = 0; i < kAgents; ++i) {
      watches.push_back(reactor.on(agents[i]->socket(), net::Reactor::readable, [](auto) {}));
      watches.push_back(reactor.on(agents[i]->events(), net::Reactor::readable,
                                   [&news, i](auto) { news[i] = true; }));
    }
    if (!reactor.step(60'000)) continue;
    for (size_t i = 0; i < kAgents; ++i) {
      Agent& agent = *agents[i];
      // What came before the loss counts.
      if (agent.hear()) shared_->welcome[i] = shared_->connected[i] = true;
      shared_->told[i] = agent.generation();
      if (news[i] && agent.lost()) {
        if (agent.hear()) shared_->welcome[i] = true;
        shared_->told[i] = agent.generation();
        shared_->connected[i] = shared_->welcome[i] = false;
        if (!agent.connect()) _exit(1);
      }
    }
    kill(parent, SIGUSR1);
  }
}

}  // namespace sn::crash
