// /etc/hosts (hosts(5)): nothing is replaced; the new service node is made resolvable.
//
// Afterwards every node_name of the new service node is mapped to one of its addresses: names that
// are missing join its line on the node's own network, or get a new line after the old service
// node's, written like that one (separators, order of short and full names); without such a line,
// at the end. A name that the old service node has on another network gets its line there. Old
// lines stay.
#pragma once

#include <utility>
#include <vector>

#include "agent/references/kind.h"

namespace sn::agent {

class Hosts : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "hosts"; }
  [[nodiscard]] Tier tier() const override { return Tier::essential; }
  [[nodiscard]] bool names_hosts() const override { return true; }
  [[nodiscard]] std::vector<std::string> paths() const override { return {"/etc/hosts"}; }
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  // conflict, with path:line: a name of the new service node is mapped to somebody else's address.
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

// Every name with its address, in the order of the file: for IdentityIndex::add_host_alias. Lines
// that are none are passed over, as a resolver does. The names are parts of `text`.
std::vector<std::pair<std::string_view, IpAddress>> host_aliases(std::string_view text);

}  // namespace sn::agent
