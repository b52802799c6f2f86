#include "coordinator/snctl/client.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

namespace sn::coordinator {

namespace {

// A takeover of 100,000 nodes with every change; more is no answer of ours.
constexpr size_t kMaxLine = 512 * 1024 * 1024;
constexpr const char* kIsItRunning = "is sncoordd running here? systemctl status sncoordd";

volatile sig_atomic_t interrupt_seen = 0;

void on_interrupt(int) { interrupt_seen = 1; }

}  // namespace

void catch_interrupt() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;  // without SA_RESTART: poll must return
  (void)::sigaction(SIGINT, &action, nullptr);
}

bool interrupted() { return interrupt_seen != 0; }

Result<Client> Client::connect(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.empty() || socket.size() >= sizeof address.sun_path) {
    return fail(ErrorClass::invalid_input, "connecting to", socket, "no path of a socket",
                "correct --socket or SNCTL_SOCKET");
  }
  std::memcpy(address.sun_path, socket.data(), socket.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("connecting to", socket);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return Client(std::move(fd));
  }
  if (errno == EACCES || errno == EPERM) {
    return fail_errno("connecting to", socket,
                      "use sudo, or join control_group, or to look reading_group");
  }
  return fail_errno("connecting to", socket, kIsItRunning);
}

Status Client::ask(const Command& command) {
  const std::string line = command_to_json(command) + "\n";
  constexpr int64_t kDeadline_ms = 10'000;
  const MonotonicTime end = monotonic_now() + kDeadline_ms;
  for (size_t sent = 0; sent < line.size();) {
    const ssize_t size =
        ::send(fd_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) {
      sent += static_cast<size_t>(size);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd item{fd_.get(), POLLOUT, 0};
      if (monotonic_now() >= end) {
        return fail(ErrorClass::timed_out, "asking", "the coordinator", "it does not read",
                    kIsItRunning);
      }
      (void)::poll(&item, 1, 100);
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return {};  // it refused us without reading; its answer is there
    } else if (errno != EINTR) {
      return fail_errno("asking", "the coordinator", kIsItRunning);
    }
  }
  return {};
}

Result<bool> Client::wait(MonotonicTime end, bool forever) {
  while (!interrupted()) {
    const int64_t left = end - monotonic_now();
    if (!forever && left <= 0) {
      return fail(ErrorClass::timed_out, "waiting for", "the coordinator", "no answer",
                  kIsItRunning);
    }
    // Looks up now and then: a signal between the check above and poll must not be lost.
    constexpr int64_t kLook_ms = 500;
    pollfd item{fd_.get(), POLLIN, 0};
    const int found =
        ::poll(&item, 1, static_cast<int>(forever ? kLook_ms : std::min(left, kLook_ms)));
    if (found > 0) return true;
    if (found < 0 && errno != EINTR) return fail_errno("waiting for", "the coordinator");
  }
  return false;
}

Result<std::optional<Line>> Client::next(int64_t deadline_ms) {
  const MonotonicTime end = monotonic_now() + deadline_ms;
  std::array<char, 256 * 1024> buffer;
  while (true) {
    const size_t at = in_.find('\n', scanned_);
    if (at != std::string::npos) {
      Line line;
      line.json = in_.substr(0, at);
      in_.erase(0, at + 1);
      scanned_ = 0;
      auto answer = answer_from_json(line.json);
      if (!answer) return tl::unexpected(answer.error());
      line.answer = std::move(*answer);
      return line;
    }
    scanned_ = in_.size();
    if (in_.size() > kMaxLine) {
      return fail(ErrorClass::limit, "reading from", "the coordinator", "an endless answer");
    }
    const auto ready = wait(end, deadline_ms == 0);
    if (!ready) return tl::unexpected(ready.error());
    if (!*ready) return std::nullopt;
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size > 0) {
      in_.append(buffer.data(), static_cast<size_t>(size));
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
      return fail(ErrorClass::unreachable, "reading from", "the coordinator", "it went away",
                  kIsItRunning);
    }
  }
}

}  // namespace sn::coordinator
