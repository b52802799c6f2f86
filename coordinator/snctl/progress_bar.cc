#include "coordinator/snctl/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/text.h"

namespace sn::coordinator {

namespace {

// A log of a takeover that lasts a minute is a dozen lines.
constexpr int64_t kBetweenLines_ms = 5'000;

// A terminal that is written in its last column may begin a new line by itself.
size_t columns_of_terminal() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1U : 79U;
}

}  // namespace

ProgressBar::Kind kind_of_output() {
  const char* const term = std::getenv("TERM");
  const bool obeys = term != nullptr && std::string_view(term) != "dumb";
  return ::isatty(STDOUT_FILENO) == 1 && obeys ? ProgressBar::Kind::bar : ProgressBar::Kind::lines;
}

void ProgressBar::show(const ProgressAnswer& progress, int64_t now_unix_ms) {
  const bool ended = progress.of > 0 && progress.done == progress.of;
  const bool again = last_ && last_->done == progress.done && last_->of == progress.of;
  last_ = progress;
  if (kind_ == Kind::bar) return draw(now_unix_ms);
  if (kind_ == Kind::none || (ended && again)) return;
  if (ended || printed_unix_ms_ == 0 || now_unix_ms - printed_unix_ms_ >= kBetweenLines_ms) {
    draw(now_unix_ms);
  }
}

void ProgressBar::tick(int64_t now_unix_ms) {
  if (!last_ || kind_ == Kind::none) return;
  if (kind_ == Kind::bar || now_unix_ms - printed_unix_ms_ >= kBetweenLines_ms) draw(now_unix_ms);
}

void ProgressBar::draw(int64_t now_unix_ms) {
  const size_t columns = kind_ == Kind::bar ? columns_of_terminal() : kColumns;
  const std::string line = progress_line(*last_, started_unix_ms_, now_unix_ms, columns);
  if (kind_ == Kind::bar) {
    std::printf("\r%s", left(line, columns).c_str());
    drawn_ = true;
  } else {
    std::printf("%s\n", line.c_str());
  }
  std::fflush(stdout);
  printed_unix_ms_ = now_unix_ms;
}

void ProgressBar::end() {
  if (drawn_) std::printf("\n");
  drawn_ = false;
}

}  // namespace sn::coordinator
