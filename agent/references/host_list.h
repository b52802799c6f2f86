// Lists of servers, one entry each: what becomes of every entry in a move. Never leaves two equal
// entries where there were none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/kind.h"

namespace sn::agent {

struct ListEntry {
  std::string key;  // all of an entry that must be the same for two to be equal, but the host
  std::string_view host;
  uint32_t line = 0;
  bool is_needed = false;  // never dropped, whatever it is equal to: something hangs on it
  bool is_unused = false;  // of equal ones another one survives
};

// Of entries that become equal one is left.
enum class Survivor {
  first,     // the order means something: the place of the first
  existing,  // the new service node's own entry, with its own options, where it stands
};

struct EntryChange {
  enum class What { stays, replaced, dropped } what = What::stays;
  std::string host;     // if replaced: the new host
  size_t survivor = 0;  // if dropped: the entry that stays for it
};

// One change per entry. invalid_input: no replacement exists; names path:line.
[[nodiscard]] Result<std::vector<EntryChange>> change_entries(const std::vector<ListEntry>& entries,
                                                              Survivor survivor,
                                                              std::string_view path,
                                                              const IdentityIndex& identity,
                                                              const Move& move);

}  // namespace sn::agent
