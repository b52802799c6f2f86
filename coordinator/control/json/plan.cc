// What a takeover would do, group by group.
#include "coordinator/control/json/reference.h"

namespace sn::coordinator {

template <class V>
void fields(V& v, PlanGroup& m) {
  v("id", m.id);
  v("nodes", m.nodes);
  v("outlook", m.outlook);
  v("to", m.to);
  v("reason", m.reason);
  v("cure", m.cure);
  v("plan_outlook", m.plan.outlook);
  v("references", m.plan.references);
  v("files", m.plan.files);
  v("routes", m.plan.routes);
  v("mounts", m.plan.mounts);
  v("restored", m.plan.restored);
  v("changes", m.plan.changes);
  v("reloads", m.plan.reloads);
  v("findings", m.plan.findings);
  v("hash", m.plan.hash);
  v("shape", m.plan.shape);
  v("needs", m.plan.needs);
  v("unready", m.unready);
}

template <class V>
void fields(V& v, Readiness& m) {
  v("service", m.service);
  v("ok", m.ok);
  v("silent", m.silent);
  v("failing", m.failing);
  v("unknown", m.unknown);
}

template <class V>
void fields(V& v, InHand& m) {
  v("takeover", m.takeover);
  v("nodes", m.nodes);
}

template <class V>
void fields(V& v, PlanAnswer& m) {
  v("from", m.from);
  v("to", m.to);
  v("planned", m.planned);
  v("fenced", m.fenced);
  v("node_count", m.nodes);
  v("groups", m.groups);
  v("strays", m.strays);
  v("from_seen_alive_by", m.from_seen_alive_by);
  v("from_asked", m.from_asked);
  v("from_evidence", m.from_evidence);
  v("from_life", m.from_life);
  v("from_sign", m.from_sign);
  v("from_by", m.from_by);
  v("from_mac", m.from_mac);
  v("from_power", m.power);
  v("from_off", m.off);
  v("from_silent_since_ms", m.from_silent_unix_ms);
  v("options", m.options);
  v("frozen", m.frozen);
  v("to_seen_alive_by", m.to_seen_alive_by);
  v("to_asked", m.to_asked);
  v("to_services", m.to_services);
  v("to_nodes_now", m.to_nodes_now);
  v("to_nodes_after", m.to_nodes_after);
  v("asks", m.asks);
  v("rehearsed", m.rehearsed);
  v("undoes", m.undoes);
  v("back_to", m.back_to);
  v("left_alone", m.left_alone);
  v("under_way", m.under_way);
  v("taken_over", m.taken_over);
}

Json write_answer(PlanAnswer answer) { return named("plan", Writer::json_of(answer)); }

bool read_answer(const Json& json, PlanAnswer& answer) { return read(json, answer); }

}  // namespace sn::coordinator
