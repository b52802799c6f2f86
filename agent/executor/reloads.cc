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
      Error plain = owed.error();
      plain.cure.clear();
      find(FindingClass::note, "",
           "services that an earlier run stopped may be down: " + plain.message(),
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
    const std::string step = "reload " + service;
    if (env_.progress) env_.progress(step, 0, 0);
    // A step that can't be noted is done all the same: the files are there already.
    if (journal != nullptr) (void)journal->intent(step);
    const Status status = carry_out_one(service, runs, live_commands(service, plan, replaced));
    if (status || status.error().what == ErrorClass::not_found) {
      reloaded_.insert(service);
    } else {
      find(FindingClass::not_in_effect, service, status.error().message(), status.error().cure);
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
  if (!live_commands.empty() && env_.services.run_live(live_commands)) return {};
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
    find(FindingClass::not_in_effect, service, "it ended after its restart",
         "see its log, mend its configuration, start it");
  }
  std::optional<bool> chrony_said;
  if (reloaded_.contains("chrony")) {
    chrony_said = chrony_follows(plan, ChronyPatience::until_resolved);
  }
  for (const auto& service : stale(plan, after, running, chrony_said)) {
    const bool said = std::any_of(
        outcome_.findings.begin(), outcome_.findings.end(), [&](const Finding& finding) {
          return finding.what == FindingClass::not_in_effect && finding.place == service;
        });
    if (said) continue;
    find(FindingClass::not_in_effect, service, "it runs and has not read its new configuration",
         "restart it by hand");
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
  for (const auto& service : stale(plan, before, running, std::nullopt)) add(service);
  add(interrupted());
  for (const auto& service : owed_) {
    if (!running.contains(service)) add(service);
  }
  return services;
}

std::string Reloads::interrupted() const {
  constexpr std::string_view kReload = "reload ";
  if (!env_.open_step.starts_with(kReload)) return {};
  return env_.open_step.substr(kReload.size());
}

void Reloads::note_owed() {
  if (env_.owed_starts == nullptr || owed_ == noted_owed_) return;
  if (auto status = env_.owed_starts->store(owed_); !status) {
    find(FindingClass::note, "",
         "the next run will not know what is down: " + status.error().message(),
         status.error().cure);
  }
  noted_owed_ = owed_;
}

// One that was restarted since its file was replaced is none of them, whatever the clocks say: the
// file's times are the file server's, the process's are the node's. Only files that name the new
// service node matter. chronyd is told by chronyc without a restart, so it is asked and not its
// age.
std::vector<std::string> Reloads::stale(const Plan& plan, const Observation& observation,
                                        const RunningServices& running,
                                        std::optional<bool> chrony_said) const {
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
    if (service == "chrony") {
      if (!chrony_said) chrony_said = chrony_follows(plan, ChronyPatience::none);
      if (!*chrony_said) stale.push_back(service);
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

bool Reloads::chrony_follows(const Plan& plan, ChronyPatience patience) const {
  std::vector<std::string> wanted, unwanted;
  const auto add = [&](const std::string& name, std::vector<std::string>& list) {
    const ServiceNode* node = env_.directory.find(name);
    if (node == nullptr) return;
    for (const auto& address : node->addresses) list.push_back(address.address.to_string());
  };
  add(rebind_.to, wanted);
  for (const auto& name : plan.move.from) {
    if (!plan.keeps("chrony", name)) add(name, unwanted);
  }
  return env_.services
      .chrony_uses(wanted, unwanted, patience == ChronyPatience::none ? 0 : kChronyDeadlineMs)
      .has_value();
}

void Reloads::find(FindingClass what, std::string place, std::string reason, std::string cure) {
  outcome_.findings.push_back({what, std::move(place), std::move(reason), std::move(cure)});
}

}  // namespace sn::agent
