// Where a running takeover is: on a terminal one line that is written over, with a clock that goes
// on while nothing happens; elsewhere (a pipe, TERM=dumb) lines, and few of them.
#pragma once

#include <cstdint>
#include <optional>

#include "coordinator/core/commands.h"

namespace sn::coordinator {

class ProgressBar {
 public:
  enum class Kind : uint8_t {
    none,   // --json
    lines,  // what is not written over
    bar,
  };
  explicit ProgressBar(Kind kind) : kind_(kind) {}
  ~ProgressBar() { end(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // By the clock of this same machine.
  void begin(int64_t started_unix_ms) { started_unix_ms_ = started_unix_ms; }
  void show(const ProgressAnswer& progress, int64_t now_unix_ms);
  // Time went on.
  void tick(int64_t now_unix_ms);
  // What follows begins on a line of its own.
  void end();

 private:
  void draw(int64_t now_unix_ms);

  const Kind kind_;
  int64_t started_unix_ms_ = 0;
  std::optional<ProgressAnswer> last_;
  int64_t printed_unix_ms_ = 0;
  bool drawn_ = false;
};

// What standard output is.
[[nodiscard]] ProgressBar::Kind kind_of_output();

}  // namespace sn::coordinator
