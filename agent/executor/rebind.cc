#include "agent/executor/rebind.h"
#include "agent/executor/trouble.h"

#include <algorithm>
#include <set>

#include "agent/executor/in_effect.h"
#include "agent/executor/observe_node.h"
#include "agent/executor/primitives/change_lease.h"
#include "agent/executor/prove.h"
#include "agent/executor/refusals.h"
#include "agent/executor/reloads.h"
#include "agent/executor/staging.h"
#include "agent/leases/holder.h"
#include "agent/plan/left_over.h"
#include "agent/plan/leftover_names.h"
#include "agent/plan/promise.h"
#include "agent/routes/kernel_routes.h"
#include "agent/watch/mount_facts.h"
#include "agent/watch/mount_table.h"
#include "common/base/clock.h"

namespace sn::agent {

namespace {

Move move_of(const PlanRequest& request) {
  Move move;
  move.from = request.from;
  std::erase(move.from, request.to);
  move.to = request.to;
  return move;
}

// Planned twice only where something refuses: then without it, or not at all. What was begun before
// a crash is finished as far as it goes, so nothing is refused as a whole then.
Plan plan_what_can_be_done(const PlanRequest& request, const RebindEnvironment& environment,
                           Observation& observation, const Undo* undo) {
  PlanOptions options{request.strict,     request.stuck, undo, {}, environment.directory_path,
                      request.is_rescue()};
  // What was begun is finished, whatever was written into the inventory since.
  if (!environment.recovering) options.meant = request.meant;
  Plan plan = make_plan(observation, environment.directory, move_of(request), options);
  if (environment.recovering) return plan;
  observation.refusals = find_refusals(plan, environment.mount_order, environment.root);
  if (!observation.refusals.empty()) {
    plan = make_plan(observation, environment.directory, move_of(request), options);
  }
  for (auto& note : find_other_names(plan)) plan.summary.findings.push_back(std::move(note));
  return plan;
}

class Rebinder {
 public:
  Rebinder(const wire::Rebind& rebind, const RebindEnvironment& environment)
      : rebind_(rebind),
        env_(environment),
        started_us_(monotonic_us()),
        undo_(environment.undo_files == nullptr ? std::nullopt
                                                : environment.undo_files->asked_for(rebind.undo)),
        staging_(environment, plan_request_of(rebind)),
        reloads_(rebind, environment, outcome_) {
    outcome_.takeover = rebind.takeover;
    outcome_.generation = rebind.generation;
    outcome_.to = rebind.to;
    outcome_.changes = environment.ahead;
  }

  RebindResult run() {
    say(Fact(FactCode::observing), 0, 0);
    Observation observation = observe_node(env_.directory, env_.live, Look::whole);
    plan_ = plan(observation);
    outcome_.plan_hash = plan_.summary.hash;
    promised_ = {plan_.summary.changes, plan_.summary.findings};
    outcome_.findings = plan_.summary.findings;
    if (plan_.blocked() && !env_.recovering) return end(Verdict::blocked);
    if (!env_.recovering && !keeps_promise(observation)) return end(Verdict::held);
    // Past its commit point a plan is finished even if the new service node went silent meanwhile:
    // half way is worse than either end.
    if (!plan_.empty() && env_.live && !env_.recovering && !prove_target(observation)) {
      return end(Verdict::blocked);
    }
    if (auto status = begin_journal(); !status) {
      if (!env_.recovering) return end_untouched(status.error());
      find(FindingClass::left, "", status.error().fact(), status.error().cure);
    }
    reloads_.take_up_owed();
    if (!plan_.empty() || !env_.unfinished_swaps.empty()) {
      if (auto status = stage(); !status) {
        if (!env_.recovering) return end_untouched(status.error());
        find(FindingClass::left, "", status.error().fact(), status.error().cure);
      }
      if (auto status = commit(); !status) return end_untouched(status.error());
      if (plan_.second_look || rewritten_) look_again();
    }
    if (env_.live) reloads_.carry_out(plan_, replaced_, observation, open_journal());
    return verify();
  }

