#include "agent/enrolment/knocker.h"

#include <signal.h>
#include <unistd.h>

#include "agent/enrolment/knock.h"
#include "agent/ipc/fork.h"
#include "common/wire/codec.h"

namespace sn::agent {

namespace {

wire::KnockAnswer no_answer(const Error& error) { return {{}, false, error.fact(), error.cure}; }

}  // namespace

void Knocker::start(const std::function<void()>& let_go) {
  if (pid_ > 0) return;
  told_ = false;
  auto ends = PacketSocket::make_pair();
  if (!ends) return tell(no_answer(ends.error()));
  pid_ = fork_process([&] {
    let_go();
    ends->first.close();
    // Whatever its calls do: the executor waits for nobody.
    (void)::alarm(static_cast<unsigned>(kKnock_ms / 1'000 + 1));
    (void)ends->second.send(wire::encode(main_()));
    return 0;
  });
  if (pid_ < 0) return tell(no_answer(fail_errno("forking", "to knock").value()));
  channel_ = std::move(ends->first);
  watch_ =
      reactor_.on(channel_.fd(), net::Reactor::readable, [this](net::Reactor::Ready) { hear(); });
}

void Knocker::hear() {
  const auto bytes = channel_.receive();
  if (!bytes && bytes.error().what == ErrorClass::busy) return;
  watch_.reset();
  channel_.close();
  if (!bytes) return;  // its end is told by SIGCHLD
  const auto answer = wire::decode<wire::KnockAnswer>(*bytes);
  if (answer) tell(*answer);
}

bool Knocker::on_reaped(pid_t pid) {
  if (pid != pid_) return false;
  pid_ = -1;
  if (channel_.fd() >= 0) hear();
  watch_.reset();
  channel_.close();
  tell({{}, false, Fact(FactCode::knock_ended), {}});
  return true;
}

void Knocker::tell(const wire::KnockAnswer& answer) {
  if (std::exchange(told_, true)) return;
  heard_(answer);
}

}  // namespace sn::agent
