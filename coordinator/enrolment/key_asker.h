// Carries out the core's AskNode effects: a helper of the site's, under a user of its own, runs the
// site's command that asks a node for its key. One UNIX stream connection a question: "NODE VIA\n"
// out, whatever the command prints in, until its end. A line that is a key and nothing else is the
// node's.
//
// Any number at once, under the daemon's reactor; the core asks kMostAsked at most.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/unique_fd.h"
#include "common/net/reactor.h"
#include "coordinator/core/effects.h"

namespace sn::coordinator {

// The last line of it that is a key; empty: none is.
[[nodiscard]] std::string key_in(std::string_view printed);

class KeyAsker {
 public:
  // `said`: why there is no key, a line of what was printed.
  using Told =
      std::function<void(uint64_t request, const std::string& key, const std::string& said)>;

  KeyAsker(net::Reactor& reactor, std::string helper, Told told)
      : reactor_(reactor), helper_(std::move(helper)), told_(std::move(told)) {}
  KeyAsker(const KeyAsker&) = delete;
  KeyAsker& operator=(const KeyAsker&) = delete;

  // Is told once, within kAskNode_ms, and never from within it.
  void start(const AskNode& asked);

 private:
  struct Question {
    UniqueFd fd;
    std::string printed;
    std::string failure;  // it could not be asked
    net::Reactor::Watch watch;
    net::Reactor::Alarm alarm;
  };
  void begin(const AskNode& asked, Question& question);
  void hear(uint64_t request);
  void end(uint64_t request, bool in_time);

  net::Reactor& reactor_;
  const std::string helper_;
  const Told told_;
  std::map<uint64_t, Question> questions_;
};

}  // namespace sn::coordinator
