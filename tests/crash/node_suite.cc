#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/orders/coordinator_key.h"
#include "tests/crash/suite.h"
#include "tests/crash/text.h"

namespace sn::crash {

namespace {

// A second kill comes this often, and at one of so many of the recovery's calls.
constexpr size_t kSecondEvery = 3, kSecondWithin = 73;
// While a service is down by us its recovery is killed at every one of its calls; it makes some 84.
constexpr unsigned kRecoveryCalls = 90;

// Today's kernel; one without MOVE_MOUNT_BENEATH; the failback of what the first one did; its
// rehearsal.
enum : size_t { kToday, kOldKernel, kBack, kRehearsal };
const std::vector<std::string> kVariants = {"", "old-kernel:", "back:", "rehearsal:"};

bool is_about_mounts(const Point& point) {
  return point.name == "umount" || point.name == "move_mount" || point.name == "open_tree" ||
         point.name == "mount_setattr" || point.text.find("/etc/.niminfo") != std::string::npos;
}

// What a trial of this point, in this variant, begins with.
Trial trial_at(const Point& point, size_t variant) {
  Trial trial;
  trial.old_kernel = variant == kOldKernel;
  if (variant == kBack) trial.verb = Verb::failback;
  if (variant == kRehearsal) trial.verb = Verb::rehearsal;
  trial.point = point;
  return trial;
}

void add_kills(const Point& point, const std::string& prefix, size_t variant,
               std::vector<Trial>& trials) {
  for (const auto& [name, victims] :
       {std::pair{"all", Victims::all}, std::pair{"executor", Victims::main},
        std::pair{"child", Victims::child}}) {
    // The executor itself is no child of its own.
    if (victims == Victims::child && point.depth == 0) continue;
    for (const bool after : {false, true}) {
      Trial trial = trial_at(point, variant);
      trial.id = prefix + (after ? ":after:" : ":before:") + name;
      trial.kill = true;
      trial.after = after;
      trial.victims = victims;
      if (victims != Victims::child && trials.size() % kSecondEvery == 0) {
        trial.second_kill = static_cast<unsigned>(1 + trials.size() * 7 % kSecondWithin);
      }
      trials.push_back(trial);
    }
  }
}

// The start of the agent is the takeover's, and tried there.
size_t first_of_rehearsal(const std::vector<Point>& points) {
  const auto begun = std::find_if(points.begin(), points.end(), [](const Point& point) {
    return point.text.starts_with("open /run/snagent/journal");
  });
  return static_cast<size_t>(begun - points.begin());
}

bool is_about_services(const Point& point) {
  return point.text.starts_with("execve /crash/bin/svc");
}

void add_second_kills(const Point& point, const std::string& prefix, size_t variant,
                      std::vector<Trial>& trials) {
  for (unsigned call = 1; call <= kRecoveryCalls; ++call) {
    Trial trial = trial_at(point, variant);
    trial.id = prefix + ":then:" + std::to_string(call);
    trial.kill = true;
    trial.victims = Victims::all;
    trial.second_kill = call;
    trials.push_back(trial);
  }
}

void add_faults(const Point& point, const std::string& prefix, size_t variant,
                std::vector<Trial>& trials) {
  Trial trial = trial_at(point, variant);
  for (const auto& fault : faults()) {
    trial.id = prefix + ":" + fault.name;
    trial.error = fault.error;
    trials.push_back(trial);
  }
  if (!point.writes) return;
  trial.id = prefix + ":short";
  trial.error = 0;
  trial.halve = true;
  trials.push_back(trial);
}

class NodeWorker final : public Worker {
 public:
  NodeWorker(const std::vector<Trial>& trials, const Options& options, std::string directory)
      : trials_(trials), logs_(options.logs), directory_(std::move(directory)), world_(directory_) {
    programs_.agent = options.binaries + "/snagentd";
  }

  std::string prepare() override {
    block_news();
    if (!world_.make()) return "no namespaces, or no network in them (root? iproute2?)";
    auto own = net::CurveKeys::generate(), nodes = net::CurveKeys::generate();
    if (!own || !nodes) return "no keys";
    keys_ = {nodes->secret_key(), orders::CoordinatorKey::of(*own).to_string()};
    std::error_code error;
    programs_.services = std::filesystem::read_symlink("/proc/self/exe", error).string();
    if (!coordinator_.start(*own, nodes->public_key())) return "no coordinator";
    bench_.emplace(Bench{world_, programs_, keys_, coordinator_, directory_ + ".log", generation_});
    return {};
  }

  std::string run_well(size_t variant, std::vector<Point>& points) override {
    return Run(*bench_, trial_at({}, variant)).go_well(points);
  }

  std::string run(size_t job) override {
    (void)truncate(bench_->log.c_str(), 0);
    std::string wrong = Run(*bench_, trials_[job]).go();
    if (!wrong.empty() && logs_) wrong += "\n--- its log\n" + read_all(bench_->log);
    return wrong;
  }

 private:
  const std::vector<Trial>& trials_;
  const bool logs_;
  std::string directory_;
  World world_;
  Programs programs_;
  Keys keys_;
  StandIn coordinator_;
  uint64_t generation_ = 1000;
  std::optional<Bench> bench_;
};

class NodeSuite final : public Suite {
 public:
  [[nodiscard]] std::string name() const override { return "node"; }
  [[nodiscard]] std::vector<std::string> variants() const override { return kVariants; }

  std::vector<Job> plan(const std::vector<std::vector<Point>>& points) override {
    trials_.clear();
    for (size_t variant = 0; variant < points.size(); ++variant) {
      const size_t first = variant == kRehearsal ? first_of_rehearsal(points[variant]) : 0;
      for (size_t i = first; i < points[variant].size(); ++i) {
        const Point& point = points[variant][i];
        // What the order of a swap does not change is tried once.
        if (variant == kOldKernel && !is_about_mounts(point)) continue;
        const std::string prefix = kVariants[variant], number = std::to_string(i + 1);
        add_kills(point, prefix + "kill:" + number, variant, trials_);
        if (variant == kToday && is_about_services(point)) {
          add_second_kills(point, prefix + "kill:" + number, variant, trials_);
        }
        add_faults(point, prefix + "fault:" + number, variant, trials_);
      }
    }
    std::vector<Job> jobs;
    for (const auto& trial : trials_) jobs.push_back({trial.id, trial.point->text, trial.kill});
    return jobs;
  }

  std::unique_ptr<Worker> worker(const Options& options, std::string directory) override {
    return std::make_unique<NodeWorker>(trials_, options, std::move(directory));
  }

 private:
  std::vector<Trial> trials_;
};

}  // namespace

std::unique_ptr<Suite> node_suite() { return std::make_unique<NodeSuite>(); }

}  // namespace sn::crash
