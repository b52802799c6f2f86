// /etc/resolv.conf: the `nameserver` lines (resolv.conf(5)).
//
// As glibc reads it: the keyword begins in the first column, what follows the address is ignored,
// '#' and ';' make a comment in the first column only. A name in the place of the address, which
// older xCAT releases wrote, counts as a reference too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/kind.h"

namespace sn::agent {

// What its `nameserver` lines say, in their order, without zones.
[[nodiscard]] std::vector<std::string> listed_name_servers(std::string_view text);

// The first domain that names without one are looked up in; of several `search` and `domain` lines
// the last counts. Empty: none is.
[[nodiscard]] std::string searched_domain(std::string_view text);

class Resolver : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "resolver"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kNameService; }
  [[nodiscard]] Tier tier() const override { return Tier::essential; }
  [[nodiscard]] std::string searchable(std::string_view text) const override;
  [[nodiscard]] std::vector<std::string> paths() const override { return {"/etc/resolv.conf"}; }
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
