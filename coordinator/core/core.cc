#include "coordinator/core/core.h"

#include <algorithm>
#include <set>

#include "common/model/node_list.h"
#include "coordinator/core/events.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/nfs_servers.h"
#include "coordinator/core/node_set.h"
#include "coordinator/core/preparation.h"

namespace sn::coordinator {

int exit_code_of(const Takeover& takeover) {
  int code = 0;
  for (const auto& [name, node] : takeover.nodes) {
    switch (node.verdict) {
      case Verdict::partly:
      case Verdict::blocked:
      case Verdict::failed:
        return 4;
      case Verdict::none:
      case Verdict::pending:
      case Verdict::held:
        code = 5;
        break;
      case Verdict::verified:
        break;
    }
  }
  return code;
}

std::string_view to_string(SeenFrom seen) {
  switch (seen) {
    case SeenFrom::unknown:
      return "unknown";
    case SeenFrom::answering:
      return "answering";
    case SeenFrom::silent:
      return "silent";
  }
  return "unknown";
}

namespace {

// A takeover while it runs: what only matters until it ends.
struct Running {
  MonotonicTime deadline;
  std::set<std::string> waiting;  // pending nodes that were there lately: their end is waited for
  std::set<ClientId> followers;   // clients that see it to its end
  MonotonicTime progress_due;     // not more than one progress line in kProgressMs
  bool progress_owed = false;
};

// Often enough for a bar that moves, seldom enough for a thousand nodes in a second.
constexpr int64_t kProgressMs = 50;
// Nothing waits for a tick in a quiet cluster but the expiry of beats.
constexpr int64_t kScanMs = 1'000;
// Who looks away for longer should look again before saying yes.
constexpr int64_t kQuestionMs = 60'000;
// A Z85 public key has 40 characters.
constexpr size_t kKeyLength = 40;

bool is_final(Verdict verdict) { return verdict != Verdict::pending && verdict != Verdict::none; }

const event::Kind& event_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::verified:
      return event::kNodeVerified;
    case Verdict::partly:
      return event::kNodePartly;
    case Verdict::blocked:
      return event::kNodeBlocked;
    case Verdict::failed:
      return event::kNodeFailed;
    default:
      return event::kNodeHeld;
  }
}

bool intersects(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& item) {
    return std::find(b.begin(), b.end(), item) != b.end();
  });
}

std::string join(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

}  // namespace

class Core::Impl {
 public:
  Impl(Config config, Cluster cluster, State state)
      : config_(std::move(config)), cluster_(std::move(cluster)), state_(std::move(state)) {
    for (const auto& key : state_.keys) keys_[key.public_key] = key.node;
    directory_digest_ = cluster_.directory.digest();
  }

  Effects take() { return std::exchange(effects_, {}); }

  void start(Now now) {
    up_since_ = now.wall;
    next_scan_ = now.monotonic + kScanMs;
    seed_rows();
    for (const auto& node : cluster_.directory.service_nodes) {
      if (state_.service_nodes.contains(node.name)) continue;
      put(ServiceNodeRecord{node.name, ServiceNodeState::up, now.wall.unix_ms, {}});
    }
    for (auto& [number, takeover] : state_.takeovers) {
      if (takeover.state != TakeoverState::running) continue;
      // Nobody is connected yet, so every pending node is waited for anew, the whole time.
      Running& running = running_[number];
      running.deadline = now.monotonic + takeover.timeout_ms;
      for (const auto& [name, node] : takeover.nodes) {
        if (node.verdict == Verdict::pending) running.waiting.insert(name);
      }
      // All of them reached their verdicts before the daemon ended.
      if (running.waiting.empty()) running.deadline = now.monotonic;
    }
    publish(event::kCoordinatorStarted, now, "", "", "",
            std::to_string(state_.rows.size()) + " nodes, " +
                std::to_string(cluster_.directory.service_nodes.size()) + " service nodes");
  }

  // ---------------------------------------------------------------- agents

  void on_message(const ConnectionId& connection, const std::string& public_key,
                  const wire::Message& message, Now now) {
    const auto key = keys_.find(public_key);
    if (key == keys_.end()) {
      refuse(connection, "this key is not enrolled",
             "snctl keys add NODE KEY, with the key that snagentd key prints");
      return;
    }
    const std::string& node = key->second;
    if (const auto* hello = std::get_if<wire::Hello>(&message)) {
      on_hello(connection, node, *hello, now);
      return;
    }
    Presence* presence = fleet_.by_connection(connection);
    if (presence == nullptr || presence->node != node) {
      refuse(connection, "no hello came over this connection", "");
      return;
    }
    presence->heard = now.monotonic;
    presence->heard_wall = now.wall;
    if (const auto* beat = std::get_if<wire::Beat>(&message)) {
      presence->now_at(beat->busy, beat->busy_ms, now.monotonic);
      if (presence->waits()) owe_progress(node, now);
      presence->generation = std::max(presence->generation, beat->generation);
      send(connection, wire::BeatAck{beat->serial});
    } else if (const auto* inventory = std::get_if<wire::Inventory>(&message)) {
      presence->bindings = inventory->bindings;
    } else if (const auto* mounts = std::get_if<wire::Mounts>(&message)) {
      take_mounts(*presence, mounts->mounts, now);
    } else if (const auto* report = std::get_if<wire::PlanReport>(&message)) {
      on_plan_report(node, *report, now);
    } else if (const auto* accepted = std::get_if<wire::Accepted>(&message)) {
      presence->generation = std::max(presence->generation, accepted->generation);
      if (accepted->generation == presence->told_generation) presence->accepted = true;
    } else if (const auto* progress = std::get_if<wire::Progress>(&message)) {
      presence->now_at(progress->step, 0, now.monotonic);
      if (presence->waits()) {
        publish(event::kNodeWaits, now, progress->takeover, node, "", progress->step);
        owe_progress(node, now);
      }
    } else if (const auto* outcome = std::get_if<wire::OutcomeReport>(&message)) {
      presence->bindings = outcome->bindings;
      presence->now_at("", 0, now.monotonic);
      take_outcome(node, outcome->outcome, now);
    } else if (const auto* drift = std::get_if<wire::Drift>(&message)) {
      presence->bindings = drift->bindings;
      presence->drift = drift->place + ": " + drift->detail;
      publish(event::kDrift, now, "", node, drift->service_node, presence->drift);
    } else if (const auto* refused = std::get_if<wire::Refused>(&message)) {
      on_refused(node, *refused, now);
    } else if (const auto* health = std::get_if<wire::ServerHealthReport>(&message)) {
      take_servers(node, health->servers, now);
    }
    // What only a coordinator says is ignored: nothing follows from it.
  }

