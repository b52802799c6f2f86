// How long a node needs to leave one service node for another: the executor's work from the
// session's verb to the outcome, again and again, back and forth, on this machine's own files and
// routes. It is what agent/executor/executor.cc does between the two: read the directory, raise the
// fence, fork the child, and in it observe, plan, prove, stage, commit and verify; the outcome
// comes back over the child's channel and is stored.
//
//   sn_bench_rebind --cluster FILE --one SN1P --other SN2P --runs 200 [--hosts DIR]
//
// Run it on a node that may be rebound (tests/bench/rebind makes one). One JSON object on standard
// output: a list of microseconds a figure, one value a run. Exit 1 if a run was not verified.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "agent/executor/child.h"
#include "agent/executor/fence_file.h"
#include "agent/executor/rebind.h"
#include "agent/memory.h"
#include "agent/watch/files.h"
#include "agent/watch/observe.h"
#include "common/base/clock.h"
#include "common/model/cluster_file.h"
#include "common/wire/codec.h"

namespace {

using namespace sn;
using namespace sn::agent;

constexpr useconds_t kRestUs = 20'000;

struct Options {
  std::string cluster;
  std::string one;
  std::string other;
  std::string run_dir = "/run/snagent";
  std::string state_dir = "/var/lib/snagent";
  std::string hosts;  // DIR/SN is what /etc/hosts is before SN is left
  int runs = 200;
  int warm_up = 4;
};

// What the child notes about itself, in memory that the parent sees too.
struct Marks {
  static constexpr size_t kMost = 128;
  struct Mark {
    int64_t us;
    char step[64];
  };
  size_t count;
  Mark marks[kMost];

