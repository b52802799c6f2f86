#include "agent/executor/work.h"
#include "agent/executor/trouble.h"

#include <algorithm>

#include "agent/executor/ask_exports.h"
#include "agent/executor/journal.h"
#include "agent/executor/name_path.h"
#include "agent/executor/observe_node.h"
#include "agent/executor/primitives/replace_file.h"
#include "agent/executor/rebind.h"
#include "agent/executor/rehearsal.h"
#include "agent/log.h"
#include "agent/plan/hindered.h"
#include "agent/plan/shape.h"
#include "agent/watch/boot_scripts.h"
#include "agent/watch/bounded.h"
#include "agent/watch/files.h"
#include "agent/watch/read_markers.h"
#include "agent/watch/script_needs.h"
#include "common/model/cluster_file.h"

namespace sn::agent {

namespace {

constexpr int kChildSendMs = 5'000;
// cluster.toml, of a root that may hang.
constexpr int64_t kDirectoryReadMs = 500;
// A list of a message holds 1,024 (PROTOCOL.md, 2): one that was shortened would name differences
// that are none.
constexpr size_t kMaxToldSteps = 1'000;

class Worker {
 public:
  Worker(const Job& job, const WorkContext& context, const ChildEnd& parent)
      : job_(job),
        context_(context),
        parent_(parent),
        journal_(journal_path()),
        undo_files_(context.config.run_dir, context.boot_id),
        owed_starts_(context.config.run_dir, context.boot_id) {}

  void run() {
    clear_leftovers();
    if (job_.kind == Job::Kind::clear) return clear();
    // Before anything is read: the answer of a node whose own root hangs on the dead service node.
    if (!job_.recovering && refuse_immovable()) return;
    // What was begun is finished: half way is worse than what a script may write into it.
    if (job_.kind == Job::Kind::rebind && !job_.recovering) {
      const auto scripts =
          find_boot_scripts(job_.names_only ? LookAt::names : LookAt::names_and_arguments);
      if (!scripts.empty()) {
        if (job_.may_go_ahead) go_ahead(scripts);
        wire::ScriptsAtWork found;
        for (const auto& script : scripts) {
          found.scripts.push_back(
              {script.name, static_cast<uint32_t>(script.pid), script.start_ticks});
        }
        say(found);
        return;
      }
      say(wire::Progress{job_.rebind.takeover, job_.rebind.generation, Fact(FactCode::observing), 0,
                         0});
    }
    // Read anew each time: what the administrator copied there counts from the next look on.
    Directory directory = context_.directory.current();
    if (auto fresh = context_.directory.read_patiently()) {
      directory = std::move(*fresh);
      say(as_read(directory));
    } else if (job_.kind == Job::Kind::rebind && !job_.recovering) {
      say(blocked_outcome(job_.rebind, fresh.error(), context_.inventory));
      return;
    } else if (job_.kind == Job::Kind::plan || job_.kind == Job::Kind::rehearse) {
      // The order would be refused for it.
      return refuse_plan({{FindingClass::blocked, "", fresh.error().fact(), fresh.error().cure}});
    }
    switch (job_.kind) {
      case Job::Kind::inspect:
        return inspect(directory);
      case Job::Kind::plan:
        return report_plan(plan(directory), directory);
      case Job::Kind::rehearse:
        return report_plan(rehearsal(directory), directory);
      case Job::Kind::rebind:
        return rebind(directory);
      case Job::Kind::clear:
        return;  // done
    }
  }

 private:
  void say(const wire::FromChild& message) const {
    (void)parent_.send_waiting(message, kChildSendMs);
  }

  // Before anything else of its work: a file may lie on a server that does not answer.
  void clear_leftovers() const {
    const Leftovers& left = context_.leftovers;
    for (const auto& staged : left.staged) ReplaceFile::clean_up(staged, left.begun);
    // Past its commit point the journal is what the rest is finished by.
    if (left.journal && !left.begun) Journal::remove(journal_path());
  }
  [[nodiscard]] std::string journal_path() const { return context_.config.run_dir + "/journal"; }

  void refuse_plan(std::vector<Finding> findings) const {
    say(wire::PlanReply{job_.request,
                        blocked_plan(job_.plan, std::move(findings), context_.inventory)});
  }

  // As it is now, if the file can be read within a moment; else as it was read at start.
  [[nodiscard]] Directory directory_now() const {
    const std::string& path = context_.config.directory;
    const auto text =
        run_bounded([&] { return read_file(path, kMaxFileBytes); }, kDirectoryReadMs, path);
    if (!text) return context_.directory.current();
    auto cluster = parse_cluster(*text, path);
    if (!cluster) return context_.directory.current();
    return std::move(cluster->directory);
  }