  std::vector<PlannedChange> move_ahead() {
    ahead_ = true;
    Observation observation = observe_node(env_.directory, env_.live, Look::whole);
    plan_ = plan(observation);
    if (plan_.blocked()) return {};
    keep_what_scripts_need();
    if (plan_.empty()) return done_before(observation);
    if (!prove_target(observation) || !begin_journal()) return {};
    if (stage() && commit()) {
      if (rewritten_) look_again();
      reloads_.carry_out(plan_, replaced_, observation, open_journal());
    } else {
      staging_.discard();
    }
    if (journal_open_) (void)env_.journal->commit(Verdict::partly);
    return std::move(outcome_.changes);
  }

 private:
  // By an agent that was started anew since: this rebind knows nothing of it.
  [[nodiscard]] std::vector<PlannedChange> done_before(const Observation& observation) const {
    if (env_.undo_files == nullptr) return {};
    const auto record = env_.undo_files->read(rebind_.generation);
    return record ? still_done(*record, observation) : std::vector<PlannedChange>{};
  }
  void keep_what_scripts_need() {
    plan_.mounts.clear();
    plan_.second_look = false;
    std::erase_if(plan_.leases, [](const LeaseChange& lease) {
      const LeaseHolder* holder = lease_holder(lease.holder);
      return holder == nullptr || holder->asks() != kNameService;
    });
    std::erase_if(plan_.files, [](const FileChange& file) {
      if (file.kind == "xcatinfo") return false;
      const FileKind* kind = kind_named(file.kind);
      return kind == nullptr || kind->asks() != kNameService;
    });
  }
  [[nodiscard]] Plan plan(Observation& observation) const {
    return plan_what_can_be_done(plan_request_of(rebind_), env_, observation,
                                 undo_ ? &*undo_ : nullptr);
  }
  void say(const Fact& step, uint32_t done, uint32_t of) {
    if (env_.progress) env_.progress(step, done, of);
  }
  void find(FindingClass what, std::string place, Fact reason, Cure cure) {
    outcome_.findings.push_back({what, std::move(place), std::move(reason), std::move(cure)});
  }

  void add(std::vector<Finding> findings) {
    for (auto& finding : findings) outcome_.findings.push_back(std::move(finding));
  }

  // What was confirmed is what is done. Half way is worse than either plan, so what was begun is
  // finished by whatever is planned then.
  bool keeps_promise(const Observation& observation) {
    const Promise promise = judge_promise(rebind_, plan_);
    if (promise == Promise::broken && confirmed_steps() != nullptr) {
      std::vector<std::string> unasked;
      for (const auto& unread : observation.unread) unasked.push_back(unread.place);
      if (misses_only(unasked, *confirmed_steps(), plan_)) return true;
    }
    if (promise == Promise::replanned) {
      find(FindingClass::note, "", Fact(FactCode::replanned), {});
    } else if (promise == Promise::broken) {
      auto findings = broken_promise(confirmed_steps(), plan_);
      outcome_.findings.insert(outcome_.findings.begin(), findings.begin(), findings.end());
    }
    return promise != Promise::broken;
  }
  [[nodiscard]] const std::vector<PlannedChange>* confirmed_steps() const {
    if (env_.made_plans == nullptr) return nullptr;
    for (const auto& made : *env_.made_plans) {
      if (made.hash == rebind_.plan_hash) return &made.steps;
    }
    return nullptr;
  }

  // None is needed where nothing is to be changed, unless an earlier one is to be closed.
  Status begin_journal() {
    if (env_.journal == nullptr) return {};
    if (env_.recovering) {
      journal_open_ = true;
      return env_.journal->resume();
    }
    if (plan_.empty()) return {};
    auto status = env_.journal->begin(rebind_, env_.boot_id);
    // A commit line without a beginning would be nonsense to the next start.
    journal_open_ = status.has_value();
    return status;
  }

  bool prove_target(const Observation& observation) {
    say(Fact(FactCode::proving, {.to = rebind_.to}), 0, 0);
    auto silent = find_silent_target(plan_, observation, env_);
    if (silent) outcome_.findings.push_back(std::move(*silent));
    return !silent;
  }

