// snctl takeover SN1P: the summary and one question on a terminal, then a bar, then the verdicts.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/facts/text.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/text.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

namespace {

// The daemon ends a takeover after its own timeout; beyond this it does not answer any more.
constexpr int64_t kGrace_ms = 30'000;
constexpr int kUsageError = 2;
constexpr int kInterrupted = 130;  // as a shell counts a program that SIGINT ended

}  // namespace

bool on_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

bool ask_yes(const std::string& question) {
  print(question);
  std::array<char, 64> answer{};
  size_t size = 0;
  while (!interrupted() && size < answer.size()) {
    pollfd item{STDIN_FILENO, POLLIN, 0};
    if (::poll(&item, 1, 500) <= 0) continue;
    const ssize_t got = ::read(STDIN_FILENO, answer.data() + size, answer.size() - size);
    if (got <= 0) break;
    size += static_cast<size_t>(got);
    if (answer[size - 1] == '\n') break;
  }
  if (interrupted()) return false;
  const std::string_view text(answer.data(), size);
  return text == "y\n" || text == "Y\n" || text == "yes\n" || text == "Yes\n" || text == "YES\n";
}

namespace {

// Shows where a running takeover is, in one line that is written over.
class ProgressBar {
 public:
  explicit ProgressBar(bool visible) : visible_(visible) {}
  ~ProgressBar() { end(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `started_unix_ms`: of the takeover, by the clock of this same machine.
  void show(const ProgressAnswer& progress, int64_t started_unix_ms) {
    if (!visible_) return;
    const int64_t elapsed_ms = std::max<int64_t>(wall_now().unix_ms - started_unix_ms, 0);
    // One line, whatever a node said.
    const std::string line = cut(plain_line(progress_line(progress, elapsed_ms)), kColumns);
    std::printf("\r%s", left(line, kColumns).c_str());
    std::fflush(stdout);
    drawn_ = true;
  }
  void end() {
    if (drawn_) std::printf("\n");
    drawn_ = false;
  }

 private:
  const bool visible_;
  bool drawn_ = false;
};

}  // namespace

int follow(const Terminal& terminal, Client& client, int64_t deadline_ms) {
  std::string id;
  int64_t started_unix_ms = wall_now().unix_ms;
  ProgressBar bar(!terminal.json && ::isatty(STDOUT_FILENO) == 1);
  while (true) {
    const auto line = client.next(deadline_ms);
    if (line && *line) {
      if (const auto* plan = std::get_if<PlanAnswer>(&(*line)->answer.value); plan && plan->asks) {
        print(plan_screen(*plan, ""));
        const std::string fence = fence_question(*plan);
        const bool vouched = !fence.empty() && ask_yes(fence);
        const bool go = (fence.empty() || vouched) && ask_yes(plan_question(*plan));
        if (const Status said = client.ask(ConfirmCommand{go, vouched}); !said) {
          return report(said.error());
        }
        if (interrupted()) {
          print("\nnothing was changed\n");
          return kInterrupted;
        }
        continue;
      }
      if (const auto* progress = std::get_if<ProgressAnswer>(&(*line)->answer.value)) {
        bar.show(*progress, started_unix_ms);
        continue;
      }
      const auto* answer = std::get_if<TakeoverAnswer>(&(*line)->answer.value);
      bar.end();
      if (answer == nullptr) return finish(terminal, **line, "", 1);
      if (id.empty()) {
        id = answer->takeover.id();
        started_unix_ms = answer->takeover.started_unix_ms;
        if (!terminal.json) print(takeover_header(answer->takeover));
      }
      if (!(*line)->answer.last) continue;
      return finish(terminal, **line, takeover_screen(*answer), answer->exit_code);
    }
    bar.end();
    const std::string what_next = id.empty() ? "whether a takeover began: snctl history\n"
                                             : "it goes on: snctl watch " + id + "\n";
    if (!line) {
      const int code = report(line.error());
      print_error(what_next);
      return code;
    }
    print_error(what_next);
    return kInterrupted;
  }
}

int takeover(const Terminal& terminal, TakeoverCommand command, bool yes) {
  if (!yes && (terminal.json || !on_terminal())) {
    (void)report(fail(ErrorClass::invalid_input, "", "",
                      terminal.json ? "with --json nobody is asked"
                                    : "this is no terminal, so nobody can be asked",
                      "say --yes to go ahead without the question; snctl " +
                          (command.undoes == 0
                               ? "plan " + command.from
                               : "failback T" + std::to_string(command.undoes) + " --dry-run") +
                          " shows what would be done")
                     .value());
    return kUsageError;
  }
  catch_interrupt();
  auto client = Client::connect(terminal.socket);
  if (!client) return report(client.error());
  command.confirm = !yes;
  if (const Status asked = client->ask(command); !asked) return report(asked.error());
  return follow(terminal, *client, int64_t{command.timeout_ms} + kAnswer_ms + kGrace_ms);
}

// The takeover's own timeout is the coordinator's to keep; it tells when it is over.
int resume(const Terminal& terminal, const ResumeCommand& command) {
  catch_interrupt();
  auto client = Client::connect(terminal.socket);
  if (!client) return report(client.error());
  if (const Status asked = client->ask(command); !asked) {
    return report(asked.error());
  }
  return follow(terminal, *client, 0);
}

}  // namespace sn::coordinator