  // True: the node can't be moved while it runs, and that was said.
  [[nodiscard]] bool refuse_immovable() const {
    if (job_.kind == Job::Kind::inspect) return false;
    const bool rebinds = job_.kind == Job::Kind::rebind;
    const PlanRequest request = rebinds ? plan_request_of(job_.rebind) : job_.plan;
    auto findings = immovable_mounts(request, context_.directory.current());
    if (findings.empty()) return false;
    // By the directory as it was at start: it may have been mended, or may be what is wrong.
    const Directory now = directory_now();
    if (!differences(now, request.meant).empty()) return false;  // said by the plan
    findings = immovable_mounts(request, now);
    if (findings.empty()) return false;
    if (!rebinds) {
      refuse_plan(std::move(findings));
      return true;
    }
    wire::OutcomeReport report = blocked_outcome(job_.rebind, {}, context_.inventory);
    report.outcome.findings = std::move(findings);
    say(report);
    return true;
  }

  // The scripts wait for one that is to be left, and would for ever.
  void go_ahead(const std::vector<BootScript>& scripts) const {
    const LookAt look_at = job_.names_only ? LookAt::names : LookAt::names_and_arguments;
    const std::string awaited =
        awaited_service_node(scripts, look_at, IdentityIndex(directory_now()), job_.rebind.from);
    if (awaited.empty()) return;
    // From here on it changes something, and is not killed for looking too long.
    say(wire::Progress{job_.rebind.takeover, job_.rebind.generation, Fact(FactCode::observing), 0,
                       0});
    const auto directory = context_.directory.read_patiently();
    if (!directory) return;
    say(as_read(*directory));
    if (!context_.fence_file.raise(job_.rebind)) return;
    auto changes = move_ahead(job_.rebind, environment_in(*directory));
    if (changes.size() > kMaxToldSteps) changes.resize(kMaxToldSteps);
    // Also where there is nothing that would help it: nobody looks again.
    say(wire::WentAhead{awaited, std::move(changes)});
  }

  void inspect(const Directory& directory) const {
    const Observation observation = observe_node(directory, true, Look::references);
    watch_files_elsewhere(context_.inotify, observation);
    const IdentityIndex identity = identity_on(observation, directory);
    wire::InspectReply reply;
    reply.request = job_.request;
    reply.inventory = take_inventory(observation, identity);
    if (job_.with_mentions) {
      const auto mentions = find_mentions_bounded(identity);
      if (!mentions) {
        reply.inventory.findings.push_back({FindingClass::note, "mentions", mentions.error().fact(),
                                            Cure(CureCode::look_at_mounts_below)});
      } else {
        for (const auto& mention : *mentions) {
          reply.inventory.findings.push_back(
              {FindingClass::unclaimed,
               mention.path,
               Fact(FactCode::mentions, {.sn = mention.service_node}),
               {}});
        }
      }
    }
    wire::ProbeTargets targets;
    for (const auto& node : directory.service_nodes) {
      Move move;
      move.own_addresses = observation.own_addresses;
      if (const auto address = own_network_address(node, move)) {
        targets.targets.push_back(
            {node.name, address->to_string(), node.services, asked_name(observation, node)});
      }
    }
    say(targets);
    say(wire::Markers{read_markers(observation.mounts.table, directory)});
    say(reply);
  }

  [[nodiscard]] RebindEnvironment environment_in(const Directory& directory) const {
    const std::string& run_dir = context_.config.run_dir;
    return {.directory = directory,
            .directory_path = context_.config.directory,
            .services = context_.services,
            .journal = &journal_,
            .boot_id = context_.boot_id,
            .undo_files = &undo_files_,
            .owed_starts = &owed_starts_,
            .recovering = job_.recovering,
            .open_step = job_.open_step,
            .unfinished_swaps = job_.unfinished_swaps,
            .stage_dir = run_dir + "/stage",
            .mount_order = context_.mount_order,
            .markers = context_.markers,
            .mentions = context_.mentions,
            .sockets = context_.sockets,
            .made_plans = &context_.made_plans,
            .ahead = job_.ahead};
  }

  // Nothing of ours is laid beside files that another one is writing.
  [[nodiscard]] std::optional<Finding> reason_not_to_stage() const {
    const auto unfinished = Journal::read(journal_path(), context_.boot_id);
    if (!unfinished || *unfinished) {
      return Finding{
          FindingClass::blocked, "",
          unfinished ? Fact(FactCode::interrupted_unfinished) : unfinished.error().fact(),
          unfinished ? Cure(CureCode::rehearse_in_a_moment) : unfinished.error().cure};
    }
    const auto scripts = find_boot_scripts(LookAt::names);
    if (scripts.empty()) return std::nullopt;
    return Finding{
        FindingClass::blocked, "",
        Fact(FactCode::script_at_work,
             {.name = scripts.front().name, .pid = static_cast<uint64_t>(scripts.front().pid)}),
        Cure(CureCode::rehearse_when_ended)};
  }

