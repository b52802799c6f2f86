// The control socket's language: one JSON object a line, both ways. Everything `snctl --json`
// prints is such a line, so the keys here are for other programs too: they are added to, never
// changed.
//
// A request has "command" and that command's keys; an unknown key is an error, since ignoring what
// a newer snctl asks for ("strict") would be worse. An answer has "answer" (its kind), "last"
// (nothing more will follow) and its own keys; readers ignore what they don't know.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "coordinator/core/commands.h"

namespace sn::coordinator {

// All without the line end.
[[nodiscard]] std::string command_to_json(const Command& command);
// `by` is who the kernel says it is; the request can't claim it.
[[nodiscard]] Result<Command> command_from_json(std::string_view line, const std::string& by);
[[nodiscard]] std::string answer_to_json(const Answer& answer, bool last);

struct AnswerLine {
  Answer value;
  bool last = true;
};
[[nodiscard]] Result<AnswerLine> answer_from_json(std::string_view line);

}  // namespace sn::coordinator
