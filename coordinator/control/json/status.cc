// Every node and service node as it stands.
#include "coordinator/control/json/value.h"

namespace sn::coordinator {

template <class V>
void fields(V& v, ServiceNodeStatus& m) {
  v("name", m.record.name);
  v("state", m.record.state);
  v("since_ms", m.record.since_unix_ms);
  v("takeover", m.record.takeover);
  v("nodes", m.nodes);
  v("verified", m.verified);
  v("partly", m.partly);
  v("blocked", m.blocked);
  v("failed", m.failed);
  v("pending", m.pending);
  v("held", m.held);
  v("life", m.life.life);
  v("life_since_ms", m.life.since_unix_ms);
  v("asked_by", m.life.asked);
  v("alive_by", m.life.alive_by);
  v("seen_here", m.life.here);
  v("evidence", m.life.evidence);
  v("evidence_by", m.life.by);
  v("mac", m.life.mac);
  v("flaps", m.life.flaps);
}

template <class V>
void fields(V& v, SeenServer& m) {
  v("address", m.address);
  v("port", m.port);
  v("owner", m.owner);
  v("state", m.state);
  v("since_ms", m.since_unix_ms);
  v("evidence", m.evidence);
  v("unanswered", m.unanswered);
  v("mounts", m.mounts);
  v("critical", m.critical);
}

template <class V>
void fields(V& v, NfsServerStatus& m) {
  v("address", m.address);
  v("port", m.port);
  v("owner", m.owner);
  v("nodes", m.nodes);
  v("critical_for", m.critical_for);
  v("answering", m.answering);
  v("slow", m.slow);
  v("suspicious", m.suspicious);
  v("silent", m.silent);
  v("silent_since_ms", m.silent_since_unix_ms);
  v("evidence", m.evidence);
  v("seen_here", m.here);
}

template <class V>
void fields(V& v, NfsMount& m) {
  v("place", m.place);
  v("source", m.source);
  v("address", m.address);
  v("port", m.port);
  v("version", m.version);
  v("options", m.options);
  v("read_only", m.read_only);
  v("superblock", m.superblock);
  v("owner", m.owner);
  v("class", m.what);
  v("critical", m.critical);
  v("upon", m.upon);
}

template <class V>
void fields(V& v, NodeStatus& m) {
  v("node", m.node);
  v("sn", m.service_node);
  v("on", m.on);
  v("row", m.state);
  v("generation", m.generation);
  v("verdict", m.verdict);
  v("reason", m.reason);
  v("cure", m.cure);
  v("takeover", m.takeover);
  v("from", m.from);
  v("connected", m.connected);
  v("ever_seen", m.ever_seen);
  v("seen_ms", m.seen_unix_ms);
  v("path", m.path);
  v("mode", m.mode);
  v("version", m.version);
  v("busy", m.busy);
  v("observed", m.bindings);
  v("mounts", m.mounts);
  v("servers", m.servers);
  v("notice", m.notice);
  v("notice_cure", m.notice_cure);
  v("acknowledged", m.acknowledged);
}

template <class V>
void fields(V& v, Disk& m) {
  v("place", m.place);
  v("free_mib", m.free_mib);
  v("wanted_mib", m.wanted_mib);
  v("full", m.full);
}

template <class V>
void fields(V& v, StatusAnswer& m) {
  v("now_ms", m.now_unix_ms);
  v("up_since_ms", m.up_since_unix_ms);
  v("frozen", m.freeze.frozen);
  v("frozen_by", m.freeze.by);
  v("frozen_since_ms", m.freeze.since_unix_ms);
  v("disk", m.disk);
  v("service_nodes", m.service_nodes);
  v("nodes", m.nodes);
  v.optional("plain", m.plain);
  v("nfs_servers", m.nfs_servers);
}

Json write_answer(StatusAnswer answer) {
  Json object = named("status", Writer::json_of(answer));
  if (answer.plain > 0) object["plain_paths"] = answer.plain_paths;
  object["last_takeover"] = answer.last ? write_summary(*answer.last) : Json(nullptr);
  object["feed"] = {{"epoch", answer.feed_epoch}, {"serial", answer.feed_serial}};
  return object;
}

bool read_answer(const Json& json, StatusAnswer& answer) {
  if (!read(json, answer)) return false;
  const auto feed = json.find("feed");
  if (feed != json.end() && feed->is_object()) {
    Reader reader(*feed);
    reader("epoch", answer.feed_epoch);
    reader("serial", answer.feed_serial);
  }
  const auto paths = json.find("plain_paths");
  if (paths != json.end() && paths->is_object()) {
    for (const auto& [path, count] : paths->items()) {
      if (!Reader::take(count, answer.plain_paths[path])) return false;
    }
  }
  const auto last = json.find("last_takeover");
  if (last == json.end() || !last->is_object()) return true;
  return read_summary(*last, answer.last.emplace());
}

}  // namespace sn::coordinator
