#include "common/net/machine_probes.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "common/net/connect.h"
#include "common/net/service_requests.h"
#include "common/net/socket_address.h"

namespace sn::net {

namespace {

constexpr uint32_t kTries = 3;
// Where no answer must come, a kernel says within a round trip that nobody listens.
constexpr int64_t kUnreachableMs = 100;
// Datagrams of one wake-up.
constexpr int kMaxDatagrams = 16;

// "Port unreachable" (RFC 792; RFC 4443, section 3.1) that the machine itself sent.
bool says_closed(const sock_extended_err& error, const IpAddress& machine) {
  const bool v4 = error.ee_origin == SO_EE_ORIGIN_ICMP && error.ee_type == ICMP_DEST_UNREACH &&
                  error.ee_code == ICMP_PORT_UNREACH;
  constexpr uint8_t kV6Unreachable = 1;
  constexpr uint8_t kV6Port = 4;
  const bool v6 = error.ee_origin == SO_EE_ORIGIN_ICMP6 && error.ee_type == kV6Unreachable &&
                  error.ee_code == kV6Port;
  if (!v4 && !v6) return false;
  const auto sender = address_of(SO_EE_OFFENDER(&error));
  return sender && *sender == machine;
}

// The errors that came in for this socket: did the machine itself say that nobody listens?
bool hear_errors(int fd, const IpAddress& machine) {
  bool closed = false;
  for (int i = 0; i < kMaxDatagrams; ++i) {
    std::array<char, 64> data{};
    alignas(cmsghdr) std::array<char, 512> control{};
    iovec piece{data.data(), data.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
      const bool is_error = (part->cmsg_level == SOL_IP && part->cmsg_type == IP_RECVERR) ||
                            (part->cmsg_level == SOL_IPV6 && part->cmsg_type == IPV6_RECVERR);
      if (!is_error) continue;
      closed |= says_closed(*reinterpret_cast<const sock_extended_err*>(CMSG_DATA(part)), machine);
    }
  }
  return closed;
}

enum class Heard : uint8_t { nothing, failing, served };

Heard hear_answer(int fd, const IpAddress& machine, uint16_t port) {
  Heard heard = Heard::nothing;
  for (int i = 0; i < kMaxDatagrams; ++i) {
    std::array<char, 512> data{};
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(fd, data.data(), data.size(), MSG_DONTWAIT,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) {
      // An error that is pending is told once, before any datagram.
      if (errno == EAGAIN) return heard;
      continue;
    }
    // From any port: TFTP answers from a new one (RFC 1350, section 4).
    const auto sender = address_of(reinterpret_cast<const sockaddr*>(&from));
    if (!sender || *sender != machine) continue;
    if (is_served(port, {data.data(), static_cast<size_t>(got)})) return Heard::served;
    heard = Heard::failing;
  }
  return heard;
}

}  // namespace

// One look at one machine.
class MachineProbes::Look {
 public:
  Look(MachineProbes& owner, uint64_t id, std::vector<IpAddress> addresses,
       const std::vector<ServicePort>& services, Until until, uint32_t deadline_ms,
       std::string domain_name)
      : owner_(owner),
        id_(id),
        addresses_(std::move(addresses)),
        until_(until),
        deadline_ms_(deadline_ms),
        domain_name_(std::move(domain_name)),
        begun_(owner.reactor_.now()) {
    for (const auto& service : services) {
      if (seen_.services.size() < kMaxServices) seen_.services.push_back({service, {}});
    }
    alarm_ = owner.reactor_.alarm([this] { on_time(); });
  }

  void begin() {
    ask_raw();
    // Services outside: with many addresses each still gets its first services asked.
    for (size_t place = 0; place < seen_.services.size(); ++place) {
      for (const auto& address : addresses_) {
        if (begun_questions_ == kMaxQuestions) break;
        ++begun_questions_;
        if (seen_.services[place].service.transport == Transport::tcp) {
          knock(address, place, false);
        } else {
          ask_datagram(address, place);
        }
      }
    }
    follow();
  }

