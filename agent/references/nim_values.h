// The values of niminfo's variables, taken apart: which words of a value name a server, and what
// for. Reads the grammar, decides nothing; references/nim_info.h has the file's format.
//
//   NIM_MASTER_HOSTNAME, NIM_MASTER   words, each a name
//   NIM_HOSTS                         address:name[:alias...]
//   ROUTES                            dest:mask:gateway
//   NIM_CUSTOM                        commands with location=host:path
//   SPOT, ROOT, MOUNTS and the like   host:path, what mounts the node
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/references/assignments.h"
#include "common/model/identity.h"
#include "common/model/reference.h"

namespace sn::agent::nim {

inline constexpr std::string_view kMasterId = "NIM_MASTERID";
inline constexpr std::string_view kHosts = "NIM_HOSTS";
inline constexpr std::string_view kRoutes = "ROUTES";

// Whether a variable of this name names the master, or says what mounts the node. What mounts the
// node is judged from the kernel and never rewritten.
[[nodiscard]] bool names_master(std::string_view variable);
[[nodiscard]] bool names_mounts(std::string_view variable);

// A part of a value: indices into what the shell sees. Points into its assignment.
struct Part {
  const Assignment* of = nullptr;
  size_t begin = 0;
  size_t end = 0;

  [[nodiscard]] std::string_view text() const {
    return of->value.text().substr(begin, end - begin);
  }
  // Where the part lies in the file.
  [[nodiscard]] size_t offset() const { return of->value.offset(begin); }
  [[nodiscard]] size_t stop() const { return of->value.stop(end - 1); }
};

// The words of a value.
[[nodiscard]] std::vector<Part> items_of(const Assignment& variable);

// The gateway of a route; nullopt: it is none, or names no gateway.
[[nodiscard]] std::optional<Part> gateway_of(const Part& route);

// An entry of NIM_HOSTS.
struct HostEntry {
  Part item;
  std::vector<Part> fields;  // at least one

  [[nodiscard]] std::string_view address() const { return fields.front().text(); }
};
[[nodiscard]] std::vector<HostEntry> host_entries_of(const Assignment& variable);

// The service node an entry is about: by its address, else by a name.
[[nodiscard]] std::optional<Owner> owner_of(const HostEntry& entry, const IdentityIndex& identity);

struct Naming {
  Part part;
  ReferenceRole role = ReferenceRole::move;
};

// Everything a variable says about servers, but NIM_MASTERID, which is no name.
[[nodiscard]] std::vector<Naming> namings_of(const Assignment& variable,
                                             const IdentityIndex& identity);

// The value of NIM_MASTERID; nullopt: it is another variable, or empty.
[[nodiscard]] std::optional<Part> master_id_of(const Assignment& variable);

}  // namespace sn::agent::nim
