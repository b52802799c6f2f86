#include "agent/executor/reloads.h"

#include <algorithm>
#include <map>
#include <utility>

#include "agent/watch/observe.h"
#include "common/base/clock.h"

namespace sn::agent {

void Reloads::take_up_owed() {
  if (env_.owed_starts != nullptr) {
    if (auto owed = env_.owed_starts->load()) {
      owed_ = noted_owed_ = std::move(*owed);
    } else {
      find(FindingClass::note, "", Fact(FactCode::stopped_may_be_down, {}, owed.error().fact()),
           owed.error().cure);
    }
  }
  if (const auto service = interrupted(); !service.empty()) owed_.insert(service);
  note_owed();
}

void Reloads::carry_out(const Plan& plan, const std::set<std::string>& replaced,
                        const Observation& before, Journal* journal) {
  const int64_t begin = monotonic_us();
  const RunningServices running = env_.services.running_all();
  for (const auto& service : services_of(plan, replaced, before, running)) {
    const bool runs = running.contains(service);
    if (!runs && !owed_.contains(service)) continue;
    tried_.insert(service);
    const Fact step(FactCode::reloading, {.name = service});
    if (env_.progress) env_.progress(step, 0, 0);
    // A step that can't be noted is done all the same: the files are there already.
    if (journal != nullptr) (void)journal->intent(step);
    const Status status = carry_out_one(service, runs, live_commands(service, plan, replaced));
    if (status || status.error().what == ErrorClass::not_found) {
      reloaded_.insert(service);
    } else {
      find(FindingClass::not_in_effect, service, status.error().fact(), status.error().cure);
      // This run may be killed before its verdict.
      owed_.insert(service);
      note_owed();
    }
    if (journal != nullptr) (void)journal->done();
  }
  outcome_.reload_us += static_cast<uint32_t>(monotonic_us() - begin);
}

Status Reloads::carry_out_one(const std::string& service, bool runs,
                              const std::vector<Argv>& live_commands) const {
  if (!runs) return env_.services.start(service);
  const Daemon* daemon = daemon_of_service(service);
  if (daemon != nullptr && !live_commands.empty() &&
      env_.services.run_live(*daemon, live_commands)) {
    return {};
  }
  return env_.services.restart(service);
}

void Reloads::verify(const Plan& plan, const Observation& after) {
  const int64_t begin = monotonic_us();
  const RunningServices running = env_.services.running_all();
  owed_.insert(tried_.begin(), tried_.end());
  std::erase_if(owed_, [&](const std::string& service) { return running.contains(service); });
  note_owed();
  for (const auto& service : reloaded_) {
    if (running.contains(service)) continue;
    find(FindingClass::not_in_effect, service, Fact(FactCode::ended_after_restart),
         Cure(CureCode::see_log_and_start));
  }
  Answers answers;
  for (const auto& service : reloaded_) {
    const Daemon* daemon = daemon_of_service(service);
    if (daemon == nullptr || daemon->question().empty()) continue;
    answers[service] = follows(*daemon, plan, Patience::of_the_daemon);
  }
  for (const auto& service : stale(plan, after, running, answers)) {
    const bool said = std::any_of(
        outcome_.findings.begin(), outcome_.findings.end(), [&](const Finding& finding) {
          return finding.what == FindingClass::not_in_effect && finding.place == service;
        });
    if (said) continue;
    find(FindingClass::not_in_effect, service, Fact(FactCode::configuration_not_read),
         Cure(CureCode::restart_by_hand));
  }
  // What a daemon does is no part of the essential set.
  outcome_.reload_us += static_cast<uint32_t>(monotonic_us() - begin);
}

// Services whose files were replaced, in the plan's order, then those that run and can't have
// read what their files say: an earlier restart failed, was interrupted, or never came.
std::vector<std::string> Reloads::services_of(const Plan& plan,
                                              const std::set<std::string>& replaced,
                                              const Observation& before,
                                              const RunningServices& running) const {
  std::vector<std::string> services;
  const auto add = [&](const std::string& service) {
    if (!service.empty() &&
        std::find(services.begin(), services.end(), service) == services.end()) {
      services.push_back(service);
    }
  };
  for (const auto& file : plan.files) {
    if (replaced.contains(file.path)) add(file.service);
  }
  for (const auto& service : stale(plan, before, running, {})) add(service);
  add(interrupted());
  for (const auto& service : owed_) {
    if (!running.contains(service)) add(service);
  }
  return services;
}

std::string Reloads::interrupted() const {
  return env_.open_step.is(FactCode::reloading) ? env_.open_step.with().name : std::string();
}

void Reloads::note_owed() {
  if (env_.owed_starts == nullptr || owed_ == noted_owed_) return;
  if (auto status = env_.owed_starts->store(owed_); !status) {
    find(FindingClass::note, "", Fact(FactCode::owed_not_kept, {}, status.error().fact()),
         status.error().cure);
  }
  noted_owed_ = owed_;
}

// A service restarted since its file was replaced is never stale, because file times come from the
// file server's clock and a process's from the node's. Only files that name the new service node
// matter. A daemon that can be told without a restart is asked: its age says nothing.
std::vector<std::string> Reloads::stale(const Plan& plan, const Observation& observation,
                                        const RunningServices& running,
                                        const Answers& answers) const {
  const IdentityIndex identity = identity_on(observation, env_.directory);
  std::map<std::string, int64_t> changed_ns;  // of each service's newest file that matters
  for (const auto& file : observation.files) {
    const std::string service(file.kind->service());
    if (service.empty()) continue;
    const auto references = file.kind->discover(file.path, file.text, identity);
    const bool names_target =
        references && std::any_of(references->begin(), references->end(), [&](const auto& r) {
          return r.owner == rebind_.to && r.role == ReferenceRole::move;
        });
    if (!names_target) continue;
    int64_t& newest = changed_ns[service];
    newest = std::max(newest, file.identity.changed_ns);
  }
  std::vector<std::string> stale;
  for (const auto& [service, processes] : running) {
    const auto newest = changed_ns.find(service);
    if (newest == changed_ns.end()) continue;
    const Daemon* daemon = daemon_of_service(service);
    if (daemon != nullptr && !daemon->question().empty()) {
      const auto answer = answers.find(service);
      const bool follows_now =
          answer != answers.end() ? answer->second : follows(*daemon, plan, Patience::none);
      if (!follows_now) stale.push_back(service);
    } else if (!reloaded_.contains(service) && Services::older_than(processes, newest->second)) {
      stale.push_back(service);
    }
  }
  return stale;
}

// Only if every replaced file of the service can be brought into effect that way.
std::vector<Argv> Reloads::live_commands(const std::string& service, const Plan& plan,
                                         const std::set<std::string>& replaced) const {
  std::vector<Argv> commands;
  if (env_.recovering) return commands;
  for (const auto& file : plan.files) {
    if (file.service != service || !replaced.contains(file.path)) continue;
    if (file.live_commands.empty()) return {};
    commands.insert(commands.end(), file.live_commands.begin(), file.live_commands.end());
  }
  return commands;
}

bool Reloads::follows(const Daemon& daemon, const Plan& plan, Patience patience) const {
  std::vector<std::string> wanted, unwanted;
  const auto add = [&](const std::string& name, std::vector<std::string>& list) {
    const ServiceNode* node = env_.directory.find(name);
    if (node == nullptr) return;
    for (const auto& address : node->addresses) list.push_back(address.address.to_string());
  };
  add(rebind_.to, wanted);
  const auto& kinds = all_file_kinds();
  for (const auto& name : plan.move.from) {
    const bool keeps = std::any_of(kinds.begin(), kinds.end(), [&](const auto& kind) {
      return kind->daemon() == &daemon && plan.keeps(kind->name(), name);
    });
    if (!keeps) add(name, unwanted);
  }
  return env_.services
      .follows(daemon, wanted, unwanted, patience == Patience::none ? 0 : daemon.patience_ms())
      .has_value();
}

void Reloads::find(FindingClass what, std::string place, Fact reason, Cure cure) {
  outcome_.findings.push_back({what, std::move(place), std::move(reason), std::move(cure)});
}

}  // namespace sn::agent
