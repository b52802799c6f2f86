#include "coordinator/control/control_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "coordinator/control/audit.h"
#include "coordinator/control/json/json.h"
#include "coordinator/control/peer.h"

namespace sn::coordinator {

namespace {

constexpr const char* kListening = "listening on";
constexpr int kBacklog = 16;
constexpr size_t kReadBytes = 64 * 1024;
// In one turn: whoever connects without end keeps nobody else waiting.
constexpr int kMostAccepted = kBacklog;

Result<sockaddr_un> socket_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.front() != '/' || path.size() >= sizeof address.sun_path) {
    return fail(
        ErrorClass::invalid_input, kListening, path,
        "not an absolute path of at most " + std::to_string(sizeof address.sun_path - 1) + " bytes",
        "choose a shorter one, like /run/sncoord/control.sock");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int connect_to(int fd, const sockaddr_un& address) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// A socket that a killed coordinator left is in the way; one that answers is somebody's.
Status remove_stale(const std::string& path, const sockaddr_un& address) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(kListening, path);
  if (connect_to(fd.get(), address) == 0 || errno == EAGAIN) {
    return fail(ErrorClass::busy, kListening, path, "another sncoordd answers there",
                "end it, or choose another control_socket");
  }
  if (errno == ENOENT) return {};
  if (errno != ECONNREFUSED) {
    return fail_errno(kListening, path, "remove what is in its place");
  }
  if (::unlink(path.c_str()) != 0) return fail_errno("removing", path);
  return {};
}

Status make_folder(const std::string& folder, const Groups& groups) {
  if (::mkdir(folder.c_str(), 0700) == 0) return open_folder_to(groups, folder);
  if (errno == EEXIST) return {};
  return fail_errno("creating", folder, "create its parent, or choose another control_socket");
}

bool is_member(const Peer& peer, const std::optional<gid_t>& group) {
  return group && std::find(peer.groups.begin(), peer.groups.end(), *group) != peer.groups.end();
}

}  // namespace

ControlServer::ControlServer(net::Reactor& reactor, UniqueFd listener, std::string path,
                             const Groups& groups, Told told)
    : reactor_(reactor),
      told_(std::move(told)),
      listener_(std::move(listener)),
      path_(std::move(path)),
      groups_(groups),
      listening_(reactor.on(listener_.get(), net::Reactor::readable,
                            [this](net::Reactor::Ready) { accept_all(); })) {}

ControlServer::~ControlServer() { ::unlink(path_.c_str()); }

Result<std::unique_ptr<ControlServer>> ControlServer::open(net::Reactor& reactor,
                                                           const std::string& path,
                                                           const Groups& groups, Told told) {
  const auto address = socket_address(path);
  if (!address) return tl::unexpected(address.error());
  if (const Status made = make_folder(path.substr(0, path.rfind('/')), groups); !made) {
    return tl::unexpected(made.error());
  }
  if (const Status free = remove_stale(path, *address); !free) return tl::unexpected(free.error());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(kListening, path);
  // Nobody may slip in before it is opened to its groups.
  const mode_t before = ::umask(0177);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  ::umask(before);
  if (bound != 0) return fail_errno(kListening, path);
  if (const Status opened = open_socket_to(groups, path); !opened) {
    return tl::unexpected(opened.error());
  }
  if (::listen(fd.get(), kBacklog) != 0) return fail_errno(kListening, path);
  return std::unique_ptr<ControlServer>(
      new ControlServer(reactor, std::move(fd), path, groups, std::move(told)));
}

void ControlServer::on_ready(ClientId id) {
  if (!read_from(id)) return;
  if (!flush(clients_.at(id))) drop(id);
}