  void add(const std::string& step) {
    if (count == kMost) return;
    marks[count].us = monotonic_us();
    std::strncpy(marks[count].step, step.c_str(), sizeof marks[count].step - 1);
    ++count;
  }
};

Marks* shared_marks() {
  void* memory =
      mmap(nullptr, sizeof(Marks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<Marks*>(memory);
}

// Steps of executor/rebind.cc as phases of a run, each until the next begins.
std::string phase_of(const std::string& step) {
  if (step == "observe") return "observe_and_plan_us";
  if (step.starts_with("prove ")) return "prove_us";
  if (step.starts_with("stage ")) return "stage_us";
  if (step.starts_with("replace ") || step.starts_with("route ")) return "commit_us";
  if (step == "verify") return "verify_us";
  return "reload_us";
}

struct Run {
  std::map<std::string, int64_t> us;
  wire::Outcome outcome;
};

Result<Run> run_once(const Options& options, const wire::Rebind& rebind, const std::string& boot_id,
                     Marks& marks) {
  // A takeover finds a node at rest, its caches taken by others. Without a pause a run is as fast
  // as the one before has left them, which differs by half between two versions of no other
  // difference.
  usleep(kRestUs);
  marks.count = 0;
  const int64_t begin = monotonic_us();

  auto cluster = load_cluster(options.cluster);
  if (!cluster) return tl::unexpected(cluster.error());
  const FenceFile fence_file(options.run_dir, options.state_dir);
  if (auto status = fence_file.raise(rebind); !status) {
    return tl::unexpected(status.error());
  }
  const Services services({}, 10'000);
  const int64_t forking = monotonic_us();
  auto child = Child::spawn([&](const ChildEnd& parent) {
    Journal journal(options.run_dir + "/journal");
    RebindEnvironment environment{.directory = cluster->directory,
                                  .services = services,
                                  .journal = &journal,
                                  .boot_id = boot_id};
    environment.progress = [&](const Fact& step, uint32_t done, uint32_t of) {
      marks.add(text_of(step));
      (void)parent.send(wire::Progress{rebind.takeover, rebind.generation, step, done, of});
    };
    const RebindResult result = run_rebind(rebind, environment);
    marks.add("end");
    wire::InspectReply inventory;
    inventory.inventory = result.inventory;
    (void)parent.send_waiting(inventory, 5'000);
    (void)parent.send_waiting(result.report, 5'000);
  });
  if (!child) return tl::unexpected(child.error());
  std::optional<wire::Outcome> outcome;
  while (!outcome) {
    pollfd wait{child->channel().fd(), POLLIN, 0};
    poll(&wait, 1, 30'000);
    auto message = child->channel().receive();
    if (!message && message.error().what == ErrorClass::busy) continue;
    if (!message) return tl::unexpected(message.error());
    if (const auto* report = std::get_if<wire::OutcomeReport>(&*message)) {
      outcome = report->outcome;
    }
  }
  if (auto status = fence_file.store_outcome(*outcome); !status) {
    return tl::unexpected(status.error());
  }
  const int64_t end = monotonic_us();
  while (waitpid(child->pid(), nullptr, 0) < 0 && errno == EINTR) {
  }
  child->reaped();

  Run run;
  run.outcome = std::move(*outcome);
  run.us["total_us"] = end - begin;
  for (size_t i = 0; i + 1 < marks.count; ++i) {
    run.us[phase_of(marks.marks[i].step)] += marks.marks[i + 1].us - marks.marks[i].us;
  }
  run.us["fence_us"] = forking - begin;
  run.us["fork_us"] = marks.marks[0].us - forking;
  run.us["tell_us"] = end - marks.marks[marks.count - 1].us;
  return run;
}

// A takeover finds a hosts file that does not know the new service node.
Status restore_hosts(const Options& options, const std::string& bound_to) {
  if (options.hosts.empty()) return {};
  const auto text = read_file(options.hosts + "/" + bound_to, 1 << 20);
  if (!text) return tl::unexpected(text.error());
  std::FILE* file = std::fopen("/etc/hosts", "w");
  if (file == nullptr) return fail_errno("writing", "/etc/hosts");
  const bool good = std::fwrite(text->data(), 1, text->size(), file) == text->size();
  if (std::fclose(file) != 0 || !good) return fail_errno("writing", "/etc/hosts");
  return {};
}

int refuse(const std::string& why) {
  std::fprintf(stderr, "sn_bench_rebind: %s\n", why.c_str());
  return 1;
}

int measure(const Options& options) {
  mkdir(options.run_dir.c_str(), 0755);
  std::string boot_id;
  if (const auto id = read_file("/proc/sys/kernel/random/boot_id", 256)) {
    boot_id = id->substr(0, id->find('\n'));
  }
  // As the executor does: forking a locked process costs what it costs.
  shrink_memory();
  if (auto status = lock_memory(LockScope::present_and_future); !status) {
    return refuse(status.error().message());
  }
  Marks* marks = shared_marks();
  if (marks == nullptr) return refuse("no memory");

  nlohmann::json result;
  auto& figures = result["runs"];
  wire::Rebind rebind;
  rebind.takeover = "T1";
  rebind.node = "bench";
  rebind.generation = static_cast<uint64_t>(wall_now().unix_ms);
  uint32_t changed_most = 0;
  for (int i = -options.warm_up; i < options.runs; ++i) {
    const bool there = (i + options.warm_up) % 2 == 0;
    rebind.from = {there ? options.one : options.other};
    rebind.to = there ? options.other : options.one;
    ++rebind.generation;
    if (auto status = restore_hosts(options, rebind.from.front()); !status) {
      return refuse(status.error().message());
    }
    auto run = run_once(options, rebind, boot_id, *marks);
    if (!run) return refuse(run.error().message());
    const wire::Outcome& outcome = run->outcome;
    if (outcome.verdict != Verdict::verified || outcome.left != 0) {
      return refuse("not verified: " + wire::outcome_json(outcome));
    }
    if (i < 0) continue;
    for (const auto& [name, us] : run->us) figures[name].push_back(us);
    changed_most = std::max(changed_most, outcome.changed);
    if (i + 1 < options.runs) continue;
    std::set<std::string> files;
    for (const auto& change : outcome.changes) files.insert(change.path);
    result["paths"] = files;
    result["outcome_bytes"] =
        wire::encode(wire::ToCoordinator(wire::OutcomeReport{outcome, {}})).size();
    auto cluster = load_cluster(options.cluster);
    std::swap(rebind.from.front(), rebind.to);
    wire::FullPlan told;
    const Services services({}, 0);
    const RebindEnvironment environment{.directory = cluster->directory, .services = services};
    const Observation observation = observe(cluster->directory, true, Look::whole);
    told.plan = plan_rebind(plan_request_of(rebind), environment, observation).summary;
    result["plan_bytes"] = wire::encode(told).size();
    result["references"] = told.plan.references;
  }
  result["changed_most"] = changed_most;
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("rebinds this node back and forth and times it");
  app.add_option("--cluster", options.cluster, "cluster.toml")->required();
  app.add_option("--one", options.one, "the service node it is bound to now")->required();
  app.add_option("--other", options.other, "the other one")->required();
  app.add_option("--runs", options.runs, "runs that count");
  app.add_option("--warm-up", options.warm_up, "runs before them; even");
  app.add_option("--hosts", options.hosts, "DIR/SN: /etc/hosts before SN is left");
  CLI11_PARSE(app, argc, argv);
  prepare_to_read_files();  // as an executor does before its first child
  return measure(options);
}
