// chronyd: told by chronyc without a restart, and asked by it for its sources (chronyc(1)).
#pragma once

#include "agent/references/daemon.h"

namespace sn::agent {

class Chronyd : public Daemon {
 public:
  Chronyd() : Daemon("chrony", {"chronyd"}) {}

  // Several commands are told to one chronyc (-m): starting a program is most of what one costs.
  [[nodiscard]] std::vector<Argv> joined(const std::vector<Argv>& commands) const override;
  [[nodiscard]] Argv question() const override;
  [[nodiscard]] Status judge(std::string_view answer, const std::vector<std::string>& wanted,
                             const std::vector<std::string>& unwanted) const override;
  // It resolves a name in its own time.
  [[nodiscard]] uint32_t patience_ms() const override { return 3'000; }
};

}  // namespace sn::agent
