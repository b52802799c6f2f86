// Which keys may connect.
#include "coordinator/control/json/value.h"

namespace sn::coordinator {

template <class V>
void fields(V& v, NodeKey& m) {
  v("node", m.node);
  v("public_key", m.public_key);
  v("added_ms", m.added_unix_ms);
}

Json write_answer(KeysAnswer answer) {
  return {{"answer", "keys"}, {"keys", Writer::json_of(answer.keys)}};
}

bool read_answer(const Json& json, KeysAnswer& answer) {
  Reader reader(json);
  reader("keys", answer.keys);
  return reader.wrong.empty();
}

}  // namespace sn::coordinator
