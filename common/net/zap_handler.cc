#include "common/net/zap_handler.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "common/base/clock.h"
#include "common/base/unique_fd.h"
#include "common/net/curve_keys.h"
#include "common/net/socket.h"
#include "common/net/socket_monitor.h"
#include "common/net/zmq_error.h"

namespace sn::net {

namespace {

constexpr const char* kZapEndpoint = "inproc://zeromq.zap.01";
constexpr const char* kZapVersion = "1.0";
// RFC 27's 300 would say so, but libzmq's server leaves such a client waiting until its handshake
// is given up; 500 it says to the client, and closes.
constexpr const char* kComeAgain = "500";
// version, request id, domain, address, routing id, mechanism, credentials
constexpr size_t kCurveRequestFrames = 7;
// More than any question has; the rest of a longer one is read and dropped.
constexpr size_t kMaxRequestFrames = 16;

struct ZapReply {
  std::string request_id;
  const char* code = "500";
  const char* text = "";
  std::string user_id;
};

ZapReply refuse(std::string request_id, const char* code, const char* text) {
  return {std::move(request_id), code, text, {}};
}

// Pure: `frames` is the question without its envelope.
ZapReply judge(const std::vector<std::string>& frames,
               const std::map<std::string, std::string>& keys) {
  const std::string id = frames.size() > 1 ? frames[1] : std::string();
  if (frames.empty() || frames[0] != kZapVersion) return refuse(id, "500", "unknown ZAP version");
  if (frames.size() < 6) return refuse(id, "500", "malformed ZAP request");
  if (frames[5] != "CURVE") return refuse(id, "400", "only CURVE is accepted");
  if (frames.size() != kCurveRequestFrames) return refuse(id, "500", "malformed ZAP request");
  const std::string key = z85_of_key(frames[6]);
  if (key.empty()) return refuse(id, "400", "malformed key");
  if (!keys.contains(key)) return refuse(id, "400", "key not enrolled");
  return {id, "200", "OK", key};
}

}  // namespace

class ZapHandler::Impl {
 public:
  Impl(zmq::socket_t socket, UniqueFd stop, AdmissionLimits limits)
      : socket_(std::move(socket)), stop_(std::move(stop)), admissions_(limits) {}

