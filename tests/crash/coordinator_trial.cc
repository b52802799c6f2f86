#include "tests/crash/coordinator_trial.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "coordinator/store/engine.h"
#include "tests/crash/calls.h"
#include "tests/crash/text.h"

namespace sn::crash {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kRunMs = 30'000;
constexpr int64_t kLookEveryMs = 10;
constexpr const char* kEndpoint = "tcp://127.0.0.1:7400";

std::map<std::string, std::string> files_of(const std::string& directory) {
  std::map<std::string, std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    files[entry.path().string()] = read_all(entry.path().string());
  }
  return files;
}

// The kernel's own words for who shares it, and the lock of a process that is gone.
bool is_of_the_moment(const std::string& path) {
  return path.ends_with("-shm") || path.ends_with(".lock");
}

pid_t run_program(const std::vector<std::string>& argv, const std::string& log) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, 0);
  dup2(out, 1);
  dup2(out, 2);
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execv(words[0], words.data());
  _exit(127);
}

bool run_and_wait(const std::vector<std::string>& argv, const std::string& log) {
  const pid_t pid = run_program(argv, log);
  int status = 1;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status == 0;
}

}  // namespace

// ---------------------------------------------------------------- the store that all begin with

std::string CoordinatorBench::make() {
  std::string inventory;
  for (const auto& [name, host, address] : {std::array<const char*, 3>{"SN1P", "sn1-eth1", kOld},
                                            std::array<const char*, 3>{"SN2P", "sn2-eth1", kNew}}) {
    inventory += std::string("[[service_node]]\nname = \"") + name + "\"\nnode_names = [\"" + host +
                 "\"]\naddresses = [\"" + address + "/24\"]\n\n";
  }
  inventory += "[[node]]\nnames = \"cn[001-00" + std::to_string(kAgents) +
               "]\"\nservice_nodes = [\"SN1P\", \"SN2P\"]\n";
  const std::string config = directory_ + "/sncoordd.toml";
  if (!write_all(directory_ + "/cluster.toml", inventory) ||
      !write_all(config, "inventory = \"" + directory_ + "/cluster.toml\"\nstate_dir = \"" +
                             state_directory() + "\"\nlisten = [\"" + kEndpoint +
                             "\"]\ncontrol_socket = \"" + directory_ +
                             "/run/control.sock\"\nfeed = \"ipc://" + directory_ +
                             "/run/feed.sock\"\nprobe_ms = 50\npreflight_ms = 2000\n")) {
    return "the coordinator's files could not be written";
  }
  const pid_t daemon = run_program({daemon_, "--config", config}, log());
  const auto snctl = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {client_, "--socket", directory_ + "/run/control.sock"});
    return run_and_wait(words, log());
  };
  const int64_t until = now_ms() + kRunMs;
  bool up = false;
  while (!up && now_ms() < until) up = snctl({"keys", "list"});
  for (size_t i = 0; up && i < kAgents; ++i) {
    auto keys = net::CurveKeys::generate_typable();
    up = keys && snctl({"keys", "add", agent_name(i), keys->public_key()});
    if (up) keys_.push_back(std::move(*keys));
  }
  kill(daemon, SIGTERM);
  waitpid(daemon, nullptr, 0);
  if (!up) return "the coordinator did not come up: " + read_all(log());
  const auto own = net::CurveKeys::load(state_directory() + "/coordinator.key");
  if (!own) return own.error().message();
  public_key_ = own->public_key();
  fresh_ = files_of(state_directory());
  return {};
}

// ---------------------------------------------------------------- one run

CoordinatorRun::CoordinatorRun(CoordinatorBench& bench, const CoordinatorTrial& trial)
    : bench_(bench), trial_(trial), tracer_(*this, "sncoordd") {}

CoordinatorRun::~CoordinatorRun() {
  if (client_ > 0) kill(client_, SIGKILL);
  if (commands_ >= 0) close(commands_);
  tracer_.kill_all([](const Process&) { return false; });
  (void)tracer_.run([&] { return !tracer_.program_runs(); }, now_ms() + kRunMs);
  if (first_ > 0) (void)tracer_.finish(first_, now_ms() + kRunMs);
}

