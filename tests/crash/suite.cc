#include "tests/crash/suite.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>

#include "tests/crash/text.h"

namespace sn::crash {

namespace {

// The order in which two processes come to their calls differs now and then.
constexpr int kTries = 12;
// Two messages that come at once are one transaction, and a process that is late needs no kill: a
// point that was counted need not come again. More of them than this share are a harness that
// misses.
constexpr size_t kUnmetOf = 10;
constexpr std::string_view kNotReached = "not reached";

// Fields end with a zero byte.
std::string fields(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += word + '\0';
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\0', at);
    if (end == std::string::npos) break;
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// Runs `body` in a process of its own; what it writes comes back.
std::pair<pid_t, int> fork_worker(const std::function<void(int out)>& body) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {-1, -1};
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    body(ends[1]);
    std::fflush(nullptr);
    _exit(0);
  }
  close(ends[1]);
  return {pid, ends[0]};
}

std::string read_whole(int fd) {
  std::string text;
  std::array<char, 64 * 1024> piece{};
  ssize_t size = 0;
  while ((size = read(fd, piece.data(), piece.size())) > 0 || (size < 0 && errno == EINTR)) {
    if (size > 0) text.append(piece.data(), static_cast<size_t>(size));
  }
  close(fd);
  return text;
}

void send(int fd, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t size = write(fd, text.data() + at, text.size() - at);
    if (size <= 0) _exit(1);
    at += static_cast<size_t>(size);
  }
}

std::string directory_of_worker(const Options& options, const Suite& suite, size_t number) {
  const std::string path = options.directory + "/" + suite.name() + std::to_string(number);
  std::filesystem::create_directories(path);
  return path;
}

// Empty: it could not be counted, and the reason is printed.
std::vector<std::vector<Point>> count(Suite& suite, const Options& options) {
  const auto [pid, out] = fork_worker([&](int to) {
    const auto worker = suite.worker(options, directory_of_worker(options, suite, 0));
    std::string wrong = worker->prepare();
    for (size_t variant = 0; variant < suite.variants().size() && wrong.empty(); ++variant) {
      std::vector<Point> found;
      wrong = worker->run_well(variant, found);
      for (const auto& point : found) {
        send(to, fields({std::to_string(variant), point.name, point.text,
                         std::to_string(point.occurrence), point.writes ? "writes" : "",
                         std::to_string(point.depth)}));
      }
    }
    send(to, fields({"end", wrong, "", "", "", ""}));
  });
  const auto words = split(read_whole(out));
  waitpid(pid, nullptr, 0);
  std::vector<std::vector<Point>> points(suite.variants().size());
  for (size_t i = 0; i + 5 < words.size(); i += 6) {
    if (words[i] == "end" && words[i + 1].empty()) return points;
    if (words[i] == "end") {
      std::printf("%s: the run in which nothing goes wrong: %s\n", suite.name().c_str(),
                  words[i + 1].c_str());
      return {};
    }
    points[std::stoul(words[i])].push_back({words[i + 1], words[i + 2],
                                            static_cast<unsigned>(std::stoul(words[i + 3])),
                                            !words[i + 4].empty(), std::stoi(words[i + 5])});
  }
  std::printf("%s: the run in which nothing goes wrong was killed\n", suite.name().c_str());
  return {};
}

// ---------------------------------------------------------------- the counts that are pinned

bool record(const std::string& path, const std::string& suite,
            const std::map<std::string, size_t>& counts) {
  std::string text;
  std::istringstream old(read_all(path));
  std::string line;
  while (std::getline(old, line)) {
    if (!line.starts_with(suite + " ")) text += line + "\n";
  }
  for (const auto& [name, number] : counts) {
    text += suite + " " + name + " " + std::to_string(number) + "\n";
  }
  return write_all(path, text);
}

// A list that shrinks is a harness that sees less.
bool as_expected(const std::string& path, const std::string& suite,
                 const std::map<std::string, size_t>& counts) {
  std::istringstream lines(read_all(path));
  std::string whose, name;
  size_t least = 0, pinned = 0;
  bool good = true;
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    if (!(words >> whose >> name >> least) || whose != suite) continue;
    ++pinned;
    const auto found = counts.find(name);
    const size_t number = found == counts.end() ? 0 : found->second;
    if (number >= least) continue;
    std::printf("%s: %zu calls of %s, at least %zu are expected\n", suite.c_str(), number,
                name.c_str(), least);
    good = false;
  }
  if (pinned == 0) std::printf("%s: nothing is pinned in %s\n", suite.c_str(), path.c_str());
  return good && pinned > 0;
}

