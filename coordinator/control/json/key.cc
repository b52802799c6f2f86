// Which keys may connect, and which would like to.
#include "coordinator/control/json/value.h"

namespace sn::coordinator {

template <class V>
void fields(V& v, NodeKey& m) {
  v("node", m.node);
  v("public_key", m.public_key);
  v("added_ms", m.added_unix_ms);
  v("how", m.how);
  v("revoked", m.revoked);
}
template <class V>
void fields(V& v, FeedKey& m) {
  v("name", m.name);
  v("public_key", m.public_key);
  v("added_ms", m.added_unix_ms);
  v("by", m.by);
}
template <class V>
void fields(V& v, PendingKey& m) {
  v("node", m.node);
  v("public_key", m.public_key);
  v("from", m.from);
  v("why", m.why);
  v("since_ms", m.since_unix_ms);
}

Json write_answer(KeysAnswer answer) {
  return {{"answer", "keys"},
          {"keys", Writer::json_of(answer.keys)},
          {"feed_keys", Writer::json_of(answer.feed_keys)}};
}

Json write_answer(PendingAnswer answer) {
  return {{"answer", "pending_keys"}, {"keys", Writer::json_of(answer.keys)}};
}

bool read_answer(const Json& json, PendingAnswer& answer) {
  Reader reader(json);
  reader("keys", answer.keys);
  return reader.wrong.empty();
}

bool read_answer(const Json& json, KeysAnswer& answer) {
  Reader reader(json);
  reader("keys", answer.keys);
  reader("feed_keys", answer.feed_keys);
  return reader.wrong.empty();
}

}  // namespace sn::coordinator