  // A mount is told apart by place and server; its options are no news.
  void take_mounts(Presence& presence, const std::vector<NfsMount>& mounts, Now now) {
    const auto among = [](const NfsMount& mount, const std::vector<NfsMount>& list) {
      return std::any_of(list.begin(), list.end(), [&](const NfsMount& other) {
        return other.place == mount.place && other.source == mount.source &&
               other.address == mount.address;
      });
    };
    const auto tell = [&](const event::Kind& what, const NfsMount& mount) {
      publish(what, now, "", presence.node, mount.owner,
              mount.place + " " + mount.source + " (" + mount.address + ")");
    };
    if (presence.mounts_known) {
      for (const auto& mount : presence.mounts) {
        if (!among(mount, mounts)) tell(event::kMountGone, mount);
      }
      for (const auto& mount : mounts) {
        if (!among(mount, presence.mounts)) tell(event::kMountAppeared, mount);
      }
    }
    presence.mounts = mounts;
    presence.mounts_known = true;
  }

  void on_send_failed(const ConnectionId& connection, Now now) {
    // No verdict on the node: it will say hello again, over this or another path.
    if (const Presence* presence = fleet_.by_connection(connection)) lose(presence->node, now);
    fleet_.leave(connection);
  }

  // ---------------------------------------------------------------- administrator

  void on_command(ClientId client, const Command& command, Now now) {
    std::visit([&](const auto& c) { handle(client, c, now); }, command);
  }

  void on_client_gone(ClientId client) {
    watchers_.erase(client);
    for (auto& [number, running] : running_) running.followers.erase(client);
    std::erase_if(preparations_, [&](const auto& p) { return p->client == client; });
  }

  void on_probe(uint64_t request, bool alive, const std::string& evidence, Now now) {
    for (auto& preparation : preparations_) {
      if (preparation->probed(request, alive, evidence)) break;
    }
    decide_complete(now);
  }

  void on_ping(uint64_t request, bool answered, const std::string& evidence, Now now) {
    nfs_servers_.on_ping(request, answered, evidence, now.monotonic);
    raise_alarms(now);
  }

  // ---------------------------------------------------------------- time

  void tick(Now now) {
    decide_complete(now);
    for (auto& ping : nfs_servers_.due_pings(now.monotonic, requests_)) {
      effects_.emplace_back(std::move(ping));
    }
    std::vector<uint64_t> over;
    for (auto& [number, running] : running_) {
      if (running.deadline <= now.monotonic) over.push_back(number);
      if (running.progress_owed && running.progress_due <= now.monotonic) {
        say_progress(number, running, now);
      }
    }
    for (const uint64_t number : over) finish(number, now);
    if (now.monotonic < next_scan_) return;
    next_scan_ = now.monotonic + kScanMs;
    // Two beats lost and half a third: the connection is not worth waiting for.
    for (const auto& node :
         fleet_.expire(now.monotonic, int64_t{config_.beat_interval_ms} * 5 / 2)) {
      lose(node, now);
    }
    resend(now);
  }

  [[nodiscard]] MonotonicTime next_tick() const {
    MonotonicTime next = std::min(next_scan_, nfs_servers_.next_tick());
    for (const auto& preparation : preparations_) {
      if (!preparation->asking) next = std::min(next, preparation->deadline());
    }
    for (const auto& [number, running] : running_) {
      next = std::min(next, running.deadline);
      if (running.progress_owed) next = std::min(next, running.progress_due);
    }
    return next;
  }

  [[nodiscard]] const std::map<std::string, std::string>& keys() const { return keys_; }
  [[nodiscard]] const State& state() const { return state_; }

 private:
  // ---------------------------------------------------------------- effects

  void put(Row row) {
    effects_.push_back(Store{PutRow{row}});
    state_.rows[row.node] = std::move(row);
  }
  void put(ServiceNodeRecord record) {
    effects_.push_back(Store{PutServiceNode{record}});
    state_.service_nodes[record.name] = std::move(record);
  }
  void put_header(const Takeover& takeover) {
    Takeover header = takeover;
    header.nodes.clear();
    effects_.push_back(Store{PutTakeover{std::move(header)}});
  }
  void put(uint64_t takeover, const TakeoverNode& node) {
    effects_.push_back(Store{PutTakeoverNode{takeover, node}});
  }
  void send(const ConnectionId& connection, wire::Message message) {
    effects_.push_back(Send{connection, std::move(message)});
  }
  void reply(ClientId client, Answer answer, bool last = true) {
    effects_.push_back(Reply{client, std::move(answer), last});
  }
  void refuse(const ConnectionId& connection, std::string reason, std::string cure) {
    send(connection, wire::Refused{"", 0, std::move(reason), std::move(cure)});
  }

  void publish(const event::Kind& kind, Now now, std::string takeover, std::string node,
               std::string service_node, std::string text) {
    Event event;
    event.epoch = config_.feed_epoch;
    event.serial = ++feed_serial_;
    event.unix_ms = now.wall.unix_ms;
    event.id = kind.id;
    event.what = kind.what;
    event.takeover = std::move(takeover);
    event.node = std::move(node);
    event.service_node = std::move(service_node);
    event.text = std::move(text);
    for (const ClientId watcher : watchers_) reply(watcher, event, false);
    effects_.push_back(Publish{std::move(event)});
  }

  // ---------------------------------------------------------------- the desired table

  // The inventory only seeds. A row that a takeover wrote is never touched by it.
  void seed_rows() {
    for (const auto& [node, service_nodes] : cluster_.nodes) {
      const auto found = state_.rows.find(node);
      if (found == state_.rows.end()) {
        Row row;
        row.node = node;
        row.service_node = service_nodes.front();
        put(std::move(row));
      } else if (found->second.state == RowState::observed && found->second.generation == 0 &&
                 found->second.service_node != service_nodes.front()) {
        Row row = found->second;
        row.service_node = service_nodes.front();
        put(std::move(row));
      }
    }
    std::vector<std::string> gone;
    for (const auto& [node, row] : state_.rows) {
      if (row.generation == 0 && !cluster_.nodes.contains(node)) gone.push_back(node);
    }
    for (const auto& node : gone) {
      effects_.push_back(Store{DropRow{node}});
      state_.rows.erase(node);
    }
  }

  Takeover* takeover_of(const Row& row) {
    // "T17" -> 17; row.takeover is our own text.
    if (row.takeover.size() < 2) return nullptr;
    const auto found = state_.takeovers.find(std::strtoull(row.takeover.c_str() + 1, nullptr, 10));
    return found == state_.takeovers.end() ? nullptr : &found->second;
  }

  bool may_converge(const Row& row) {
    const Takeover* takeover = takeover_of(row);
    if (takeover != nullptr && takeover->state == TakeoverState::running) return true;
    return std::any_of(row.from.begin(), row.from.end(),
                       [&](const std::string& name) { return left_behind(name); });
  }