  // Past a commit point what fails is named; before it, it ends the rebind.
  Status stage() {
    Status status;
    staging_.stage(plan_, open_journal(), [&](const StageFailure& failure) {
      if (failure.essential && !env_.recovering) {
        status = tl::unexpected(failure.error);
        return false;
      }
      find(FindingClass::left, failure.place, failure.error.fact(), failure.error.cure);
      return true;
    });
    return status;
  }
  [[nodiscard]] Journal* open_journal() const { return journal_open_ ? env_.journal : nullptr; }

  // Before the first change, so that whatever is changed can be taken back. Leaving a dead service
  // node matters more than that, so a full /run is told and no reason to stay.
  void remember() {
    if (env_.undo_files == nullptr || plan_.empty()) return;
    auto status = env_.undo_files->add(rebind_, plan_);
    if (status) return;
    find(FindingClass::note, "", Fact(FactCode::no_exact_way_back, {}, status.error().fact()),
         status.error().cure);
  }

  // Fails only where it leaves the node as it was: the first step, which is an essential file's if
  // any is planned, can't be carried out. A server that hides its reasons refuses here.
  Status commit() {
    remember();
    uint32_t done = 0;
    const auto total = static_cast<uint32_t>(staging_.steps().size());
    for (auto& step : staging_.steps()) {
      ++done;
      if (!step.ready()) continue;
      say(step.what, done, total);
      // Without a journal entry a step is not begun: a crash in it could not be finished.
      Status status;
      if (journal_open_) status = env_.journal->intent(step.what);
      if (status) status = carry_out(step);
      if (!status) {
        const bool untouched = !touched_ && !env_.recovering && step.replace &&
                               step.file->tier == Tier::essential &&
                               status.error().what != ErrorClass::corrupt;
        if (untouched) return status;
        touched_ = true;
        // Past the commit point a plan rolls forward: this step is named, and the rest goes on.
        if (step.replace) step.replace->discard();
        // A daemon that was told its servers writes resolv.conf: that is planned from what it
        // wrote.
        if (step.replace && status.error().what == ErrorClass::stale && !plan_.leases.empty()) {
          rewritten_ = true;
          continue;
        }
        find(FindingClass::left, step.place_name(), status.error().fact(), status.error().cure);
        continue;
      }
      touched_ = true;
      if (step.file != nullptr) {
        replaced_.insert(step.file->path);
        if (plan_.restored_files.contains(step.file->path)) ++outcome_.restored;
        tell_changes_at(step.place_name());
      } else if (step.swap != nullptr) {
        if (plan_.restored_mounts.contains(step.place_name())) ++outcome_.restored;
        tell_changes_at(step.place_name());
      } else if (step.lease != nullptr) {
        if (step.lease->undoes) ++outcome_.restored;
        tell_changes_at(step.place_name());
      } else {
        outcome_.changes.push_back(step.route->describe());
        const auto& restored = plan_.restored_routes;
        if (std::find(restored.begin(), restored.end(), *step.route) != restored.end()) {
          ++outcome_.restored;
        }
      }
      // If this line is lost the step is done twice after a crash, which changes nothing.
      if (journal_open_) (void)env_.journal->done();
    }
    sync_directories();
    outcome_.changed = static_cast<uint32_t>(outcome_.changes.size());
    return {};
  }

  // Of a file, a mount ("mount /install") or a lease ("resolved eth1"): no two are called alike.
  void tell_changes_at(const std::string& place) {
    for (const auto& change : plan_.summary.changes) {
      if (change.path == place) outcome_.changes.push_back(change);
    }
  }

