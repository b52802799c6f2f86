// One function a verb, in the file of its name (resume and failback in takeover.cc's, thaw in
// freeze.cc's, acknowledge in ack.cc). Each returns the exit code: 0 fine, 1 error, 3 refused, 4
// and 5 how a takeover ended.
#pragma once

#include <string>

#include "coordinator/core/commands.h"
#include "coordinator/snctl/client.h"

namespace sn::coordinator {

inline constexpr int kRefused = 3;  // also: a name is not known
inline constexpr int kNotFine = 4;

struct Terminal {
  std::string socket = kDefaultSocket;
  bool json = false;
};

struct AskOptions {
  bool yes = false;   // nobody is asked
  bool diff = false;  // above the question, what each group would change
};
[[nodiscard]] int takeover(const Terminal& terminal, TakeoverCommand command, AskOptions options);
// Also of a failback: TakeoverCommand::undoes.
[[nodiscard]] int rehearse(const Terminal& terminal, TakeoverCommand command,
                           const std::string& group);
[[nodiscard]] int abort_takeover(const Terminal& terminal, const std::string& takeover);
[[nodiscard]] int resume(const Terminal& terminal, ResumeCommand command);
[[nodiscard]] int acknowledge(const Terminal& terminal, const std::vector<std::string>& nodes);
[[nodiscard]] int clear_node(const Terminal& terminal, const std::string& node);
[[nodiscard]] int plan(const Terminal& terminal, TakeoverCommand command, const std::string& group);
// `check`: for a monitor, exit 4 if anything is not fine.
[[nodiscard]] int status(const Terminal& terminal, const std::string& name, bool check);
[[nodiscard]] int history(const Terminal& terminal);
struct ShowOptions {
  std::string takeover;
  std::string node;
  bool mentions = false;
  bool nodes = false;
};
[[nodiscard]] int show(const Terminal& terminal, const ShowOptions& options);
struct WatchOptions {
  std::string takeover;            // to its end; empty: every event as it happens
  std::vector<std::string> nodes;  // of these only; empty: of all
  std::string of_takeover;         // of this only; empty: of all
};
[[nodiscard]] int watch(const Terminal& terminal, const WatchOptions& options);
[[nodiscard]] int freeze(const Terminal& terminal, bool frozen);
[[nodiscard]] int mend_table(const Terminal& terminal);
[[nodiscard]] int clear_service_node(const Terminal& terminal, const std::string& name, bool yes);
[[nodiscard]] int add_key(const Terminal& terminal, const std::string& node,
                          const std::string& key);
// Each line of the file ("-": standard input) is NODE KEY; blank lines and remarks after # do not
// count. All are looked at before the first is added.
[[nodiscard]] int add_keys_of(const Terminal& terminal, const std::string& file);
[[nodiscard]] int list_keys(const Terminal& terminal);
[[nodiscard]] int list_pending_keys(const Terminal& terminal);
[[nodiscard]] int accept_keys(const Terminal& terminal, AcceptKeysCommand command);
[[nodiscard]] int reject_keys(const Terminal& terminal, RejectKeysCommand command);
[[nodiscard]] int revoke_key(const Terminal& terminal, const std::string& node);
[[nodiscard]] int add_feed_key(const Terminal& terminal, const std::string& name,
                               const std::string& key);
[[nodiscard]] int revoke_feed_key(const Terminal& terminal, const std::string& name);

// ---------------------------------------------------------------- what they share

// Somebody can be asked.
[[nodiscard]] bool on_terminal();
// "y" or "yes" in any case and nothing else; end of input and Ctrl-C mean no.
[[nodiscard]] bool ask_yes(const std::string& question);
// Filtered for the terminal (printable()); JSON is printed as it is.
void print(const std::string& text);
void print_error(const std::string& text);
// From now on report() speaks JSON on standard output, as every answer does.
void speak_json();
int report(const Error& error, int exit_code = 1);
// How a refusal, a done or any other last answer ends: printed, and its exit code.
int finish(const Terminal& terminal, const Line& line, const std::string& screen, int exit_code);
// For verbs with one question and one answer. `render` gets the answer if it is a T;
// refusals and errors are dealt with here.
template <class T, class Render>
int ask_once(const Terminal& terminal, const Command& command, int64_t deadline_ms, Render render);

// "60s", "500ms", "2m", "90" (seconds). invalid_input otherwise, or beyond a day.
[[nodiscard]] Result<uint32_t> parse_duration(const std::string& text);

// Shows a takeover until its end: a bar on a terminal, then the screen. Also for watch.
int follow(const Terminal& terminal, Client& client, int64_t deadline_ms, bool diff = false);

// Enough for a preflight and the commit of a large table; the daemon answers at once otherwise.
inline constexpr int64_t kAnswer_ms = 60'000;

// ---------------------------------------------------------------- implementation

template <class T, class Render>
int ask_once(const Terminal& terminal, const Command& command, int64_t deadline_ms, Render render) {
  auto client = Client::connect(terminal.socket);
  if (!client) return report(client.error());
  if (const Status asked = client->ask(command); !asked) return report(asked.error());
  const auto line = client->next(deadline_ms);
  if (!line) return report(line.error());
  if (!*line) return 1;
  const Answer& value = (*line)->answer.value;
  if (const auto* answer = std::get_if<T>(&value)) return render(**line, *answer);
  return finish(terminal, **line, "", 1);
}

}  // namespace sn::coordinator
