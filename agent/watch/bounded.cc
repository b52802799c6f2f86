#include "agent/watch/bounded.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "agent/ipc/error_text.h"
#include "agent/ipc/fork.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

namespace {

constexpr char kGood = '+', kBad = '-';

std::string answer_of(const std::function<Result<std::string>()>& work) {
  const auto result = work();
  std::string text;
  if (result) {
    text.push_back(kGood);
    text.append(*result);
    return text;
  }
  text.push_back(kBad);
  text.append(error_to_text(result.error()));
  return text;
}

Result<std::string> read_answer(const std::string& text, const std::string& what) {
  if (text.starts_with(kGood)) return Result<std::string>(tl::in_place, text, 1);
  if (text.size() < 2) {
    return fail(ErrorClass::internal, "reading", what, Fact(FactCode::process_was_killed));
  }
  return tl::unexpected(error_from_text(std::string_view(text).substr(1)));
}

}  // namespace

Result<std::string> run_bounded(const std::function<Result<std::string>()>& work,
                                int64_t deadline_ms, const std::string& what) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("reading", what);
  const UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  const pid_t child = fork_process([&] {
    (void)write_all(in.get(), answer_of(work), what);
    return 0;
  });
  if (child < 0) return fail_errno("reading", what);
  in.reset();
  const MonotonicTime until = monotonic_now() + deadline_ms;
  std::string text;
  bool ended = false;
  while (!ended && text.size() <= kMaxBoundedAnswer) {
    const int64_t left = until - monotonic_now();
    if (left <= 0) break;
    pollfd wait{out.get(), POLLIN, 0};
    const int ready = poll(&wait, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) break;
    std::array<char, 16 * 1024> piece{};
    const ssize_t size = read(out.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      ended = true;
    } else {
      text.append(piece.data(), static_cast<size_t>(size));
    }
  }
  kill(child, SIGKILL);
  (void)waitpid(child, nullptr, ended ? 0 : WNOHANG);
  if (ended) return read_answer(text, what);
  if (text.size() > kMaxBoundedAnswer) {
    return fail(ErrorClass::limit, "reading", what, Fact(FactCode::answer_too_large));
  }
  return fail(ErrorClass::timed_out, "reading", what,
              Fact(FactCode::no_answer_within, {.ms = static_cast<uint64_t>(deadline_ms)}));
}

}  // namespace sn::agent