  void set_verdict(Row row, Verdict verdict, std::string reason, std::string cure,
                   const wire::Outcome* outcome, Now now) {
    row.verdict = verdict;
    row.reason = std::move(reason);
    row.cure = std::move(cure);
    if (verdict == Verdict::held) row.state = RowState::held;
    Takeover* takeover = takeover_of(row);
    if (takeover != nullptr) {
      TakeoverNode& node = takeover->nodes[row.node];
      node.node = row.node;
      node.verdict = row.verdict;
      node.reason = row.reason;
      node.cure = row.cure;
      if (is_final(verdict)) node.ended_unix_ms = now.wall.unix_ms;
      if (outcome != nullptr) node.outcome = *outcome;
      put(takeover->number, node);
    }
    // Arrived: the past is no longer to be removed from it.
    if (verdict == Verdict::verified) row.from.clear();
    publish(event_of(verdict), now, row.takeover, row.node, row.service_node,
            row.reason.empty() ? "on " + row.service_node : row.reason);
    const std::string name = row.node;
    const uint64_t number = takeover == nullptr ? 0 : takeover->number;
    put(std::move(row));
    if (number != 0 && is_final(verdict)) settled(number, name, now);
  }

  void hold(const Row& row, std::string reason, std::string cure, Now now) {
    if (row.state == RowState::held && row.reason == reason) return;
    set_verdict(row, Verdict::held, std::move(reason), std::move(cure), nullptr, now);
  }

  // ---------------------------------------------------------------- one node

  void on_hello(const ConnectionId& connection, const std::string& node, const wire::Hello& hello,
                Now now) {
    if (hello.node != node) {
      publish(event::kNodeRefused, now, "", node, "", "its key claims to be " + hello.node);
      refuse(connection, "this key belongs to " + node + ", not to " + hello.node,
             "set node in agent.toml, or enrol the right key");
      return;
    }
    if (hello.protocol != wire::kProtocolVersion) {
      publish(event::kNodeRefused, now, "", node, "",
              "it speaks protocol " + std::to_string(hello.protocol));
      refuse(connection,
             "protocol " + std::to_string(hello.protocol) + " is not spoken here, only " +
                 std::to_string(wire::kProtocolVersion),
             "install the same version on node and management node");
      return;
    }
    const Presence* before = fleet_.find(node);
    const bool was_there = before != nullptr && before->connected() &&
                           before->hello.path == hello.path &&
                           before->hello.instance == hello.instance;
    if (hello.generation > kMaxGeneration) {
      publish(event::kNodeRefused, now, "", node, "",
              "it reports generation " + std::to_string(hello.generation));
      refuse(connection, "generation " + std::to_string(hello.generation) + " is none of ours",
             "remove /run/snagent/generation and /var/lib/snagent/generation on the node, and "
             "restart snagentd");
      return;
    }
    fleet_.arrive(connection, hello, now);
    const auto row = state_.rows.find(node);
    send(connection, wire::Welcome{wire::kProtocolVersion,
                                   row == state_.rows.end() ? 0 : row->second.generation,
                                   config_.beat_interval_ms, directory_digest_});
    if (!was_there) {
      publish(event::kNodeConnected, now, "", node, join(fleet_.find(node)->bound_to()),
              "over " + hello.path + ", " + hello.mode);
    }
    take_servers(node, hello.servers, now);
    if (row == state_.rows.end()) return;
    if (hello.generation > row->second.generation) {
      if (row->second.generation > 0 || row->second.state != RowState::observed) {
        hold(row->second,
             "the node has seen generation " + std::to_string(hello.generation) + " for " +
                 hello.generation_target + ", newer than the table's " +
                 std::to_string(row->second.generation),
             "an older table was restored? snctl takeover SN --nodes " + node +
                 " decides anew where it belongs",
             now);
      }
      return;
    }
    if (hello.generation == row->second.generation && row->second.generation != 0 &&
        !hello.generation_target.empty() && hello.generation_target != row->second.service_node) {
      hold(row->second,
           "generation " + std::to_string(hello.generation) + " was for " +
               hello.generation_target + " on the node and for " + row->second.service_node +
               " here",
           "snctl takeover SN --nodes " + node + " decides anew where it belongs", now);
      return;
    }
    if (!hello.last.empty()) take_outcome(node, hello.last.front(), now);
    converge_again(node, hello, now);
    wait_again(state_.rows.at(node));
    tell(node, now);
  }

  // A node that has not seen the generation that moved it was rebooted from what names the old
  // service node still. While that one is failed, it converges like any late node. (A node that has
  // seen it and drifted is shown, not corrected: nothing verified is enforced.)
  void converge_again(const std::string& node, const wire::Hello& hello, Now now) {
    Row row = state_.rows.at(node);
    if (row.state != RowState::released || row.verdict != Verdict::verified ||
        hello.generation >= row.generation) {
      return;
    }
    for (const auto& name : fleet_.find(node)->bound_to()) {
      if (name != row.service_node && left_behind(name)) row.from.push_back(name);
    }
    if (row.from.empty()) return;
    publish(event::kDrift, now, row.takeover, node, row.from.front(),
            "it was rebooted and names " + join(row.from) + " again");
    row.verdict = Verdict::pending;
    put(std::move(row));
  }

  [[nodiscard]] bool left_behind(const std::string& service_node) const {
    const auto found = state_.service_nodes.find(service_node);
    return found != state_.service_nodes.end() &&
           (found->second.state == ServiceNodeState::failed ||
            found->second.state == ServiceNodeState::maintenance);
  }

  // A node that was given up as down came back while its takeover still runs.
  void wait_again(const Row& row) {
    const Takeover* takeover = takeover_of(row);
    if (takeover == nullptr || row.verdict != Verdict::pending) return;
    if (const auto running = running_.find(takeover->number); running != running_.end()) {
      running->second.waiting.insert(row.node);
    }
  }

  // Says the Rebind of a released row, if it may be said now. Saying it twice is harmless.
  void tell(const std::string& node, Now now) {
    const auto found = state_.rows.find(node);
    Presence* presence = fleet_.find(node);
    if (found == state_.rows.end() || presence == nullptr || !presence->connected()) return;
    const Row& row = found->second;
    if (row.state != RowState::released || row.verdict == Verdict::verified) return;
    if (state_.freeze.frozen || row.from.empty()) return;
    if (!may_converge(row)) {
      hold(row,
           row.takeover + " is over and " + join(row.from) +
               " not marked failed any more, before this node moved to " + row.service_node,
           "snctl takeover " + row.from.front() + " --planned --nodes " + node, now);
      return;
    }
    send(*presence->connection, wire::Rebind{row.takeover, row.generation, row.node, row.from,
                                             row.service_node, row.planned, row.strict, row.stuck});
    if (presence->told_generation != row.generation) {
      presence->accepted = false;
      if (Takeover* takeover = takeover_of(row)) {
        TakeoverNode& part = takeover->nodes[node];
        if (part.told_unix_ms == 0) part.told_unix_ms = now.wall.unix_ms;
      }
      publish(event::kNodeTold, now, row.takeover, node, row.service_node,
              join(row.from) + " -> " + row.service_node);
    }
    presence->told_generation = row.generation;
    presence->told = now.monotonic;
  }

