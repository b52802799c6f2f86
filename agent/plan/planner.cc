#include <algorithm>
#include <set>

#include "agent/leases/holder.h"
#include "agent/plan/left_over.h"
#include "agent/plan/leftover_names.h"
#include "agent/plan/needs.h"
#include "agent/plan/plan.h"
#include "agent/plan/shape.h"
#include "agent/plan/shown_line.h"
#include "agent/routes/plan_routes.h"
#include "common/base/digest.h"
#include "common/wire/codec.h"
#include "common/wire/plan_group.h"

namespace sn::agent {

namespace {

// A whole line without its end: what a person compares.
Span line_at(std::string_view text, size_t offset) {
  size_t begin = std::min(offset, text.size());
  while (begin > 0 && text[begin - 1] != '\n') --begin;
  const size_t end = text.find_first_of("\r\n", std::min(offset, text.size()));
  return {begin, std::max(begin, std::min(end, text.size()))};
}

// The line at `offset`, of which all of `changed` may be a part.
std::string line_shown(std::string_view text, size_t offset, const std::vector<Span>& changed) {
  const Span line = line_at(text, offset);
  std::vector<Span> changes;
  for (const Span& span : changed) {
    if (span.begin < line.begin || span.begin > line.end) continue;
    changes.push_back({span.begin - line.begin, span.end - line.begin});
  }
  return shown_line(text.substr(line.begin, line.end - line.begin), changes);
}

// Where the operator compares: whole lines where the edit lies within one, else the edit itself.
std::vector<PlannedChange> describe(const FileChange& file, std::string_view before) {
  std::vector<Span> was, is;
  size_t longer = 0;  // what came before in the file: it may be negative, and wraps
  for (const auto& edit : file.edits) {
    was.push_back({edit.offset, edit.offset + edit.before.size()});
    is.push_back({edit.offset + longer, edit.offset + longer + edit.after.size()});
    longer += edit.after.size() - edit.before.size();
  }
  std::vector<PlannedChange> changes;
  for (size_t i = 0; i < file.edits.size(); ++i) {
    const Edit& edit = file.edits[i];
    PlannedChange change{file.kind, file.path, edit.line, {}, {}};
    const bool within_line =
        edit.before.find('\n') == std::string::npos && edit.after.find('\n') == std::string::npos;
    if (within_line) {
      change.before = line_shown(before, was[i].begin, was);
      change.after = line_shown(file.text_after, is[i].begin, is);
    } else {
      change.before = shown_lines(edit.before);
      change.after = shown_lines(edit.after);
    }
    // Two edits of one line are one change of that line.
    if (changes.empty() || !(changes.back() == change)) changes.push_back(std::move(change));
  }
  return changes;
}

class Planner {
 public:
  Planner(const Observation& observation, const Directory& directory, Move move,
          const PlanOptions& options)
      : observation_(observation),
        identity_(identity_on(observation, directory)),
        options_(options) {
    plan_.move = std::move(move);
    if (plan_.move.own_addresses.empty()) plan_.move.own_addresses = observation.own_addresses;
  }

  Plan make() {
    for (const auto& name : plan_.move.from) require_known(name);
    require_known(plan_.move.to);
    require_the_same();
    if (blocked_) return finish();
    const wire::Inventory inventory = take_inventory(observation_, identity_);
    const auto left = left_over(inventory, plan_.move.from);
    plan_.summary.references = static_cast<uint32_t>(left.size());
    plan_.summary.places = count_places(observation_);
    std::vector<std::string> asked = plan_.move.from;
    asked.push_back(plan_.move.to);
    plan_.summary.needs =
        needs_of(observation_, inventory, identity_, asked, observation_.running_services);
    note_what_stays(inventory);
    plan_the_mounts();
    refuse_what_is_unread();
    if (options_.undo != nullptr && !options_.undo->record) {
      plan_.summary.findings.push_back({FindingClass::note, "", options_.undo->why_none, {}});
    }
    // Nothing names the old one: nothing is even added. What an earlier rebind added goes.
    if (left.empty() && record() == nullptr) {
      tell_leftover_names();
      return finish();
    }
    for (const auto& file : observation_.files) {
      if (!undo_the_file(file) && !left.empty()) plan_file(file, left);
    }
    note_what_is_gone();
    plan_the_routes();
    plan_the_leases();
    for (auto& lease : plan_.leases) {
      lease.with_files =
          std::any_of(plan_.files.begin(), plan_.files.end(),
                      [&](const FileChange& file) { return file.kind == lease.holder; });
    }
    plan_.summary.references = static_cast<uint32_t>(
        std::count_if(left.begin(), left.end(), [&](const Reference& reference) {
          return std::find(plan_.stays.begin(), plan_.stays.end(), reference) == plan_.stays.end();
        }));
    tell_leftover_names();
    return finish();
  }

