#include "coordinator/core/outbox.h"

#include <utility>

namespace sn::coordinator {

void Outbox::store(StoreChange change) { effects_.emplace_back(Store{std::move(change)}); }

void Outbox::admit(std::map<std::string, std::string> keys) {
  effects_.emplace_back(Admit{std::move(keys)});
}
void Outbox::admit(std::string public_key, std::string node) {
  effects_.emplace_back(AdmitOne{std::move(public_key), std::move(node)});
}
void Outbox::retire(std::string public_key) {
  effects_.emplace_back(Retire{std::move(public_key)});
}
void Outbox::admit_subscribers(std::map<std::string, std::string> keys) {
  effects_.emplace_back(AdmitSubscribers{std::move(keys)});
}
void Outbox::answer(const Knocked& knocked, wire::KnockAnswer answer) {
  answer.challenge = knocked.knock.challenge;
  effects_.emplace_back(AnswerKnock{knocked.request, knocked.public_key, std::move(answer)});
}

void Outbox::refuse(const ConnectionId& connection, Fact reason, Cure cure) {
  send(connection, wire::Refused{"", 0, std::move(reason), std::move(cure)});
}

void Outbox::reply(ClientId client, Answer answer, bool last) {
  effects_.emplace_back(Reply{client, std::move(answer), last});
  if (last) brief_.erase(client);
}

void Outbox::forget(ClientId client) {
  watchers_.erase(client);
  brief_.erase(client);
}

void Outbox::publish(const event::Kind& kind, Now now, std::string takeover, std::string node,
                     std::string service_node, std::string text) {
  Event event;
  event.epoch = feed_epoch_;
  event.serial = ++feed_serial_;
  event.unix_ms = now.wall.unix_ms;
  event.id = kind.id;
  event.what = kind.what;
  event.takeover = std::move(takeover);
  event.node = std::move(node);
  event.service_node = std::move(service_node);
  event.text = std::move(text);
  for (const ClientId watcher : watchers_) reply(watcher, event, false);
  effects_.emplace_back(Publish{std::move(event)});
}

void Outbox::ask(Probe probe) { effects_.emplace_back(std::move(probe)); }
void Outbox::ask(AskPower power) { effects_.emplace_back(std::move(power)); }
void Outbox::ask(AskNode node) { effects_.emplace_back(std::move(node)); }
void Outbox::ask(ReadFiled takeover) { effects_.emplace_back(takeover); }
void Outbox::ask(Ping ping) { effects_.emplace_back(std::move(ping)); }

Effects Outbox::take() { return std::exchange(effects_, {}); }

}  // namespace sn::coordinator
