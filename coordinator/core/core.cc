#include "coordinator/core/core.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/acknowledgements.h"
#include "coordinator/core/agents.h"
#include "coordinator/core/enrolment.h"
#include "coordinator/core/feed_keys.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/freeze.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/life/life_watch.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/quarantines.h"
#include "coordinator/core/rebinds.h"
#include "coordinator/core/refusals.h"
#include "coordinator/core/server_watch.h"
#include "coordinator/core/service_nodes.h"
#include "coordinator/core/status.h"
#include "coordinator/core/table_mend.h"
#include "coordinator/core/takeover/filing.h"
#include "coordinator/core/takeover/preflights.h"
#include "coordinator/core/takeover/running_takeovers.h"
#include "coordinator/core/takeover/steering.h"
#include "coordinator/core/takeover/takeover_start.h"
#include "coordinator/core/takeover/views.h"
#include "coordinator/core/takeover/waves.h"
#include "coordinator/core/verdicts.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

// Nothing waits for a tick in a quiet cluster but the expiry of beats.
constexpr int64_t kScanMs = 1'000;

}  // namespace

// The parts, wired, and which event goes to which of them.
class Core::Impl {
 public:
  Impl(Config config, State state)
      : config_(std::move(config)),
        outbox_(config_.feed_epoch, state.epoch),
        ledger_(std::move(state), outbox_) {}

  Effects take(Now now) {
    waves_.step(now);
    rebinds_.tell_late(running_.take_any_settled() || std::exchange(scanned_, false), now);
    return outbox_.take();
  }

  void start(Cluster inventory, Now now) {
    up_since_ = now.wall;
    next_scan_ = now.monotonic + kScanMs;
    on_inventory(std::move(inventory), now);
    feed_keys_.settle();
    running_.resume(now);
    outbox_.publish(event::kCoordinatorStarted, now, "", "", "",
                    wording::coordinator_started(table_of(state()).size(),
                                                 cluster_.directory.service_nodes.size()));
  }

  void on_inventory(Cluster inventory, Now now) {
    cluster_ = std::move(inventory);
    directory_digest_ = cluster_.directory.digest();
    ledger_.seed(cluster_, now);
    enrolment_.settle();
  }
  void on_over_budget(const std::string& node, uint64_t frames, uint64_t connections, Now now) {
    // A key that is retired is nobody's.
    if (find_node(state(), node) == nullptr) return;
    outbox_.publish(event::kNodeOverBudget, now, "", node, "",
                    wording::over_budget(frames, connections));
  }
  void on_message(const ConnectionId& connection, const std::string& public_key,
                  wire::ToCoordinator message, Now now) {
    agents_.on_message(connection, public_key, std::move(message), now);
  }
  void on_knock(const Knocked& knocked, Now now) {
    enrolment_.on_knock(knocked, living_service_node_of(knocked.knock.node, now), disk_.full, now);
  }
  void on_node_key(uint64_t request, const std::string& key, const std::string& said, Now now) {
    enrolment_.on_node_key(request, key, said, now);
  }
  void on_send_failed(const ConnectionId& connection, Now now) {
    agents_.on_send_failed(connection, now);
  }
  void on_probe(uint64_t request, const MachineSighting& seen, Now now) {
    if (life_.on_probe(request, seen, now) || service_nodes_.on_probe(request, seen, now)) return;
    preflights_.on_probe(request, seen, now);
  }
  void on_power(uint64_t request, Power power, const std::string& said, Now now) {
    preflights_.on_power(request, power, said, now);
  }
  void on_ping(uint64_t request, bool answered, const std::string& evidence, Now now) {
    server_watch_.on_ping(request, answered, evidence, now);
  }

  void on_filed(ClientId client, Result<ShownTakeover> takeover) {
    views_.show_filed(client, std::move(takeover));
  }

  void on_disk(const Disk& disk, Now now) {
    if (disk.full != disk_.full) {
      outbox_.publish(disk.full ? event::kDiskFull : event::kDiskHasRoom, now, "", "", "",
                      wording::disk(disk));
    }
    disk_ = disk;
  }
  void on_command(ClientId client, const Command& command, Now now) {
    std::visit(
        [&](const auto& one) {
          if constexpr (requires { one.brief; }) {
            if (one.brief) outbox_.make_brief(client);
          }
          handle(client, one, now);
        },
        command);
    waves_.wake();
  }
  void on_client_gone(ClientId client) {
    outbox_.forget(client);
    running_.unfollow(client);
    preflights_.forget(client);
    quarantines_.forget(client);
    service_nodes_.forget(client);
  }

