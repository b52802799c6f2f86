#include "coordinator/daemon.h"

#include <sodium.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/orders/signed_orders.h"
#include "coordinator/control/peer.h"
#include "coordinator/log.h"

namespace sn::coordinator {

namespace {

// What is heard before anything else has its turn, and so one batch and one commit: enough that the
// cost of a commit vanishes, little enough that nobody waits long for one who talks much. libzmq
// hears its connections in turn (zmq_socket(3), fair queuing).
constexpr size_t kMaxBatch = 4096;
constexpr size_t kMaxBatchBytes = 512 * 1024;
constexpr int64_t kMaxHearing_us = 5'000;
constexpr size_t kBetweenLooks = 16;  // messages, at the clock
// After a burst: so many more arrive while we wait half a millisecond that the number of wake-ups
// and commits falls (measured; see the bench).
constexpr size_t kBurst = 8;
constexpr long kNap_ns = 500'000;
// Slow control clients are looked for this often.
constexpr int64_t kHousekeeping_ms = 1'000;
// Nothing was committed for so long: what was is folded, a slice each time.
constexpr int64_t kRest_ms = 1'000;
// With more than this it is folded although somebody commits, and faster: ten takeovers of 9,000.
// It bounds the log, and how long a start reads it.
constexpr size_t kMostUnfolded = 32 * 1024 * 1024;
constexpr int kSlicesOfMuch = 16;
// Junk from agents: one line in this time, with the count.
constexpr int64_t kComplaint_ms = 10'000;
// One fd an agent, and some for the rest.
constexpr rlim_t kWantedFds = 65'536;
// Of them, whatever the network does: the store, people, probes and pings of hundreds of machines.
constexpr rlim_t kOurFds = 1'024;

Now now() { return {monotonic_now(), wall_now()}; }

std::string random_epoch() {
  unsigned char bytes[8];
  randombytes_buf(bytes, sizeof bytes);
  char text[2 * sizeof bytes + 1];
  sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
  return text;
}

void raise_fd_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kWantedFds) return;
  limit.rlim_cur = std::min(limit.rlim_max, kWantedFds);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

// What the connections of agents may take of them.
size_t most_connections() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kOurFds;
  return limit.rlim_cur > 2 * kOurFds ? limit.rlim_cur - kOurFds : limit.rlim_cur / 2;
}

// Their agents may come over a forwarder on a service node.
std::set<IpAddress> addresses_of_service_nodes(const Cluster& cluster) {
  std::set<IpAddress> addresses;
  for (const auto& node : cluster.directory.service_nodes) {
    for (const auto& at : node.addresses) addresses.insert(at.address);
  }
  return addresses;
}

std::string sentence_of(const Connections::Ended& ended) {
  static const std::map<Connections::Cause, std::string> kCauses = {
      {Connections::Cause::silent, "said too little for " +
                                       std::to_string(kMostSilence_ms / 1'000) +
                                       " s to be known by a key"},
      {Connections::Cause::too_many, "were one too many of an address that no key was heard from"},
      {Connections::Cause::of_node,
       "were the oldest of " + std::to_string(kMostConnectionsOfNode + 1) + " of one node"},
      {Connections::Cause::retired, "were of a key that is good no more"},
      {Connections::Cause::endless, "brought a message that does not end"}};
  std::string parts;
  for (const auto& [cause, count] : ended.counts) {
    parts += (parts.empty() ? "" : ", ") + std::to_string(count) + " " + kCauses.at(cause);
  }
  return "connections ended: " + parts + "; the last came from " + ended.last.to_string();
}

Result<UniqueFd> catch_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Before any thread exists, so that no thread takes them away from the signalfd.
  if (::pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) {
    return fail_errno("blocking", "signals");
  }
  (void)::signal(SIGPIPE, SIG_IGN);
  UniqueFd fd(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) return fail_errno("opening", "a signalfd");
  return fd;
}

