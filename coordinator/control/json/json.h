// The control socket's language: one JSON object a line, both ways. Everything `snctl --json`
// prints is such a line, so the keys here are for other programs too: they are added to, never
// changed.
//
// A request has "command" and that command's keys; an unknown key is an error, since ignoring what
// a newer snctl asks for ("strict") would be worse. An answer has "answer" (its kind), "last"
// (nothing more will follow) and its own keys; readers ignore what they don't know.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "coordinator/core/commands.h"

namespace sn::coordinator {

// A takeover without its nodes: where they go, and their number by verdict.
struct TakeoverSummary {
  Takeover header;
  std::vector<std::string> targets;
  size_t nodes = 0;
  std::map<Verdict, size_t> counts;
  int exit_code = 0;
};

struct HistoryView {
  std::vector<TakeoverSummary> takeovers;  // newest first
};

struct StatusView {
  StatusAnswer status;  // without `last`
  std::optional<TakeoverSummary> last;
};

// An Answer as it crosses the socket.
using View = std::variant<RefusalAnswer, DoneAnswer, PlanAnswer, TakeoverAnswer, ProgressAnswer,
                          StatusView, HistoryView, KeysAnswer, Event>;
[[nodiscard]] View view_of(const Answer& answer);
[[nodiscard]] TakeoverSummary summary_of(const Takeover& takeover);

// All without the line end.
[[nodiscard]] std::string command_to_json(const Command& command);
// `by` is who the kernel says it is; the request can't claim it.
[[nodiscard]] Result<Command> command_from_json(std::string_view line, const std::string& by);
[[nodiscard]] std::string view_to_json(const View& view, bool last);

struct AnswerLine {
  View view;
  bool last = true;
};
[[nodiscard]] Result<AnswerLine> answer_from_json(std::string_view line);

}  // namespace sn::coordinator