  [[nodiscard]] wire::PlanSummary plan(const Directory& directory) const {
    Plan plan = plan_rebind(job_.plan, environment_in(directory),
                            observe_node(directory, true, Look::whole));
    wire::MadePlan made{plan.summary.hash, steps_of(plan)};
    if (made.steps.size() <= kMaxToldSteps) say(made);
    if (!plan.blocked()) {
      // In a rescue such a mount stays and the rest moves; else the node stays.
      hinder(plan, find_missing_exports(
                       plan.mounts, job_.plan.to,
                       job_.plan.is_rescue() ? FindingClass::left : FindingClass::blocked));
    }
    return std::move(plan.summary);
  }

  [[nodiscard]] wire::PlanSummary rehearsal(const Directory& directory) const {
    auto reason = reason_not_to_stage();
    if (!reason) return rehearse(job_.plan, environment_in(directory));
    return blocked_plan(job_.plan, {std::move(*reason)}, context_.inventory);
  }

  void report_plan(wire::PlanSummary plan, const Directory& directory) const {
    wire::PlanReply reply;
    reply.request = job_.request;
    reply.plan = std::move(plan);
    wire::OpenSockets sockets;
    for (const auto& socket : find_open_sockets(IdentityIndex(directory))) {
      // Our own way to the coordinator finds another one by itself.
      const auto& own = context_.config.coordinators;
      if (std::find(own.begin(), own.end(), "tcp://" + socket.peer) != own.end()) continue;
      sockets.sockets.push_back(
          {socket.peer, socket.service_node, static_cast<uint32_t>(socket.count)});
      const auto& from = job_.plan.from;
      if (std::find(from.begin(), from.end(), socket.service_node) != from.end()) {
        reply.plan.findings.push_back(finding_of(socket));
      }
    }
    say(sockets);
    say(reply);
  }

  // The fence is raised for nobody who is not known here.
  [[nodiscard]] const std::string* unknown_in(const Directory& directory) const {
    const wire::Rebind& order = job_.rebind;
    const auto known = [&](const std::string& name) { return directory.find(name) != nullptr; };
    const auto from = std::find_if_not(order.from.begin(), order.from.end(), known);
    if (from != order.from.end()) return &*from;
    return known(order.to) ? nullptr : &order.to;
  }

  void rebind(const Directory& directory) const {
    const std::string* unknown = job_.recovering ? nullptr : unknown_in(directory);
    if (unknown != nullptr) {
      const Error why{ErrorClass::denied,
                      "",
                      "",
                      Fact(FactCode::unknown_here, {.sn = *unknown}),
                      Cure(CureCode::copy_directory),
                      0};
      say(blocked_outcome(job_.rebind, why, context_.inventory));
      return;
    }
    if (auto status = context_.fence_file.raise(job_.rebind); !status && !job_.recovering) {
      say(blocked_outcome(job_.rebind, status.error(), context_.inventory));
      return;
    }
    RebindEnvironment environment = environment_in(directory);
    environment.progress = [&](const Fact& step, uint32_t done, uint32_t of) {
      // Progress is only told; a full channel must not hold up the work.
      (void)parent_.send(
          wire::Progress{job_.rebind.takeover, job_.rebind.generation, step, done, of});
    };
    RebindResult result = run_rebind(job_.rebind, environment);
    wire::InspectReply inventory;
    inventory.inventory = std::move(result.inventory);
    say(inventory);
    if (result.quarantine) {
      if (auto status = context_.quarantine_file.store(*result.quarantine, context_.boot_id);
          !status) {
        // Then it is forgotten when the agent is started again; the places are told all the same.
        log_line("SN1914", status.error().message());
      }
      say(result.quarantine->why);
    }
    say(result.report);
  }

  // The fence goes with the answer: the executor may never have had it.
  void clear() const {
    const auto fence = context_.fence_file.load();
    const auto trouble = look_for_trouble(fence, context_.quarantine_file.load(context_.boot_id),
                                          journal_path(), context_.boot_id, context_.odd_places);
    if (fence) {
      wire::FenceRead read;
      read.epoch = fence->epoch;
      read.generation = fence->generation;
      read.target = fence->target;
      if (fence->last) read.last.push_back(*fence->last);
      say(read);
    }
    wire::ClearReply reply;
    reply.request = job_.request;
    if (trouble) reply.quarantine = *trouble;
    say(reply);
  }

  const Job& job_;
  const WorkContext& context_;
  const ChildEnd& parent_;
  mutable Journal journal_;
  const UndoFiles undo_files_;
  const OwedStarts owed_starts_;
};

}  // namespace

void work(const Job& job, const WorkContext& context, const ChildEnd& parent) {
  Worker(job, context, parent).run();
}

}  // namespace sn::agent
