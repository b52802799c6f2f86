// An ExecutorCore with a shell that does nothing: what it wants done is kept to be looked at.
#pragma once

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "agent/core/executor_core.h"
#include "common/orders/signed_orders.h"

namespace sn::agent {

class ExecutorWorld : public testing::Test {
 protected:
  static constexpr int64_t kScriptsMs = 300'000;
  static constexpr int64_t kPatienceMs = 30'000;
  static constexpr const char* kBoot = "boot";
  static constexpr const char* kNonce = "nonce";

  explicit ExecutorWorld(bool act = true)
      : core_({"cn001",
               act,
               kScriptsMs,
               kPatienceMs,
               {StuckPolicy::kill},
               kBoot,
               kNonce,
               {key().public_key()}}) {}

  // The coordinator's.
  static const orders::OrderKey& key() {
    static const orders::OrderKey key(*net::CurveKeys::generate());
    return key;
  }
  static wire::DirectoryRead directory() { return {"directory", {"SN1P", "SN2P", "SN3P"}}; }

  // With its first look done and answered.
  void start(const KeptState& kept = {}) {
    take(core_.start(kept, directory(), now_));
    take(core_.on_session_started(now_));
    tick();
    look({{"SN1P", 9}});
    forget();
  }
  // The child that is out looks, and says what it sees.
  void look(std::vector<wire::Binding> bindings) {
    wire::InspectReply reply;
    reply.request = core_.job()->request;
    reply.inventory.bindings = std::move(bindings);
    say(reply);
    gone();
  }

  static wire::Rebind rebind_of(uint64_t generation, const std::string& to = "SN2P") {
    wire::Rebind rebind;
    rebind.takeover = "T" + std::to_string(generation);
    rebind.generation = generation;
    rebind.node = "cn001";
    rebind.from = {"SN1P"};
    rebind.to = to;
    return rebind;
  }
  void rebind(uint64_t generation, const std::string& to = "SN2P") {
    order(rebind_of(generation, to), generation);
  }
  static wire::OutcomeReport outcome_of(uint64_t generation, Verdict verdict = Verdict::verified) {
    wire::OutcomeReport report;
    report.outcome.takeover = "T" + std::to_string(generation);
    report.outcome.generation = generation;
    report.outcome.to = "SN2P";
    report.outcome.verdict = verdict;
    return report;
  }
  // Of a rebind that was interrupted.
  static Unfinished unfinished(uint64_t generation, bool past_commit_point) {
    Unfinished unfinished;
    unfinished.rebind = rebind_of(generation);
    unfinished.staged = {{"/etc/hosts", ""}};
    unfinished.past_commit_point = past_commit_point;
    unfinished.last_step = "3 replace /etc/hosts";
    unfinished.open_step = "replace /etc/hosts";
    return unfinished;
  }
  static wire::ScriptsAtWork scripts() { return {{{"xcatdsklspost", 812, 99}}}; }

  static wire::SignedOrder signed_order(wire::OrderKind what, const std::string& node = "cn001",
                                        const std::string& nonce = kNonce,
                                        const orders::OrderKey& by = key()) {
    return orders::sign(by, {{node, kBoot, nonce, std::move(what)}}).front();
  }
  void order(wire::OrderKind what, uint64_t request = 1) {
    verb(wire::OrderVerb{request, signed_order(std::move(what))});
  }
  void verb(const wire::Verb& verb) {
    take(core_.on_verb(verb, now_));
    tick();
  }
  void say(const wire::FromChild& message) {
    take(core_.on_child(message, now_));
    tick();
  }
  void gone(const JournalContent& journal = std::optional<Unfinished>{}) {
    take(core_.on_child_gone(journal, now_));
    tick();
  }
  void tick() { take(core_.tick(now_)); }
  void wait(int64_t ms) {
    const MonotonicTime end = now_ + ms;
    while (core_.next_tick() <= end) {
      now_ = std::max(now_ + 1, core_.next_tick());
      tick();
    }
    now_ = end;
  }
  void take(const ExecutorEffects& effects) {
    effects_.insert(effects_.end(), effects.begin(), effects.end());
  }
  void forget() { effects_.clear(); }

  // Of what was wanted since forget(): all of one kind, and the last message of one kind.
  template <class Effect>
  [[nodiscard]] std::vector<Effect> all() const {
    std::vector<Effect> found;
    for (const auto& effect : effects_) {
      if (const auto* one = std::get_if<Effect>(&effect)) found.push_back(*one);
    }
    return found;
  }
  template <class Message>
  [[nodiscard]] std::optional<Message> told() const {
    std::optional<Message> last;
    for (const auto& effect : effects_) {
      const auto* out = std::get_if<TellSession>(&effect);
      const auto* message = out ? std::get_if<Message>(&out->message) : nullptr;
      if (message) last = *message;
    }
    return last;
  }
  [[nodiscard]] bool logged(std::string_view id) const {
    for (const auto& line : all<LogLine>()) {
      if (line.id == id) return true;
    }
    return false;
  }
  // The child that is out.
  [[nodiscard]] const Job& job() const { return *core_.job(); }
  [[nodiscard]] bool rebinds(uint64_t generation) const {
    return core_.job() != nullptr && job().kind == Job::Kind::rebind &&
           job().rebind.generation == generation;
  }

  MonotonicTime now_{1'000};
  ExecutorCore core_;
  ExecutorEffects effects_;
};

}  // namespace sn::agent
