// Collects the effects of one event, in the order in which they are wanted, and numbers the status
// feed: its serial has no gap, and whoever watches by snctl sees the same events.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "coordinator/core/effects.h"
#include "coordinator/core/events.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/knock.h"

namespace sn::coordinator {

class Outbox {
 public:
  // `epoch`: State::epoch, for the messages that carry it.
  Outbox(std::string feed_epoch, uint64_t epoch)
      : feed_epoch_(std::move(feed_epoch)), epoch_(epoch) {}

  void store(StoreChange change);
  // Stamped. An order is none that is sent so.
  template <class Message>
    requires(!wire::is_order<Message>)
  void send(const ConnectionId& connection, Message message) {
    if constexpr (requires { message.epoch; }) message.epoch = epoch_;
    effects_.emplace_back(Send{connection, std::move(message)});
  }
  // Stamped, and for this start of the node's agent.
  template <class Message>
    requires wire::is_order<Message>
  void order(const Presence& node, Message message) {
    message.epoch = epoch_;
    effects_.emplace_back(Order{
        *node.connection, {node.node, node.hello.boot_id, node.hello.nonce, std::move(message)}});
  }
  void admit(std::map<std::string, std::string> keys);
  void admit(std::string public_key, std::string node);
  void retire(std::string public_key);
  void admit_subscribers(std::map<std::string, std::string> keys);
  void answer(const Knocked& knocked, wire::KnockAnswer answer);
  // A Refused that is about no takeover.
  void refuse(const ConnectionId& connection, Fact reason, Cure cure);
  void reply(ClientId client, Answer answer, bool last = true);
  void publish(const event::Kind& kind, Now now, std::string takeover, std::string node,
               std::string service_node, std::string text);
  void ask(Probe probe);
  void ask(Ping ping);
  void ask(AskPower power);
  void ask(AskNode node);
  void ask(ReadFiled takeover);

  // Until its last answer: this client reads brief ones.
  void make_brief(ClientId client) { brief_.insert(client); }
  [[nodiscard]] bool is_brief(ClientId client) const { return brief_.contains(client); }
  void forget(ClientId client);

  // Gets every event from now on as an answer that is not the last.
  void add_watcher(ClientId client) { watchers_.insert(client); }

  [[nodiscard]] Effects take();
  [[nodiscard]] uint64_t feed_serial() const { return feed_serial_; }
  [[nodiscard]] const std::string& feed_epoch() const { return feed_epoch_; }

 private:
  const std::string feed_epoch_;
  const uint64_t epoch_;
  uint64_t feed_serial_ = 0;
  std::set<ClientId> watchers_;
  std::set<ClientId> brief_;
  Effects effects_;
};

}  // namespace sn::coordinator
