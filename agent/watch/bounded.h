// A short piece of work that may block on a server which does not answer, in a process of its own
// with a deadline.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/error.h"

namespace sn::agent {

// The largest answer: a configuration file of the largest size (references/lines.h) with its facts.
inline constexpr size_t kMaxBoundedAnswer = 17 * 1024 * 1024;

// Runs `work` in a fork and returns what it returned. timed_out after `deadline_ms`: the process is
// killed, and goes when its server answers; it is not waited for. The caller has no threads.
[[nodiscard]] Result<std::string> run_bounded(const std::function<Result<std::string>()>& work,
                                              int64_t deadline_ms, const std::string& what);

}  // namespace sn::agent