 private:
  void block(std::string place, Fact reason, Cure cure) {
    blocked_ = true;
    plan_.summary.findings.push_back(
        {FindingClass::blocked, std::move(place), std::move(reason), std::move(cure)});
  }

  void require_known(const std::string& name) {
    if (identity_.directory().find(name) != nullptr) return;
    block(options_.directory_path, Fact(FactCode::unknown_here, {.sn = name}),
          Cure(CureCode::copy_coordinators_directory));
  }

  // One wrong address, and what names the old service node is not found, or the new one is somebody
  // else.
  void require_the_same() {
    for (const auto& difference : differences(identity_.directory(), options_.meant)) {
      if (difference.key.empty()) continue;  // not known: said
      block(options_.directory_path,
            Fact(FactCode::entry_differs, {.sn = difference.service_node,
                                           .name = difference.key,
                                           .value = difference.here,
                                           .said = difference.there}),
            Cure(CureCode::copy_coordinators_directory));
    }
  }

  enum class Why { not_understood, refused };
  // Essential: the node is refused, but in a rescue only for what rename would refuse. Secondary:
  // the file stays and is named, unless --strict.
  void cannot(const ObservedFile& file, const Error& error, Why why = Why::not_understood) {
    const std::string place = error.to.starts_with(file.path) ? error.to : file.path;
    Fact reason = error.why;
    if (place == file.path && !error.to.empty() && error.to != file.path) {
      reason = Fact(FactCode::at_token, {.value = error.to}, error.why);
    }
    // What another program writes is that program's to change, and a kind of its own may have moved
    // what it writes it from.
    const bool essential = file.kind->tier() == Tier::essential && file.place != FilePlace::foreign;
    const bool may_stay = options_.rescue && why == Why::not_understood;
    if ((essential && !may_stay) || options_.strict) {
      block(place, std::move(reason), error.cure);
    } else {
      partly_ = true;
      plan_.summary.findings.push_back({FindingClass::left, place, std::move(reason), error.cure});
    }
  }

  // What a kind leaves counts like a file that it leaves.
  void take_finding(Finding finding) {
    if (finding.what == FindingClass::left) {
      if (options_.strict) return block(finding.place, finding.reason, finding.cure);
      partly_ = true;
    }
    plan_.summary.findings.push_back(std::move(finding));
  }

  // The kernel would not let it be replaced.
  bool refused(const ObservedFile& file) {
    const auto& refusals = observation_.refusals;
    const auto found = std::find_if(refusals.begin(), refusals.end(), [&](const Refusal& refusal) {
      return refusal.path == file.path;
    });
    if (found == refusals.end()) return false;
    cannot(file, Error{ErrorClass::denied, "", file.path, found->reason, found->cure, 0},
           Why::refused);
    return true;
  }

  static WhyItStays why_it_stays(const Reference& reference) {
    const FileKind* kind = kind_named(reference.kind);
    return kind == nullptr ? WhyItStays{} : kind->why_it_stays(reference);
  }

  void note_what_stays(const wire::Inventory& inventory) {
    std::set<std::string> from(plan_.move.from.begin(), plan_.move.from.end());
    for (const auto& reference : inventory.references) {
      if (!from.contains(reference.owner) || reference.role == ReferenceRole::move) continue;
      const bool kept = reference.role == ReferenceRole::keep;
      const WhyItStays stays = kept ? why_it_stays(reference) : WhyItStays{};
      plan_.summary.findings.push_back(
          {kept ? FindingClass::kept : FindingClass::boot_time_only, reference.place,
           Fact(kept ? FactCode::stays : FactCode::until_next_boot,
                {.name = reference.label, .value = reference.value}, stays.why),
           stays.cure});
    }
  }