  // What lay on a swapped mount can be read now, and what a daemon rewrote meanwhile. Past the
  // commit point: what fails is named.
  void look_again() {
    say(Fact(FactCode::looking_again), 0, 0);
    Plan first = std::move(plan_);
    Observation observation = observe_node(env_.directory, env_.live, Look::whole);
    plan_ = plan(observation);
    for (auto& finding : plan_.summary.findings) {
      if (finding.what == FindingClass::blocked) finding.what = FindingClass::left;
      auto& said = outcome_.findings;
      if (std::find(said.begin(), said.end(), finding) == said.end()) said.push_back(finding);
    }
    if (ahead_) keep_what_scripts_need();
    plan_.mounts.clear();
    plan_.routes.clear();
    plan_.leases.clear();
    staging_.forget_steps();
    auto status = stage();
    if (status) status = commit();
    if (!status) find(FindingClass::left, "", status.error().fact(), status.error().cure);
    // Steps point into the plan; they are over, and what follows asks for both plans' files.
    staging_.forget_steps();
    plan_.routes = std::move(first.routes);
    for (auto* files : {&first.hosts, &first.files}) {
      for (auto& file : *files) plan_.files.push_back(std::move(file));
    }
  }

  Status carry_out(Step& step) {
    if (step.replace) return step.replace->commit();
    if (step.swap != nullptr) return step.swap->commit(step.place, step.bare);
    if (step.lease != nullptr) return change_lease(*step.lease);
    return change(*step.route);
  }

  // Each once, after all renames: a crash in between is what the journal is for.
  void sync_directories() {
    std::set<std::string> synced;
    for (const auto& step : staging_.steps()) {
      if (!step.replace || !replaced_.contains(step.file->path)) continue;
      const std::string directory = step.replace->directory();
      if (!synced.insert(directory).second) continue;
      if (auto status = sync_directory(directory); !status) {
        find(FindingClass::not_in_effect, step.file->path, status.error().fact(),
             status.error().cure);
      }
    }
  }

  Status change(const RouteChange& route) {
    auto status = change_route(route);
    // Gone or there already: somebody, or our earlier self, was faster. Verification decides.
    if (!status && (status.error().what == ErrorClass::not_found)) return {};
    return status;
  }

  RebindResult verify() {
    say(Fact(FactCode::verifying), 0, 0);
    const Observation observation = observe_node(env_.directory, env_.live, Look::references);
    const IdentityIndex identity = identity_on(observation, env_.directory);
    RebindResult result;
    result.inventory = take_inventory(observation, identity);
    const auto left = still_left(result.inventory);
    outcome_.left = static_cast<uint32_t>(left.size());
    outcome_.places = count_places(observation);
    // Those of the plan stood on the lines of before.
    std::erase_if(outcome_.findings, [](const Finding& finding) {
      return finding.reason.is(FactCode::name_stays) ||
             finding.reason.is(FactCode::more_names_stay);
    });
    for (const auto& reference : left) explain_left(reference);
    auto names = leftover_names(observation, identity);
    outcome_.left += names.count;
    add(std::move(names.findings));
    name_untold(observation);
    if (env_.live) {
      reloads_.verify(plan_, observation);
      add(find_routes_not_in_effect(plan_, env_.directory));
      add(find_mounts_not_in_effect(staging_, result.inventory, rebind_.to));
      add(find_unserved(rebind_, env_, result.inventory, observation, identity));
      result.quarantine = find_odd_mounts();
    }
    const bool in_effect =
        std::none_of(outcome_.findings.begin(), outcome_.findings.end(), [](const Finding& f) {
          return f.what == FindingClass::not_in_effect || f.what == FindingClass::left;
        });
    return end(outcome_.left == 0 && in_effect ? Verdict::verified : Verdict::partly,
               std::move(result));
  }

  // Whoever was told others and does not say now whom it asks may have them no more.
  void name_untold(const Observation& observation) {
    for (const auto& unread : observation.unread) {
      const bool told =
          std::any_of(plan_.leases.begin(), plan_.leases.end(),
                      [&](const LeaseChange& lease) { return lease.holder == unread.place; });
      if (told) find(FindingClass::left, unread.place, unread.reason, unread.cure);
    }
  }

