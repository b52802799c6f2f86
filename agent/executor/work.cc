#include "agent/executor/work.h"

#include <algorithm>

#include "agent/executor/journal.h"
#include "agent/executor/rebind.h"
#include "agent/mounts/markers.h"
#include "agent/watch/files.h"
#include "agent/watch/observe.h"
#include "common/base/digest.h"
#include "common/net/tcp_probe.h"

namespace sn::agent {

namespace {

constexpr int kChildSendMs = 5'000;

class Worker {
 public:
  Worker(const Job& job, const WorkContext& context, const Channel& parent)
      : job_(job), context_(context), parent_(parent) {}

  void run() {
    clear_leftovers();
    // Before anything is read: the answer of a node whose own root hangs on the dead service node.
    if (!job_.recovering && refuse_immovable()) return;
    // What was begun is finished: half way is worse than what a script may write into it.
    if (job_.kind == Job::Kind::rebind && !job_.recovering) {
      const auto scripts = find_boot_scripts(job_.look_at);
      if (!scripts.empty()) {
        wire::ScriptsAtWork found;
        for (const auto& script : scripts) {
          found.scripts.push_back(
              {script.name, static_cast<uint32_t>(script.pid), script.start_ticks});
        }
        say(found);
        return;
      }
      say(wire::Progress{job_.rebind.takeover, job_.rebind.generation, "observe", 0, 0});
    }
    // Read anew each time: what the administrator copied there counts from the next look on.
    Directory directory = context_.directory.current();
    if (auto fresh = context_.directory.read_patiently()) {
      directory = std::move(*fresh);
      wire::ExecutorState state;
      state.directory_digest = directory.digest();
      say(state);
    } else if (job_.kind == Job::Kind::rebind && !job_.recovering) {
      say(blocked_outcome(job_, fresh.error(), context_.inventory));
      return;
    }
    switch (job_.kind) {
      case Job::Kind::inspect:
        return inspect(directory);
      case Job::Kind::plan:
        return plan(directory);
      case Job::Kind::rebind:
        return rebind(directory);
    }
  }

 private:
  void say(const wire::LocalMessage& message) const {
    (void)parent_.send_waiting(message, kChildSendMs);
  }

  // Before anything else of its work: a file may lie on a server that does not answer.
  void clear_leftovers() const {
    const Leftovers& left = context_.leftovers;
    for (const auto& staged : left.staged) ReplaceFile::clean_up(staged, left.begun);
    if (!left.staged.empty() && !left.begun) Journal::remove(context_.config.run_dir + "/journal");
  }

  // True: the node can't be moved while it runs, and that was said.
  [[nodiscard]] bool refuse_immovable() const {
    if (job_.kind == Job::Kind::inspect) return false;
    auto findings = immovable_mounts(job_.rebind, context_.directory.current());
    if (findings.empty()) return false;
    if (job_.kind == Job::Kind::plan) {
      wire::PlanReply reply;
      reply.request = job_.request;
      reply.plan.outlook = Outlook::blocked;
      if (context_.inventory) {
        reply.plan.references =
            static_cast<uint32_t>(left_over(*context_.inventory, job_.rebind.from).size());
      }
      Digest shape;
      for (const auto& finding : findings) shape.add(finding.place).add(finding.reason);
      reply.plan.shape = reply.plan.hash = shape.hex();
      reply.plan.findings = std::move(findings);
      say(reply);
      return true;
    }
    wire::OutcomeReport report = blocked_outcome(job_, {}, context_.inventory);
    report.outcome.findings = std::move(findings);
    say(report);
    return true;
  }

  void inspect(const Directory& directory) const {
    const Observation observation = observe(directory, true, Look::references);
    watch_files_elsewhere(context_.inotify, observation);
    const IdentityIndex identity = identity_on(observation, directory);
    wire::InspectReply reply;
    reply.request = job_.request;
    reply.inventory = take_inventory(observation, identity);
    if (job_.with_mentions) {
      const auto mentions = find_mentions_bounded(identity);
      if (!mentions) {
        reply.inventory.findings.push_back({FindingClass::note, "mentions",
                                            mentions.error().message(),
                                            "look at the mounts below these directories"});
      } else {
        for (const auto& mention : *mentions) {
          reply.inventory.findings.push_back(
              {FindingClass::unclaimed, mention.path, mention_reason(mention.service_node), ""});
        }
      }
    }
    wire::ProbeTargets targets;
    for (const auto& node : directory.service_nodes) {
      Move move;
      move.own_addresses = observation.own_addresses;
      if (const auto address = own_network_address(node, move)) {
        targets.targets.push_back({node.name, address->to_string()});
      }
    }
    say(targets);
    say(wire::Markers{read_markers(observation.mounts.table, directory)});
    say(reply);
  }

  void plan(const Directory& directory) const {
    wire::PlanReply reply;
    reply.request = job_.request;
    reply.plan = plan_rebind(job_.rebind, directory, true, &context_.services).summary;
    wire::OpenSockets sockets;
    for (const auto& socket : find_open_sockets(IdentityIndex(directory))) {
      // Our own way to the coordinator finds another one by itself.
      const auto& own = context_.config.coordinators;
      if (std::find(own.begin(), own.end(), "tcp://" + socket.peer) != own.end()) continue;
      sockets.sockets.push_back(
          {socket.peer, socket.service_node, static_cast<uint32_t>(socket.count)});
      const auto& from = job_.rebind.from;
      if (std::find(from.begin(), from.end(), socket.service_node) != from.end()) {
        reply.plan.findings.push_back(finding_of(socket));
      }
    }
    say(sockets);
    say(reply);
  }

  void rebind(const Directory& directory) const {
    if (auto status = context_.fence_file.raise(job_.rebind.generation, job_.rebind.to);
        !status && !job_.recovering) {
      say(blocked_outcome(job_, status.error(), context_.inventory));
      return;
    }
    Journal journal(context_.config.run_dir + "/journal");
    RebindEnvironment environment{.directory = directory,
                                  .services = context_.services,
                                  .journal = &journal,
                                  .boot_id = context_.boot_id,
                                  .recovering = job_.recovering,
                                  .open_step = job_.open_step,
                                  .unfinished_swaps = job_.unfinished_swaps,
                                  .stage_dir = context_.config.run_dir + "/stage",
                                  .mount_order = context_.mount_order,
                                  .markers = context_.markers,
                                  .mentions = context_.mentions,
                                  .sockets = context_.sockets,
                                  .probe_ports = net::kDefaultProbePorts};
    environment.progress = [&](const std::string& step, uint32_t done, uint32_t of) {
      // Progress is only told; a full channel must not hold up the work.
      (void)parent_.send(
          wire::Progress{job_.rebind.takeover, job_.rebind.generation, step, done, of});
    };
    RebindResult result = run_rebind(job_.rebind, environment);
    wire::InspectReply inventory;
    inventory.inventory = std::move(result.inventory);
    say(inventory);
    say(result.report);
  }

  const Job& job_;
  const WorkContext& context_;
  const Channel& parent_;
};

constexpr std::string_view kMentions = "mentions ";

}  // namespace

void work(const Job& job, const WorkContext& context, const Channel& parent) {
  Worker(job, context, parent).run();
}

std::string mention_reason(const std::string& service_node) {
  return std::string(kMentions) + service_node;
}

std::string mentioned_in(const std::string& reason) { return reason.substr(kMentions.size()); }

}  // namespace sn::agent