  void resend(Now now) {
    std::vector<std::string> due;
    for (const auto& [node, presence] : fleet_.all()) {
      const bool told = presence.told_generation != 0 && presence.connected();
      if (!told || now.monotonic - presence.told < int64_t{config_.resend_ms}) continue;
      const auto row = state_.rows.find(node);
      if (row != state_.rows.end() && row->second.verdict == Verdict::pending) due.push_back(node);
    }
    for (const auto& node : due) tell(node, now);
  }

  void take_outcome(const std::string& node, const wire::Outcome& outcome, Now now) {
    const auto found = state_.rows.find(node);
    if (found == state_.rows.end()) return;
    const Row& row = found->second;
    // Of another generation, or a row that was decided otherwise since: the node's past.
    if (row.state == RowState::observed || outcome.generation != row.generation) return;
    if (outcome.to != row.service_node) {
      hold(row, "the node was rebound to " + outcome.to + ", the table says " + row.service_node,
           "snctl takeover SN --nodes " + node + " decides anew where it belongs", now);
      return;
    }
    Verdict verdict = outcome.verdict;
    std::string reason, cure;
    // A verdict of ours from a node is no verdict; a verified one with references left neither.
    if (verdict == Verdict::verified && outcome.left > 0) verdict = Verdict::partly;
    if (verdict != Verdict::verified && verdict != Verdict::partly && verdict != Verdict::blocked &&
        verdict != Verdict::failed) {
      return;
    }
    if (verdict != Verdict::verified) {
      for (const auto& finding : outcome.findings) {
        if (finding.what != FindingClass::blocked && finding.what != FindingClass::left &&
            finding.what != FindingClass::not_in_effect) {
          continue;
        }
        if (reason.empty()) {
          reason = finding.place.empty() ? finding.reason : finding.place + " " + finding.reason;
          cure = finding.cure;
        }
      }
      if (reason.empty()) reason = std::to_string(outcome.left) + " references left";
      // Half a cure is none: what was mended on the node is taken up by a second run.
      const Takeover* takeover = takeover_of(row);
      if (takeover != nullptr && cure.find("snctl takeover") == std::string::npos) {
        cure += (cure.empty() ? "" : "; then ") + std::string("snctl takeover ") + takeover->from +
                (takeover->planned ? " --planned" : "");
      }
    }
    if (row.verdict == verdict && row.reason == reason) return;  // said before
    if (row.state == RowState::held) {
      // It was told before it was held, and has answered: there is nothing left to decide.
      Row released = row;
      released.state = RowState::released;
      put(std::move(released));
    }
    for (const auto& change : outcome.changes) {
      std::string text = change.path;
      if (change.line > 0) text += ":" + std::to_string(change.line);
      text += " " + (change.before.empty() ? "(none)" : change.before) + " -> " +
              (change.after.empty() ? "(none)" : change.after);
      publish(event::kNodeChanged, now, row.takeover, node, row.service_node, std::move(text));
    }
    if (Presence* presence = fleet_.find(node)) presence->drift.clear();
    Row judged = state_.rows.at(node);
    // It took back that it had arrived: what it is to leave is what it was told to leave.
    if (const Takeover* takeover = takeover_of(judged);
        takeover != nullptr && verdict != Verdict::verified && judged.from.empty()) {
      const auto part = takeover->nodes.find(node);
      if (part != takeover->nodes.end()) judged.from = part->second.from;
    }
    set_verdict(std::move(judged), verdict, std::move(reason), std::move(cure), &outcome, now);
  }

  void on_refused(const std::string& node, const wire::Refused& refused, Now now) {
    const auto found = state_.rows.find(node);
    if (found == state_.rows.end() || refused.takeover.empty()) return;
    const Row& row = found->second;
    if (row.takeover != refused.takeover || row.state != RowState::released ||
        row.verdict == Verdict::verified) {
      return;
    }
    if (refused.generation > row.generation) {
      hold(row,
           "the node has seen generation " + std::to_string(refused.generation) +
               ", newer than the table's " + std::to_string(row.generation),
           "snctl takeover SN --nodes " + node + " decides anew where it belongs", now);
      return;
    }
    if (row.verdict == Verdict::blocked && row.reason == refused.reason) return;
    set_verdict(row, Verdict::blocked, refused.reason, refused.cure, nullptr, now);
  }

  void lose(const std::string& node, Now now) {
    publish(event::kNodeLost, now, "", node, "", "no beat, or its connection broke");
    for (auto& preparation : preparations_) preparation->give_up(node);
    // A running takeover still waits for it: it may be on its way over another path.
  }

  // ---------------------------------------------------------------- NFS servers

  void take_servers(const std::string& node, const std::vector<wire::ServerSighting>& servers,
                    Now now) {
    for (const auto& server : nfs_servers_.take(node, servers, now)) {
      std::string text = (server.owner.empty() ? "" : server.owner + " ") + server.address + " " +
                         std::string(to_string(server.state)) + ": " + server.evidence + "; " +
                         std::to_string(server.mounts) +
                         (server.mounts == 1 ? " mount" : " mounts");
      if (server.critical) text += ", critical";
      const event::Kind& kind = server.state == ServerState::silent ? event::kServerSilent
                                : server.state == ServerState::slow ? event::kServerSlow
                                                                    : event::kServerAnswering;
      publish(kind, now, "", node, server.owner, std::move(text));
    }
    raise_alarms(now);
  }

  void raise_alarms(Now now) {
    for (const auto& alarm : nfs_servers_.alarms(fleet_, now.monotonic)) {
      publish(event::kServerDoubted, now, "", "", alarm.owner,
              alarm.text + "; " + std::to_string(alarm.orders.size()) +
                  (alarm.orders.size() == 1 ? " node is" : " nodes are") + " told to look closely");
      for (const auto& order : alarm.orders) {
        const Presence* presence = fleet_.find(order.node);
        send(*presence->connection, wire::WatchServer{order.address, kWatchMs});
      }
    }
  }

  // ---------------------------------------------------------------- commands