  // False: it is none of this machine's.
  bool take_echo(const RawSockets::EchoReply& reply) {
    const auto asked = std::find(echoes_.begin(), echoes_.end(), reply.number);
    if (asked == echoes_.end() || !is_of(reply.from)) return false;
    echoed_ = true;
    note(Life::echo);
    follow();
    return true;
  }
  void take_arp(const RawSockets::ArpReply& reply) {
    if (!arp_asked_ || !is_of(reply.from)) return;
    seen_.mac = reply.mac;
    note(Life::arp);
    follow();
  }

 private:
  struct Question {
    UniqueFd fd;
    IpAddress address;
    size_t service = 0;    // its place in seen_.services
    bool again = false;    // TCP: was told "no route to host" once
    std::string request;   // UDP; empty: nothing has to be answered
    Reactor::Watch watch;  // ends before the fd is closed
  };
  using Questions = std::map<int, Question>;  // by fd

  [[nodiscard]] MonotonicTime deadline() const { return begun_ + deadline_ms_; }
  [[nodiscard]] const ServicePort& port_of(const Question& question) const {
    return seen_.services[question.service].service;
  }
  [[nodiscard]] bool is_of(const IpAddress& address) const {
    return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
  }

  void note(Life life) { seen_.life = std::max(seen_.life, life); }
  void note(size_t service, ServiceAnswer answer) {
    auto& known = seen_.services[service].answer;
    known = std::max(known, answer);
  }

  void ask_raw() {
    for (const auto& address : addresses_) {
      if (owner_.raw_.ask_echo(address, ++owner_.last_number_)) {
        echoes_.push_back(owner_.last_number_);
      }
      if (owner_.raw_.ask_arp(address)) arp_asked_ = true;
    }
  }

  // ---- TCP

  void knock(const IpAddress& address, size_t service, bool again) {
    Question question;
    question.fd.reset(::socket(address.is_v4() ? AF_INET : AF_INET6,
                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    question.address = address;
    question.service = service;
    question.again = again;
    if (!question.fd) return fail(question, errno);
    const int os_errno = connect_to(question.fd.get(), address, port_of(question).port);
    if (os_errno != EINPROGRESS) return judge(question, os_errno);
    watch(std::move(question), Reactor::writable);
  }

  void on_connected(Questions::iterator place) {
    const int fd = place->first;
    int os_errno = 0;
    socklen_t size = sizeof os_errno;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &os_errno, &size) != 0) os_errno = errno;
    sockaddr_storage peer{};
    socklen_t peer_size = sizeof peer;
    // Woken for nothing: neither failed nor connected yet.
    if (os_errno == 0 && ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) {
      return;
    }
    const auto ended = questions_.extract(place);
    if (os_errno == EHOSTUNREACH && !ended.mapped().again) {
      knock(ended.mapped().address, ended.mapped().service, true);
    } else {
      judge(ended.mapped(), os_errno);
    }
  }

  void judge(const Question& question, int os_errno) {
    const bool refused = os_errno == ECONNREFUSED || os_errno == ECONNRESET;
    if (os_errno == 0) {
      answered(question, " connected");
    } else if (refused && segment_came_in(question.fd.get())) {
      rejected(question);
    } else if (refused) {
      last_failure_ = target_of(question) + ": rejected on the way (ICMP)";
    } else {
      fail(question, os_errno);
    }
  }

  // ---- UDP

