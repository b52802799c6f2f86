// snctl's end of the control socket.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "coordinator/control/json/json.h"

namespace sn::coordinator {

inline constexpr const char* kDefaultSocket = "/run/sncoord/control.sock";

// From now on Ctrl-C ends waits instead of the program.
void catch_interrupt();
[[nodiscard]] bool interrupted();

struct Line {
  std::string json;  // as it came
  AnswerLine answer;
};

class Client {
 public:
  // unreachable, denied, not_found: each with its cure.
  static Result<Client> connect(const std::string& socket);

  [[nodiscard]] Status ask(const Command& command);
  // The next answer; nullopt: Ctrl-C. timed_out: none for `deadline_ms`; 0: waits as long as it
  // takes, which is for what a person watches. unreachable: the coordinator went away.
  [[nodiscard]] Result<std::optional<Line>> next(int64_t deadline_ms);

 private:
  explicit Client(UniqueFd fd) : fd_(std::move(fd)) {}
  // false: Ctrl-C.
  [[nodiscard]] Result<bool> wait(MonotonicTime end, bool forever);

  UniqueFd fd_;
  std::string in_;
  size_t scanned_ = 0;
};

}  // namespace sn::coordinator