  void handle(ClientId client, const TakeoverCommand& command, Now now) {
    if (state_.freeze.frozen && !command.dry_run) {
      reply(client,
            RefusalAnswer{"the coordinator is frozen since " + state_.freeze.by + " said so",
                          "snctl thaw", 3});
      return;
    }
    auto set = resolve_node_set(state_, cluster_, command, naming(command.from));
    if (!set) {
      reply(client, RefusalAnswer{set.error().why, set.error().cure, 3});
      return;
    }
    if (set->members.empty()) {
      reply(client, DoneAnswer{"nothing to do: " + std::to_string(set->already.size()) + " of " +
                               std::to_string(set->already.size()) + " nodes of " + command.from +
                               " are already verified elsewhere: " + fold_node_list(set->already)});
      return;
    }
    auto preparation = std::make_unique<Preparation>(++requests_, client, command, std::move(*set),
                                                     now.monotonic + config_.preflight_ms);
    const auto probe = [&](const std::string& name) {
      const ServiceNode* service_node = cluster_.directory.find(name);
      if (service_node == nullptr) return;
      std::vector<std::string> addresses;
      for (const auto& address : service_node->addresses) {
        addresses.push_back(address.address.to_string());
      }
      preparation->expect_probe(++requests_, name);
      effects_.push_back(Probe{requests_, name, std::move(addresses), config_.probe_ms});
    };
    probe(command.from);
    for (const auto& target : preparation->set.targets) probe(target);
    for (const auto& [name, member] : preparation->set.members) {
      const Presence* presence = fleet_.find(name);
      if (member.to.empty() || presence == nullptr || !presence->connected()) continue;
      preparation->expect_report(name);
      send(*presence->connection, wire::Preflight{preparation->request, member.from, member.to,
                                                  command.strict, command.stuck, config_.probe_ms});
    }
    preparations_.push_back(std::move(preparation));
  }

  void handle(ClientId client, const ConfirmCommand& command, Now now) {
    const auto found = std::find_if(preparations_.begin(), preparations_.end(), [&](const auto& p) {
      return p->client == client && p->asking;
    });
    if (found == preparations_.end()) {
      reply(client, RefusalAnswer{"there is no question to answer", "", 1});
      return;
    }
    const auto preparation = std::move(*found);
    preparations_.erase(found);
    if (!command.go) {
      // As everything that ends without a takeover although one was asked for.
      reply(client, RefusalAnswer{"nothing was changed", "", 3});
      return;
    }
    // The world may have moved while the question stood.
    if (now.monotonic - preparation->asked > kQuestionMs) {
      reply(client,
            RefusalAnswer{
                "the question stood for more than " + std::to_string(kQuestionMs / 1000) +
                    " s; what it showed may not be so any more",
                "snctl takeover " + preparation->command.from + " looks again and asks again", 3});
      return;
    }
    if (state_.freeze.frozen) {
      reply(client, RefusalAnswer{"the coordinator was frozen meanwhile", "snctl thaw", 3});
      return;
    }
    begin_as_shown(*preparation, now);
  }

  void handle(ClientId client, const StatusCommand&, Now now) { reply(client, status(now)); }

  void handle(ClientId client, const HistoryCommand&, Now) {
    HistoryAnswer answer;
    for (auto i = state_.takeovers.rbegin(); i != state_.takeovers.rend(); ++i) {
      answer.takeovers.push_back(i->second);
    }
    reply(client, std::move(answer));
  }

  void handle(ClientId client, const ShowCommand& command, Now now) {
    if (const Takeover* takeover = find_takeover(client, command.takeover)) {
      reply(client, answer_of(*takeover, now));
    }
  }

  void handle(ClientId client, const WatchCommand& command, Now now) {
    if (command.takeover.empty()) {
      watchers_.insert(client);
      return;
    }
    const Takeover* takeover = find_takeover(client, command.takeover);
    if (takeover == nullptr) return;
    const auto running = running_.find(takeover->number);
    reply(client, answer_of(*takeover, now), running == running_.end());
    if (running != running_.end()) running->second.followers.insert(client);
  }

  void handle(ClientId client, const FreezeCommand& command, Now now) {
    Freeze freeze{command.frozen, command.by, now.wall.unix_ms};
    if (freeze.frozen != state_.freeze.frozen) {
      state_.freeze = freeze;
      effects_.push_back(Store{PutFreeze{freeze}});
      publish(freeze.frozen ? event::kFrozen : event::kThawed, now, "", "", "", "by " + command.by);
    }
    if (!freeze.frozen) {
      std::vector<std::string> due;
      for (const auto& [name, row] : state_.rows) {
        if (row.state == RowState::released && row.verdict == Verdict::pending) due.push_back(name);
      }
      for (const auto& name : due) tell(name, now);
    }
    reply(client, DoneAnswer{freeze.frozen ? "frozen: nothing that changes a node is sent"
                                           : "thawed: sending goes on"});
  }

  void handle(ClientId client, const ClearServiceNodeCommand& command, Now now) {
    const auto found = state_.service_nodes.find(command.service_node);
    if (found == state_.service_nodes.end()) {
      reply(client, RefusalAnswer{"no service node is called " + command.service_node,
                                  "snctl status lists them", 3});
      return;
    }
    put(ServiceNodeRecord{found->first, ServiceNodeState::up, now.wall.unix_ms, {}});
    publish(event::kServiceNodeState, now, "", "", command.service_node, "up, by " + command.by);
    std::vector<std::string> held;
    for (const auto& [name, row] : state_.rows) {
      if (row.state == RowState::released && row.verdict == Verdict::pending &&
          intersects(row.from, {command.service_node}) && !may_converge(row)) {
        held.push_back(name);
      }
    }
    for (const auto& name : held) {
      const Row row = state_.rows.at(name);
      hold(row, command.service_node + " was cleared before this node moved to " + row.service_node,
           "snctl takeover " + command.service_node + " --planned --nodes " + name, now);
    }
    std::string text = command.service_node + " is marked up (it was not probed)";
    if (!held.empty()) {
      text += "; " + std::to_string(held.size()) +
              " held, they will not move by themselves: " + fold_node_list(held);
    }
    reply(client, DoneAnswer{std::move(text)});
  }

  void handle(ClientId client, const AddKeyCommand& command, Now now) {
    if (command.public_key.size() != kKeyLength) {
      reply(client, RefusalAnswer{"a public key has 40 characters, this one " +
                                      std::to_string(command.public_key.size()),
                                  "snagentd key, on the node, prints it", 1});
      return;
    }
    const auto used = keys_.find(command.public_key);
    if (used != keys_.end() && used->second != command.node) {
      reply(client, RefusalAnswer{"this key is already " + used->second + "'s",
                                  "snctl keys revoke " + used->second, 3});
      return;
    }
    if (!state_.rows.contains(command.node)) {
      reply(client, RefusalAnswer{"not in the inventory: " + command.node,
                                  "add it to cluster.toml and restart sncoordd", 3});
      return;
    }
    if (used == keys_.end()) {
      NodeKey key{command.node, command.public_key, now.wall.unix_ms};
      keys_[key.public_key] = key.node;
      state_.keys.push_back(key);
      effects_.push_back(Store{PutKey{std::move(key)}});
      publish(event::kKeyAdded, now, "", command.node, "", command.public_key);
    }
    reply(client, DoneAnswer{"enrolled " + command.node});
  }

