// snctl keys add|list|revoke: which CURVE keys may connect, and as which node.
#include "common/net/curve_keys.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int add_key(const Terminal& terminal, const std::string& node, const std::string& key) {
  if (!net::is_curve_key(key)) {
    print_error("snctl: '" + key +
                "' is no CURVE public key of 40 Z85 characters (cure: copy what the node's "
                "snagentd prints, in single quotes)\n");
    return 2;
  }
  return ask_once<DoneAnswer>(
      terminal, AddKeyCommand{node, key}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

int list_keys(const Terminal& terminal) {
  return ask_once<KeysAnswer>(terminal, ListKeysCommand{}, kAnswer_ms,
                              [&](const Line& line, const KeysAnswer& answer) {
                                return finish(terminal, line, keys_screen(answer), 0);
                              });
}

int revoke_key(const Terminal& terminal, const std::string& node) {
  return ask_once<DoneAnswer>(
      terminal, RevokeKeyCommand{node}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

}  // namespace sn::coordinator