  ~Impl() {
    const uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start() {
    thread_ = std::thread([this] { serve(); });
  }

  void set_keys(std::map<std::string, std::string> keys) {
    const std::lock_guard lock(mutex_);
    keys_ = std::move(keys);
  }

  void add_key(std::string key, std::string whose) {
    const std::lock_guard lock(mutex_);
    keys_.insert_or_assign(std::move(key), std::move(whose));
  }
  void remove_key(const std::string& key) {
    const std::lock_guard lock(mutex_);
    keys_.erase(key);
  }

  void heard(const std::string& whose) {
    const std::lock_guard lock(mutex_);
    admissions_.heard(whose);
  }
  void all_closed() {
    const std::lock_guard lock(mutex_);
    admissions_.all_closed(monotonic_now());
  }
  [[nodiscard]] std::optional<Admissions::Over> over_limit() {
    const std::lock_guard lock(mutex_);
    return admissions_.news(monotonic_now());
  }

  [[nodiscard]] size_t admitted() const { return admitted_; }
  [[nodiscard]] size_t refused() const { return refused_; }

 private:
  void serve() {
    while (true) {
      try {
        zmq_pollitem_t items[] = {{socket_.handle(), 0, ZMQ_POLLIN, 0},
                                  {nullptr, stop_.get(), ZMQ_POLLIN, 0}};
        zmq::poll(items, 2, std::chrono::milliseconds(-1));
        if (items[1].revents != 0) return;
        if (items[0].revents != 0) answer_one();
      } catch (const zmq::error_t& error) {
        // Without answers libzmq admits nobody; only the end of the context ends this thread.
        if (error.num() == ETERM) return;
      }
    }
  }

  // A ROUTER socket: a malformed question can be answered or dropped, and never sticks the
  // socket in a state as it could a REP.
  void answer_one() {
    std::vector<std::string> envelope;
    std::vector<std::string> frames;
    bool in_envelope = true;
    zmq::message_t frame;
    do {
      if (!socket_.recv(frame, zmq::recv_flags::dontwait)) return;
      if (in_envelope) {
        in_envelope = envelope.empty() || frame.size() != 0;
        if (envelope.size() < kMaxRequestFrames) envelope.push_back(frame.to_string());
      } else if (frames.size() < kMaxRequestFrames) {
        frames.push_back(frame.to_string());
      }
    } while (frame.more());
    if (in_envelope) return;
    reply(envelope, decide(frames));
  }

  ZapReply decide(const std::vector<std::string>& frames) {
    const std::lock_guard lock(mutex_);
    ZapReply reply = judge(frames, keys_);
    if (!reply.user_id.empty() && !admissions_.take(keys_.at(reply.user_id), monotonic_now())) {
      reply = refuse(std::move(reply.request_id), kComeAgain, "too often");
    }
    (std::strcmp(reply.code, "200") == 0 ? admitted_ : refused_) += 1;
    return reply;
  }

  void reply(const std::vector<std::string>& envelope, const ZapReply& reply) {
    constexpr auto kMore = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
    const auto send = [&](std::string_view bytes) {
      (void)socket_.send(zmq::buffer(bytes), kMore);
    };
    for (const auto& part : envelope) send(part);
    send(kZapVersion);
    send(reply.request_id);
    send(reply.code);
    send(reply.text);
    send(reply.user_id);
    (void)socket_.send(zmq::message_t(), zmq::send_flags::dontwait);  // no further metadata
  }

  zmq::socket_t socket_;
  UniqueFd stop_;
  std::mutex mutex_;
  std::map<std::string, std::string> keys_;
  Admissions admissions_;
  std::atomic<size_t> admitted_ = 0;
  std::atomic<size_t> refused_ = 0;
  std::thread thread_;
};

ZapHandler::ZapHandler(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZapHandler::ZapHandler(ZapHandler&&) noexcept = default;
ZapHandler& ZapHandler::operator=(ZapHandler&&) noexcept = default;
ZapHandler::~ZapHandler() = default;

Result<ZapHandler> ZapHandler::start(const Context& context, AdmissionLimits limits) {
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop) return fail_errno("starting", "the ZAP handler");
  try {
    zmq::socket_t socket(context.get(), zmq::socket_type::router);
    socket.set(zmq::sockopt::linger, 0);
    socket.bind(kZapEndpoint);
    auto impl = std::make_unique<Impl>(std::move(socket), std::move(stop), limits);
    impl->start();
    return ZapHandler(std::move(impl));
  } catch (const zmq::error_t& error) {
    if (error.num() == EADDRINUSE) {
      return fail(ErrorClass::conflict, "starting", "the ZAP handler", "there is one already");
    }
    return fail_zmq(error.num(), "starting", "the ZAP handler");
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "starting", "the ZAP handler's thread");
  }
}

void ZapHandler::set_keys(std::map<std::string, std::string> keys) {
  impl_->set_keys(std::move(keys));
}
void ZapHandler::add_key(std::string key, std::string whose) {
  impl_->add_key(std::move(key), std::move(whose));
}
void ZapHandler::remove_key(const std::string& key) { impl_->remove_key(key); }
void ZapHandler::heard(const std::string& whose) { impl_->heard(whose); }
void ZapHandler::all_closed() { impl_->all_closed(); }
std::optional<Admissions::Over> ZapHandler::over_limit() { return impl_->over_limit(); }
size_t ZapHandler::admitted() const { return impl_->admitted(); }
size_t ZapHandler::refused() const { return impl_->refused(); }

namespace {

enum class Handshake { none, admitted, refused };

Handshake wait_for_handshake(SocketMonitor& monitor, int deadline_ms) {
  const MonotonicTime end = monotonic_now() + deadline_ms;
  for (int64_t left = deadline_ms; left > 0; left = end - monotonic_now()) {
    zmq_pollitem_t items[] = {{monitor.socket().get().handle(), 0, ZMQ_POLLIN, 0}};
    zmq::poll(items, 1, std::chrono::milliseconds(left));
    if (const auto event = monitor.next()) {
      return event->number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? Handshake::admitted
                                                            : Handshake::refused;
    }
  }
  return Handshake::none;
}

// Where a client on this machine reaches what is bound: "0.0.0.0" is no address to connect to.
std::string reachable(std::string endpoint) {
  for (const auto& [any, loopback] :
       {std::pair{"//0.0.0.0:", "//127.0.0.1:"}, std::pair{"//[::]:", "//[::1]:"}}) {
    const size_t at = endpoint.find(any);
    if (at != std::string::npos) endpoint.replace(at, std::string(any).size(), loopback);
  }
  return endpoint;
}

}  // namespace

Status require_refusal(const Context& context, const std::string& endpoint,
                       const std::string& server_public_key, int deadline_ms, SocketType type) {
  const auto stranger = CurveKeys::generate();
  if (!stranger) return tl::unexpected(stranger.error());
  SocketOptions options;
  options.curve = &*stranger;
  options.curve_server_key = server_public_key;
  auto client = Socket::open(context, type, options);
  if (!client) return tl::unexpected(client.error());
  constexpr const char* kCure =
      "this is a fault of this program or of libzmq: do not serve with it";
  try {
    auto monitor = SocketMonitor::open(
        context, *client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    if (!monitor) return tl::unexpected(monitor.error());
    if (const Status connected = client->connect(reachable(endpoint)); !connected) return connected;
    const Handshake seen = wait_for_handshake(*monitor, deadline_ms);
    if (seen == Handshake::refused) return {};
    return fail(ErrorClass::denied, "checking that strangers are refused at", endpoint,
                seen == Handshake::admitted
                    ? "a random key was let in"
                    : "no answer for " + std::to_string(deadline_ms) + " ms",
                kCure);
  } catch (const zmq::error_t& error) {
    return fail_zmq(error.num(), "checking that strangers are refused at", endpoint);
  }
}

}  // namespace sn::net