  void handle(ClientId client, const ListKeysCommand&, Now) {
    reply(client, KeysAnswer{state_.keys});
  }

  void handle(ClientId client, const RevokeKeyCommand& command, Now now) {
    const auto count =
        std::erase_if(state_.keys, [&](const NodeKey& key) { return key.node == command.node; });
    if (count == 0) {
      reply(client, RefusalAnswer{command.node + " has no key", "snctl keys list", 3});
      return;
    }
    std::erase_if(keys_, [&](const auto& key) { return key.second == command.node; });
    effects_.push_back(Store{DropKeys{command.node}});
    if (const Presence* presence = fleet_.find(command.node);
        presence != nullptr && presence->connected()) {
      refuse(*presence->connection, "its key was revoked", "");
      fleet_.leave(ConnectionId(*presence->connection));
    }
    publish(event::kKeyRevoked, now, "", command.node, "", "");
    reply(client, DoneAnswer{"revoked " + std::to_string(count) + " key of " + command.node});
  }

  // ---------------------------------------------------------------- takeover

  void on_plan_report(const std::string& node, const wire::PlanReport& report, Now now) {
    for (auto& preparation : preparations_) {
      if (preparation->request == report.request) preparation->report(node, report);
    }
    decide_complete(now);
  }

  void decide_complete(Now now) {
    std::vector<std::unique_ptr<Preparation>> ready;
    for (auto& preparation : preparations_) {
      if (!preparation->asking &&
          (preparation->complete() || preparation->deadline() <= now.monotonic)) {
        ready.push_back(std::move(preparation));
      }
    }
    std::erase(preparations_, nullptr);
    for (auto& preparation : ready) decide(std::move(preparation), now);
  }

  void decide(std::unique_ptr<Preparation> preparation, Now now) {
    const TakeoverCommand& command = preparation->command;
    if (command.dry_run) {
      reply(preparation->client, preparation->plan(state_, fleet_));
      return;
    }
    if (auto refusal = preparation->refusal()) {
      reply(preparation->client, std::move(*refusal));
      return;
    }
    if (command.confirm) {
      PlanAnswer plan = preparation->plan(state_, fleet_);
      plan.asks = true;
      reply(preparation->client, std::move(plan), false);
      preparation->asking = true;
      preparation->asked = now.monotonic;
      preparations_.push_back(std::move(preparation));
      return;
    }
    begin_as_shown(*preparation, now);
  }

  // Another takeover may have been decided meanwhile: nobody is moved that was not looked at, and
  // nobody anywhere but where it was shown to go.
  void begin_as_shown(const Preparation& preparation, Now now) {
    const TakeoverCommand& command = preparation.command;
    const auto set = resolve_node_set(state_, cluster_, command, naming(command.from));
    if (!set) {
      reply(preparation.client, RefusalAnswer{set.error().why, set.error().cure, 3});
    } else if (set->members.empty()) {
      reply(preparation.client, DoneAnswer{"nothing left to do: every node arrived meanwhile"});
    } else if (!preparation.covers(*set)) {
      reply(preparation.client, RefusalAnswer{"the table changed since the plan was made",
                                              "snctl plan " + command.from, 3});
    } else {
      begin(preparation.client, command, *set, now);
    }
  }

  // Nodes whose own last word is that they name this service node.
  [[nodiscard]] std::set<std::string> naming(const std::string& service_node) const {
    std::set<std::string> nodes;
    for (const auto& [name, presence] : fleet_.all()) {
      if (presence.references_to(service_node) > 0) nodes.insert(name);
    }
    return nodes;
  }

  uint64_t new_generation(Now now) {
    const auto floor = static_cast<uint64_t>(std::max<int64_t>(now.wall.unix_ms, 0));
    state_.last_generation =
        std::max({state_.last_generation + 1, fleet_.highest_generation() + 1, floor});
    effects_.push_back(Store{PutGeneration{state_.last_generation}});
    return state_.last_generation;
  }

  // The one transaction: rows, service node state and takeover become durable together, and only
  // then is anything said.
  void begin(ClientId client, const TakeoverCommand& command, const NodeSet& set, Now now) {
    const uint64_t generation = new_generation(now);
    Takeover takeover;
    takeover.number = state_.takeovers.empty() ? 1 : state_.takeovers.rbegin()->first + 1;
    takeover.from = command.from;
    takeover.planned = command.planned;
    takeover.strict = command.strict;
    takeover.stuck = command.stuck;
    takeover.by = command.by;
    takeover.started_unix_ms = now.wall.unix_ms;
    takeover.timeout_ms = command.timeout_ms;
    takeover.strays = find_strays(state_, fleet_, command.from, set);
    const uint64_t number = takeover.number;
    const std::string id = takeover.id();

    Running running;
    running.deadline = now.monotonic + command.timeout_ms;
    running.followers.insert(client);
    // Lately there: connected, or lost so recently that it may be on its way over another path.
    const int64_t lately_ms = int64_t{config_.beat_interval_ms} * 4;
    for (const auto& [name, member] : set.members) {
      Row row = state_.rows.at(name);
      TakeoverNode node;
      node.node = name;
      node.previous = row.service_node;
      node.to = member.to;
      node.from = member.from;
      const Presence* presence = fleet_.find(name);
      if (member.to.empty()) {
        node.verdict = Verdict::blocked;
        node.reason = member.refusal;
        node.cure = member.cure;
        node.ended_unix_ms = now.wall.unix_ms;
        takeover.nodes.emplace(name, std::move(node));
        continue;
      }
      supersede(row, id, now);
      row.from = member.from;
      row.takeover = id;
      row.planned = command.planned;
      row.strict = command.strict;
      row.stuck = command.stuck;
      row.reason.clear();
      row.cure.clear();
      const auto bound = presence == nullptr ? std::vector<std::string>{} : presence->bound_to();
      auto known = member.from;
      known.push_back(member.to);
      if (!bound.empty() && !intersects(bound, known)) {
        row.state = RowState::held;
        row.verdict = Verdict::held;
        row.reason = "it reports " + join(bound) + ", the table says " + node.previous;
        row.cure = repair_of(bound.front(), name) + ", or leave it";
        node.verdict = row.verdict;
        node.reason = row.reason;
        node.cure = row.cure;
      } else {
        row.service_node = member.to;
        row.generation = generation;
        row.state = RowState::released;
        row.verdict = Verdict::pending;
        node.generation = generation;
        if (presence != nullptr &&
            (presence->connected() || now.monotonic - presence->heard <= lately_ms)) {
          running.waiting.insert(name);
        } else {
          node.reason = presence == nullptr ? "never seen" : "down";
        }
      }
      put(std::move(row));
      takeover.nodes.emplace(name, std::move(node));
    }
    put_header(takeover);
    for (const auto& [name, node] : takeover.nodes) put(number, node);

    // A drill with a few nodes says nothing about the whole service node.
    if (!command.planned || command.nodes.empty()) {
      put(ServiceNodeRecord{
          command.from, command.planned ? ServiceNodeState::maintenance : ServiceNodeState::failed,
          now.wall.unix_ms, id});
      publish(event::kServiceNodeState, now, id, "", command.from,
              command.planned ? "maintenance" : "failed");
    }
    const auto [stored, fresh] = state_.takeovers.emplace(number, std::move(takeover));
    running_.emplace(number, std::move(running));
    publish(event::kTakeoverStarted, now, id, "", command.from,
            std::to_string(set.members.size()) + " nodes, by " + command.by);
    reply(client, answer_of(stored->second, now), false);
    for (const auto& [name, member] : set.members) tell(name, now);
    for (const auto& [older, name] : std::exchange(superseded_, {})) settled(older, name, now);
    finish_if_settled(number, now);
  }

