#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "common/wire/codec.h"
#include "coordinator/core/names.h"
#include "coordinator/store/apply.h"

namespace sn::sim {

using namespace coordinator;

namespace {

// Often enough that each seed folds, and seldom enough that there is something to fold.
constexpr size_t kCommitsAFold = 7;
// The log doubles what a seed takes.
constexpr uint64_t kSeedsALog = 4;
// In which several coordinators share a log; in the others each has a file of its own after the
// other.
constexpr uint64_t kSeedsAShare = 3;

constexpr int64_t kTroubleMs = 30 * 60 * 1'000;
// In one seed of as many somebody has sessions, and says what it likes to their executors.
constexpr uint64_t kSeedsAThief = 3;
constexpr int64_t kMisuseMs = 20'000;
// In which one node is hostile: in those where the thief is none.
constexpr uint64_t kHostileOfThree = 1;
constexpr int64_t kIllMs = 10'000;
constexpr uint64_t kMostIllWords = 20;  // at a time
constexpr size_t kMostOverheard = 200;
// The longest wait of a node that has tried in vain (session_core.h) and what follows, some times.
constexpr int64_t kCalmMs = 20 * 60 * 1'000;
// Time for the timeout of a takeover, and room for the last one's within the calm.
constexpr int64_t kLastTakeoverMs = 60 * 1'000;
constexpr int kResumes = 5;
constexpr int64_t kResumeMs = 2 * 60 * 1'000;
// What a coordinator that has just started needs to see a service node that lives.
constexpr int64_t kToSeeItMs = 10 * 1'000;
// An engine that is slow has answers outstanding whenever one looks.
constexpr int64_t kLastAnswersMs = 10 * 1'000;
constexpr int64_t kWallStart = 1'790'000'000'000;
const char* const kDirect = "tcp://10.1.1.1:7400";

std::string key_of(const std::string& node) {
  std::string key = "key-" + node;
  key.resize(40, '.');
  return key;
}

// For a trace: what matters of a message.
std::string words_of(const wire::ToCoordinator& message) {
  if (const auto* hello = std::get_if<wire::Hello>(&message)) {
    std::string text = "hello " + std::to_string(hello->generation) + " bound";
    for (const auto& binding : hello->bindings) {
      text += " " + binding.service_node + "=" + std::to_string(binding.references);
    }
    return text;
  }
  if (const auto* report = std::get_if<wire::OutcomeReport>(&message)) {
    return "outcome " + std::to_string(report->outcome.generation) + " " +
           std::string(to_string(report->outcome.verdict));
  }
  return "message " + std::to_string(message.index());
}

std::string words_of(const wire::ToAgent& message) {
  const auto* order = std::get_if<wire::SignedOrder>(&message);
  const auto says = order ? orders::content_of(*order) : Result<wire::Order>();
  const auto* rebind = order && says ? std::get_if<wire::Rebind>(&says->what) : nullptr;
  if (rebind != nullptr) {
    return "rebind " + std::to_string(rebind->generation) + " from " + join(rebind->from) + " to " +
           rebind->to;
  }
  return "message " + std::to_string(message.index());
}

// A batch without an engine's delays.
void keep_bytes(Engine& engine, const std::vector<StoreChange>& batch) {
  struct Deaf final : Engine::Listener {
    void on_committed() override {}
    void on_fenced(const Error&) override {}
  } deaf;
  engine.begin(batch, deaf);
}

std::string number(size_t n) {
  const std::string digits = std::to_string(n);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

}  // namespace

World::World(uint64_t seed, std::string traced) : traced_(std::move(traced)), random_(seed) {
  if (seed % kSeedsAThief == 0) thief_.emplace(~seed);
  report_.seed = seed;
  laws_.set_clock(&schedule_);
  for (int i = 1; i <= 3; ++i) {
    const std::string name = "SN" + std::to_string(i) + "P";
    service_nodes_.push_back(name);
    cluster_.directory.service_nodes.push_back(
        {name,
         {"sn" + std::to_string(i)},
         {*NetworkAddress::parse("10.1.1.10" + std::to_string(i) + "/24")},
         ""});
  }
  // Most runs are small, so that many fit; some are hundreds of nodes.
  const size_t count = random_.chance(100) ? 100 + random_.below(300) : 3 + random_.below(30);
  loss_ = random_.chance(500) ? random_.below(100) : 0;
  doubling_ = random_.chance(500) ? random_.below(100) : 0;
  delay_ms_ = random_.chance(300) ? random_.between(1, 2'000) : random_.between(1, 20);
  dies_in_a_batch_ = random_.chance(400) ? random_.below(8) : 0;
  if (seed % kSeedsAShare == 0) {
    pace_ = {false, random_.chance(300) ? random_.between(10, 400) : random_.between(1, 10),
             random_.below(50)};
  }
  Mishaps mishaps;
  if (random_.chance(700)) {
    mishaps = {random_.below(150), random_.below(150), random_.below(100), random_.below(250),
               random_.below(600), random_.below(500), random_.below(300)};
  }
  SimNode::World around;
  around.connect = [this](const std::string& node, const std::string& endpoint) {
    return connect(node, endpoint);
  };
  around.accepts = [this](const std::string& connection) { return accepts(connection); };
  around.send = [this](const std::string& connection, const wire::ToCoordinator& message) {
    to_coordinator(connection, message);
  };
  around.look = [this](const std::string& name, const std::vector<ServicePort>& services) {
    return service_nodes_now_.look(name, services);
  };
  around.log = [this](const std::string& node, const std::string& line) { tell(node, line); };
  around.service_nodes = service_nodes_;
  around.order_key = order_key_.public_key();
  for (size_t i = 1; i <= count; ++i) {
    const std::string name = "cn" + number(i);
    const size_t first = random_.below(service_nodes_.size());
    const size_t second = (first + 1 + random_.below(2)) % service_nodes_.size();
    cluster_.nodes[name] = {service_nodes_[first], service_nodes_[second]};
    durable_.keys.push_back({name, key_of(name), 0});
    // Direct, then by the forwarders of its own two.
    nodes_.push_back(std::make_unique<SimNode>(
        name, service_nodes_[first],
        std::vector<std::string>{kDirect, "tcp://" + service_nodes_[first] + ":7400",
                                 "tcp://" + service_nodes_[second] + ":7400"},
        random_.chance(500), schedule_, random_, laws_, around));
    nodes_.back()->set_mishaps(mishaps);
    by_name_[name] = nodes_.back().get();
  }
  report_.nodes = count;
  if (seed % kSeedsAThief != kHostileOfThree) return;
  std::vector<std::string> names;
  for (const auto& [name, node] : by_name_) names.push_back(name);
  Random chance(~seed);
  const std::string whose = chance.one_of(names);
  by_name_.at(whose)->give_away();
  laws_.distrust(whose);
  hostile_ = std::make_unique<HostileNode>(whose, std::move(names), service_nodes_, chance.next());
}

World::~World() = default;

Report World::run() {
  start_coordinator();
  for (auto& node : nodes_) {
    if (random_.chance(950)) node->power_on();
  }
  plan_trouble();
  look_at_status();
  const MonotonicTime trouble_ends = schedule_.now() + kTroubleMs;
  schedule_.run_until(trouble_ends, [] {});
  calm();
  schedule_.run_until(trouble_ends + kCalmMs, [] {});
  // Nobody asks any more; what was asked is answered.
  over_ = true;
  schedule_.run_until(schedule_.now() + kLastAnswersMs, [] {});
  std::map<std::string, std::map<std::string, uint32_t>> references;
  for (const auto& node : nodes_) {
    // What a reboot brought back is shown and not corrected, unless it is of a dead one.
    const bool shown_only =
        node->forgot_its_changes() &&
        std::none_of(node->references().begin(), node->references().end(), [&](const auto& one) {
          return one.second > 0 && left_behind(durable_, one.first);
        });
    if (node->on() && !shown_only) references[node->name()] = node->references();
  }
  std::set<std::string> off;
  for (const auto& node : nodes_) {
    if (!node->on()) off.insert(node->name());
  }
  if (const Coordinator* led_by = leader(); led_by != nullptr && led_by->batches->idle()) {
    laws_.believes(led_by->core->state(), durable_);
  }
  std::map<std::string, int64_t> whole_for;
  for (const auto& name : service_nodes_) whole_for[name] = service_nodes_now_.whole_for(name);
  laws_.at_the_end(durable_, references, off);
  laws_.asks_again_what_was_not_ready(durable_, whole_for, off, now().wall.unix_ms,
                                      calm_since_.ms + kWallStart);
  report_.simulated_ms = kTroubleMs + kCalmMs;
  report_.deeds = schedule_.done();
  report_.takeovers = durable_.takeovers.size();
  for (const NodeRecord* node : table_of(durable_)) {
    note(node->node + std::to_string(node->generation()));
  }
  report_.breach = laws_.breach();
  if (!report_.breach && !waiting_.empty()) {
    report_.breach = "every command is answered: " + std::to_string(waiting_.size()) + " are not";
  }
  return report_;
}

void World::note(uint64_t word) { report_.digest = (report_.digest ^ word) * 0x100000001B3; }
void World::note(const std::string& text) {
  for (const char c : text) note(static_cast<uint64_t>(static_cast<unsigned char>(c)));
}

void World::tell(const std::string& node, const std::string& what) const {
  if (node != traced_ || traced_.empty()) return;
  std::printf("%9lld ms  %s\n", static_cast<long long>(schedule_.now().ms), what.c_str());
}

// ---------------------------------------------------------------- the network

std::string World::connect(const std::string& node, const std::string& endpoint) {
  const bool hostile = hostile_ && hostile_->name() == node;
  const std::string old = hostile ? hostile_->connection : by_name_.at(node)->connection();
  connections_.erase(old);
  const std::string id = node + "#" + std::to_string(++connection_count_);
  Connection connection{node, "", coordinators_};
  if (endpoint != kDirect) {
    connection.through = endpoint.substr(6, endpoint.rfind(':') - 6);
    // A forwarder may still lead to who led before.
    if (alive_.size() > 1 && random_.chance(500)) connection.coordinator = alive_.begin()->first;
  }
  connections_.emplace(id, std::move(connection));
  return id;
}

bool World::carries(const std::string& connection, bool up) const {
  const auto found = connections_.find(connection);
  if (found == connections_.end() || !alive_.contains(found->second.coordinator)) return false;
  if (!found->second.through.empty() && service_nodes_now_.dead(found->second.through))
    return false;
  const auto partition = partitions_.find(found->second.node);
  if (partition == partitions_.end()) return true;
  return up ? !partition->second.up : !partition->second.down;
}

bool World::accepts(const std::string& connection) const {
  return carries(connection, true) && carries(connection, false);
}

template <class Deliver>
void World::through_the_network(bool blocked, const Deliver& deliver) {
  if (blocked) return;
  if (!calm_ && random_.chance(loss_)) {
    ++report_.faults;
    return;
  }
  const int copies = !calm_ && random_.chance(doubling_) ? 2 : 1;
  if (copies == 2) ++report_.faults;
  // Each takes its own time, so that they overtake each other.
  for (int i = 0; i < copies; ++i) schedule_.in(random_.between(0, delay_ms_), deliver);
}

void World::to_coordinator(const std::string& connection, const wire::ToCoordinator& message) {
  through_the_network(!carries(connection, true), [this, connection, message] {
    const auto found = connections_.find(connection);
    if (found == connections_.end()) return;
    by(found->second.coordinator,
       [this, connection, node = found->second.node, message](Coordinator& coordinator) {
         note(message.index());
         tell(node, "says " + words_of(message));
         carry_out(coordinator,
                   coordinator.core->on_message(connection, key_of(node), message, now()));
       });
  });
}

void World::to_node(uint64_t coordinator, const std::string& connection,
                    const wire::ToAgent& message) {
  const auto known = connections_.find(connection);
  if (known == connections_.end()) {
    // The ROUTER knows that nobody is there any more.
    schedule_.in(0, [this, connection, coordinator] {
      by(coordinator, [this, connection](Coordinator& one) {
        carry_out(one, one.core->on_send_failed(connection, now()));
      });
    });
    return;
  }
  through_the_network(!carries(connection, false), [this, connection, message] {
    const auto found = connections_.find(connection);
    if (found == connections_.end()) return;
    note(message.index() + 100);
    tell(found->second.node, "hears " + words_of(message));
    if (hostile_ && hostile_->name() == found->second.node) return hostile_->hear(message);
    by_name_.at(found->second.node)->hear(connection, message);
  });
}

// ---------------------------------------------------------------- the coordinator

coordinator::Now World::now() const { return {schedule_.now(), {kWallStart + schedule_.now().ms}}; }

World::Coordinator* World::leader() {
  const auto found = alive_.find(coordinators_);
  return found == alive_.end() ? nullptr : found->second.get();
}

void World::by(uint64_t number, std::function<void(Coordinator&)> deed) {
  const auto found = alive_.find(number);
  if (found == alive_.end()) return;
  if (!found->second->stands_still) return deed(*found->second);
  found->second->meanwhile.emplace_back(
      [this, number, deed = std::move(deed)] { by(number, deed); });
}

void World::start_coordinator() {
  if (const Coordinator* led_by = leader(); led_by != nullptr && !led_by->stands_still) return;
  auto started = std::make_shared<Coordinator>();
  Coordinator& one = *started;
  one.number = ++coordinators_;
  one.since = schedule_.now();
  one.engine = std::make_unique<SharedLogEngine>(
      shared_log_, pace_, schedule_, random_, [this, number = one.number](Schedule::Deed deed) {
        by(number, [this, deed = std::move(deed)](Coordinator& heard) {
          deed();
          // Its words are said, and it may have learnt that it was replaced.
          carry_out(heard, {});
        });
      });
  if (bytes_ == nullptr && report_.seed % kSeedsALog == 0) bytes_ = make_memory_engine(durable_);
  if (bytes_ != nullptr) {
    const auto replayed = bytes_->load();
    laws_.replays(replayed ? &*replayed : nullptr, durable_);
  }
  claimed_ = schedule_.now();
  Config config;
  config.feed_epoch = "epoch-" + std::to_string(coordinators_);
  one.core = std::make_unique<Core>(std::move(config), *one.engine->claim(now().wall));
  one.batches = std::make_unique<Batches>(
      *one.engine, [this, &one](Effects& batch) { speak(one, batch); },
      [this] { return schedule_.now(); });
  alive_[one.number] = std::move(started);
  carry_out(one, one.core->start(cluster_, now()));
}

void World::bury(Coordinator& dead) {
  const auto found = alive_.find(dead.number);
  if (found == alive_.end()) return;
  // It may be at it just now.
  schedule_.in(0, [grave = std::move(found->second)] { (void)grave; });
  alive_.erase(found);
  std::erase_if(waiting_, [&](const auto& client) { return client.second == dead.number; });
  // Its end is seen by most.
  for (const auto& [id, connection] : connections_) {
    if (connection.coordinator != dead.number || !random_.chance(800)) continue;
    schedule_.in(random_.between(0, 200), [this, id = id, node = connection.node] {
      by_name_.at(node)->connection_lost(id);
    });
  }
}

void World::crash_coordinator() {
  if (leader() == nullptr) return;
  ++report_.faults;
  bury(*leader());
  if (!calm_ && backup_ && alive_.empty() && random_.chance(100)) {  // restored, and old
    durable_ = *backup_;
    // What its predecessors have sent and is still on its way is another log's.
    durable_.epoch = next_epoch(durable_, now().wall);
    bytes_.reset();
  }
  schedule_.in(calm_ ? 500 : random_.between(500, 60'000), [this] { start_coordinator(); });
}

void World::replace_coordinator() {
  Coordinator* const led_by = leader();
  if (pace_.at_once || led_by == nullptr || led_by->stands_still) return;
  led_by->stands_still = true;
  schedule_.in(random_.between(0, 3'000), [this] { start_coordinator(); });
  schedule_.in(random_.between(0, 20'000), [this, number = led_by->number] { go_on(number); });
}

void World::go_on(uint64_t number) {
  const auto found = alive_.find(number);
  if (found == alive_.end()) return;
  found->second->stands_still = false;
  for (auto& deed : std::exchange(found->second->meanwhile, {})) deed();
}

void World::commit(const std::vector<StoreChange>& batch) {
  // An order that was decided before the freeze, in the same batch, is said before it is answered.
  frozen_before_ = durable_.freeze.frozen;
  released_.clear();
  // Copied where the law asks for it only: a state of hundreds of nodes is large.
  const bool aborts = std::any_of(batch.begin(), batch.end(), [](const StoreChange& change) {
    const auto* put = std::get_if<PutTakeover>(&change);
    return put != nullptr && put->header.state == TakeoverState::aborted;
  });
  const State before = aborts ? durable_ : State{};
  std::map<uint64_t, TakeoverState> takeovers;
  for (const auto& [number, takeover] : durable_.takeovers) takeovers[number] = takeover.state;
  for (const auto& change : batch) {
    laws_.keeps(change);
    apply(change, durable_);
    const auto* freeze = std::get_if<PutFreeze>(&change);
    frozen_before_ = frozen_before_ && (freeze == nullptr || freeze->freeze.frozen);
    // As it was when that was decided: more may follow in the batch.
    if (const auto* header = std::get_if<PutTakeover>(&change)) {
      judge_takeovers(takeovers);
      takeovers[header->header.number] = header->header.state;
    }
    if (const auto* put = std::get_if<PutAssignment>(&change)) {
      const Assignment& kept = put->assignment;
      if (kept.state == AssignmentState::released) released_.insert({kept.node, kept.generation});
      tell(kept.node, "assignment " + std::to_string(kept.serial) + " of " + takeover_id_of(kept) +
                          ": " + std::string(to_string(kept.state)) + " " + kept.to + " " +
                          std::to_string(kept.generation) + " from " + join(kept.from) + " " +
                          std::string(to_string(kept.verdict)) + " " + text_of(kept.reason));
      ++report_.verdicts;
    }
    note(change.index() + 200);
  }
  if (bytes_ != nullptr) {
    keep_bytes(*bytes_, batch);
    if (++commits_ % kCommitsAFold == 0) (void)bytes_->fold();
  }
  if (aborts) laws_.commits(before, durable_);
}

// Decide, persist, then speak; it may die before, in between and in the middle of speaking.
void World::carry_out(Coordinator& by, Effects effects) {
  const bool dies = !calm_ && !effects.empty() && random_.chance(dies_in_a_batch_);
  if (dies) by.words_left = random_.below(effects.size() + 2);
  if (by.words_left == 0) return by.number == coordinators_ ? crash_coordinator() : bury(by);
  by.batches->add(std::move(effects));
  by.batches->flush();
  if (by.batches->fenced()) return bury(by);
  if (by.words_left == 0) return by.number == coordinators_ ? crash_coordinator() : bury(by);
  tick_when_due(by);
}

void World::speak(Coordinator& by, Effects& batch) {
  std::vector<wire::Order> orders;
  for (const auto& effect : batch) {
    if (const auto* order = std::get_if<Order>(&effect)) orders.push_back(order->order);
  }
  const auto signed_orders = orders::sign(order_key_, orders);
  if (thief_) overhear(signed_orders);
  auto next = signed_orders.begin();
  for (auto& effect : batch) {
    const bool is_order = std::holds_alternative<Order>(effect);
    speak(by, effect, is_order ? *next++ : wire::SignedOrder{});
  }
}

void World::speak(Coordinator& by, Effect& effect, const wire::SignedOrder& signed_order) {
  if (by.words_left != SIZE_MAX && (by.words_left == 0 || --by.words_left == 0)) return;
  if (std::visit([](const auto& one) { return one.kNeeds; }, effect) == Needs::to_lead) {
    laws_.leads(by.engine->epoch(), durable_.epoch, schedule_.now() - claimed_);
  }
  if (const auto* send = std::get_if<Send>(&effect)) {
    to_node(by.number, send->connection, send->message);
  } else if (const auto* order = std::get_if<Order>(&effect)) {
    const auto* rebind = std::get_if<wire::Rebind>(&order->order.what);
    // Who was replaced a moment ago says what it had decided before.
    if (rebind != nullptr && by.engine->epoch() == durable_.epoch) {
      const bool released = released_.contains({rebind->node, rebind->generation});
      laws_.says(durable_, *rebind, frozen_before_, released);
    }
    to_node(by.number, order->connection, signed_order);
  } else if (const auto* publish = std::get_if<Publish>(&effect)) {
    laws_.publishes(publish->event);
  } else if (const auto* reply = std::get_if<Reply>(&effect)) {
    if (reply->last) waiting_.erase(reply->client);
    const auto* status = std::get_if<StatusAnswer>(&reply->answer);
    if (status != nullptr && reply->client == onlooker_ && &by == leader()) judge_status(*status);
  } else if (const auto* filed = std::get_if<ReadFiled>(&effect)) {
    schedule_.in(1, [this, client = filed->client, number = by.number] {
      this->by(number, [this, client](Coordinator& asked) {
        carry_out(asked, asked.core->on_filed(client, ShownTakeover{}, now()));
      });
    });
  } else if (const auto* probe = std::get_if<Probe>(&effect)) {
    schedule_.in(random_.between(1, probe->deadline_ms),
                 [this, request = probe->request, name = probe->service_node,
                  services = probe->services, number = by.number] {
                   this->by(number, [this, request, name, services](Coordinator& asked) {
                     const auto seen = service_nodes_now_.look(name, services);
                     carry_out(asked, asked.core->on_probe(request, seen, now()));
                   });
                 });
  }
}

void World::tick_when_due(Coordinator& coordinator) {
  const MonotonicTime due = std::max(coordinator.core->next_tick(), schedule_.now() + 1);
  schedule_.at(due, [this, number = coordinator.number] {
    by(number, [this](Coordinator& one) {
      if (one.core->next_tick() <= schedule_.now()) carry_out(one, one.core->tick(now()));
    });
  });
}

void World::judge_takeovers(const std::map<uint64_t, TakeoverState>& before) {
  for (const auto& [number, takeover] : durable_.takeovers) {
    const auto known = before.find(number);
    if (known == before.end()) {
      const bool rescue = !takeover.terms.planned && !takeover.fenced && takeover.undoes == 0;
      if (rescue) {
        laws_.rescues(takeover.id(), service_nodes_now_.serving_for(takeover.from));
      }
    } else if (takeover.state == TakeoverState::stopped &&
               known->second == TakeoverState::running) {
      laws_.stops(durable_, takeover, now().wall.unix_ms);
    }
  }
}

void World::look_at_status() {
  constexpr int64_t kEveryMs = 30'000;
  schedule_.in(kEveryMs, [this] {
    if (over_) return;
    if (leader() != nullptr) {
      onlooker_ = clients_ + 1;
      command(StatusCommand{});
    }
    look_at_status();
  });
}

void World::judge_status(const StatusAnswer& status) {
  const int64_t up_for = schedule_.now() - leader()->since;
  for (const auto& shown : status.service_nodes) {
    const std::string& name = shown.record.name;
    // Nobody can say that it is dead who has never seen it alive.
    const int64_t dead_for = service_nodes_now_.dead_for(name);
    const bool saw_it = up_for > dead_for + kToSeeItMs;
    // One sign of life counts, whoever saw it (SECURITY.md): a liar keeps it alive, and that is
    // all.
    laws_.shows(name, shown.life.life, saw_it && !hostile_ ? dead_for : 0,
                std::min(up_for, service_nodes_now_.whole_for(name)));
  }
}

void World::command(Command command) {
  if (leader() == nullptr) return;
  const ClientId client = ++clients_;
  waiting_[client] = coordinators_;
  by(coordinators_, [this, client, command = std::move(command)](Coordinator& asked) {
    note(command.index() + 300);
    carry_out(asked, asked.core->on_command(client, command, now()));
  });
}

// ---------------------------------------------------------------- what goes wrong

void World::plan_trouble() {
  if (thief_) misuse_a_session();
  if (hostile_) wish_ill();
  command(AddFeedKeyCommand{"wall", key_of("wall"), "root"});
  const auto count = random_.between(10, 60);
  for (int64_t i = 0; i < count; ++i) {
    schedule_.in(random_.between(60'000, kTroubleMs), [this] { trouble(); });
  }
  const auto commands = random_.between(2, 12);
  for (int64_t i = 0; i < commands; ++i) {
    schedule_.in(random_.between(60'000, kTroubleMs), [this] { type_something(); });
  }
  const auto steering = random_.between(0, 8);
  for (int64_t i = 0; i < steering; ++i) {
    schedule_.in(random_.between(120'000, kTroubleMs), [this] { steer(); });
  }
}

// ---------------------------------------------------------------- stolen sessions

void World::overhear(const std::vector<wire::SignedOrder>& orders) {
  for (const auto& order : orders) {
    signed_.insert(order.order.bytes);
    overheard_.push_back(order);
    if (overheard_.size() > kMostOverheard) overheard_.pop_front();
  }
}

// It has what every session ever heard: it says it again, to whom it was not said, or says
// something else under the same signature or under one of its own.
void World::misuse_a_session() {
  if (calm_) return;
  schedule_.in(thief_->between(1, kMisuseMs), [this] { misuse_a_session(); });
  if (overheard_.empty()) return;
  SimNode& node = *nodes_[thief_->below(nodes_.size())];
  wire::SignedOrder order = overheard_[thief_->below(overheard_.size())];
  const auto says = *orders::content_of(order);
  wire::OrderKind what = says.what;
  if (auto* rebind = std::get_if<wire::Rebind>(&what)) {
    rebind->node = node.name();
    if (thief_->chance(500)) rebind->generation += thief_->below(1'000);
    if (thief_->chance(500)) rebind->to = thief_->one_of(service_nodes_);
  }
  // Seldom said by the coordinator, and so seldom overheard.
  if (thief_->chance(200)) what = wire::Clear{durable_.epoch};
  switch (thief_->below(5)) {
    case 0:
      break;
    case 1:
      order.order.bytes = wire::encode(node.for_this_start(what));
      break;
    case 2:
      order.order.bytes = wire::encode(node.for_this_start(what));
      order.place = 0;
      order.of = 1;
      order.path.clear();
      break;
    case 3:
      order = orders::sign(thiefs_key_, {node.for_this_start(what)}).front();
      break;
    case 4:
      order.signature.bytes.clear();
      order.order.bytes = wire::encode(node.for_this_start(what));
      break;
  }
  node.misuse_session(order, signed_.contains(order.order.bytes));
}

// ---------------------------------------------------------------- a hostile node

// Also when all else is calm: the others converge although he goes on.
void World::wish_ill() {
  schedule_.in(hostile_->random().between(1, kIllMs), [this] {
    if (over_) return;
    for (uint64_t left = 1 + hostile_->random().below(kMostIllWords); left > 0; --left) say_ill();
    wish_ill();
  });
}

void World::say_ill() {
  if (leader() == nullptr || leader()->stands_still) return;
  const bool anew = !connections_.contains(hostile_->connection) || hostile_->random().chance(50);
  if (anew) hostile_->connection = connect(hostile_->name(), kDirect);
  // Before a hello nothing is heard.
  const bool greets = anew && hostile_->random().chance(900);
  // What he says is decided when it is heard, and what the others have is compared around that.
  const Laws::Others before = laws_.others(durable_);
  const wire::ToCoordinator message =
      greets ? wire::ToCoordinator(hostile_->greet(durable_)) : hostile_->say(durable_);
  tell(hostile_->name(), "says ill " + words_of(message));
  note(message.index() + 400);
  Coordinator& heard = *leader();
  carry_out(heard,
            heard.core->on_message(hostile_->connection, key_of(hostile_->name()), message, now()));
  // Not where it died of that, and an old copy was put in its place.
  if (pace_.at_once && leader() == &heard) laws_.spares(before, durable_);
}

void World::trouble() {
  if (calm_) return;
  ++report_.faults;
  SimNode& node = *nodes_[random_.below(nodes_.size())];
  const uint64_t what = random_.below(14);
  static const char* const kOfNode[] = {"power switch", "reboot", "session killed",
                                        "executor killed", "partition"};
  if (what < std::size(kOfNode)) tell(node.name(), kOfNode[what]);
  switch (what) {
    case 0:
      node.on() ? node.power_off() : node.power_on();
      break;
    case 1:
      node.reboot();
      break;
    case 2:
      node.kill_session();
      break;
    case 3:
      node.kill_executor();
      break;
    case 4: {
      Partition& partition = partitions_[node.name()];
      partition.up = random_.chance(600);
      partition.down = random_.chance(600);
      schedule_.in(random_.between(1'000, 300'000),
                   [this, name = node.name()] { partitions_.erase(name); });
      break;
    }
    case 5:
      crash_coordinator();
      break;
    case 6:
      backup_ = durable_;
      break;
    case 7:
      service_nodes_now_.kill(random_.one_of(service_nodes_));
      break;
    case 8:
      edit_inventory(node.name());
      break;
    case 9:
      service_nodes_now_.revive(random_.one_of(service_nodes_));
      break;
    case 10:
      replace_coordinator();
      break;
    case 11:
    case 12:
      stop_service(random_.one_of(service_nodes_));
      break;
    default:
      service_nodes_now_.start_all(random_.one_of(service_nodes_));
      break;
  }
}

// One of them, or all: then its kernel alone answers.
void World::stop_service(const std::string& service_node) {
  if (random_.chance(600)) {
    service_nodes_now_.stop(service_node, random_.one_of(needed_services()));
    return;
  }
  for (const auto& service : needed_services()) service_nodes_now_.stop(service_node, service);
}

// The node is listed under other service nodes, or not at all, or again.
void World::edit_inventory(const std::string& node) {
  const size_t first = random_.below(service_nodes_.size());
  const size_t second = (first + 1 + random_.below(2)) % service_nodes_.size();
  if (cluster_.nodes.contains(node) && random_.chance(300)) {
    cluster_.nodes.erase(node);
    tell(node, "out of the inventory");
  } else {
    cluster_.nodes[node] = {service_nodes_[first], service_nodes_[second]};
    tell(node, "inventory: " + join(cluster_.nodes[node]));
  }
  by(coordinators_, [this, cluster = cluster_](Coordinator& one) {
    carry_out(one, one.core->on_inventory(cluster, now()));
  });
}

void World::type_something() {
  if (calm_) return;
  const int times = random_.chance(200) ? 2 : 1;
  TakeoverCommand takeover;
  takeover.from = random_.one_of(service_nodes_);
  takeover.planned = random_.chance(400);
  takeover.by = "root";
  takeover.waves = some_waves();
  takeover.rehearse = takeover.dry_run = random_.chance(100);
  if (random_.chance(200)) takeover.to = random_.one_of(service_nodes_);
  if (random_.chance(300)) takeover.nodes = {nodes_[random_.below(nodes_.size())]->name()};
  takeover.force = random_.chance(500);
  if (!takeover.planned && random_.chance(800)) service_nodes_now_.kill(takeover.from);
  const uint64_t what = random_.below(10);
  for (int i = 0; i < times; ++i) {
    if (what < 7) {
      // The second time often on other terms: else the first one stays at it.
      takeover.strict = i == 1 && what % 2 == 0;
      command(takeover);
    } else if (what == 7) {
      command(FreezeCommand{random_.chance(500), "root"});
    } else if (what == 8) {
      command(ClearServiceNodeCommand{random_.one_of(service_nodes_), "root"});
    } else {
      command(StatusCommand{});
    }
  }
}

// About one that there is, or was, or never was.
void World::steer() {
  if (calm_) return;
  const uint64_t number = 1 + random_.below(durable_.takeovers.size() + 1);
  const std::string id = "T" + std::to_string(number);
  TakeoverCommand takeover;
  takeover.undoes = number;
  takeover.by = "root";
  takeover.waves = some_waves();
  const uint64_t what = random_.below(4);
  const int times = random_.chance(200) ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    if (what == 0) {
      command(AbortCommand{id, "root"});
    } else if (what == 1) {
      ResumeCommand resume{id, "root"};
      const auto& one = nodes_[random_.below(nodes_.size())]->name();
      if (random_.chance(200)) resume.nodes = {one};
      if (random_.chance(200)) resume.without = {one};
      command(resume);
    } else if (what == 2) {
      command(takeover);
    } else {
      // Somebody tries it too early where something is broken.
      const auto broken = std::find_if(nodes_.begin(), nodes_.end(),
                                       [](const auto& node) { return node->broken(); });
      const auto& any = nodes_[random_.below(nodes_.size())];
      command(ClearNodeCommand{broken == nodes_.end() ? any->name() : (*broken)->name(), "root"});
    }
  }
}

coordinator::Waves World::some_waves() {
  if (random_.chance(200)) return {0, 0, 0};
  return {static_cast<uint32_t>(random_.below(3)), static_cast<uint32_t>(random_.below(6)),
          static_cast<uint32_t>(random_.below(4))};
}

// Every fault ends; what was decided is to become true.
void World::calm() {
  calm_ = true;
  calm_since_ = schedule_.now();
  partitions_.clear();
  start_coordinator();
  std::vector<uint64_t> all;
  for (const auto& [number, one] : alive_) all.push_back(number);
  for (const uint64_t number : all) go_on(number);
  for (const auto& name : service_nodes_) service_nodes_now_.start_all(name);
  command(FreezeCommand{false, "root"});
  for (auto& node : nodes_) {
    node->set_mishaps({});
    node->mend();
    // Some never return: nothing may wait for them for ever.
    if (!random_.chance(50)) node->power_on();
  }
  // One more takeover, in which some nodes die for good.
  schedule_.in(kLastTakeoverMs, [this] {
    TakeoverCommand takeover;
    takeover.from = random_.one_of(service_nodes_);
    takeover.planned = true;
    takeover.by = "root";
    takeover.waves = some_waves();
    command(takeover);
    for (auto& node : nodes_) {
      if (!random_.chance(50)) continue;
      schedule_.in(random_.between(1, 4'000), [&node] { node->power_off(); });
    }
  });
  // What stopped is taken up again by a person, as often as it takes.
  for (int i = 1; i <= kResumes; ++i) {
    schedule_.in(i * kResumeMs, [this] {
      for (const auto& node : nodes_) command(ClearNodeCommand{node->name(), "root"});
      for (const auto& [number, takeover] : State(durable_).takeovers) {
        if (takeover.state == TakeoverState::stopped) {
          command(ResumeCommand{takeover.id(), "root"});
        }
      }
    });
  }
}

}  // namespace sn::sim