  // An undo puts back exactly what was there, and that may name a service node that is left.
  [[nodiscard]] bool stays(const Reference& reference) const {
    return std::find(plan_.stays.begin(), plan_.stays.end(), reference) != plan_.stays.end();
  }
  [[nodiscard]] std::vector<Reference> still_left(const wire::Inventory& inventory) const {
    auto left = left_over(inventory, plan_.move.from);
    std::erase_if(left, [&](const Reference& reference) { return stays(reference); });
    return left;
  }
  // A failback puts back what was there, whatever it names besides.
  [[nodiscard]] LeftoverNames leftover_names(const Observation& observation,
                                             const IdentityIndex& identity) const {
    std::vector<Finding> said = outcome_.findings;
    for (const auto* files : {&plan_.hosts, &plan_.files}) {
      for (const auto& file : *files) {
        if (replaced_.contains(file.path)) follow_lines(file.path, file.edits, said);
      }
    }
    return LeftoverSearch(identity, plan_.move.from)
        .in_node(observation, said, undo_ && undo_->record ? &plan_.planned_anew : nullptr);
  }
  void explain_left(const Reference& reference) {
    const std::string path = reference.place.substr(0, reference.place.rfind(':'));
    for (const auto& finding : outcome_.findings) {
      if (finding.what == FindingClass::left && finding.place.starts_with(path)) return;
    }
    const bool ours = replaced_.contains(path);
    find(FindingClass::left, reference.place,
         Fact(ours ? FactCode::changed_back : FactCode::still_names,
              {.sn = reference.owner, .name = reference.label, .value = reference.value}),
         ours ? Cure(CureCode::find_writer) : Cure());
  }

  // After an interruption: neither the old nor the new one is there, or the bare place could not be
  // filled. Without one only we can have left a place bare; what else is there is somebody's.
  std::optional<QuarantineRecord> find_odd_mounts() {
    QuarantineRecord record;
    record.places = env_.unfinished_swaps;
    for (const auto& swap : staging_.swaps()) record.places.push_back(swap->swap());
    if (record.places.empty()) return std::nullopt;
    const auto table = read_mount_table("/proc/self/mountinfo");
    if (!table) return std::nullopt;  // said by the observation
    auto odd = find_odd_place(record.places, *table,
                              env_.recovering ? OddPlace::bare_or_other : OddPlace::bare);
    if (!odd) return std::nullopt;
    find(FindingClass::left, "", odd->reason, odd->cure);
    record.why = std::move(*odd);
    return record;
  }

  RebindResult end_untouched(const Error& error) {
    staging_.discard();
    find(FindingClass::blocked, "", error.fact(), error.cure);
    return end(Verdict::blocked);
  }

  RebindResult end(Verdict verdict, RebindResult result = {}) {
    if (verdict == Verdict::blocked || verdict == Verdict::failed || verdict == Verdict::held) {
      // Untouched; what is there is still said.
      const Observation observation = observe_node(env_.directory, env_.live, Look::references);
      const IdentityIndex identity = identity_on(observation, env_.directory);
      result.inventory = take_inventory(observation, identity);
      outcome_.left = static_cast<uint32_t>(still_left(result.inventory).size()) +
                      leftover_names(observation, identity).count;
      outcome_.places = count_places(observation);
    }
    // Past the commit point something was changed, whatever stopped it now.
    const bool touched = env_.recovering || !env_.ahead.empty();
    if (touched && (verdict == Verdict::blocked || verdict == Verdict::failed)) {
      verdict = Verdict::partly;
    }
    outcome_.verdict = verdict;
    for (const auto& reference : result.inventory.references) {
      if (!plan_.move.is_from(reference.owner)) continue;
      if (reference.role == ReferenceRole::keep || stays(reference)) ++outcome_.kept;
      if (reference.role == ReferenceRole::boot_time_only) ++outcome_.boot_time_only;
    }
    for (const auto& socket : env_.sockets) {
      if (!plan_.move.is_from(socket.service_node)) continue;
      ++outcome_.unclaimed;
      outcome_.findings.push_back(finding_of(socket));
    }
    for (const auto& mention : env_.mentions) {
      if (!plan_.move.is_from(mention.service_node)) continue;
      // Found before the move, in a file that only an include leads to.
      if (replaced_.contains(mention.path)) continue;
      ++outcome_.unclaimed;
      outcome_.findings.push_back(finding_of(mention));
    }
    sort_by_weight(outcome_.findings);
    say_if_as_planned();
    outcome_.total_us = static_cast<uint32_t>(monotonic_us() - started_us_);
    if (journal_open_) (void)env_.journal->commit(verdict);
    result.report.outcome = std::move(outcome_);
    result.report.bindings = result.inventory.bindings;
    return result;
  }