void ControlServer::on_time(MonotonicTime now) {
  std::vector<ClientId> slow;
  for (const auto& [id, client] : clients_) {
    const bool owed = client.written < client.out.size();
    const bool too_much = client.out.size() - client.written > kMaxUnsentBytes;
    // One that never asks, or has its last answer and does not go, holds a place too.
    const bool silent = (!client.exchanging || client.ending) && now - client.progress > kSlow_ms;
    if (too_much || silent || (owed && now - client.progress > kSlow_ms)) slow.push_back(id);
  }
  for (const ClientId id : slow) drop(id);
}

void ControlServer::reply(ClientId id, const Answer& answer, bool last) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  // Also of one that spoiled its connection meanwhile: what was done was done.
  if (last && !client.asked.empty()) {
    audit(client, std::exchange(client.asked, {}), outcome_of(answer));
  }
  if (client.ending) return;
  if (client.written == client.out.size()) {
    client.out.clear();
    client.written = 0;
    client.progress = reactor_.now();
  }
  client.out += answer_to_json(answer, last);
  client.out += '\n';
  client.ending = last;
  // What it can't take now is written when its socket is ready; a client that is lost is seen there
  // too.
  (void)flush(client);
}

void ControlServer::accept_all() {
  for (int i = 0; i < kMostAccepted; ++i) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    const auto peer = peer_of(fd.get());
    Client client;
    client.progress = reactor_.now();
    client.fd = std::move(fd);
    const bool acting = peer && may_act(*peer);
    if (!peer || !(acting || is_member(*peer, groups_.reading))) {
      client.who = peer ? description_of(*peer) : "somebody";
      audit(client, "connects", "refused: not allowed to ask");
      refuse(client, {ErrorClass::denied, "", "",
                      "only root and members of control_group or reading_group may ask",
                      "use sudo, or have control_group set in sncoordd.toml", 0});
      (void)flush(client);
      continue;
    }
    client.uid = peer->uid;
    client.may_act = acting;
    client.by = user_name(peer->uid);
    client.who = description_of(*peer);
    if (!has_place(peer->uid, acting)) {
      acting ? audit(client, "connects", "refused: too many clients")
             : audit_reader(client, "connects", "refused: too many clients");
      refuse(client, {ErrorClass::limit, "", "", "too many clients", "end some snctl watch", 0});
      (void)flush(client);
      continue;
    }
    const ClientId id = ++last_id_;
    client.watch = reactor_.on(client.fd.get(), net::Reactor::readable,
                               [this, id](net::Reactor::Ready) { on_ready(id); });
    clients_.emplace(id, std::move(client));
  }
}

bool ControlServer::may_act(const Peer& peer) const {
  return peer.uid == 0 || peer.uid == ::geteuid() || is_member(peer, groups_.acting);
}

bool ControlServer::has_place(uid_t uid, bool may_act) const {
  if (clients_.size() >= kMaxClients) return false;
  if (uid == 0) return true;
  const auto readers = std::count_if(clients_.begin(), clients_.end(),
                                     [](const auto& entry) { return !entry.second.may_act; });
  if (!may_act && static_cast<size_t>(readers) >= kMaxReaders) return false;
  const auto others = std::count_if(clients_.begin(), clients_.end(),
                                    [](const auto& entry) { return entry.second.uid != 0; });
  const auto same = std::count_if(clients_.begin(), clients_.end(),
                                  [&](const auto& entry) { return entry.second.uid == uid; });
  return static_cast<size_t>(others) < kMaxClientsOfOthers &&
         static_cast<size_t>(same) < kMaxClientsOfUser;
}

