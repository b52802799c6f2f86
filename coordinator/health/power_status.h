// Carries out the core's AskPower effects: runs the site's own command for the power state of a
// service node ("rpower {sn} stat"), without a shell, and reads what it prints. Any number at once,
// under the daemon's reactor.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/net/reactor.h"
#include "coordinator/core/effects.h"

namespace sn::coordinator {

// What such a command prints ("sn1: off"): its last word decides, on or off in any case of letters.
[[nodiscard]] Power power_said(std::string_view output);

class PowerStatus {
 public:
  // `said`: the last line that it printed, or why it could not be asked.
  using Told = std::function<void(uint64_t request, Power power, const std::string& said)>;

  // `argv`: {sn} in an argument becomes the service node's name. Empty: nothing can be asked.
  PowerStatus(net::Reactor& reactor, std::vector<std::string> argv, Told told);
  ~PowerStatus();
  PowerStatus(const PowerStatus&) = delete;
  PowerStatus& operator=(const PowerStatus&) = delete;

  // Is told once, within kPowerMs, and never from within it.
  void start(const AskPower& asked);

 private:
  struct Running {
    pid_t child = -1;
    UniqueFd output;
    std::string text;
    std::string failure;  // it could not be started
    net::Reactor::Watch watch;
    net::Reactor::Alarm alarm;
  };
  void read_from(uint64_t request);
  void end(uint64_t request, bool in_time);

  net::Reactor& reactor_;
  const std::vector<std::string> argv_;
  Told told_;
  std::map<uint64_t, Running> running_;
};

}  // namespace sn::coordinator