  void say_if_as_planned() {
    const auto& promised = promised_.changes;
    // As many as are on record: what hinders a plan is found after its hash was made.
    if (rebind_.kept_lines == 0 || rebind_.kept_lines != promised.size()) return;
    if (outcome_.verdict != Verdict::verified || outcome_.plan_hash != rebind_.plan_hash) return;
    if (!std::is_permutation(outcome_.changes.begin(), outcome_.changes.end(), promised.begin(),
                             promised.end())) {
      return;
    }
    std::vector<Finding> expected = promised_.findings;
    std::erase_if(expected, [](const Finding& one) { return !is_settled_by_plan(one); });
    auto& found = outcome_.findings;
    const auto last = std::stable_partition(found.begin(), found.end(), [&](const Finding& one) {
      const auto known = std::find(expected.begin(), expected.end(), one);
      if (known == expected.end()) return true;
      expected.erase(known);
      return false;
    });
    outcome_.as_planned = expected.empty();
    outcome_.planned_findings = static_cast<uint32_t>(found.end() - last);
    if (!outcome_.as_planned) sort_by_weight(found);
  }

  const wire::Rebind& rebind_;
  const RebindEnvironment& env_;
  const int64_t started_us_;
  const std::optional<Undo> undo_;
  Plan plan_;
  // Of the plan that the outcome names.
  struct Promised {
    std::vector<PlannedChange> changes;
    std::vector<Finding> findings;
  } promised_;
  Staging staging_;
  bool journal_open_ = false;
  bool touched_ = false;            // perhaps
  bool ahead_ = false;              // only what scripts need
  bool rewritten_ = false;          // a file, by a daemon that was told its servers
  std::set<std::string> replaced_;  // paths
  wire::Outcome outcome_;
  Reloads reloads_;
};

}  // namespace

RebindResult run_rebind(const wire::Rebind& rebind, const RebindEnvironment& environment) {
  return Rebinder(rebind, environment).run();
}

std::vector<PlannedChange> move_ahead(const wire::Rebind& rebind,
                                      const RebindEnvironment& environment) {
  return Rebinder(rebind, environment).move_ahead();
}

Finding finding_of(const UnclaimedMention& mention) {
  return {FindingClass::unclaimed, mention.path,
          Fact(FactCode::mentions, {.sn = mention.service_node}), Cure(CureCode::no_rule_owns)};
}

Finding finding_of(const OpenSocket& socket) {
  return {FindingClass::unclaimed, "socket " + socket.peer,
          Fact(FactCode::sockets_open_to, {.sn = socket.service_node, .count = socket.count}),
          Cure(CureCode::ends_with_program)};
}

Plan plan_rebind(const PlanRequest& request, const RebindEnvironment& environment,
                 Observation observation) {
  if (environment.live) {
    for (const auto& [service, processes] : environment.services.running_all()) {
      observation.running_services.push_back(service);
      const Status way = environment.services.may_restart(service, processes);
      if (way) continue;
      observation.not_restartable.push_back({service, way.error().why, way.error().cure});
    }
  }
  const UndoFiles* undo_files = environment.undo_files;
  const auto undo = undo_files == nullptr ? std::nullopt : undo_files->asked_for(request.undo);
  return plan_what_can_be_done(request, environment, observation, undo ? &*undo : nullptr);
}

std::vector<Finding> immovable_mounts(const PlanRequest& request, const Directory& directory) {
  const auto facts = read_mount_facts();
  if (!facts) return {};  // said by the observation
  return find_immovable(*facts, IdentityIndex(directory), move_of(request));
}

}  // namespace sn::agent
