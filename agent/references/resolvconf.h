// What Debian's resolvconf(8) puts around the name servers that it was told: head, base and tail in
// /etc/resolvconf/resolv.conf.d, in the format of resolv.conf(5). It reads them when it is run the
// next time; what it wrote meanwhile is /etc/resolv.conf's own matter.
#pragma once

#include <string>
#include <vector>

#include "agent/references/resolver.h"

namespace sn::agent {

class Resolvconf : public Resolver {
 public:
  [[nodiscard]] std::string_view name() const override { return "resolvconf"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/etc/resolvconf/resolv.conf.d/head", "/etc/resolvconf/resolv.conf.d/base",
            "/etc/resolvconf/resolv.conf.d/tail"};
  }
};

}  // namespace sn::agent