void run_jobs(Suite& suite, const Options& options, const std::vector<Job>& jobs,
              const std::vector<size_t>& mine, size_t number, int out) {
  const auto worker = suite.worker(options, directory_of_worker(options, suite, number + 1));
  std::string broken = worker->prepare();
  for (size_t variant = 0; variant < suite.variants().size() && broken.empty(); ++variant) {
    std::vector<Point> ignored;
    broken = worker->run_well(variant, ignored);
  }
  for (size_t i = number; i < mine.size(); i += options.jobs) {
    const Job& job = jobs[mine[i]];
    std::string wrong = broken;
    for (int tried = 0; broken.empty() && tried < kTries; ++tried) {
      wrong = worker->run(mine[i]);
      if (!wrong.starts_with(kNotReached)) break;
    }
    if (wrong.starts_with(kNotReached)) {
      send(out, fields({std::to_string(mine[i]), "unmet"}));
      continue;
    }
    if (!wrong.empty()) {
      std::printf("FAILED %s at %s\n  %s\n  again: tests/crash/run --only %s\n", job.id.c_str(),
                  job.what.c_str(), wrong.c_str(), job.id.c_str());
      std::fflush(stdout);
    }
    send(out, fields({std::to_string(mine[i]), wrong.empty() ? "good" : "wrong"}));
  }
}

}  // namespace

const std::vector<Fault>& faults() {
  static const std::vector<Fault> kFaults = {{"ENOSPC", ENOSPC}, {"EIO", EIO},
                                             {"EROFS", EROFS},   {"EBUSY", EBUSY},
                                             {"ESTALE", ESTALE}, {"EINTR", EINTR}};
  return kFaults;
}

void block_news() {
  sigset_t news;
  sigemptyset(&news);
  sigaddset(&news, SIGCHLD);
  sigaddset(&news, SIGUSR1);
  sigprocmask(SIG_BLOCK, &news, nullptr);
}

Ran run_suite(Suite& suite, const Options& options) {
  const auto points = count(suite, options);
  if (points.empty()) return {};
  const std::string name = suite.name();
  const auto variants = suite.variants();
  std::map<std::string, size_t> counts;  // of all variants
  for (size_t variant = 0; variant < points.size(); ++variant) {
    std::map<std::string, size_t> calls;
    for (const auto& point : points[variant]) ++calls[point.name];
    std::string text;
    for (const auto& [call, number] : calls) {
      counts[variants[variant] + call] = number;
      text += (text.empty() ? "" : ", ") + call + " " + std::to_string(number);
    }
    std::printf("%s%s: calls that change something: %zu (%s)\n", variants[variant].c_str(),
                name.c_str(), points[variant].size(), text.c_str());
  }
  if (options.record) return {record(options.expected, name, counts), 0};
  bool good = as_expected(options.expected, name, counts);

  const auto jobs = suite.plan(points);
  std::vector<size_t> mine;
  const std::set<std::string> only(options.only.begin(), options.only.end());
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (options.list) std::printf("%s\t%s\n", jobs[i].id.c_str(), jobs[i].what.c_str());
    if (only.empty() ? i % options.of == options.share : only.contains(jobs[i].id)) {
      mine.push_back(i);
    }
  }
  if (options.list || mine.empty()) return {good, mine.size()};
  std::fflush(nullptr);
  std::vector<std::pair<pid_t, int>> workers;
  for (size_t number = 0; number < options.jobs && number < mine.size(); ++number) {
    workers.push_back(
        fork_worker([&](int out) { run_jobs(suite, options, jobs, mine, number, out); }));
  }
  size_t kills = 0, recovered = 0, faulted = 0, handled = 0, unmet = 0;
  for (const size_t i : mine) ++(jobs[i].kill ? kills : faulted);
  for (const auto& [pid, out] : workers) {
    const auto said = split(read_whole(out));
    waitpid(pid, nullptr, 0);
    for (size_t i = 0; i + 1 < said.size(); i += 2) {
      const Job& job = jobs[std::stoul(said[i])];
      if (said[i + 1] == "good") ++(job.kill ? recovered : handled);
      if (said[i + 1] != "unmet") continue;
      ++unmet;
      --(job.kill ? kills : faulted);
      std::printf("not met: %s at %s\n", job.id.c_str(), job.what.c_str());
    }
  }
  if (unmet * kUnmetOf > mine.size()) {
    std::printf("%s: %zu of %zu points were not met\n", name.c_str(), unmet, mine.size());
    good = false;
  }
  std::printf("%skill points %zu, recovered %zu; faults %zu, handled %zu\n",
              name == "node" ? "" : (name + ": ").c_str(), kills, recovered, faulted, handled);
  return {good && kills == recovered && faulted == handled, mine.size()};
}

}  // namespace sn::crash
