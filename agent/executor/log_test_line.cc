#include "agent/executor/log_test_line.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "common/base/clock.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

namespace {

constexpr const char* kLog = "/dev/log";
constexpr int64_t kPatience_us = 300'000;
constexpr timespec kBetween{0, 20'000'000};

Status send_once(const std::string& line) {
  // A datagram socket with every daemon that we know; it is never waited for.
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  std::strncpy(place.sun_path, kLog, sizeof place.sun_path - 1);
  if (!fd || ::sendto(fd.get(), line.data(), line.size(), MSG_NOSIGNAL,
                      reinterpret_cast<const sockaddr*>(&place), sizeof place) < 0) {
    return fail_errno("writing", kLog);
  }
  return {};
}

}  // namespace

Status send_log_test_line(const std::string& takeover, const std::string& to) {
  std::array<char, 256> host{};
  (void)gethostname(host.data(), host.size() - 1);
  // RFC 3164, section 4.1, as syslog(3) writes it to a local daemon: without the host.
  std::array<char, 32> stamp{};
  const time_t now = time(nullptr);
  tm local{};
  localtime_r(&now, &local);
  (void)strftime(stamp.data(), stamp.size(), "%b %e %H:%M:%S", &local);
  const std::string line = "<" + std::to_string(LOG_DAEMON | LOG_NOTICE) + ">" + stamp.data() +
                           " snagentd[" + std::to_string(getpid()) + "]: SN0313 " + takeover + " " +
                           host.data() + " the log goes to " + to + ": a test line";
  const int64_t begin = monotonic_us();
  Status sent = send_once(line);
  while (!sent && monotonic_us() - begin < kPatience_us) {
    (void)nanosleep(&kBetween, nullptr);
    sent = send_once(line);
  }
  return sent;
}

}  // namespace sn::agent