  void ask_datagram(const IpAddress& address, size_t service) {
    Question question;
    question.fd.reset(::socket(address.is_v4() ? AF_INET : AF_INET6,
                               SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    question.address = address;
    question.service = service;
    if (!question.fd) return fail(question, errno);
    const int on = 1;
    (void)::setsockopt(question.fd.get(), address.is_v4() ? SOL_IP : SOL_IPV6,
                       address.is_v4() ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on);
    question.request = request_for(port_of(question).port, ++owner_.last_number_, domain_name_);
    if (question.request.empty()) note(service, ServiceAnswer::unknown);
    if (const int os_errno = send(question); os_errno != 0) return fail(question, os_errno);
    watch(std::move(question), Reactor::readable);
  }

  [[nodiscard]] int send(const Question& question) const {
    const int sent =
        send_to(question.fd.get(), question.address, port_of(question).port, question.request);
    return sent == EAGAIN ? 0 : sent;
  }

  void on_datagram(Questions::iterator place) {
    const Question& question = place->second;
    const bool closed = hear_errors(place->first, question.address);
    const Heard heard = hear_answer(place->first, question.address, port_of(question).port);
    if (!closed && heard == Heard::nothing) return;
    const auto ended = questions_.extract(place);
    if (heard != Heard::nothing) {
      answered(ended.mapped(), "/udp answered",
               heard == Heard::served ? ServiceAnswer::answered : ServiceAnswer::failing);
    } else {
      rejected(ended.mapped());
    }
  }

  // ---- both

  void watch(Question question, short interest) {
    const int fd = question.fd.get();
    question.watch = owner_.reactor_.on(fd, interest, [this, fd](Reactor::Ready) { on_ready(fd); });
    questions_.insert_or_assign(fd, std::move(question));
  }

  void on_ready(int fd) {
    const auto place = questions_.find(fd);
    if (place == questions_.end()) return;
    if (port_of(place->second).transport == Transport::tcp) {
      on_connected(place);
    } else {
      on_datagram(place);
    }
    follow();
  }

  [[nodiscard]] std::string target_of(const Question& question) const {
    return endpoint_text(question.address, port_of(question).port);
  }
  // One of several connects to it has ended with an answer.
  void forget_others(const Question& question) {
    std::erase_if(questions_, [&](const auto& entry) {
      return entry.second.service == question.service && entry.second.address == question.address;
    });
  }
  void answered(const Question& question, const char* how,
                ServiceAnswer answer = ServiceAnswer::answered) {
    forget_others(question);
    if (seen_.life < Life::serves) seen_.evidence = target_of(question) + how;
    note(Life::serves);
    note(question.service, answer);
  }
  void rejected(const Question& question) {
    forget_others(question);
    if (seen_.life < Life::rejects) {
      seen_.evidence = "rejects connections (" + target_of(question) + ")";
    }
    note(Life::rejects);
    note(question.service, ServiceAnswer::refused);
  }
  void fail(const Question& question, int os_errno) {
    last_failure_ = target_of(question) + ": " + std::strerror(os_errno);
  }

  // ---- time

  void on_time() {
    const MonotonicTime now = owner_.reactor_.now();
    if (over_ || now >= deadline()) {
      over_ = true;
      return owner_.end(id_);
    }
    if (now >= next_try()) ask_again();
    if (now - begun_ >= kUnreachableMs) {
      std::erase_if(questions_, [&](const auto& entry) {
        return port_of(entry.second).transport == Transport::udp && entry.second.request.empty();
      });
    }
    follow();
  }

  [[nodiscard]] MonotonicTime next_try() const {
    if (tries_ == kTries) return {std::numeric_limits<int64_t>::max()};
    return begun_ + int64_t{deadline_ms_} * tries_ / kTries;
  }

  // What is lost once is asked again, by every way at the same time: of a machine that comes up
  // meanwhile its ping must not be heard alone. (The kernel would send a SYN again a second later.)
  void ask_again() {
    ++tries_;
    if (!echoed_ || (arp_asked_ && seen_.mac.empty())) ask_raw();
    std::set<std::pair<size_t, IpAddress>> unanswered;
    for (const auto& [fd, question] : questions_) {
      if (port_of(question).transport == Transport::udp) {
        (void)send(question);
      } else {
        unanswered.emplace(question.service, question.address);
      }
    }
    for (const auto& [service, address] : unanswered) knock(address, service, false);
  }

  [[nodiscard]] bool is_answered() const {
    if (seen_.life == Life::serves && (until_ == Until::serves || questions_.empty())) return true;
    const bool raw_out = (!echoes_.empty() && !echoed_) || (arp_asked_ && seen_.mac.empty());
    return questions_.empty() && !raw_out;
  }

  void follow() {
    if (is_answered()) over_ = true;
    if (over_) return alarm_.set({0});  // it is told in the next turn
    MonotonicTime due = std::min(deadline(), next_try());
    const MonotonicTime unreachable = begun_ + kUnreachableMs;
    if (owner_.reactor_.now() < unreachable) due = std::min(due, unreachable);
    alarm_.set(due);
  }

 public:
  [[nodiscard]] MachineSighting take() {
    const std::string missing = owner_.raw_.missing();
    const std::string unasked =
        missing.empty() ? "" : " (" + missing + " can't be asked from here)";
    if (addresses_.empty()) {
      seen_.evidence = "no address to ask";
    } else if (seen_.life == Life::rejects) {
      seen_.evidence += ", no service answers";
    } else if (seen_.life < Life::rejects) {
      seen_.life = std::max(seen_.life, Life::silent);
      const std::string silence = "silent on " + std::to_string(seen_.services.size()) +
                                  " ports for " + std::to_string(deadline_ms_) + " ms";
      if (shows_life(seen_.life)) {
        seen_.evidence = std::string("answers ") + (echoed_ ? "ping" : "ARP") + ", " + silence;
      } else {
        seen_.evidence =
            (questions_.empty() && !last_failure_.empty() ? last_failure_ : silence) + unasked;
      }
    }
    return std::move(seen_);
  }

 private:
  MachineProbes& owner_;
  const uint64_t id_;
  const std::vector<IpAddress> addresses_;
  const Until until_;
  const uint32_t deadline_ms_;
  const std::string domain_name_;
  const MonotonicTime begun_;
  MachineSighting seen_;
  Questions questions_;  // that are out
  size_t begun_questions_ = 0;
  std::vector<uint16_t> echoes_;  // the numbers of those that are out
  bool echoed_ = false;
  bool arp_asked_ = false;
  uint32_t tries_ = 1;
  bool over_ = false;
  std::string last_failure_;
  Reactor::Alarm alarm_;
};

MachineProbes::MachineProbes(Reactor& reactor, RawSockets raw, Ended ended)
    : reactor_(reactor), raw_(std::move(raw)), ended_(std::move(ended)) {}

MachineProbes::~MachineProbes() = default;

void MachineProbes::start(uint64_t id, const std::vector<IpAddress>& addresses,
                          const std::vector<ServicePort>& services, Until until,
                          uint32_t deadline_ms, const std::string& domain_name) {
  if (looks_.contains(id)) return;
  if (looks_.empty()) {
    raw_.drain();
    for (const int fd : raw_.fds()) {
      raw_watches_.push_back(
          reactor_.on(fd, Reactor::readable, [this](Reactor::Ready) { hear_raw(); }));
    }
  }
  auto look =
      std::make_unique<Look>(*this, id, addresses, services, until, deadline_ms, domain_name);
  looks_.emplace(id, std::move(look)).first->second->begin();
}

void MachineProbes::hear_raw() {
  while (const auto echo = raw_.next_echo()) {
    for (auto& [id, look] : looks_) {
      if (look->take_echo(*echo)) break;
    }
  }
  while (const auto arp = raw_.next_arp()) {
    for (auto& [id, look] : looks_) look->take_arp(*arp);
  }
}

void MachineProbes::end(uint64_t id) {
  const auto over = looks_.extract(id);
  if (looks_.empty()) raw_watches_.clear();
  ended_(id, over.mapped()->take());
}

}  // namespace sn::net