// One slice; true: there may be more. Where there is no room for it the log stays as it is.
// `failed`: it did so before, and it was said.
bool fold(Engine& engine, bool& failed) {
  const auto more = engine.fold();
  if (!more && !failed) log::warning("SN0915", more.error().message());
  failed = !more;
  return more && *more;
}

void say_ready() {
  constexpr std::string_view kReady = "ready\n";
  (void)!::write(STDERR_FILENO, kReady.data(), kReady.size());
}

}  // namespace

struct Daemon::Parts {
  // In this order: what is opened first is closed last, and every socket before its context.
  UniqueFd signals;
  std::unique_ptr<Reserve> reserve;  // the engine asks it for room
  std::unique_ptr<Engine> engine;
  net::Context context;
  orders::OrderKey order_key;
  net::CurveKeys keys;
  AgentLink link;
  Core core;
  Cluster inventory;  // for the core's start
  net::Reactor reactor{};
  std::unique_ptr<ControlServer> control{};
  std::unique_ptr<FeedPublisher> feed{};
  std::unique_ptr<KnockServer> knocks{};
  std::optional<KeyAsker> key_asker{};
  std::optional<Prober> prober{};
  std::optional<Pinger> pinger{};
  std::optional<PowerStatus> power{};
  std::optional<FiledReader> filed{};
  net::Reactor::Watch signals_watch{};
  net::Reactor::Watch link_watch{};
  net::Reactor::Watch connections_watch{};
  net::Reactor::Watch subscriptions_watch{};
  net::Reactor::Watch subscribers_watch{};
  net::Reactor::Alarm tick{};
  net::Reactor::Alarm housekeeping{};
  net::Reactor::Alarm look_at_connections{};
  std::optional<Batches> batches{};
  MonotonicTime next_complaint{};
  bool fold_failed = false;  // and it was said
  uint64_t complained_malformed = 0;
  uint64_t unsent = 0;
  uint64_t complained_unsent = 0;
  uint64_t complained_of_feed = 0;

  // Carried out together with all else of the present turn, at its end.
  void add(Effects more) { batches->add(std::move(more)); }
};

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::open(const DaemonConfig& config, Cluster cluster,
                                             const Groups& groups, net::RawSockets raw) {
  raise_fd_limit();
  auto signals = catch_signals();
  if (!signals) return tl::unexpected(signals.error());
  auto reserve = std::make_unique<Reserve>(config.state_dir, reserve_bytes(cluster.nodes.size()));
  auto engine =
      open_sqlite_engine(config.store_path(), [room = reserve.get()] { return room->release(); });
  if (!engine) return tl::unexpected(engine.error());
  auto state = (*engine)->claim(wall_now());
  if (!state) return tl::unexpected(state.error());
  auto keys = net::CurveKeys::load_or_create(config.key_path());
  if (!keys) return tl::unexpected(keys.error());

  auto context = net::Context::create();
  if (!context) return tl::unexpected(context.error());
  AgentLink::NodeOfKey known;
  for (const auto& key : state->keys) {
    if (!key.revoked && find_node(*state, key.node) != nullptr) known[key.public_key] = key.node;
  }
  FeedPublisher::NameOfKey subscribers;
  for (const auto& [name, key] : state->feed_keys) subscribers[key.public_key] = name;
  auto link = AgentLink::open(*context, *keys, config.listen, std::move(known), most_connections());
  if (!link) return tl::unexpected(link.error());
  link->connections().set_forwarders(addresses_of_service_nodes(cluster));

  Config core;
  core.beat_interval_ms = config.beat_interval_ms;
  core.probe_ms = config.probe_ms;
  core.preflight_ms = config.preflight_ms;
  core.enrolment = config.enrolment;
  core.knows_power = !config.power_status.empty();
  core.feed_epoch = random_epoch();
  core.feed_over_tcp = config.feed.starts_with("tcp://");
  std::unique_ptr<Daemon> daemon(
      new Daemon(std::unique_ptr<Parts>(new Parts{.signals = std::move(*signals),
                                                  .reserve = std::move(reserve),
                                                  .engine = std::move(*engine),
                                                  .context = std::move(*context),
                                                  .order_key = orders::OrderKey(*keys),
                                                  .keys = std::move(*keys),
                                                  .link = std::move(*link),
                                                  .core = Core(std::move(core), std::move(*state)),
                                                  .inventory = std::move(cluster)})));
  daemon->parts_->batches.emplace(*daemon->parts_->engine,
                                  [raw = daemon.get()](Effects& batch) { raw->carry_out(batch); });
  if (const Status opened = daemon->serve_people(config, groups, std::move(subscribers)); !opened) {
    return tl::unexpected(opened.error());
  }
  if (const Status opened = daemon->serve_nodes_without_a_key(config); !opened) {
    return tl::unexpected(opened.error());
  }
  daemon->join_reactor(config, std::move(raw));
  return daemon;
}

