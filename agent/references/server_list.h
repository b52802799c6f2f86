// Lists of name servers and time servers as daemons' settings have them: items with separators
// between them, on one line or several. What becomes of each in a move, and the edits for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/edit_list.h"
#include "agent/references/host_list.h"
#include "agent/references/lines.h"
#include "agent/references/mention.h"

namespace sn::agent {

struct ServerItem {
  Word host;
  Word item;                   // all of it
  Word server_name;            // the name that its certificate must have; empty: none
  std::string_view form = {};  // all but its host, where two that differ in it are not equal
};

// One item in the forms that resolved.conf(5), unbound.conf(5) and dnsmasq(8) know:
//
//   10.1.1.100  10.1.1.100:53  [fd00::1]:53  fe80::1%eth0  10.1.1.100@853  10.1.1.100#sn1.d.example
//   dns+tls://10.1.1.100
[[nodiscard]] ServerItem server_item(const Word& word);

// A setting whose value is a list of servers.
struct ServerSetting {
  std::vector<ServerItem> items;
  std::string key;  // settings that are one list together have the same
  std::string_view label;
  uint32_t line = 0;
  size_t begin = 0;  // of its whole lines; goes with its last item. begin = end: it stays
  size_t end = 0;
};

// One server, which goes with its line.
[[nodiscard]] ServerSetting setting_on_line(ServerItem item, std::string key,
                                            std::string_view label, const Line& line);

[[nodiscard]] std::vector<ServerItem> server_items(const Word& value, std::string_view separators);

[[nodiscard]] std::vector<Mention> mentions_of(const std::vector<ServerSetting>& settings,
                                               std::string_view text);

// A list keeps its order; of items that become equal one is left. invalid_input as
// change_entries().
[[nodiscard]] Result<FilePlan> plan_settings(const std::vector<ServerSetting>& settings,
                                             const std::string& path, std::string_view text,
                                             const IdentityIndex& identity, const Move& move);

}  // namespace sn::agent