  void refuse_what_is_unread() {
    for (const auto& unread : observation_.unread) {
      if (!unread.mount.empty() && is_swapped(unread.mount)) {
        plan_.second_look = true;
        plan_.summary.findings.push_back({FindingClass::note,
                                          unread.place,
                                          Fact(FactCode::read_after_swap, {.place = unread.mount}),
                                          {}});
        continue;
      }
      if (unread.tier == Tier::essential || options_.strict) {
        block(unread.place, unread.reason, unread.cure);
      } else {
        partly_ = true;
        plan_.summary.findings.push_back(
            {FindingClass::left, unread.place, unread.reason, unread.cure});
      }
    }
  }

  [[nodiscard]] bool is_swapped(const std::string& mount_place) const {
    return std::any_of(plan_.mounts.begin(), plan_.mounts.end(), [&](const MountSwap& swap) {
      return std::any_of(swap.places.begin(), swap.places.end(),
                         [&](const SwapPlace& place) { return place.place == mount_place; });
    });
  }

  [[nodiscard]] const UndoRecord* record() const {
    return options_.undo != nullptr && options_.undo->record ? &*options_.undo->record : nullptr;
  }
  void note(std::string place, Fact what) {
    plan_.summary.findings.push_back({FindingClass::note, std::move(place), std::move(what), {}});
  }
  // What a failback can't put back as it was.
  void note_planned_anew(std::string place, FactCode why, const std::string& to = {}) {
    note(std::move(place), Fact(FactCode::planned_from_what_it_is, {},
                                Fact(why, {.to = to, .by = options_.undo->name()})));
  }

  [[nodiscard]] bool is_recorded(const std::string& path) const {
    return std::any_of(record()->files.begin(), record()->files.end(),
                       [&](const FileRecord& file) { return file.path == path; });
  }

  // True: it is put back, or is as it was; nothing else is to be planned for it.
  bool undo_the_file(const ObservedFile& file) {
    if (record() == nullptr || file.place == FilePlace::foreign) return false;
    if (is_fixed_until_boot(observation_, file)) return false;
    FileUndo undo = undo_file(*record(), file);
    switch (undo.state) {
      case UndoState::not_recorded:
        return false;
      case UndoState::changed:
        note_planned_anew(file.path, FactCode::changed_since);
        plan_.planned_anew.insert(file.path);
        return false;
      case UndoState::as_before:
        if (leads_elsewhere(file, file.text, {})) return false;
        keep_what_was(file, file.text);
        return true;
      case UndoState::as_left:
        break;
    }
    if (leads_elsewhere(file, undo.text_after, file.text)) {
      note_planned_anew(file.path, FactCode::was_not_on, plan_.move.to);
      plan_.planned_anew.insert(file.path);
      return false;
    }
    FilePlan restored;
    restored.edits = std::move(undo.edits);
    // The same text by the usual way: its commands do, and spare the service a restart.
    auto usual = file.kind->plan(file.path, file.text, identity_, plan_.move);
    if (usual && apply_edits(file.text, usual->edits) == undo.text_after) {
      restored.live_commands = std::move(usual->live_commands);
    }
    if (refused(file)) return true;
    keep_what_was(file, undo.text_after);
    plan_.restored_files.insert(file.path);
    ++plan_.summary.restored;
    add_change(file, std::move(restored), std::move(undo.text_after));
    return true;
  }

  // A record is of what was, and that need not be where the node is to go: never back onto what it
  // is to leave, unless that was named beside the other one, or is now. `now`: none, where the file
  // would stay as it is.
  [[nodiscard]] bool leads_elsewhere(const ObservedFile& file, const std::string& text,
                                     const std::string& now) const {
    const auto then = owners_in(file, text), named = owners_in(file, now);
    return !then.contains(plan_.move.to) &&
           std::any_of(then.begin(), then.end(), [&](const std::string& owner) {
             return plan_.move.is_from(owner) && !named.contains(owner);
           });
  }
  // The owners of all references in a text that are to be moved.
  [[nodiscard]] std::set<std::string> owners_in(const ObservedFile& file,
                                                const std::string& text) const {
    std::set<std::string> owners;
    const auto references = file.kind->discover(file.path, text, identity_);
    if (!references) return owners;
    for (const auto& reference : *references) {
      if (reference.role == ReferenceRole::move) owners.insert(reference.owner);
    }
    return owners;
  }
  [[nodiscard]] bool leads_elsewhere(const Route& route) const {
    bool names_left = false;
    for (const auto& hop : route.hops) {
      const auto owner = hop.gateway ? identity_.owner_of(*hop.gateway) : std::nullopt;
      if (owner && owner->name == plan_.move.to) return false;
      if (owner && plan_.move.is_from(owner->name)) names_left = true;
    }
    return names_left;
  }
  [[nodiscard]] bool leads_elsewhere(const MountSwap& swap) const {
    const auto address = IpAddress::parse(swap.address);
    const auto owner = address ? identity_.owner_of(*address) : std::nullopt;
    return !owner || owner->name != plan_.move.to;
  }