  // The node now belongs to a newer takeover: the older one, if it still runs, is not to wait for
  // it.
  void supersede(const Row& row, const std::string& by, Now now) {
    Takeover* older = takeover_of(row);
    if (older == nullptr || older->state != TakeoverState::running) return;
    TakeoverNode& node = older->nodes[row.node];
    if (is_final(node.verdict)) return;
    node.verdict = Verdict::held;
    node.reason = "taken over by " + by;
    node.cure = "snctl show " + by;
    node.ended_unix_ms = now.wall.unix_ms;
    put(older->number, node);
    superseded_.emplace_back(older->number, row.node);
  }

  // A node of a running takeover reached its verdict.
  void settled(uint64_t number, const std::string& node, Now now) {
    const auto found = running_.find(number);
    if (found == running_.end()) return;
    Running& running = found->second;
    running.waiting.erase(node);
    if (!running.progress_owed) {
      running.progress_owed = true;
      running.progress_due = std::max(running.progress_due, now.monotonic);
    }
    if (running.progress_due <= now.monotonic) say_progress(number, running, now);
    finish_if_settled(number, now);
  }

  // Something is to be seen of a node that is waited for.
  void owe_progress(const std::string& node, Now now) {
    for (auto& [number, running] : running_) {
      if (!running.waiting.contains(node) || running.progress_owed) continue;
      running.progress_owed = true;
      running.progress_due = std::max(running.progress_due, now.monotonic);
    }
  }

  void say_progress(uint64_t number, Running& running, Now now) {
    running.progress_owed = false;
    running.progress_due = now.monotonic + kProgressMs;
    if (running.followers.empty()) return;
    const Takeover& takeover = state_.takeovers.at(number);
    ProgressAnswer progress;
    progress.takeover = takeover.id();
    progress.of = takeover.nodes.size();
    for (const auto& [name, node] : takeover.nodes) {
      if (is_final(node.verdict)) {
        ++progress.done;
      } else if (!running.waiting.contains(name)) {
        ++progress.offline;
      } else if (const Presence* presence = fleet_.find(name);
                 presence != nullptr && presence->waits() && ++progress.delayed == 1) {
        progress.delay = name + " " + presence->at_work(now.monotonic);
      }
    }
    for (const ClientId follower : running.followers) reply(follower, progress, false);
  }

  void finish_if_settled(uint64_t number, Now now) {
    const auto found = running_.find(number);
    if (found != running_.end() && found->second.waiting.empty()) finish(number, now);
  }

  void finish(uint64_t number, Now now) {
    const auto found = running_.find(number);
    if (found == running_.end()) return;
    const Running running = std::move(found->second);
    running_.erase(found);
    Takeover& takeover = state_.takeovers.at(number);
    takeover.state = TakeoverState::finished;
    takeover.finished_unix_ms = now.wall.unix_ms;
    for (auto& [name, node] : takeover.nodes) {
      if (is_final(node.verdict)) continue;
      const Presence* presence = fleet_.find(name);
      if (presence == nullptr) {
        node.reason = "never seen; moves when it connects";
      } else if (!presence->connected()) {
        node.reason = "down; moves when it connects";
      } else if (state_.freeze.frozen) {
        node.reason = "not told: frozen";
        node.cure = "snctl thaw";
      } else if (!presence->busy.empty()) {
        node.reason = "still at it: " + presence->at_work(now.monotonic);
        node.cure = "snctl show " + takeover.id();
      } else {
        node.reason = "told, no answer yet";
        node.cure = "snctl show " + takeover.id();
      }
      put(number, node);
    }
    put_header(takeover);
    const int code = exit_code_of(takeover);
    publish(event::kTakeoverFinished, now, takeover.id(), "", takeover.from,
            "exit " + std::to_string(code));
    for (const ClientId follower : running.followers) reply(follower, answer_of(takeover, now));
  }

  // ---------------------------------------------------------------- answers

  const Takeover* find_takeover(ClientId client, const std::string& id) {
    for (const auto& [number, takeover] : state_.takeovers) {
      if (takeover.id() == id) return &takeover;
    }
    reply(client, RefusalAnswer{"no takeover is called " + id, "snctl history lists them", 1});
    return nullptr;
  }

  [[nodiscard]] TakeoverAnswer answer_of(const Takeover& takeover, Now now) const {
    TakeoverAnswer answer{takeover, state_.freeze.frozen, exit_code_of(takeover)};
    if (takeover.state != TakeoverState::running) return answer;
    for (auto& [name, node] : answer.takeover.nodes) {
      const Presence* presence = fleet_.find(name);
      if (is_final(node.verdict) || presence == nullptr || presence->busy.empty()) continue;
      node.reason = "now " + presence->at_work(now.monotonic);
    }
    return answer;
  }

  // What moves one node away from a service node that it should not name.
  [[nodiscard]] std::string repair_of(const std::string& service_node,
                                      const std::string& node) const {
    return "snctl takeover " + service_node + " --nodes " + node +
           (left_behind(service_node) ? "" : " --planned");
  }

