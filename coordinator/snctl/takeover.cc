// snctl takeover SN1P: the summary and one question on a terminal, then a bar, then the verdicts.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/facts/text.h"
#include "coordinator/snctl/progress_bar.h"
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
  const std::string text = upper(std::string_view(answer.data(), size));
  return text == "Y\n" || text == "YES\n";
}

namespace {

// The clock of a bar goes on between answers.
constexpr int64_t kTick_ms = 250;

// The next answer, with the bar's clock going on meanwhile. As Client::next.
Result<std::optional<Line>> next_answer(Client& client, int64_t deadline_ms, ProgressBar& bar) {
  const MonotonicTime end = monotonic_now() + deadline_ms;
  while (true) {
    const int64_t left_ms = deadline_ms == 0 ? kTick_ms : end - monotonic_now();
    auto line = client.next(std::clamp<int64_t>(left_ms, 1, kTick_ms));
    const bool waits = !line && line.error().what == ErrorClass::timed_out &&
                       (deadline_ms == 0 || end - monotonic_now() > 0);
    if (!waits) return line;
    bar.tick(wall_now().unix_ms);
  }
}

// Shows the plan, asks, and says the answer. true: it was said.
Result<bool> answer_question(Client& client, const PlanAnswer& plan, bool diff) {
  print(plan_screen(plan, "", diff));
  const std::string fence = fence_question(plan);
  const bool vouched = !fence.empty() && ask_yes(fence);
  const bool go = (fence.empty() || vouched) && ask_yes(plan_question(plan));
  if (const Status said = client.ask(ConfirmCommand{go, vouched}); !said) {
    return tl::unexpected(said.error());
  }
  return !interrupted();
}

}  // namespace

int follow(const Terminal& terminal, Client& client, int64_t deadline_ms, bool diff) {
  std::string id;
  ProgressBar bar(terminal.json ? ProgressBar::Kind::none : kind_of_output());
  bar.begin(wall_now().unix_ms);
  while (true) {
    const auto line = next_answer(client, deadline_ms, bar);
    if (line && *line) {
      if (const auto* plan = std::get_if<PlanAnswer>(&(*line)->answer.value); plan && plan->asks) {
        const auto said = answer_question(client, *plan, diff);
        if (!said) return report(said.error());
        if (!*said) {
          print("\nnothing was changed\n");
          return kInterrupted;
        }
        continue;
      }
      if (const auto* progress = std::get_if<ProgressAnswer>(&(*line)->answer.value)) {
        bar.show(*progress, wall_now().unix_ms);
        continue;
      }
      if (const auto* started = std::get_if<StartedAnswer>(&(*line)->answer.value)) {
        const TakeoverHeader& begun = started->summary.header;
        id = begun.id();
        bar.begin(std::max(begun.started_unix_ms, begun.resumed_unix_ms));
        if (!terminal.json) print(takeover_header(started->summary));
        continue;
      }
      const auto* answer = std::get_if<TakeoverAnswer>(&(*line)->answer.value);
      if (answer == nullptr) {
        bar.end();
        return finish(terminal, **line, "", 1);
      }
      const ShownTakeover& shown = answer->takeover;
      if (id.empty()) {
        if (!terminal.json) print(takeover_header(summary_of(shown)));
      } else {
        // Its last picture is the end, not what was last worth an answer.
        bar.show(progress_of(shown), shown.finished_unix_ms);
      }
      bar.end();
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

int takeover(const Terminal& terminal, TakeoverCommand command, AskOptions options) {
  if (!options.yes && (terminal.json || !on_terminal())) {
    return report(fail(ErrorClass::invalid_input, "", "",
                       terminal.json ? "with --json nobody is asked: confirm with --yes"
                                     : "stdin is not a terminal: confirm with --yes",
                       (command.undoes == 0 && command.back_to.empty()
                            ? "snctl plan " + command.from + options_of(command)
                            : command_line(command) + " --dry-run") +
                           " shows what would be done")
                      .value(),
                  kUsageError);
  }
  catch_interrupt();
  auto client = Client::connect(terminal.socket);
  if (!client) return report(client.error());
  command.confirm = !options.yes;
  command.brief = !terminal.json;
  if (const Status asked = client->ask(command); !asked) return report(asked.error());
  return follow(terminal, *client, int64_t{command.timeout_ms} + kAnswer_ms + kGrace_ms,
                options.diff);
}

// The takeover's own timeout is the coordinator's to keep; it tells when it is over.
int resume(const Terminal& terminal, ResumeCommand command) {
  command.brief = !terminal.json;
  catch_interrupt();
  auto client = Client::connect(terminal.socket);
  if (!client) return report(client.error());
  if (const Status asked = client->ask(command); !asked) {
    return report(asked.error());
  }
  return follow(terminal, *client, 0);
}

}  // namespace sn::coordinator