  // A file, as it was, may name a service node that is left now.
  void keep_what_was(const ObservedFile& file, const std::string& text) {
    const auto references = file.kind->discover(file.path, text, identity_);
    if (!references) return;
    for (const auto& reference : *references) {
      if (reference.role == ReferenceRole::move) stay(reference);
    }
  }

  void stay(const Reference& reference) {
    if (!plan_.move.is_from(reference.owner)) return;
    plan_.stays.push_back(reference);
    plan_.summary.findings.push_back(
        {FindingClass::kept,
         reference.place,
         Fact(FactCode::stays_as_before,
              {.name = reference.label, .value = reference.value, .by = options_.undo->name()}),
         {}});
  }

  // Recorded files that are not there any more. Those that can't be read are named already.
  void note_what_is_gone() {
    if (record() == nullptr) return;
    std::set<std::string> named;
    for (const auto& file : record()->files) {
      const bool there =
          std::any_of(observation_.files.begin(), observation_.files.end(),
                      [&](const ObservedFile& observed) { return observed.path == file.path; });
      const bool unread =
          std::any_of(observation_.unread.begin(), observation_.unread.end(),
                      [&](const Observation::Unread& other) { return other.place == file.path; });
      if (there || unread || !named.insert(file.path).second) continue;
      note(file.path, Fact(FactCode::gone_since, {.by = options_.undo->name()}));
    }
  }

  void plan_file(const ObservedFile& file, const std::vector<Reference>& left) {
    if (is_fixed_until_boot(observation_, file)) return;  // noted as boot-time only
    const bool concerned = std::any_of(left.begin(), left.end(), [&](const Reference& reference) {
      return reference.place.size() > file.path.size() && reference.place.starts_with(file.path) &&
             reference.place[file.path.size()] == ':';
    });
    if (file.place == FilePlace::foreign) {
      if (concerned) {
        cannot(file, Error{ErrorClass::denied, "", file.path,
                           Fact(FactCode::belongs_to, {.name = file.owner}),
                           Cure(CureCode::change_in_configuration, {.name = file.owner}), 0});
      } else if (file.kind->tier() == Tier::essential) {
        note(file.path, Fact(FactCode::written_by, {.name = file.owner}));
      }
      return;
    }
    auto planned = file.kind->plan(file.path, file.text, identity_, plan_.move);
    if (!planned) {
      const bool corrupt =
          planned.error().what == ErrorClass::corrupt || planned.error().what == ErrorClass::limit;
      // A file that can't be understood and names nobody who is left is not ours to worry about.
      if (corrupt && !concerned) return;
      cannot(file, planned.error());
      return;
    }
    for (auto& finding : planned->findings) take_finding(std::move(finding));
    if (planned->edits.empty()) return;
    auto after = apply_edits(file.text, planned->edits);
    if (!after) {
      cannot(file, after.error());
      return;
    }
    if (refused(file)) return;
    if (record() != nullptr && !is_recorded(file.path)) {
      note_planned_anew(file.path, FactCode::not_changed_by);
    }
    add_change(file, std::move(*planned), std::move(*after));
  }

  // A failback puts back what was there, whatever it names besides.
  void tell_leftover_names() {
    if (blocked_) return;
    const LeftoverSearch search(identity_, plan_.move.from);
    for (const auto& file : observation_.files) {
      if (is_fixed_until_boot(observation_, file)) continue;
      if (record() != nullptr && !plan_.planned_anew.contains(file.path)) continue;
      const FileChange* change = change_of(file.path);
      auto leftovers = search.in_file(file, change == nullptr ? file.text : change->text_after,
                                      change == nullptr ? std::vector<Edit>{} : change->edits,
                                      plan_.summary.findings);
      if (leftovers.count > 0) partly_ = true;
      for (auto& finding : leftovers.findings) {
        plan_.summary.findings.push_back(std::move(finding));
      }
    }
  }
  [[nodiscard]] const FileChange* change_of(const std::string& path) const {
    for (const auto* files : {&plan_.hosts, &plan_.files}) {
      for (const auto& file : *files) {
        if (file.path == path) return &file;
      }
    }
    return nullptr;
  }

