#include "tests/crash/stand_in.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>

#include "common/net/context.h"
#include "common/net/reactor.h"
#include "common/orders/signed_orders.h"
#include "common/wire/codec.h"
#include "coordinator/link/agent_link.h"
#include "tests/crash/node.h"

namespace sn::crash {

struct StandIn::Shared {
  std::atomic<uint64_t> generation;
  std::atomic<uint64_t> undo;
  std::atomic<bool> rehearse;
  std::atomic<uint64_t> outcome_of;
  std::atomic<uint64_t> told;
  std::atomic<uint64_t> hellos;
  std::atomic<uint64_t> reports;
  std::atomic<size_t> size;
  char outcome[256 * 1024];
};

namespace {

// SN1P is dead: nobody waits for it for long.
constexpr uint32_t kProbeMs = 50;
constexpr size_t kPeers = 16;  // of the one agent, which is killed a thousand times
constexpr net::AdmissionLimits kNoLimits{1e9, 1e9, 1e9};

// A rehearsal's request is its generation.
wire::Outcome outcome_of(const wire::FullPlan& report) {
  wire::Outcome outcome;
  outcome.generation = report.request;
  outcome.findings = report.plan.findings;
  switch (report.plan.outlook) {
    case Outlook::whole:
    case Outlook::nothing:
      outcome.verdict = Verdict::verified;
      break;
    case Outlook::partly:
      outcome.verdict = Verdict::partly;
      break;
    case Outlook::blocked:
    case Outlook::silent:
    case Outlook::down:
      outcome.verdict = Verdict::blocked;
      break;
  }
  return outcome;
}

}  // namespace

bool StandIn::start(const net::CurveKeys& keys, const std::string& node_key) {
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  shared_ = new (memory) Shared{};
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const pid_t parent = getpid();
  int ready[2];
  if (wake_ < 0 || pipe(ready) != 0) return false;
  pid_ = fork();
  if (pid_ == 0) {
    close(ready[0]);
    serve(keys, node_key, parent, ready[1]);
  }
  close(ready[1]);
  char word = 0;
  const bool up = pid_ > 0 && read(ready[0], &word, 1) == 1;
  close(ready[0]);
  return up;
}

StandIn::~StandIn() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

void StandIn::command(const Order& order) {
  shared_->undo = order.undo;
  shared_->rehearse = order.rehearse;
  shared_->generation = order.generation;
  const uint64_t one = 1;
  (void)!write(wake_, &one, sizeof one);
}

std::string StandIn::outcome() const {
  if (shared_->outcome_of != shared_->generation) return {};
  return {shared_->outcome, shared_->size};
}

std::string StandIn::text() const {
  return std::to_string(shared_->hellos) + " hellos heard, " + std::to_string(shared_->told) +
         " rebinds told, " + std::to_string(shared_->reports) + " outcomes heard; generation " +
         std::to_string(shared_->generation) + ", the last outcome is of " +
         std::to_string(shared_->outcome_of);
}

void StandIn::serve(const net::CurveKeys& keys, const std::string& node_key, pid_t parent,
                    int ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const auto give_up = [](const Error& error) {
    std::fprintf(stderr, "crash: the coordinator's stand-in: %s\n", error.message().c_str());
    _exit(1);
  };
  auto context = net::Context::create();
  if (!context) give_up(context.error());
  auto link = coordinator::AgentLink::open(
      *context, keys, {std::string("tcp://") + kManagement + ":" + std::to_string(kPort)},
      {{node_key, "cn001"}}, kPeers, kNoLimits);
  if (!link) give_up(link.error());
  (void)!write(ready, "+", 1);
  close(ready);

  std::string connection;
  const orders::OrderKey order_key(keys);
  wire::Order order;  // of the newest hello
  const auto say = [&](wire::OrderKind what) {
    order.what = std::move(what);
    return link->send(connection, orders::sign(order_key, {order}).front()).has_value();
  };
  const auto tell = [&](bool first_time) {
    const uint64_t generation = shared_->generation;
    if (connection.empty() || generation == 0 || shared_->outcome_of == generation) return;
    if (shared_->rehearse) {
      const wire::Rehearse rehearse{
          {generation, {"SN1P"}, "SN2P", false, StuckPolicy::keep, kProbeMs, 0}};
      if (first_time && say(rehearse)) ++shared_->told;
      return;
    }
    wire::Rebind rebind;
    rebind.takeover = "T" + std::to_string(generation);
    rebind.generation = generation;
    rebind.node = kNodeName;
    rebind.undo = shared_->undo;
    rebind.from = {rebind.undo == 0 ? "SN1P" : "SN2P"};
    rebind.to = rebind.undo == 0 ? "SN2P" : "SN1P";
    if (say(rebind)) ++shared_->told;
  };
  const auto take = [&](const wire::Outcome& outcome) {
    if (outcome.generation != shared_->generation) return;
    const std::string bytes = wire::encode_outcome(outcome);
    if (bytes.size() > sizeof shared_->outcome) return;
    std::memcpy(shared_->outcome, bytes.data(), bytes.size());
    shared_->size = bytes.size();
    shared_->outcome_of = outcome.generation;
    kill(parent, SIGUSR1);
  };
  net::Reactor reactor;
  const auto woken = reactor.on(wake_, net::Reactor::readable, [&](net::Reactor::Ready) {
    uint64_t count = 0;
    (void)!read(wake_, &count, sizeof count);
    tell(false);
  });
  const auto heard = reactor.on(link->socket(), net::Reactor::readable, [&](net::Reactor::Ready) {
    while (true) {
      auto message = link->receive();
      if (!message || !*message) break;
      if (const auto* hello = std::get_if<wire::Hello>(&(*message)->message)) {
        connection = (*message)->connection;
        order = {hello->node, hello->boot_id, hello->nonce, {}};
        wire::Welcome welcome;
        welcome.generation = shared_->generation;
        welcome.beat_interval_ms = 600'000;
        welcome.directory_digest = hello->directory_digest;
        ++shared_->hellos;
        (void)link->send(connection, welcome);
        if (!hello->last.empty()) take(hello->last.front());
        tell(true);
      } else if (const auto* beat = std::get_if<wire::Beat>(&(*message)->message)) {
        (void)link->send((*message)->connection, wire::BeatAck{beat->serial});
      } else if (const auto* report = std::get_if<wire::OutcomeReport>(&(*message)->message)) {
        ++shared_->reports;
        take(report->outcome);
      } else if (const auto* planned = std::get_if<wire::PlanReport>(&(*message)->message)) {
        (void)link->send((*message)->connection, wire::TellPlan{planned->request});
      } else if (const auto* plan = std::get_if<wire::FullPlan>(&(*message)->message)) {
        ++shared_->reports;
        take(outcome_of(*plan));
      }
    }
  });
  while (true) (void)reactor.step(60'000);
}

}  // namespace sn::crash