bool ControlServer::read_from(ClientId id) {
  std::array<char, kReadBytes> buffer;
  Client& client = clients_.at(id);
  // What is left is seen by the next turn; nobody keeps the thread for itself.
  for (size_t got = 0; got <= kMaxRequestBytes; got += buffer.size()) {
    const ssize_t size = ::recv(client.fd.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true;
    if (size <= 0) {
      drop(id);
      return false;
    }
    // After its last answer only its leaving is of interest.
    if (client.ending) continue;
    client.in.append(buffer.data(), static_cast<size_t>(size));
    take_lines(id, client);
    if (client.in.size() > kMaxRequestBytes) {
      audit(client, client.in, "refused: too long");
      client.in.clear();
      refuse(client,
             {ErrorClass::limit, "", "",
              "a request of more than " + std::to_string(kMaxRequestBytes) + " bytes", "", 0});
    }
  }
  return true;
}

void ControlServer::take_lines(ClientId id, Client& client) {
  size_t begin = 0;
  while (!client.ending) {
    const size_t end = client.in.find('\n', begin);
    if (end == std::string::npos) break;
    const std::string_view line = std::string_view(client.in).substr(begin, end - begin);
    begin = end + 1;
    take_line(id, client, line);
  }
  client.in.erase(0, begin);
}

// One request a connection. Only the question that it leads to is answered over the same one.
void ControlServer::take_line(ClientId id, Client& client, std::string_view line) {
  if (!client.may_act && !may_read_now(client.uid)) {
    audit_reader(client, line, "refused: too often");
    refuse(client, {ErrorClass::limit, "", "", "you ask too often",
                    "ask again in a second, or follow snctl watch", 0});
    return;
  }
  auto command = command_from_json(line, client.by);
  if (command && client.exchanging && !std::holds_alternative<ConfirmCommand>(*command)) {
    audit(client, line, "refused: another one is not answered");
    refuse(client, {ErrorClass::conflict, "", "", "the request before is not answered yet",
                    "one request a connection", 0});
    return;
  }
  if (!command) {
    audit(client, line, "refused: " + command.error().message());
    refuse(client, command.error());
    return;
  }
  if (!client.may_act && !only_reads(*command)) {
    audit(client, line, "refused: may only look");
    refuse(client,
           {ErrorClass::denied, "", "", "members of reading_group may look, and nothing else",
            "ask root or a member of control_group", 0});
    return;
  }
  // The answer to a question belongs to what led to it.
  client.asked += (client.asked.empty() ? "" : " + ") + std::string(line);
  client.exchanging = true;
  told_(ClientAsked{id, std::move(*command)});
}

void ControlServer::audit(const Client& client, std::string_view request,
                          std::string_view outcome) {
  told_(Audited{audit_line(client.who, request, outcome)});
}

bool ControlServer::may_read_now(uid_t uid) {
  Reader& reader = readers_[uid];
  const bool may = reader.reads.take(reactor_.now(), kReadsBurst, kReadsPerSecond);
  if (may) reader.told = false;
  return may;
}

void ControlServer::audit_reader(const Client& client, std::string_view request,
                                 std::string_view outcome) {
  if (!std::exchange(readers_[client.uid].told, true)) audit(client, request, outcome);
}

void ControlServer::refuse(Client& client, const Error& error) {
  RefusalAnswer answer;
  answer.reason =
      error.doing.empty() ? error.why : Fact(FactCode::while_doing, {.by = error.doing}, error.why);
  answer.cure = error.cure;
  answer.exit_code = 1;
  client.out += answer_to_json(answer, true) + "\n";
  client.ending = true;
  client.progress = reactor_.now();
}

bool ControlServer::flush(Client& client) {
  while (client.written < client.out.size()) {
    const ssize_t size = ::send(client.fd.get(), client.out.data() + client.written,
                                client.out.size() - client.written, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      client.watch.wants(net::Reactor::readable | net::Reactor::writable);
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    client.written += static_cast<size_t>(size);
    client.progress = reactor_.now();
  }
  client.out.clear();
  client.written = 0;
  client.watch.wants(net::Reactor::readable);
  // Closing is the client's to see; it may still be reading.
  if (client.ending) ::shutdown(client.fd.get(), SHUT_WR);
  return true;
}

void ControlServer::drop(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  const bool exchanging = found->second.exchanging;
  if (!found->second.asked.empty()) {
    audit(found->second, found->second.asked, "left before the answer");
  }
  clients_.erase(found);
  if (exchanging) told_(ClientGone{id});
}

}  // namespace sn::coordinator