  void add_change(const ObservedFile& file, FilePlan planned, std::string text_after) {
    FileChange change;
    change.path = file.path;
    change.real_path = file.real_path;
    change.kind = std::string(file.kind->name());
    change.service = std::string(file.kind->service());
    change.tier = file.kind->tier();
    change.identity = file.identity;
    change.edits = std::move(planned.edits);
    change.live_commands = std::move(planned.live_commands);
    change.text_after = std::move(text_after);
    for (auto& line : describe(change, file.text)) {
      plan_.summary.changes.push_back(std::move(line));
    }
    const auto& running = observation_.running_services;
    if (std::find(running.begin(), running.end(), change.service) != running.end() &&
        std::find(plan_.summary.reloads.begin(), plan_.summary.reloads.end(), change.service) ==
            plan_.summary.reloads.end()) {
      plan_.summary.reloads.push_back(change.service);
    }
    // Resolvable first, and no longer resolvable last.
    const bool only_takes_away = std::all_of(change.edits.begin(), change.edits.end(),
                                             [](const Edit& edit) { return edit.after.empty(); });
    auto& list = file.kind->names_hosts() && !only_takes_away ? plan_.hosts : plan_.files;
    list.push_back(std::move(change));
  }

  void plan_the_routes() {
    RouteUndo undo;
    if (record() != nullptr) undo = undo_routes(*record(), observation_.routes);
    const bool elsewhere =
        std::any_of(undo.changes.begin(), undo.changes.end(), [&](const RouteChange& change) {
          return change.action != RouteAction::remove && leads_elsewhere(change.after);
        });
    if (elsewhere) undo = {};
    auto routes = plan_routes(observation_.routes, identity_, plan_.move, undo.settled);
    if (!routes) {
      Fact why(FactCode::at_token, {.value = routes.error().to}, routes.error().why);
      if (options_.rescue) {
        take_finding({FindingClass::left, "route", std::move(why), routes.error().cure});
      } else {
        block("route", std::move(why), routes.error().cure);
      }
      return;
    }
    plan_.routes = std::move(routes->changes);
    plan_.gateways = std::move(routes->gateways);
    for (auto& finding : routes->findings) plan_.summary.findings.push_back(std::move(finding));
    if (record() != nullptr) undo_the_routes(undo);
    for (const auto& change : plan_.routes) plan_.summary.changes.push_back(change.describe());
  }

  // What is put back comes first.
  void undo_the_routes(const RouteUndo& undo) {
    for (const auto& change : plan_.routes) {
      note_planned_anew("route " + change.before.target(), FactCode::not_as_left);
    }
    for (const auto& reference : route_references(undo.as_before, identity_)) stay(reference);
    plan_.summary.restored += static_cast<uint32_t>(undo.changes.size());
    plan_.restored_routes = undo.changes;
    plan_.routes.insert(plan_.routes.begin(), undo.changes.begin(), undo.changes.end());
    for (const auto& change : undo.changes) {
      for (const auto& hop : change.after.hops) prove_next_hop(hop);
    }
  }

  // Only the new service node's: what else was a next hop before may be as dead as it was.
  void prove_next_hop(const NextHop& hop) {
    const auto owner = hop.gateway ? identity_.owner_of(*hop.gateway) : std::nullopt;
    if (!owner || owner->name != plan_.move.to) return;
    auto& gateways = plan_.gateways;
    if (std::find(gateways.begin(), gateways.end(), *hop.gateway) != gateways.end()) return;
    gateways.push_back(*hop.gateway);
  }

  void plan_the_leases() {
    std::vector<Lease> leases = observation_.leases;
    if (record() != nullptr) {
      LeaseUndo undo = undo_leases(*record(), leases);
      for (const auto& lease : undo.settled) {
        std::erase_if(leases, [&](const Lease& other) { return other.place() == lease.place(); });
      }
      for (const auto& reference : lease_references(undo.settled, identity_)) stay(reference);
      plan_.summary.restored += static_cast<uint32_t>(undo.changes.size());
      for (auto& change : undo.changes) add_lease(std::move(change));
    }
    auto changes = plan_leases(leases, identity_, plan_.move);
    if (!changes) {
      take_finding({FindingClass::left, "leases", changes.error().why, changes.error().cure});
      return;
    }
    for (auto& change : *changes) {
      if (record() != nullptr) note_planned_anew(change.place(), FactCode::not_as_left);
      add_lease(std::move(change));
    }
  }