  [[nodiscard]] NodeStatus status_of(const Row& row, Now now) const {
    NodeStatus status;
    status.row = row;
    const Presence* presence = fleet_.find(row.node);
    if (presence == nullptr) return status;
    status.connected = presence->connected();
    status.ever_seen = true;
    status.seen_unix_ms = presence->heard_wall.unix_ms;
    status.path = presence->hello.path;
    status.mode = presence->hello.mode;
    status.version = presence->hello.version;
    status.busy = presence->at_work(now.monotonic);
    status.bindings = presence->bindings;
    status.mounts = presence->mounts;
    status.servers = nfs_servers_.of(row.node);
    const auto bound = presence->bound_to();
    const auto notice = [&](std::string text, std::string cure) {
      status.notice = std::move(text);
      status.notice_cure = std::move(cure);
    };
    const auto stale = std::find_if(bound.begin(), bound.end(), [&](const std::string& name) {
      return name != row.service_node && left_behind(name);
    });
    if (row.verdict == Verdict::verified && stale != bound.end()) {
      notice("names " + *stale + " again, " + std::to_string(presence->references_to(*stale)) +
                 " references" + (presence->drift.empty() ? "" : ": " + presence->drift),
             repair_of(*stale, row.node));
    } else if (!presence->drift.empty()) {
      notice("DRIFT " + presence->drift, "find out who writes it; it is shown, not corrected");
    } else if (row.verdict != Verdict::pending && row.verdict != Verdict::partly &&
               row.verdict != Verdict::blocked && !bound.empty() &&
               !intersects(bound, {row.service_node})) {
      notice("reports " + join(bound) + ", the table says " + row.service_node,
             "shown, not corrected: " + repair_of(bound.front(), row.node) +
                 ", or correct cluster.toml");
    } else if (presence->hello.directory_digest != directory_digest_) {
      notice("its directory of service nodes differs from cluster.toml here",
             "copy cluster.toml to /etc/snagent/cluster.toml on the node");
    } else if (presence->hello.mode != "act") {
      notice("observe mode: it would refuse a takeover",
             "set mode = \"act\" in /etc/snagent/agent.toml");
    }
    return status;
  }

  // A node counts once for a service node, however many of its addresses it uses.
  static void count_sightings(const std::vector<NodeStatus>& nodes,
                              std::map<std::string, ServiceNodeStatus>& by_name) {
    for (const auto& node : nodes) {
      if (!node.connected) continue;
      std::map<std::string, bool> alive;  // by owner
      for (const auto& server : node.servers) {
        if (server.state == ServerState::unknown || !by_name.contains(server.owner)) continue;
        alive[server.owner] |=
            server.state == ServerState::answering || server.state == ServerState::slow;
      }
      for (const auto& [owner, answers] : alive) {
        ServiceNodeStatus& sn = by_name.at(owner);
        ++sn.asked_by;
        if (answers) ++sn.alive_by;
      }
    }
  }

  [[nodiscard]] StatusAnswer status(Now now) const {
    StatusAnswer answer;
    answer.now_unix_ms = now.wall.unix_ms;
    answer.up_since_unix_ms = up_since_.unix_ms;
    answer.freeze = state_.freeze;
    answer.feed_serial = feed_serial_;
    answer.feed_epoch = config_.feed_epoch;
    std::map<std::string, ServiceNodeStatus> by_name;
    for (const auto& [name, record] : state_.service_nodes) by_name[name].record = record;
    for (const auto& [name, row] : state_.rows) {
      answer.nodes.push_back(status_of(row, now));
      ServiceNodeStatus& sn = by_name[row.service_node];
      sn.record.name = row.service_node;
      ++sn.nodes;
      switch (row.verdict) {
        case Verdict::none:
          // Never moved: as good as verified if the node itself says that it is where it belongs.
          if (const auto* presence = fleet_.find(name);
              presence != nullptr && presence->references_to(row.service_node) > 0) {
            ++sn.verified;
          }
          break;
        case Verdict::verified:
          ++sn.verified;
          break;
        case Verdict::partly:
          ++sn.partly;
          break;
        case Verdict::blocked:
          ++sn.blocked;
          break;
        case Verdict::failed:
          ++sn.failed;
          break;
        case Verdict::pending:
          ++sn.pending;
          break;
        case Verdict::held:
          ++sn.held;
          break;
      }
    }
    answer.nfs_servers = nfs_servers_.status(fleet_);
    for (const auto& server : answer.nfs_servers) {
      const auto sn = by_name.find(server.owner);
      if (sn != by_name.end()) sn->second.here = std::max(sn->second.here, server.here);
    }
    count_sightings(answer.nodes, by_name);
    for (auto& [name, sn] : by_name) answer.service_nodes.push_back(std::move(sn));
    if (!state_.takeovers.empty()) answer.last = state_.takeovers.rbegin()->second;
    return answer;
  }

  const Config config_;
  const Cluster cluster_;
  State state_;
  std::string directory_digest_;
  std::map<std::string, std::string> keys_;  // public key -> node
  Fleet fleet_;
  NfsServers nfs_servers_;
  std::map<uint64_t, Running> running_;
  std::vector<std::unique_ptr<Preparation>> preparations_;
  std::set<ClientId> watchers_;
  std::vector<std::pair<uint64_t, std::string>> superseded_;  // during begin()
  uint64_t requests_ = 0;
  uint64_t feed_serial_ = 0;
  WallTime up_since_;
  MonotonicTime next_scan_;
  Effects effects_;
};

Core::Core(Config config, Cluster cluster, State state)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(cluster), std::move(state))) {}
Core::~Core() = default;

Effects Core::start(Now now) {
  impl_->start(now);
  return impl_->take();
}
Effects Core::on_message(const ConnectionId& connection, const std::string& public_key,
                         const wire::Message& message, Now now) {
  impl_->on_message(connection, public_key, message, now);
  return impl_->take();
}
Effects Core::on_send_failed(const ConnectionId& connection, Now now) {
  impl_->on_send_failed(connection, now);
  return impl_->take();
}
Effects Core::on_probe(uint64_t request, bool alive, const std::string& evidence, Now now) {
  impl_->on_probe(request, alive, evidence, now);
  return impl_->take();
}
Effects Core::on_ping(uint64_t request, bool answered, const std::string& evidence, Now now) {
  impl_->on_ping(request, answered, evidence, now);
  return impl_->take();
}
Effects Core::on_command(ClientId client, const Command& command, Now now) {
  impl_->on_command(client, command, now);
  return impl_->take();
}
Effects Core::on_client_gone(ClientId client, Now) {
  impl_->on_client_gone(client);
  return impl_->take();
}
Effects Core::tick(Now now) {
  impl_->tick(now);
  return impl_->take();
}
MonotonicTime Core::next_tick() const { return impl_->next_tick(); }
const std::map<std::string, std::string>& Core::keys() const { return impl_->keys(); }
const State& Core::state() const { return impl_->state(); }

}  // namespace sn::coordinator
