// One event of the status feed.
#include "coordinator/control/json/value.h"

namespace sn::coordinator {

template <class V>
void fields(V& v, Event& m) {
  v("epoch", m.epoch);
  v("serial", m.serial);
  v("time_ms", m.unix_ms);
  v("id", m.id);
  v("what", m.what);
  v("takeover", m.takeover);
  v("node", m.node);
  v("sn", m.service_node);
  v("text", m.text);
}

Json write_answer(Event answer) { return named("event", Writer::json_of(answer)); }

bool read_answer(const Json& json, Event& answer) { return read(json, answer); }

}  // namespace sn::coordinator
