#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/crash/coordinator_trial.h"
#include "tests/crash/suite.h"
#include "tests/crash/text.h"

namespace sn::crash {

namespace {

class CoordinatorWorker final : public Worker {
 public:
  CoordinatorWorker(const std::vector<CoordinatorTrial>& trials, const Options& options,
                    const std::string& directory)
      : trials_(trials),
        logs_(options.logs),
        directory_(directory),
        bench_(directory, options.binaries + "/sncoordd", options.binaries + "/snctl") {}

  std::string prepare() override {
    // SN1P is where no way leads to.
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("crash", directory_.c_str(), "tmpfs", 0, "mode=755") != 0 ||
        std::system("ip link set lo up") != 0) {
      return "no namespaces, or no network in them (root? iproute2?)";
    }
    std::string wrong = bench_.make();
    block_news();
    return wrong;
  }

  std::string run_well(size_t, std::vector<Point>& points) override {
    const CoordinatorTrial trial;
    return CoordinatorRun(bench_, trial).go_well(points);
  }

  std::string run(size_t job) override {
    (void)truncate(bench_.log().c_str(), 0);
    std::string wrong = CoordinatorRun(bench_, trials_[job]).go();
    if (!wrong.empty() && logs_) wrong += "\n--- its log\n" + read_all(bench_.log());
    return wrong;
  }

 private:
  const std::vector<CoordinatorTrial>& trials_;
  const bool logs_;
  std::string directory_;
  CoordinatorBench bench_;
};

class CoordinatorSuite final : public Suite {
 public:
  [[nodiscard]] std::string name() const override { return "coordinator"; }
  [[nodiscard]] std::vector<std::string> variants() const override { return {""}; }

  std::vector<Job> plan(const std::vector<std::vector<Point>>& points) override {
    trials_.clear();
    for (size_t i = 0; i < points.front().size(); ++i) {
      const Point& point = points.front()[i];
      CoordinatorTrial trial;
      trial.point = point;
      trial.kill = true;
      const std::string number = std::to_string(i + 1);
      for (const bool power : {false, true}) {
        for (const bool after : {false, true}) {
          trial.power = power;
          trial.after = after;
          trial.id = std::string("coordinator:") + (power ? "power:" : "kill:") + number +
                     (after ? ":after" : ":before");
          trials_.push_back(trial);
        }
      }
      // What is not heard on the network is simulated (tests/sim).
      if (point.name == "send") continue;
      trial.kill = trial.power = trial.after = false;
      for (const auto& fault : faults()) {
        trial.error = fault.error;
        trial.id = "coordinator:fault:" + number + ":" + fault.name;
        trials_.push_back(trial);
      }
    }
    std::vector<Job> jobs;
    for (const auto& trial : trials_) jobs.push_back({trial.id, trial.point->text, trial.kill});
    return jobs;
  }

  std::unique_ptr<Worker> worker(const Options& options, std::string directory) override {
    return std::make_unique<CoordinatorWorker>(trials_, options, directory);
  }

 private:
  std::vector<CoordinatorTrial> trials_;
};

}  // namespace

std::unique_ptr<Suite> coordinator_suite() { return std::make_unique<CoordinatorSuite>(); }

}  // namespace sn::crash
