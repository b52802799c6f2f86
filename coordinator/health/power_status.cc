#include "coordinator/health/power_status.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sn::coordinator {

namespace {

// A line or two. What is beyond is not read.
constexpr size_t kMaxOutput = 4'096;

// The environment of a daemon is nobody's business but its own.
char kPath[] = "PATH=/opt/xcat/bin:/opt/xcat/sbin:/usr/sbin:/usr/bin:/sbin:/bin";
char kLocale[] = "LC_ALL=C";
// xCAT's client finds its credentials there: of whoever the daemon runs as.
std::string home() {
  const char* const own = std::getenv("HOME");
  return std::string("HOME=") + (own == nullptr ? "/root" : own);
}
std::string kHome = home();
std::array<char*, 4> environment{kPath, kLocale, kHome.data(), nullptr};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  return text;
}

std::string last_line(std::string_view text) {
  text = trimmed(text);
  const size_t line = text.rfind('\n');
  return std::string(line == std::string_view::npos ? text : text.substr(line + 1));
}

std::string filled(std::string argument, const std::string& service_node) {
  constexpr std::string_view kName = "{sn}";
  for (size_t at = argument.find(kName); at != std::string::npos; at = argument.find(kName, at)) {
    argument.replace(at, kName.size(), service_node);
    at += service_node.size();
  }
  return argument;
}

// In a process group of its own, so that all of it can be ended; both outputs into `output`.
int spawn(const std::vector<std::string>& argv, int output, pid_t& child) {
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  const int os_errno =
      ::posix_spawn(&child, words.front(), &files, &attributes, words.data(), environment.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  return os_errno;
}

}  // namespace

Power power_said(std::string_view output) {
  std::string word = last_line(output);
  word.erase(0, word.find_last_of(" :\t") + 1);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (word == "off") return Power::off;
  return word == "on" ? Power::on : Power::unknown;
}

PowerStatus::PowerStatus(net::Reactor& reactor, std::vector<std::string> argv, Told told)
    : reactor_(reactor), argv_(std::move(argv)), told_(std::move(told)) {}

PowerStatus::~PowerStatus() {
  for (auto& [request, running] : running_) {
    if (running.child <= 0) continue;
    (void)::kill(-running.child, SIGKILL);
    (void)::waitpid(running.child, nullptr, 0);
  }
}

void PowerStatus::start(const AskPower& asked) {
  if (running_.contains(asked.request)) return;
  Running& running = running_[asked.request];
  const uint64_t request = asked.request;
  running.alarm = reactor_.alarm([this, request] { end(request, false); });
  std::array<int, 2> pipe{-1, -1};
  if (argv_.empty()) {
    running.failure = "no power_status in sncoordd.toml";
  } else if (::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    running.failure = std::strerror(errno);
  } else {
    running.output.reset(pipe[0]);
    const UniqueFd theirs(pipe[1]);
    std::vector<std::string> argv;
    for (const auto& word : argv_) argv.push_back(filled(word, asked.service_node));
    if (const int os_errno = spawn(argv, theirs.get(), running.child); os_errno != 0) {
      running.child = -1;
      running.failure = argv_.front() + ": " + std::strerror(os_errno);
    }
  }
  if (!running.failure.empty()) return running.alarm.set({0});
  running.alarm.set(reactor_.now() + kPowerMs);
  running.watch = reactor_.on(running.output.get(), net::Reactor::readable,
                              [this, request](net::Reactor::Ready) { read_from(request); });
}

void PowerStatus::read_from(uint64_t request) {
  Running& running = running_.at(request);
  std::array<char, 1'024> piece{};
  const ssize_t size = ::read(running.output.get(), piece.data(), piece.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size > 0 && running.text.size() < kMaxOutput) {
    running.text.append(piece.data(), static_cast<size_t>(size));
    return;
  }
  end(request, true);
}

void PowerStatus::end(uint64_t request, bool in_time) {
  auto over = running_.extract(request);
  Running& running = over.mapped();
  running.watch.reset();
  if (running.child > 0) {
    // It may go on after it closed its output; what it said is enough.
    (void)::kill(-running.child, SIGKILL);
    (void)::waitpid(running.child, nullptr, 0);
  }
  if (!running.failure.empty()) return told_(request, Power::unknown, running.failure);
  if (!in_time) return told_(request, Power::unknown, "no answer in time");
  told_(request, power_said(running.text), last_line(running.text));
}

}  // namespace sn::coordinator
