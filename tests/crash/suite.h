// Counts the calls of a run in which nothing goes wrong, makes trials of them and lets workers run
// those, each in a process and namespaces of its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/crash/trial.h"

namespace sn::crash {

struct Options {
  std::string binaries;
  std::string expected;   // the file with the pinned counts
  std::string directory;  // ours to write to
  std::vector<std::string> only;
  size_t share = 0, of = 1;  // every `of`th trial, from the `share`th on
  size_t jobs = 2;
  bool list = false;
  bool record = false;
  bool logs = false;
};

// What a trial is to those who only count it.
struct Job {
  std::string id;    // what --only takes
  std::string what;  // the call
  bool kill = false;
};

struct Fault {
  const char* name;
  int error;
};
[[nodiscard]] const std::vector<Fault>& faults();

class Worker {
 public:
  virtual ~Worker() = default;
  // All of them: empty when it went well.
  [[nodiscard]] virtual std::string prepare() = 0;
  // `variant`: an index of Suite::variants().
  [[nodiscard]] virtual std::string run_well(size_t variant, std::vector<Point>& points) = 0;
  [[nodiscard]] virtual std::string run(size_t job) = 0;
};

class Suite {
 public:
  virtual ~Suite() = default;
  // "node"; in the file of pinned counts.
  [[nodiscard]] virtual std::string name() const = 0;
  // What the ids of each variant's trials begin with: "" of the first, "back:".
  [[nodiscard]] virtual std::vector<std::string> variants() const = 0;
  [[nodiscard]] virtual std::vector<Job> plan(const std::vector<std::vector<Point>>& points) = 0;
  [[nodiscard]] virtual std::unique_ptr<Worker> worker(const Options& options,
                                                       std::string directory) = 0;
};

[[nodiscard]] std::unique_ptr<Suite> node_suite();
[[nodiscard]] std::unique_ptr<Suite> coordinator_suite();

struct Ran {
  bool good = false;
  size_t trials = 0;
};
// Prints what failed, then the counts.
[[nodiscard]] Ran run_suite(Suite& suite, const Options& options);

// Signals that a tracer waits for are blocked in a worker from its beginning on.
void block_news();

}  // namespace sn::crash