std::string CoordinatorRun::start() {
  std::error_code error;
  fs::remove_all(bench_.state_directory(), error);
  fs::create_directories(bench_.state_directory());
  for (const auto& [path, content] : bench_.fresh_) {
    if (!write_all(path, content)) return "the store could not be restored";
    // The key is refused if others can read it.
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  }
  int commands[2];
  if (pipe2(commands, O_CLOEXEC) != 0) return "no pipe";
  const std::string daemon = bench_.daemon_, config = bench_.directory_ + "/sncoordd.toml";
  const std::string log = bench_.log();
  first_ = fork();
  if (first_ < 0) return "no process";
  if (first_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(commands[1]);
    signal(SIGCHLD, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    char command = 0;
    while (read(commands[0], &command, 1) == 1) {
      if (fork() != 0) continue;
      signal(SIGCHLD, SIG_DFL);
      const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
      const int null = open("/dev/null", O_RDONLY);
      dup2(null, 0);
      dup2(out, 1);
      dup2(out, 2);
      syscall(SYS_close_range, 3, ~0U, 0);
      if (!trap_changing_calls()) _exit(1);
      execl(daemon.c_str(), "sncoordd", "--config", config.c_str(), nullptr);
      _exit(1);
    }
    _exit(0);
  }
  close(commands[0]);
  commands_ = commands[1];
  if (!tracer_.take(first_)) return "the daemon can't be traced";
  if (!agents_.start(bench_.keys_, kEndpoint, bench_.public_key_)) return "no agents";
  start_daemon();
  if (!tracer_.run([&] { return agents_.all_welcome(); }, now_ms() + kRunMs)) {
    return "the agents are not welcome";
  }
  durable_ = files_of(bench_.state_directory());
  return {};
}

void CoordinatorRun::start_daemon() const { (void)!write(commands_, "s", 1); }

void CoordinatorRun::ask_for_takeover() {
  client_ = run_program({bench_.client_, "--socket", bench_.directory_ + "/run/control.sock",
                         "takeover", "SN1P", "--yes", "--json", "--timeout", "20s"},
                        bench_.log());
}

// ---------------------------------------------------------------- at a call

// "" : it is none of the store's, and nothing that leaves for an agent.
std::string CoordinatorRun::name_of(const Call& call, const std::string& path) const {
  if (path.starts_with(bench_.state_directory() + "/")) {
    return path.substr(bench_.state_directory().size() + 1);
  }
  if (call.number != SYS_sendto) return {};
  const std::string task =
      "/proc/" + std::to_string(call.by.group) + "/task/" + std::to_string(call.by.pid) + "/comm";
  return read_all(task).starts_with("ZMQbg/IO") ? "to an agent" : "";
}

Action CoordinatorRun::on_call(Call& call) {
  Action action;
  if (!watching_) return action;
  const Description what = describe(call);
  std::string path;
  if (call.number == SYS_sendto) {
    path = "";
  } else if (what.name.empty()) {
    return action;
  } else if (what.text.find('/') != std::string::npos) {
    path = what.text.substr(what.text.find('/'));
  }
  const std::string about = name_of(call, path);
  if (about.empty()) return action;
  const std::string name = call.number == SYS_sendto ? "send" : what.name;
  const std::string text = name + " " + about;
  const unsigned occurrence = ++seen_[text];
  if (points_ != nullptr) points_->push_back({name, text, occurrence, what.writes, 0});
  const bool here = trial_.point && !struck_ && text == trial_.point->text &&
                    occurrence == trial_.point->occurrence;
  action.tell_end = name == "fsync" || (here && trial_.kill && trial_.after);
  if (!here) return action;
  if (!trial_.kill) {
    struck_ = true;
    action.tell_end = false;
    action.error = trial_.error;
  } else if (!trial_.after) {
    strike();
  }
  return action;
}

void CoordinatorRun::on_end(const Call& call, int64_t result) {
  if (!watching_) return;
  const Description what = describe(call);
  if (what.name == "fsync" && result == 0) {
    const std::string path = path_of(call, call.arguments[0]);
    if (fs::is_regular_file(path)) durable_[path] = read_all(path);
  }
  if (struck_ || !trial_.kill || !trial_.after || !trial_.point) return;
  const std::string path =
      what.text.find('/') == std::string::npos ? "" : what.text.substr(what.text.find('/'));
  const std::string name = call.number == SYS_sendto ? "send" : what.name;
  const std::string text = name + " " + name_of(call, path);
  if (text == trial_.point->text && seen_[text] == trial_.point->occurrence) strike();
}

void CoordinatorRun::strike() {
  struck_ = true;
  tracer_.kill_all([](const Process&) { return false; });
}

void CoordinatorRun::on_main_gone(int) { main_gone_ = true; }

// What was not synced is lost.
void CoordinatorRun::cut_power() const {
  for (const auto& [path, content] : files_of(bench_.state_directory())) {
    const auto kept = durable_.find(path);
    if (is_of_the_moment(path) || kept == durable_.end()) {
      std::error_code error;
      fs::remove(path, error);
    } else {
      (void)write_all(path, kept->second);
    }
  }
}

// ---------------------------------------------------------------- what must be true

// As somebody would find it who opens it now: a copy, so that nothing is changed by looking.
std::optional<coordinator::State> CoordinatorRun::store() const {
  const std::string copy = bench_.directory_ + "/copy";
  std::error_code error;
  fs::remove_all(copy, error);
  for (const auto& [path, content] : files_of(bench_.state_directory())) {
    if (!is_of_the_moment(path) &&
        !write_all(copy + "/" + fs::path(path).filename().string(), content)) {
      return std::nullopt;
    }
  }
  auto opened = coordinator::open_sqlite_engine(copy + "/state.db");
  if (!opened) return std::nullopt;
  auto state = (*opened)->load();
  if (!state) return std::nullopt;
  return std::move(*state);
}

bool CoordinatorRun::finished() {
  if (now_ms() < looked_ms_ + kLookEveryMs) return false;
  looked_ms_ = now_ms();
  for (size_t i = 0; i < kAgents; ++i) {
    if (agents_.told(i) == 0) return false;
  }
  const auto state = store();
  if (!state || state->takeovers.empty()) return false;
  for (const auto& [number, takeover] : state->takeovers) {
    if (takeover.state == coordinator::TakeoverState::running) return false;
  }
  const auto table = table_of(*state);
  return std::all_of(table.begin(), table.end(), [](const coordinator::NodeRecord* node) {
    return node->present().verdict == Verdict::verified;
  });
}

std::string CoordinatorRun::describe_end() const {
  std::string text = "told";
  for (size_t i = 0; i < kAgents; ++i) text += " " + std::to_string(agents_.told(i));
  const auto state = store();
  if (!state) return text + ", the store can't be opened";
  for (const coordinator::NodeRecord* node : table_of(*state)) {
    text += ", " + node->node + " " + std::to_string(node->generation()) + " " +
            std::string(to_string(node->present().verdict));
  }
  for (const auto& [number, takeover] : state->takeovers) {
    text += ", T" + std::to_string(number) + " " + std::string(to_string(takeover.state));
  }
  return text;
}

// Nothing left before its decision was durable.
std::string CoordinatorRun::check_told() const {
  const auto state = store();
  if (!state) return "the store can't be opened";
  std::string wrong;
  for (size_t i = 0; i < kAgents; ++i) {
    const uint64_t told = agents_.told(i);
    if (told == 0) continue;
    const coordinator::NodeRecord* node = find_node(*state, agent_name(i));
    if (node == nullptr || node->generation() < told) {
      wrong += agent_name(i) + " was told generation " + std::to_string(told) +
               ", and the store has " +
               (node == nullptr ? "no such node" : std::to_string(node->generation())) + "\n";
    } else if (node->service_node() != "SN2P") {
      wrong += agent_name(i) + " is at " + node->service_node() + " in the store\n";
    }
  }
  return wrong;
}

std::string CoordinatorRun::recover() {
  if (!tracer_.run([&] { return !tracer_.program_runs() && agents_.none_connected(); },
                   now_ms() + kRunMs)) {
    return "it did not die";
  }
  if (client_ > 0) {
    kill(client_, SIGKILL);
    client_ = 0;
  }
  if (trial_.power) cut_power();
  if (auto wrong = check_told(); !wrong.empty()) return wrong;
  const auto state = store();
  const bool decided = state && !state->takeovers.empty();
  watching_ = false;
  main_gone_ = false;
  start_daemon();
  if (!tracer_.run([&] { return agents_.all_welcome() || main_gone_; }, now_ms() + kRunMs)) {
    return "the agents are not welcome again";
  }
  if (main_gone_) return "it ended by itself after it was started again";
  if (!decided) ask_for_takeover();
  if (!tracer_.run([&] { return finished() || main_gone_; }, now_ms() + kRunMs)) {
    return "the takeover is not finished: " + describe_end();
  }
  if (main_gone_) return "it ended by itself after it was started again";
  const auto now = store();
  if (!now || now->takeovers.size() != 1) return "not one takeover in the end";
  return check_told();
}

std::string CoordinatorRun::go() {
  if (auto wrong = start(); !wrong.empty()) return wrong;
  watching_ = true;
  ask_for_takeover();
  const bool ended =
      tracer_.run([&] { return trial_.kill ? main_gone_ || finished() : main_gone_ || finished(); },
                  now_ms() + kRunMs);
  if (!struck_) return "not reached: " + trial_.point->text;
  if (!ended) return "neither an end of it nor of the takeover";
  if (!main_gone_) return check_told();  // a fault that it lived with
  return recover();
}

std::string CoordinatorRun::go_well(std::vector<Point>& points) {
  if (auto wrong = start(); !wrong.empty()) return wrong;
  points_ = &points;
  watching_ = true;
  ask_for_takeover();
  if (!tracer_.run([&] { return finished(); }, now_ms() + kRunMs)) {
    return "the takeover is not finished: " + describe_end() + "\n" + read_all(bench_.log());
  }
  return check_told();
}

}  // namespace sn::crash
