// Files of sections and keys: systemd's (systemd.syntax(7)) and NetworkManager's (its keyfile
// format). '#' and ';' in front make a comment; blanks around a key and a value are no part of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/references/lines.h"

namespace sn::agent {

struct IniEntry {
  std::string_view section;  // without brackets; empty: before the first
  std::string_view key;
  Word value;        // as written; a backslash joins lines, which then stand in it with their ends
  size_t begin = 0;  // of its lines in the text
  size_t end = 0;    // behind their end
  uint32_t line = 0;
};

[[nodiscard]] std::vector<IniEntry> ini_entries(std::string_view text);

}  // namespace sn::agent
