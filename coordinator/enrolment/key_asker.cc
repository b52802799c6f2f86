#include "coordinator/enrolment/key_asker.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "common/net/curve_keys.h"

namespace sn::coordinator {

namespace {

// A key, and what ssh says before it. What is beyond is not read.
constexpr size_t kMostPrinted = 4'096;
// Of it, for people.
constexpr size_t kMostSaid = 200;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The last line with something in it, as far as it is printable.
std::string last_line(std::string_view text) {
  text = trimmed(text);
  text.remove_prefix(text.rfind('\n') + 1);  // npos + 1 is 0
  std::string line(trimmed(text.substr(0, kMostSaid)));
  for (char& c : line) {
    if (c < ' ' || c > '~') c = '?';
  }
  return line;
}

}  // namespace

std::string key_in(std::string_view printed) {
  std::string key;
  while (!printed.empty()) {
    const size_t end = printed.find('\n');
    const std::string_view line = trimmed(printed.substr(0, end));
    if (net::is_curve_key(line)) key = line;
    printed.remove_prefix(end == std::string_view::npos ? printed.size() : end + 1);
  }
  return key;
}

void KeyAsker::start(const AskNode& asked) {
  Question& question = questions_[asked.request];
  const uint64_t request = asked.request;
  question.alarm = reactor_.alarm([this, request] { end(request, false); });
  begin(asked, question);
  if (!question.failure.empty()) return question.alarm.set({0});
  question.alarm.set(reactor_.now() + kAskNode_ms);
  question.watch = reactor_.on(question.fd.get(), net::Reactor::readable,
                               [this, request](net::Reactor::Ready) { hear(request); });
}

void KeyAsker::begin(const AskNode& asked, Question& question) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (helper_.size() >= sizeof to.sun_path) {
    question.failure = helper_ + ": " + std::strerror(ENAMETOOLONG);
    return;
  }
  helper_.copy(to.sun_path, helper_.size());
  question.fd.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string line = asked.node + " " + asked.via + "\n";
  const auto size = static_cast<ssize_t>(line.size());
  // It connects at once or not at all (unix(7)); a line has room in any queue.
  if (!question.fd ||
      ::connect(question.fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 ||
      ::send(question.fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != size ||
      ::shutdown(question.fd.get(), SHUT_WR) != 0) {
    question.failure = helper_ + ": " + std::strerror(errno);
  }
}

void KeyAsker::hear(uint64_t request) {
  Question& question = questions_.at(request);
  std::array<char, 1'024> piece{};
  const ssize_t size = ::recv(question.fd.get(), piece.data(), piece.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size > 0 && question.printed.size() < kMostPrinted) {
    question.printed.append(piece.data(), static_cast<size_t>(size));
    return;
  }
  end(request, true);
}

// What the helper began it ends by itself: it has a deadline of its own.
void KeyAsker::end(uint64_t request, bool in_time) {
  const auto over = questions_.extract(request);
  const Question& question = over.mapped();
  if (!question.failure.empty()) return told_(request, "", question.failure);
  if (!in_time) return told_(request, "", "no answer in time");
  std::string key = key_in(question.printed);
  told_(request, key, key.empty() ? last_line(question.printed) : "");
}

}  // namespace sn::coordinator
