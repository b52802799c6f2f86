#include <sys/stat.h>

#include <cstdio>

#include "agent/cli/commands.h"
#include "agent/executor/rebind.h"
#include "agent/watch/observe.h"
#include "common/facts/text.h"
#include "common/model/cluster_file.h"
#include "common/wire/codec.h"

namespace sn::agent {

namespace {

// A file's own bytes: a terminal shows them and obeys none.
void print_side(char sign, const std::string& text) {
  if (!text.empty()) std::printf("  %c%s\n", sign, plain_line(text).c_str());
}

void print_change(const PlannedChange& change) {
  std::printf("%s%s\n", plain_line(change.path).c_str(),
              change.line > 0 ? (":" + std::to_string(change.line)).c_str() : "");
  print_side('-', change.before);
  print_side('+', change.after);
}

void print_findings(const std::vector<Finding>& findings) {
  for (const auto& finding : findings) {
    // Kept by design goes without saying; what somebody could change does not.
    if (finding.what == FindingClass::kept && finding.cure.empty()) continue;
    std::string line = std::string(to_string(finding.what)) + ": " +
                       said_of(finding.place, text_of(finding.reason));
    if (!finding.cure.empty()) line += "   cure: " + text_of(finding.cure);
    std::printf("%s\n", plain_line(line).c_str());
  }
}

int exit_code(const wire::Outcome& outcome) {
  switch (outcome.verdict) {
    case Verdict::verified:
      return 0;
    case Verdict::blocked:
      return 3;
    case Verdict::partly:
      return 4;
    default:
      return 1;
  }
}

}  // namespace

int rebind_command(const RebindOptions& options) {
  const auto refuse = [](const Error& error) {
    std::fprintf(stderr, "snagentd: %s\n", plain_line(error.message()).c_str());
    return 1;
  };
  auto cluster = load_cluster(options.cluster);
  if (!cluster) return refuse(cluster.error());
  struct stat named{}, own{};
  if (stat(options.root.c_str(), &named) == 0 && stat("/", &own) == 0 &&
      named.st_dev == own.st_dev && named.st_ino == own.st_ino) {
    return refuse(Error{ErrorClass::invalid_input, "rebinding", "/",
                        "this node is running; its agent does that with routes and reloads",
                        "snctl takeover, on the management node; or name another root", 0});
  }
  if (auto status = enter_root(options.root); !status) return refuse(status.error());
  wire::Rebind rebind;
  rebind.takeover = "offline";
  rebind.from = {options.from};
  rebind.to = options.to;
  rebind.strict = options.strict;
  rebind.planned = true;  // nothing burns: who does not boot yet can wait for the cure
  if (options.from == options.to) {
    return refuse(Error{ErrorClass::invalid_input, "rebinding", options.root,
                        options.to + " can't take over from itself", "", 0});
  }
  std::string root = options.root;
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  const Services no_services({}, 0);
  RebindEnvironment environment{.directory = cluster->directory,
                                .directory_path = options.cluster,
                                .services = no_services,
                                .live = false,
                                .root = root,
                                .mentions = find_mentions(IdentityIndex(cluster->directory))};
  if (options.dry_run) {
    const Plan plan = plan_rebind(plan_request_of(rebind), environment,
                                  observe(cluster->directory, false, Look::whole));
    if (options.json) {
      std::printf("%s\n", wire::plan_json(plan.summary).c_str());
    } else {
      std::printf(
          "PLAN %s -> %s in %s: %s, %u references in %u known places, %u files to change; "
          "nothing has been changed\n",
          options.from.c_str(), options.to.c_str(), options.root.c_str(),
          std::string(to_string(plan.summary.outlook)).c_str(), plan.summary.references,
          plan.summary.places, plan.summary.files);
      for (const auto& change : plan.summary.changes) print_change(change);
      print_findings(plan.summary.findings);
      for (const auto& mention : environment.mentions) {
        if (mention.service_node == options.from) print_findings({finding_of(mention)});
      }
    }
    if (plan.blocked()) return 3;
    return plan.summary.outlook == Outlook::partly ? 4 : 0;
  }
  const wire::Outcome outcome = run_rebind(rebind, environment).report.outcome;
  if (options.json) {
    std::printf("%s\n", wire::outcome_json(outcome).c_str());
  } else {
    for (const auto& change : outcome.changes) print_change(change);
    print_findings(outcome.findings);
    std::printf(
        "%s: %s -> %s in %s, %u changes, known references to %s left: %u in %u known places\n",
        std::string(to_string(outcome.verdict)).c_str(), options.from.c_str(), options.to.c_str(),
        options.root.c_str(), outcome.changed, options.from.c_str(), outcome.left, outcome.places);
  }
  return exit_code(outcome);
}

}  // namespace sn::agent