Status Daemon::serve_people(const DaemonConfig& config, const Groups& groups,
                            FeedPublisher::NameOfKey subscribers) {
  Parts& parts = *parts_;
  auto control = ControlServer::open(
      parts.reactor, config.control_socket, groups, [&parts](ControlEvent event) {
        if (const auto* asked = std::get_if<ClientAsked>(&event)) {
          // As it is when something is asked for, not as it was a second ago.
          parts.add(parts.core.on_disk(parts.reserve->look(), now()));
          parts.add(parts.core.on_command(asked->client, asked->command, now()));
        } else if (const auto* gone = std::get_if<ClientGone>(&event)) {
          parts.add(parts.core.on_client_gone(gone->client, now()));
        } else if (const auto* audited = std::get_if<Audited>(&event)) {
          log::info("SN0930", audited->line);
        }
      });
  if (!control) return tl::unexpected(control.error());
  parts.control = std::move(*control);
  auto feed = FeedPublisher::open(config.feed, groups, parts.keys, std::move(subscribers));
  if (!feed) return tl::unexpected(feed.error());
  parts.feed = std::move(*feed);
  return {};
}

Status Daemon::serve_nodes_without_a_key(const DaemonConfig& config) {
  Parts& parts = *parts_;
  auto knocks = KnockServer::open(
      parts.reactor, parts.keys, config.listen, config.enrolment_port,
      addresses_of_service_nodes(parts.inventory),
      [&parts](const Knocked& knocked) { parts.add(parts.core.on_knock(knocked, now())); });
  if (!knocks) return tl::unexpected(knocks.error());
  parts.knocks = std::move(*knocks);
  parts.key_asker.emplace(
      parts.reactor, config.enrolment_helper,
      [&parts](uint64_t request, const std::string& key, const std::string& said) {
        parts.add(parts.core.on_node_key(request, key, said, now()));
      });
  return {};
}

void Daemon::join_reactor(const DaemonConfig& config, net::RawSockets raw) {
  Parts& parts = *parts_;
  net::Reactor& reactor = parts.reactor;
  // First: after a signal nothing more is begun.
  parts.signals_watch = reactor.on(
      parts.signals.get(), net::Reactor::readable,
      [this](net::Reactor::Ready) {
        if (stop_asked()) parts_->reactor.stop();
      },
      net::Reactor::Order::first);
  parts.link_watch = reactor.on(parts.link.socket(), net::Reactor::readable,
                                [this](net::Reactor::Ready) { receive(); });
  parts.connections_watch =
      reactor.on(parts.link.connections_socket(), net::Reactor::readable,
                 [&parts](net::Reactor::Ready) { parts.link.learn_of_connections(); });
  const auto hear_subscribers = [&parts](net::Reactor::Ready) { parts.feed->hear(); };
  parts.subscriptions_watch =
      reactor.on(parts.feed->socket(), net::Reactor::readable, hear_subscribers);
  parts.subscribers_watch =
      reactor.on(parts.feed->connections_socket(), net::Reactor::readable, hear_subscribers);
  parts.prober.emplace(reactor, std::move(raw),
                       [&parts](uint64_t request, const MachineSighting& seen) {
                         parts.add(parts.core.on_probe(request, seen, now()));
                       });
  if (const std::string missing = parts.prober->missing(); !missing.empty()) {
    log::warning("SN0914", "no socket for " + missing + ": service nodes are not asked that way");
  }
  parts.pinger.emplace(reactor, [&parts](const PingAnswer& answer) {
    parts.add(parts.core.on_ping(answer.request, answer.answered, answer.evidence, now()));
  });
  parts.power.emplace(reactor, config.power_status,
                      [&parts](uint64_t request, Power power, const std::string& said) {
                        parts.add(parts.core.on_power(request, power, said, now()));
                      });
  parts.filed.emplace(reactor, config.store_path(),
                      [&parts](ClientId client, Result<ShownTakeover> takeover) {
                        parts.add(parts.core.on_filed(client, std::move(takeover), now()));
                      });
  parts.tick = reactor.alarm([] {});  // only ends the wait: see end_turn()
  parts.housekeeping = reactor.at(monotonic_now(), [this] { keep_house(); });
  parts.look_at_connections = reactor.at(monotonic_now() + kLook_ms, [&parts] {
    parts.link.look_at_connections();
    parts.look_at_connections.set(monotonic_now() + kLook_ms);
  });
  reactor.at_turn_end([this] { return end_turn(); });
}

