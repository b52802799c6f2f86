#include "agent/log.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "common/facts/text.h"

namespace sn::agent {

namespace {
bool may_block = false;
}

void prepare_log() {
  struct stat info{};
  // A regular file or terminal takes what is written. A pipe or socket may be full, and its flags
  // are shared with whoever else holds it, so it is asked first instead of being changed.
  may_block =
      fstat(STDERR_FILENO, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
}

void log_line(std::string_view id, std::string_view text) {
  if (may_block) {
    pollfd wait{STDERR_FILENO, POLLOUT, 0};
    if (poll(&wait, 1, 0) != 1 || (wait.revents & POLLOUT) == 0) return;
  }
  std::string line;
  line.reserve(id.size() + text.size() + 2);
  line.append(id).append(" ").append(plain_line(text.substr(0, 1000))).append("\n");
  // One write a line keeps lines whole. A lost line is lost.
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace sn::agent