  void tick(Now now) {
    preflights_.tick(now);
    server_watch_.tick(now);
    life_.tick(now);
    running_.tick(now);
    enrolment_.tick(now);
    if (now.monotonic < next_scan_) return;
    next_scan_ = now.monotonic + kScanMs;
    agents_.expire(now);
    rebinds_.resend(now);
    quarantines_.tick(now);
    filing_.tick();
    waves_.wake();
    scanned_ = true;
  }
  [[nodiscard]] MonotonicTime next_tick() const {
    const MonotonicTime next = std::min({next_scan_, server_watch_.next_tick(), life_.next_tick()});
    return enrolment_.next_tick(running_.next_tick(preflights_.next_tick(next)));
  }

  [[nodiscard]] const State& state() const { return ledger_.state(); }

 private:
  void handle(ClientId client, const TakeoverCommand& command, Now now) {
    if ((!command.dry_run || command.rehearse) && refuse_if_full(disk_, outbox_, client)) return;
    if (command.back_to.empty()) return preflights_.begin(client, command, now);
    auto whole = failback_to(state(), cluster_.directory, command);
    if (whole) return preflights_.begin(client, *whole, now);
    outbox_.reply(client, RefusalAnswer{whole.error().why, whole.error().cure, 3});
  }
  void handle(ClientId client, const ConfirmCommand& command, Now now) {
    if (command.go && refuse_if_full(disk_, outbox_, client)) {
      preflights_.forget(client);
      service_nodes_.forget(client);
      return;
    }
    if (service_nodes_.confirm(client, command, now)) return;
    preflights_.confirm(client, command, now);
  }
  void handle(ClientId client, const AbortCommand& command, Now now) {
    steering_.abort(client, command, now);
  }
  void handle(ClientId client, const ResumeCommand& command, Now now) {
    if (refuse_if_full(disk_, outbox_, client)) return;
    steering_.resume(client, command, now);
  }
  void handle(ClientId client, const ClearNodeCommand& command, Now now) {
    quarantines_.clear(client, command, now);
  }
  void handle(ClientId client, const AckCommand& command, Now now) {
    if (refuse_if_full(disk_, outbox_, client)) return;
    acknowledgements_.acknowledge(client, command, now);
  }
  void handle(ClientId client, const StatusCommand&, Now now) {
    StatusAnswer answer =
        status_of(state(), cluster_, fleet_, server_watch_.servers(), directory_digest_,
                  enrolment_.notices(), outbox_.is_brief(client), now);
    for (auto& sn : answer.service_nodes) {
      sn.life = life_.status(sn.record.name, now.monotonic);
    }
    answer.up_since_unix_ms = up_since_.unix_ms;
    answer.disk = disk_;
    answer.feed_serial = outbox_.feed_serial();
    answer.feed_epoch = outbox_.feed_epoch();
    outbox_.reply(client, std::move(answer));
  }
  void handle(ClientId client, const HistoryCommand&, Now) { views_.history(client); }
  void handle(ClientId client, const ShowCommand& command, Now now) {
    views_.show(client, command, now);
  }
  void handle(ClientId client, const WatchCommand& command, Now now) {
    views_.watch(client, command, now);
  }
  void handle(ClientId client, const FreezeCommand& command, Now now) {
    freezer_.set(client, command, now);
  }
  void handle(ClientId client, const MendTableCommand& command, Now now) {
    if (refuse_if_full(disk_, outbox_, client)) return;
    table_mend_.mend(client, command, now);
  }
  void handle(ClientId client, const ClearServiceNodeCommand& command, Now now) {
    if (refuse_if_full(disk_, outbox_, client)) return;
    service_nodes_.clear(client, command, now);
  }
  void handle(ClientId client, const AddKeyCommand& command, Now now) {
    if (refuse_if_full(disk_, outbox_, client)) return;
    enrolment_.add(client, command, now);
  }
  void handle(ClientId client, const AddFeedKeyCommand& command, Now now) {
    if (refuse_if_full(disk_, outbox_, client)) return;
    feed_keys_.add(client, command, now);
  }
  void handle(ClientId client, const RevokeFeedKeyCommand& command, Now now) {
    feed_keys_.revoke(client, command, now);
  }
  void handle(ClientId client, const ListKeysCommand&, Now) { enrolment_.list(client); }
  void handle(ClientId client, const ListPendingKeysCommand&, Now) {
    enrolment_.list_pending(client);
  }
  void handle(ClientId client, const AcceptKeysCommand& command, Now now) {
    if (refuse_if_full(disk_, outbox_, client)) return;
    enrolment_.accept(client, command, now);
  }
  void handle(ClientId client, const RejectKeysCommand& command, Now now) {
    enrolment_.reject(client, command, now);
  }
  void handle(ClientId client, const RevokeKeyCommand& command, Now now) {
    enrolment_.revoke(client, command, now);
  }

  // Of those that the inventory gives it: the first that serves now; empty: none is known to.
  std::string living_service_node_of(const std::string& node, Now now) const {
    const auto of = cluster_.nodes.find(node);
    if (of == cluster_.nodes.end()) return {};
    for (const auto& name : of->second) {
      if (state_of(state(), name) != ServiceNodeState::failed &&
          life_.status(name, now.monotonic).life == Life::serves) {
        return name;
      }
    }
    return {};
  }