Status Daemon::run() {
  parts_->reserve->hold();
  parts_->add(parts_->core.start(std::move(parts_->inventory), now()));
  if (const Status begun = flush(); !begun) return begun;
  parts_->tick.set(parts_->core.next_tick());
  log::flush();
  say_ready();
  const Status served = parts_->reactor.run();
  log::flush();
  return served;
}

Status Daemon::end_turn() {
  Parts& parts = *parts_;
  // Also what this turn made due.
  if (parts.core.next_tick() <= monotonic_now()) parts.add(parts.core.tick(now()));
  const Status done = flush();
  parts.tick.set(parts.core.next_tick());
  log::flush();
  return done;
}

void Daemon::receive() {
  size_t count = 0, bytes = 0;
  const int64_t begun = monotonic_us();
  bool late = false;
  for (; count < kMaxBatch && bytes < kMaxBatchBytes; ++count) {
    late = count % kBetweenLooks == 0 && monotonic_us() - begun > kMaxHearing_us;
    if (late) break;
    auto message = parts_->link.receive();
    if (!message) {
      log::warning("SN0911", message.error().message());
      break;
    }
    if (!*message) break;
    bytes += (*message)->bytes;
    parts_->add(parts_->core.on_message((*message)->connection, (*message)->public_key,
                                        std::move((*message)->message), now()));
  }
  if (late || count < kBurst || count == kMaxBatch || bytes >= kMaxBatchBytes) return;
  const timespec nap{0, kNap_ns};
  (void)::clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, nullptr);
}

bool Daemon::stop_asked() {
  signalfd_siginfo info{};
  if (::read(parts_->signals.get(), &info, sizeof info) != sizeof info) return false;
  log::info("SN0902", info.ssi_signo == SIGTERM ? "ending on SIGTERM" : "ending on SIGINT");
  return true;
}

Status Daemon::flush() {
  parts_->batches->flush();
  if (const auto& fenced = parts_->batches->fenced()) return tl::unexpected(*fenced);
  return {};
}

// The orders of a batch have one signature; all is said in its order.
void Daemon::carry_out(Effects& batch) {
  std::vector<wire::Order> orders;
  for (auto& effect : batch) {
    if (auto* order = std::get_if<Order>(&effect)) orders.push_back(std::move(order->order));
  }
  auto signed_orders = orders::sign(parts_->order_key, orders);
  auto next = signed_orders.begin();
  for (auto& effect : batch) {
    if (const auto* order = std::get_if<Order>(&effect)) {
      speak(order->connection, std::move(*next++));
    } else {
      carry_out(effect);
    }
  }
}