  void add_lease(LeaseChange change) {
    PlannedChange line = step_of(change);
    const LeaseHolder* holder = lease_holder(change.holder);
    if (const Fact returns = holder == nullptr ? Fact() : holder->returns(change);
        !returns.empty() && !change.undoes) {
      plan_.summary.findings.push_back(
          {FindingClass::returns, change.place(),
           Fact(FactCode::lease_moved, {.value = line.before}, returns),
           Cure(CureCode::dhcp_to_give, {.to = plan_.move.to})});
    }
    plan_.summary.changes.push_back(std::move(line));
    plan_.leases.push_back(std::move(change));
  }

  void plan_the_mounts() {
    MountPlan mounts = plan_mounts(observation_.mounts, observation_.mount_users, identity_,
                                   plan_.move, options_.stuck);
    for (auto& finding : mounts.findings) {
      if (finding.what == FindingClass::left && options_.strict)
        finding.what = FindingClass::blocked;
      if (finding.what == FindingClass::blocked) blocked_ = true;
      if (finding.what == FindingClass::left) partly_ = true;
      plan_.summary.findings.push_back(std::move(finding));
    }
    plan_.mounts = std::move(mounts.swaps);
    for (auto& swap : plan_.mounts) {
      if (record() == nullptr) break;
      MountSwap back = swap;
      const bool restored = restore_mount(*record(), back) && !leads_elsewhere(back);
      if (restored) swap = std::move(back);
      for (const auto& place : swap.places) {
        if (restored) {
          plan_.restored_mounts.insert(mount_name(place.place));
          ++plan_.summary.restored;
        } else {
          note_planned_anew(mount_name(place.place), FactCode::not_as_left);
        }
      }
    }
    for (const auto& swap : plan_.mounts) {
      for (const auto& place : swap.places) {
        plan_.summary.changes.push_back(step_of(swap, place));
        ++plan_.summary.mounts;
      }
    }
  }

  // Its files are changed all the same, and what it does on the old ones is named beforehand. A
  // service that can be told without a restart is no such.
  void name_what_is_not_restarted() {
    for (const auto& [service, reason, cure] : observation_.not_restartable) {
      const bool concerned =
          std::any_of(plan_.files.begin(), plan_.files.end(), [&](const FileChange& file) {
            return file.service == service && file.live_commands.empty();
          });
      if (!concerned) continue;
      partly_ = true;
      plan_.summary.findings.push_back({FindingClass::not_in_effect, service, reason, cure});
    }
  }

  Plan finish() {
    auto& summary = plan_.summary;
    if (!blocked_) name_what_is_not_restarted();
    sort_by_weight(summary.findings);
    if (blocked_) {
      summary.outlook = Outlook::blocked;
      plan_.hosts.clear();
      plan_.routes.clear();
      plan_.mounts.clear();
      summary.mounts = summary.restored = 0;
      plan_.files.clear();
      plan_.leases.clear();
      summary.changes.clear();
      summary.reloads.clear();
    } else if (summary.references == 0 && plan_.empty() && !partly_) {
      summary.outlook = Outlook::nothing;
    } else {
      summary.outlook = partly_ ? Outlook::partly : Outlook::whole;
    }
    summary.files = static_cast<uint32_t>(plan_.hosts.size() + plan_.files.size());
    summary.routes = static_cast<uint32_t>(plan_.routes.size());
    summary.shape = shape_of(steps_of(plan_));
    Digest hash;
    hash.add(summary.shape);
    for (const auto* list : {&plan_.hosts, &plan_.files}) {
      for (const auto& file : *list) hash.add(file.real_path).add(file.text_after);
    }
    summary.hash = hash.short_hex();
    // What else a person would tell apart. Which services run is looked up only where a plan is
    // shown, so hash and shape are the same without.
    summary.group = wire::plan_group(summary);
    return std::move(plan_);
  }

  const Observation& observation_;
  const IdentityIndex identity_;
  const PlanOptions options_;
  Plan plan_;
  bool blocked_ = false;
  bool partly_ = false;
};

}  // namespace

Plan make_plan(const Observation& observation, const Directory& directory, Move move,
               const PlanOptions& options) {
  return Planner(observation, directory, std::move(move), options).make();
}

}  // namespace sn::agent
