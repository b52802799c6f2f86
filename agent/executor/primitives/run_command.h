// Primitive: one program, by argv and never through a shell, with a deadline.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/error.h"

namespace sn::agent {

// What is kept of a program's output, for the operator's eyes.
inline constexpr size_t kMaxCommandOutput = 4'096;

struct CommandResult {
  int exit_code = 0;
  std::string output;  // of both streams, cut at kMaxCommandOutput
};

// The program runs in its own process group with no input; at the deadline the group is killed and
// the answer is timed_out. not_found: no such program. A daemon it leaves behind is not waited for.
[[nodiscard]] Result<CommandResult> run_command(const std::vector<std::string>& argv,
                                                uint32_t deadline_ms);

// That a program ended with an exit code, with the beginning of what it printed.
[[nodiscard]] Fact exited(const std::string& program, const CommandResult& result);

}  // namespace sn::agent