void Daemon::carry_out(Effect& effect) {
  Parts& parts = *parts_;
  if (const auto* send = std::get_if<Send>(&effect)) {
    speak(send->connection, send->message);
  } else if (auto* admit = std::get_if<Admit>(&effect)) {
    parts.link.admit(std::move(admit->keys));
  } else if (const auto* one = std::get_if<AdmitOne>(&effect)) {
    parts.link.admit(one->public_key, one->node);
  } else if (const auto* retire = std::get_if<Retire>(&effect)) {
    parts.link.retire(retire->public_key);
  } else if (auto* subscribers = std::get_if<AdmitSubscribers>(&effect)) {
    parts.feed->admit(std::move(subscribers->keys));
  } else if (const auto* node = std::get_if<AskNode>(&effect)) {
    parts.key_asker->start(*node);
  } else if (const auto* answer = std::get_if<AnswerKnock>(&effect)) {
    parts.knocks->answer(answer->request, answer->public_key, answer->answer);
  } else if (const auto* reply = std::get_if<Reply>(&effect)) {
    parts.control->reply(reply->client, reply->answer, reply->last);
  } else if (const auto* publish = std::get_if<Publish>(&effect)) {
    parts.feed->publish(publish->event);
    log::event(publish->event);
  } else if (const auto* probe = std::get_if<Probe>(&effect)) {
    parts.prober->start(*probe);
  } else if (const auto* ping = std::get_if<Ping>(&effect)) {
    parts.pinger->start(*ping);
  } else if (const auto* power = std::get_if<AskPower>(&effect)) {
    parts.power->start(*power);
  } else if (const auto* filed = std::get_if<ReadFiled>(&effect)) {
    parts.filed->start(filed->client, filed->takeover);
  }
}

void Daemon::speak(const ConnectionId& connection, const wire::ToAgent& message) {
  const Status sent = parts_->link.send(connection, message);
  if (sent) return;
  if (sent.error().what == ErrorClass::unreachable) {
    parts_->add(parts_->core.on_send_failed(connection, now()));
    return;
  }
  // Its queue is full, or the socket failed: what must arrive is said again by the core.
  ++parts_->unsent;
}

void Daemon::keep_house() {
  const MonotonicTime now = monotonic_now();
  parts_->housekeeping.set(now + kHousekeeping_ms);
  parts_->control->on_time(now);
  parts_->feed->look(now);
  parts_->add(parts_->core.on_disk(parts_->reserve->look(), sn::coordinator::now()));
  const bool much = parts_->engine->unfolded() > kMostUnfolded;
  if (much || now - parts_->batches->last_change() >= kRest_ms) {
    for (int left = much ? kSlicesOfMuch : 1; left > 0; --left) {
      if (!fold(*parts_->engine, parts_->fold_failed)) break;
    }
  }
  if (const auto over = parts_->link.over_budget()) {
    parts_->add(parts_->core.on_over_budget(over->node, over->frames, over->connections,
                                            sn::coordinator::now()));
  }
  complain(now);
}

void Daemon::complain(MonotonicTime now) {
  Parts& parts = *parts_;
  if (now < parts.next_complaint) return;
  const uint64_t malformed = parts.link.malformed() - parts.complained_malformed;
  const uint64_t unsent = parts.unsent - parts.complained_unsent;
  const auto ended = parts.link.connections().take_ended();
  const uint64_t of_feed = parts.feed->subscribers().ended() - parts.complained_of_feed;
  if (malformed == 0 && unsent == 0 && ended.counts.empty() && of_feed == 0) return;
  parts.next_complaint = now + kComplaint_ms;
  if (malformed > 0) {
    log::warning("SN0912", std::to_string(malformed) + " malformed messages refused, the last " +
                               parts.link.last_malformed());
  }
  if (unsent > 0) {
    log::warning("SN0913", std::to_string(unsent) + " messages not sent: agents that do not read");
  }
  if (!ended.counts.empty()) log::warning("SN0916", sentence_of(ended));
  if (of_feed > 0) {
    log::warning("SN0917", std::to_string(of_feed) +
                               " connections to the feed ended: more or other than a subscriber is "
                               "allowed, or they do not read");
  }
  parts.complained_of_feed += of_feed;
  parts.complained_malformed += malformed;
  parts.complained_unsent += unsent;
}

}  // namespace sn::coordinator