  const Config config_;
  // The inventory, replaced as a whole; parts that need it refer to it.
  Cluster cluster_;
  std::string directory_digest_;
  uint64_t requests_ = 0;  // the last number of a preflight, probe or ping
  WallTime up_since_;
  Disk disk_;
  MonotonicTime next_scan_;
  bool scanned_ = false;  // a second passed

  // In this order: each part only knows those before it.
  Outbox outbox_;
  Ledger ledger_;
  Fleet fleet_;
  Enrolment enrolment_{config_, cluster_, ledger_, fleet_, outbox_};
  FeedKeys feed_keys_{config_, ledger_, outbox_};
  ServerWatch server_watch_{cluster_.directory, fleet_, outbox_, requests_};
  RunningTakeovers running_{ledger_, fleet_, outbox_};
  Verdicts verdicts_{ledger_, fleet_, running_, outbox_};
  Rebinds rebinds_{config_, cluster_.directory, ledger_, fleet_, verdicts_, outbox_};
  TakeoverStart start_{config_, ledger_, fleet_, running_, verdicts_, rebinds_, outbox_};
  Preflights preflights_{config_, cluster_, ledger_, fleet_, start_, outbox_, requests_};
  WaveMaster waves_{ledger_, fleet_, running_, rebinds_};
  Steering steering_{ledger_, fleet_, running_, verdicts_, rebinds_, outbox_};
  Quarantines quarantines_{ledger_, fleet_, verdicts_, rebinds_, outbox_};
  Filing filing_{ledger_};
  TakeoverViews views_{ledger_, running_, outbox_};
  LifeWatch life_{cluster_, ledger_, fleet_, outbox_, requests_};
  ServiceNodes service_nodes_{config_, cluster_.directory, ledger_, verdicts_, outbox_, requests_};
  Acknowledgements acknowledgements_{ledger_, fleet_, outbox_};
  Freezer freezer_{ledger_, rebinds_, outbox_};
  TableMend table_mend_{ledger_, outbox_};
  Agents agents_{Agents::Parts{config_, directory_digest_, enrolment_, ledger_, fleet_,
                               server_watch_, life_, verdicts_, rebinds_, running_, preflights_,
                               quarantines_, outbox_}};
};

Core::Core(Config config, State state)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(state))) {}
Core::~Core() = default;

Effects Core::start(Cluster inventory, Now now) {
  impl_->start(std::move(inventory), now);
  return impl_->take(now);
}
Effects Core::on_inventory(Cluster inventory, Now now) {
  impl_->on_inventory(std::move(inventory), now);
  return impl_->take(now);
}
Effects Core::on_over_budget(const std::string& node, uint64_t frames, uint64_t connections,
                             Now now) {
  impl_->on_over_budget(node, frames, connections, now);
  return impl_->take(now);
}

Effects Core::on_message(const ConnectionId& connection, const std::string& public_key,
                         wire::ToCoordinator message, Now now) {
  impl_->on_message(connection, public_key, std::move(message), now);
  return impl_->take(now);
}
Effects Core::on_knock(const Knocked& knocked, Now now) {
  impl_->on_knock(knocked, now);
  return impl_->take(now);
}
Effects Core::on_node_key(uint64_t request, const std::string& key, const std::string& said,
                          Now now) {
  impl_->on_node_key(request, key, said, now);
  return impl_->take(now);
}
Effects Core::on_send_failed(const ConnectionId& connection, Now now) {
  impl_->on_send_failed(connection, now);
  return impl_->take(now);
}
Effects Core::on_probe(uint64_t request, const MachineSighting& seen, Now now) {
  impl_->on_probe(request, seen, now);
  return impl_->take(now);
}
Effects Core::on_power(uint64_t request, Power power, const std::string& said, Now now) {
  impl_->on_power(request, power, said, now);
  return impl_->take(now);
}
Effects Core::on_ping(uint64_t request, bool answered, const std::string& evidence, Now now) {
  impl_->on_ping(request, answered, evidence, now);
  return impl_->take(now);
}
Effects Core::on_filed(ClientId client, Result<ShownTakeover> takeover, Now now) {
  impl_->on_filed(client, std::move(takeover));
  return impl_->take(now);
}
Effects Core::on_disk(const Disk& disk, Now now) {
  impl_->on_disk(disk, now);
  return impl_->take(now);
}
Effects Core::on_command(ClientId client, const Command& command, Now now) {
  impl_->on_command(client, command, now);
  return impl_->take(now);
}
Effects Core::on_client_gone(ClientId client, Now now) {
  impl_->on_client_gone(client);
  return impl_->take(now);
}
Effects Core::tick(Now now) {
  impl_->tick(now);
  return impl_->take(now);
}
MonotonicTime Core::next_tick() const { return impl_->next_tick(); }
const State& Core::state() const { return impl_->state(); }

}  // namespace sn::coordinator
