// A place of a file's grammar where a server is named. Kinds find mentions; who is meant, and what
// becomes of it, is the same for all of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/references/kind.h"
#include "common/model/identity.h"
#include "common/model/reference.h"

namespace sn::agent {

struct Mention {
  size_t offset = 0;  // of `token` in the whole text
  std::string_view token;
  uint32_t line = 0;
  std::string_view label;  // "nameserver", "NIM_MASTER_HOSTNAME"
  ReferenceRole role = ReferenceRole::move;
};

// The mentions that name a server of the directory.
std::vector<Reference> references_of(std::string_view kind, std::string_view path,
                                     const std::vector<Mention>& mentions,
                                     const IdentityIndex& identity);

// The service node of move.from that `token` names, or nullopt. Never for what is the external NFS
// server's.
std::optional<std::string> from_owner(std::string_view token, const IdentityIndex& identity,
                                      const Move& move);

// What stands for `token` after the move; nullopt if it is not from's. The error names `place`.
[[nodiscard]] Result<std::optional<std::string>> moved_token(std::string_view token,
                                                             const IdentityIndex& identity,
                                                             const Move& move,
                                                             const std::string& place);

// The move's target, or not_found.
[[nodiscard]] Result<const ServiceNode*> target_of(const IdentityIndex& identity, const Move& move);

// Whether two tokens mean one server, as far as can be told without asking a name server: equal
// addresses; names whose first label is equal, if they are one owner's; a name and an address of an
// owner that has no other address.
bool same_host(std::string_view a, std::string_view b, const IdentityIndex& identity);

}  // namespace sn::agent
