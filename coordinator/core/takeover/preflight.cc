#include "coordinator/core/takeover/preflight.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

#include "common/facts/text.h"
#include "common/model/server_state.h"
#include "common/model/unready.h"
#include "common/wire/plan_group.h"
#include "coordinator/core/names.h"

namespace sn::coordinator {

namespace {

// One may die, or be late, while all others of its group wait.
constexpr size_t kAskedAGroup = 2;

// The nodes' own inventory has another address or name for them: what they saw was somebody else.
std::vector<std::string> entered_otherwise(const wire::PlanSummary& plan) {
  std::vector<std::string> service_nodes;
  for (const auto& finding : plan.findings) {
    if (finding.reason.is(FactCode::entry_differs)) {
      service_nodes.push_back(finding.reason.with().sn);
    }
  }
  return service_nodes;
}

}  // namespace

Preflight::Preflight(uint64_t request_id, ClientId client_id, TakeoverCommand the_command,
                     NodeSet the_set, MonotonicTime deadline)
    : request(request_id),
      client(client_id),
      command(std::move(the_command)),
      set(std::move(the_set)),
      deadline_(deadline) {}

bool Preflight::report(const std::string& node, const wire::PlanReport& report) {
  // After the question nobody was asked for a plan.
  if (go || unreported_.erase(node) == 0) return false;
  GroupPlan& group = groups_[report.group];
  reports_[node] = {report.sightings, report.hash, report.shape, &group};
  if (group.whole || group.asked.size() >= kAskedAGroup) {
    group.unasked.insert(node);
    return false;
  }
  if (group.asked.empty()) ++untold_;
  group.asked.insert(node);
  return true;
}

// One node's plan stands for its whole group, and decides about all of them: it must be of it.
void Preflight::tell(const std::string& node, const wire::PlanSummary& plan) {
  const auto found = groups_.find(wire::plan_group(plan));
  if (found == groups_.end()) return;
  GroupPlan& group = found->second;
  if (go || group.whole || !group.asked.contains(node)) return;
  --untold_;
  group.others = entered_otherwise(plan);
  group.whole = plan;
  group.whole->group = found->first;
}

bool Preflight::awaits_plan_of(const std::string& node) const {
  const auto report = reports_.find(node);
  return !go && report != reports_.end() && report->second.group != nullptr &&
         !report->second.group->whole && report->second.group->asked.contains(node);
}

std::string Preflight::give_up(const std::string& node) {
  if (!command.dry_run) unreported_.erase(node);
  const auto report = reports_.find(node);
  if (report == reports_.end() || report->second.group == nullptr) return {};
  GroupPlan& group = *report->second.group;
  group.unasked.erase(node);
  if (go || group.whole || group.asked.erase(node) == 0) return {};
  if (!group.unasked.empty()) {
    const std::string next = *group.unasked.begin();
    group.unasked.erase(next);
    group.asked.insert(next);
    return next;
  }
  if (group.asked.empty()) --untold_;
  return {};
}

bool Preflight::probed(uint64_t probe, const MachineSighting& seen) {
  const auto found = probes_.find(probe);
  if (found == probes_.end()) return false;
  own_[found->second] = seen;
  probes_.erase(found);
  return true;
}

void Preflight::look_again(MonotonicTime deadline) {
  own_.clear();
  // Who has not told its plan was shown without one.
  untold_ = 0;
  for (auto& [node, report] : reports_) {
    // What its services are is asked with the plan only.
    for (auto& sighting : report.sightings) sighting.seen.life = Life::unasked;
  }
  deadline_ = deadline;
}

void Preflight::seen(const std::string& node, const wire::Seen& seen) {
  if (unreported_.erase(node) == 0) return;
  auto& sightings = reports_[node].sightings;
  for (const auto& fresh : seen.sightings) {
    const auto known = std::find_if(sightings.begin(), sightings.end(), [&](const auto& one) {
      return one.service_node == fresh.service_node;
    });
    if (known == sightings.end()) {
      sightings.push_back(fresh);
    } else {
      const auto services = known->seen.services;
      *known = fresh;
      known->seen.services = services;
    }
  }
}

const MachineSighting* Preflight::counted(const Report& report, const wire::Sighting& sighting) {
  const bool other =
      report.group != nullptr && contains(report.group->others, sighting.service_node);
  return other ? nullptr : &sighting.seen;
}

void Preflight::expect_power(MonotonicTime deadline) {
  power_asked_ = power_out_ = true;
  deadline_ = deadline;
}

void Preflight::powered(Power power, const std::string& said) {
  power_out_ = false;
  power_ = power;
  power_said_ = plain_line(said);
}

bool Preflight::wants_power() const {
  return command.undoes == 0 && !command.planned && !command.fenced && !power_asked_ &&
         is_half_dead(sighting(command.from).best.life);
}

FleetSighting Preflight::sighting(const std::string& service_node) const {
  FleetSighting fleet;
  if (const auto own = own_.find(service_node); own != own_.end()) fleet.add_here(own->second);
  for (const auto& [node, report] : reports_) {
    for (const auto& sighting : report.sightings) {
      if (sighting.service_node != service_node) continue;
      if (const auto* seen = counted(report, sighting)) fleet.add(node, *seen);
    }
  }
  return fleet;
}

namespace {

const char* const kCoordinator = "coordinator";

// "53/udp, 2049/tcp"
Fact life_of(const std::string& service_node, const FleetSighting& fleet, const Fact& also) {
  if (fleet.is_one_against_all()) {
    return Fact(FactCode::one_claims_life,
                {.node = fleet.best_by,
                 .sn = service_node,
                 .said = fleet.best.evidence,
                 .count = fleet.asked - 1},
                also);
  }
  const auto code = is_half_dead(fleet.best.life) ? FactCode::half_dead : FactCode::alive;
  return Fact(code,
              {.sn = service_node,
               .value = fleet.best.mac,
               .by = fleet.best_by.empty() ? kCoordinator : fleet.best_by,
               .said = fleet.best.evidence,
               .count = fleet.alive_by,
               .of = fleet.alive_by > 0 ? fleet.asked : 0},
              also);
}

// The one command that overrides the objection.
Cure although(const TakeoverCommand& command, const FleetSighting& fleet) {
  TakeoverCommand other = command;
  if (fleet.is_one_against_all()) {
    other.without.push_back(fleet.best_by);
    return Cure(CureCode::leave_it_out, {.node = fleet.best_by, .value = command_line(other)});
  }
  if (is_half_dead(fleet.best.life)) {
    other.fenced = true;
    return Cure(CureCode::when_fenced, {.value = command_line(other)});
  }
  TakeoverCommand planned = command;
  planned.planned = true;
  planned.force = false;  // such a node is blocked, and not forced
  other.fenced = true;
  return Cure(CureCode::although_it_lives,
              {.name = command_line(other), .value = command_line(planned)});
}

}  // namespace

std::optional<RefusalAnswer> Preflight::refusal(bool asks) const {
  if (auto nobody = no_target()) return nobody;
  const Fact services = command.force || asks ? Fact() : essentials_unready();
  const auto from = sighting(command.from);
  const bool matters = !command.planned && !command.fenced && command.undoes == 0 &&
                       power_ != Power::off && shows_life(from.best.life);
  // One that is half dead is asked about, where somebody can be.
  const bool settled =
      is_half_dead(from.best.life) && !from.is_one_against_all() && (vouched || asks);
  TakeoverCommand all = command;
  all.force |= !services.empty();
  if (matters && !settled) {
    return RefusalAnswer{life_of(command.from, from, services), although(all, from), 3};
  }
  if (services.empty() || go) return std::nullopt;
  return RefusalAnswer{services,
                       Cure(CureCode::start_service_or_force, {.value = command_line(all)}), 3};
}

std::optional<RefusalAnswer> Preflight::no_target() const {
  Fact silent;
  // The last is told first, so that they read in order.
  for (auto target = set.targets.rbegin(); target != set.targets.rend(); ++target) {
    const auto seen = sighting(*target);
    if (seen.reached_by > 0 || (seen.asked == 0 && is_reached(seen.here.life))) return std::nullopt;
    silent = seen.asked > 0
                 ? Fact(FactCode::answers_none, {.sn = *target, .of = seen.asked}, silent)
                 : Fact(FactCode::answers_nobody_asked, {.sn = *target}, silent);
  }
  if (silent.empty()) return std::nullopt;
  return RefusalAnswer{silent,
                       command.undoes != 0
                           ? Cure(CureCode::bring_back_then, {.value = command_line(command)})
                           : Cure(CureCode::bring_back_or_other_target),
                       3};
}

bool Preflight::is_rescue() const {
  return !command.planned && !command.strict && command.undoes == 0;
}

const MachineSighting* Preflight::target_seen_by(const std::string& node) const {
  const auto report = reports_.find(node);
  const auto member = set.members.find(node);
  if (report == reports_.end() || member == set.members.end()) return nullptr;
  for (const auto& sighting : report->second.sightings) {
    if (sighting.service_node == member->second.to) return counted(report->second, sighting);
  }
  return nullptr;
}

std::vector<ServiceSighting> Preflight::unready_services(const std::string& node) const {
  std::vector<ServiceSighting> unready;
  const MachineSighting* target = target_seen_by(node);
  // One that the node can't reach at all is said to be that.
  if (target == nullptr || !is_reached(target->life)) return unready;
  for (const auto& sighting : target->services) {
    if (!is_ready(sighting.answer)) unready.push_back(sighting);
  }
  return unready;
}

// Names and files: without these a node is worse off than it was.
Fact Preflight::essentials_unready() const {
  if (!is_rescue()) return {};
  std::set<ServicePort> services;
  size_t nodes = 0;
  std::string to;
  for (const auto& [name, member] : set.members) {
    bool counts = false;
    for (const auto& [service, answer] : unready_services(name)) {
      if (service.port != kDomainPort && service.port != kNfsPort) continue;
      services.insert(service);
      counts = true;
    }
    if (!counts) continue;
    ++nodes;
    to = member.to;
  }
  if (services.empty()) return {};
  return Fact(FactCode::backup_services_silent,
              {.to = to,
               .value = list_of(std::vector<ServicePort>(services.begin(), services.end())),
               .count = nodes});
}

bool Preflight::covers(const NodeSet& now) const {
  return std::all_of(now.members.begin(), now.members.end(), [&](const auto& entry) {
    const auto shown = set.members.find(entry.first);
    return shown != set.members.end() && shown->second.to == entry.second.to;
  });
}

// A node in observe mode refuses, and shows what it would do. What blocks it anyway is told first.
void Preflight::observe_only(PlanGroup& group, const Presence* presence) {
  const bool observes =
      presence != nullptr && presence->connected() && presence->hello.mode != "act";
  if (!observes || group.outlook == Outlook::blocked) return;
  group.outlook = Outlook::blocked;
  group.reason = Fact(FactCode::would_refuse);
  group.cure = Cure(CureCode::set_act_mode_and_restart);
}

// A node that is moved all the same ends partly, until the service answers; where nothing burns it
// stays where it is.
void Preflight::add_unready(PlanGroup& group) const {
  const bool moves = group.outlook == Outlook::whole || group.outlook == Outlook::partly;
  if (group.unready.empty() || !moves) return;
  if (is_rescue()) {
    group.outlook = Outlook::partly;
    return;
  }
  group.outlook = Outlook::blocked;
  group.reason = unready_fact(group.to, group.unready);
  group.cure = Cure(CureCode::start_service_there, {.to = group.to});
}

std::vector<Readiness> Preflight::readiness() const {
  std::map<ServicePort, Readiness> services;
  for (const auto& [name, member] : set.members) {
    const MachineSighting* target = target_seen_by(name);
    if (target == nullptr) continue;
    for (const auto& [service, answer] : target->services) {
      Readiness& ready = services[service];
      ready.service = service;
      if (answer == ServiceAnswer::answered) {
        ++ready.ok;
      } else if (answer == ServiceAnswer::unknown) {
        ++ready.unknown;
      } else {
        ++(answer == ServiceAnswer::failing ? ready.failing : ready.silent);
      }
    }
  }
  std::vector<Readiness> list;
  for (const auto& [service, ready] : services) list.push_back(ready);
  return list;
}

PlanAnswer Preflight::plan(const State& state, const Fleet& fleet) const {
  PlanAnswer answer;
  answer.from = command.from;
  if (command.undoes != 0) {
    std::set<std::string> left;
    for (const auto& [name, member] : set.members) left.insert(member.from.front());
    for (const auto& name : left) answer.from += (answer.from.empty() ? "" : ",") + name;
  }
  answer.planned = command.planned;
  answer.fenced = command.fenced;
  answer.rehearsed = command.rehearse;
  answer.undoes = command.undoes;
  answer.back_to = command.back_to;
  if (command.undoes != 0) answer.left_alone = set.already;
  answer.frozen = state.freeze.frozen;
  TakeoverCommand looked = command;
  looked.planned = false;  // said apart
  looked.fenced = false;
  answer.options = options_of(looked);
  answer.nodes = set.members.size();
  if (set.targets.size() == 1) answer.to = set.targets.front();
  const auto from = sighting(command.from);
  answer.from_seen_alive_by = from.alive_by;
  answer.from_asked = from.asked;
  answer.from_evidence = from.here.evidence;
  answer.from_life = from.best.life;
  answer.from_sign = from.best.evidence;
  answer.from_by = from.best_by;
  answer.from_mac = from.best.mac;
  answer.power = power_said_;
  answer.off = power_ == Power::off;
  for (const auto& target : set.targets) {
    const auto seen = sighting(target);
    answer.to_seen_alive_by += seen.reached_by;
    answer.to_asked += seen.asked;
    for (const NodeRecord* node : table_of(state)) {
      if (node->service_node() == target) ++answer.to_nodes_now;
    }
  }
  answer.to_services = readiness();
  answer.to_nodes_after = answer.to_nodes_now;
  for (const auto& [name, member] : set.members) {
    const NodeRecord* node = find_node(state, name);
    if (!member.to.empty() && node != nullptr && node->service_node() != member.to) {
      ++answer.to_nodes_after;
    }
  }

  // Best first: what moves whole, then what does not.
  static constexpr Outlook kOrder[] = {Outlook::whole,   Outlook::partly, Outlook::nothing,
                                       Outlook::blocked, Outlook::silent, Outlook::down};
  struct Draft {
    PlanGroup group;
    size_t rank = 0;
  };
  // Groups that a person would call the same: by what they show, in the order of their words.
  std::map<std::tuple<std::string_view, std::string, std::string, std::string>, Draft> drafts;
  for (const auto& [name, member] : set.members) {
    PlanGroup group;
    group.to = member.to;
    const wire::PlanSummary* plan = nullptr;
    std::string likeness;
    const auto report = reports_.find(name);
    const Presence* presence = fleet.find(name);
    if (member.to.empty()) {
      group.outlook = Outlook::blocked;
      group.reason = member.refusal;
      group.cure = member.cure;
    } else if (report != reports_.end() && report->second.group != nullptr &&
               report->second.group->whole) {
      plan = &*report->second.group->whole;
      group.outlook = plan->outlook;
      likeness = plan->group;
      for (const auto& finding : plan->findings) {
        if (group.outlook != Outlook::blocked && finding.what == FindingClass::not_in_effect &&
            group.cure.empty()) {
          group.cure = finding.cure;
        }
        if (finding.what != FindingClass::blocked) continue;
        group.reason = finding.reason;
        group.cure = finding.cure;
        break;
      }
      const MachineSighting* target = target_seen_by(name);
      if (target != nullptr && !is_reached(target->life)) {
        group.outlook = Outlook::blocked;
        group.reason = Fact(FactCode::backup_does_not_answer, {.to = member.to});
        group.cure = Cure(CureCode::check_network_to, {.to = member.to});
      }
      group.unready = unready_services(name);
      add_unready(group);
      for (const auto& [service, how] : group.unready) {
        likeness += " " + service.to_string() + " " + std::string(to_string(how));
      }
      observe_only(group, presence);
    } else if (presence != nullptr && presence->connected()) {
      group.outlook = Outlook::silent;
      group.reason = Fact(FactCode::no_plan_in_time);
      group.cure = Cure(CureCode::status_node, {.node = name});
      observe_only(group, presence);
    } else {
      group.outlook = Outlook::down;
      group.reason = Fact(presence == nullptr ? FactCode::never_seen : FactCode::not_connected);
    }
    auto [draft, fresh] =
        drafts.try_emplace({to_string(group.outlook), member.to, text_of(group.reason), likeness});
    if (fresh) {
      if (plan != nullptr) group.plan = *plan;
      draft->second.group = std::move(group);
      const auto* const rank =
          std::find(std::begin(kOrder), std::end(kOrder), draft->second.group.outlook);
      draft->second.rank = static_cast<size_t>(rank - std::begin(kOrder));
    }
    draft->second.group.nodes.push_back(name);
  }
  std::vector<Draft*> order;
  for (auto& [key, draft] : drafts) order.push_back(&draft);
  std::stable_sort(order.begin(), order.end(), [](const Draft* a, const Draft* b) {
    if (a->rank != b->rank) return a->rank < b->rank;
    return a->group.nodes.size() > b->group.nodes.size();
  });
  for (size_t i = 0; i < order.size(); ++i) {
    std::string id;  // A..Z, then AA, AB...
    for (size_t n = i + 1; n > 0; n = (n - 1) / 26) {
      id.insert(id.begin(), static_cast<char>('A' + (n - 1) % 26));
    }
    order[i]->group.id = id;
    answer.groups.push_back(std::move(order[i]->group));
  }
  answer.strays = find_strays(state, fleet, command.from, set);
  for (const auto& [number, nodes] : set.under_way) {
    answer.under_way.push_back({takeover_id(number), nodes});
  }
  for (const auto& [number, nodes] : set.taken_over) {
    answer.taken_over.push_back({takeover_id(number), nodes});
  }
  return answer;
}

ConfirmedPlan Preflight::plan_of(const std::string& node) const {
  const auto report = reports_.find(node);
  const auto member = set.members.find(node);
  if (report == reports_.end() || member == set.members.end()) return {};
  return {0,
          member->second.from,
          member->second.to,
          member->second.undo,
          report->second.hash,
          report->second.shape};
}

std::vector<Stray> find_strays(const State& state, const Fleet& fleet, const std::string& from,
                               const NodeSet& set) {
  std::vector<Stray> strays;
  for (const auto& [name, presence] : fleet.all()) {
    const uint32_t references = presence.references_to(from);
    if (references == 0 || set.members.contains(name)) continue;
    const NodeRecord* node = find_node(state, name);
    if (node == nullptr) {
      strays.push_back({name, "", references});
      continue;
    }
    // A node that was left out by --nodes is where it belongs.
    if (node->service_node() == from) continue;
    const Assignment& present = node->present();
    // Another takeover is moving it away already.
    if (contains(present.still_to_leave(), from) && waiting_for(state, *node) != nullptr) continue;
    // A node that a reboot brought back there leaves it by itself (Rebinds::converge_named).
    if (present.state == AssignmentState::released && present.verdict == Verdict::verified &&
        presence.hello.generation < node->generation()) {
      continue;
    }
    strays.push_back({name, node->service_node(), references});
  }
  return strays;
}

}  // namespace sn::coordinator
