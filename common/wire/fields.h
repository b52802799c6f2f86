// The map keys of every message, in one place (PROTOCOL.md section 4). Included where pack_fields.h
// is.
#pragma once

#include <variant>

#include "common/wire/messages.h"
#include "common/wire/pack.h"

namespace sn::wire {

template <class V>
void fields(V& v, Binding& m) {
  v("sn", m.service_node);
  v("refs", m.references);
}
template <class V>
void fields(V& v, ServiceSighting& m) {
  v("service", m.service);
  v("answer", m.answer);
}
template <class V>
void fields(V& v, MachineSighting& m) {
  v("life", m.life);
  v("mac", m.mac);
  v("evidence", m.evidence);
  v.optional("services", m.services);
}
template <class V>
void fields(V& v, Sighting& m) {
  v("sn", m.service_node);
  v("seen", m.seen);
}
template <class V>
void fields(V& v, ServerSighting& m) {
  v("address", m.address);
  v("port", m.port);
  v("owner", m.owner);
  v("state", m.state);
  v("since_ms", m.since_ms);
  v("evidence", m.evidence);
  v("unanswered", m.unanswered);
  v("mounts", m.mounts);
  v("critical", m.critical);
}
template <class V>
void fields(V& v, ServiceNodeEntry& m) {
  v("name", m.name);
  v("node_names", m.node_names);
  v("addresses", m.addresses);
  v("nim_master_id", m.nim_master_id);
}
template <class V>
void fields(V& v, Reference& m) {
  v("kind", m.kind);
  v("place", m.place);
  v("label", m.label);
  v("value", m.value);
  v("owner", m.owner);
  v("role", m.role);
  v.optional("guessed", m.guessed);
}
template <class V>
void fields(V& v, PlannedChange& m) {
  v("kind", m.kind);
  v("path", m.path);
  v("line", m.line);
  v("before", m.before);
  v("after", m.after);
}
template <class V>
void fields(V& v, Finding& m) {
  v("what", m.what);
  v("place", m.place);
  v("reason", m.reason);
  v("cure", m.cure);
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
void fields(V& v, PlanSummary& m) {
  v("outlook", m.outlook);
  v("hash", m.hash);
  v("shape", m.shape);
  v("group", m.group);
  v("references", m.references);
  v("places", m.places);
  v("files", m.files);
  v("routes", m.routes);
  v("mounts", m.mounts);
  v("restored", m.restored);
  v("reloads", m.reloads);
  v.optional("needs", m.needs);
  v("changes", m.changes);
  v("findings", m.findings);
}
template <class V>
void fields(V& v, Outcome& m) {
  v("takeover", m.takeover);
  v("generation", m.generation);
  v("to", m.to);
  v("verdict", m.verdict);
  v("left", m.left);
  v("places", m.places);
  v("kept", m.kept);
  v("boot_time_only", m.boot_time_only);
  v("unclaimed", m.unclaimed);
  v("changed", m.changed);
  v("restored", m.restored);
  v("total_us", m.total_us);
  v("reload_us", m.reload_us);
  v("plan_hash", m.plan_hash);
  v("as_planned", m.as_planned);
  v("planned_findings", m.planned_findings);
  v("findings", m.findings);
  v("changes", m.changes);
}
template <class V>
void fields(V& v, Quarantine& m) {
  v("reason", m.reason);
  v("cure", m.cure);
}
template <class V>
void fields(V& v, Clear& m) {
  v("epoch", m.epoch);
}
template <class V>
void fields(V& v, Hello& m) {
  if (v.reads()) m.protocol = 0;  // absent
  v("protocol", m.protocol);
  v("node", m.node);
  v("version", m.version);
  // What another protocol says further is not known here. These three stay what they are in every
  // version, so that it can be refused by its number.
  if (m.protocol != kProtocolVersion) return;
  v("boot_id", m.boot_id);
  v("instance", m.instance);
  v("nonce", m.nonce);
  v("confined", m.confined);
  v("mode", m.mode);
  v("path", m.path);
  v("directory", m.directory_digest);
  v("generation", m.generation);
  v("generation_target", m.generation_target);
  v("bindings", m.bindings);
  v("last", m.last);
  v("busy", m.busy);
  v("servers", m.servers);
  v("quarantine", m.quarantine);
}
template <class V>
void fields(V& v, Beat& m) {
  v("serial", m.serial);
  v("generation", m.generation);
  v("busy", m.busy);
  v("busy_ms", m.busy_ms);
}
template <class V>
void fields(V& v, Inventory& m) {
  v("references", m.references);
  v("bindings", m.bindings);
  v("findings", m.findings);
  v("mounts", m.mounts);
}
template <class V>
void fields(V& v, Mounts& m) {
  v("mounts", m.mounts);
}
template <class V>
void fields(V& v, PlanReport& m) {
  v("request", m.request);
  v("sightings", m.sightings);
  v("hash", m.hash);
  v("shape", m.shape);
  v("group", m.group);
}
template <class V>
void fields(V& v, FullPlan& m) {
  v("request", m.request);
  v("plan", m.plan);
}
template <class V>
void fields(V& v, TellPlan& m) {
  v("request", m.request);
}
template <class V>
void fields(V& v, Seen& m) {
  v("request", m.request);
  v("sightings", m.sightings);
}
template <class V>
void fields(V& v, Look& m) {
  v("request", m.request);
  v("sns", m.service_nodes);
  v("probe_ms", m.probe_ms);
}
template <class V>
void fields(V& v, Accepted& m) {
  v("takeover", m.takeover);
  v("generation", m.generation);
}
template <class V>
void fields(V& v, Progress& m) {
  v("takeover", m.takeover);
  v("generation", m.generation);
  v("step", m.step);
  v("done", m.done);
  v("of", m.of);
}
template <class V>
void fields(V& v, OutcomeReport& m) {
  v("outcome", m.outcome);
  v("bindings", m.bindings);
}
template <class V>
void fields(V& v, Drift& m) {
  v("place", m.place);
  v("detail", m.detail);
  v("sn", m.service_node);
  v("bindings", m.bindings);
}
template <class V>
void fields(V& v, Welcome& m) {
  if (v.reads()) m.protocol = 0;  // absent
  v("protocol", m.protocol);
  if (m.protocol != kProtocolVersion) return;  // as in Hello
  v("epoch", m.epoch);
  v("generation", m.generation);
  v("beat_ms", m.beat_interval_ms);
  v("directory", m.directory_digest);
}
template <class V>
void fields(V& v, BeatAck& m) {
  v("serial", m.serial);
}
template <class V>
void fields(V& v, Preflight& m) {  // and of Rehearse
  v("request", m.request);
  v("from", m.from);
  v("to", m.to);
  v("strict", m.strict);
  v("stuck", m.stuck);
  v("probe_ms", m.probe_ms);
  v("undo", m.undo);
  v("meant", m.meant);
  v("planned", m.planned);
  v("epoch", m.epoch);
}
template <class V>
void fields(V& v, Rebind& m) {
  v("takeover", m.takeover);
  v("generation", m.generation);
  v("node", m.node);
  v("from", m.from);
  v("to", m.to);
  v("planned", m.planned);
  v("strict", m.strict);
  v("stuck", m.stuck);
  v("undo", m.undo);
  v("plan_hash", m.plan_hash);
  v("plan_shape", m.plan_shape);
  v("meant", m.meant);
  v("kept_lines", m.kept_lines);
  v("epoch", m.epoch);
}
template <class V>
void fields(V& v, Order& m) {
  v("node", m.node);
  v("boot_id", m.boot_id);
  v("nonce", m.nonce);
  v("what", m.what);
}
template <class V>
void fields(V& v, SignedOrder& m) {
  v("order", m.order);
  v("place", m.place);
  v("of", m.of);
  v("path", m.path);
  v("signature", m.signature);
}
template <class V>
void fields(V& v, Observe& m) {
  v("epoch", m.epoch);
}
template <class V>
void fields(V& v, Refused& m) {
  v("takeover", m.takeover);
  v("generation", m.generation);
  v("reason", m.reason);
  v("cure", m.cure);
}
template <class V>
void fields(V& v, ServerHealthReport& m) {
  v("servers", m.servers);
}
template <class V>
void fields(V& v, WatchServer& m) {
  v("address", m.address);
  v("for_ms", m.for_ms);
}
template <class V>
void fields(V& v, InspectVerb& m) {
  v("request", m.request);
}
template <class V>
void fields(V& v, PlanVerb& m) {
  v("request", m.request);
  v("from", m.from);
  v("to", m.to);
  v("strict", m.strict);
  v("stuck", m.stuck);
  v("undo", m.undo);
  v("meant", m.meant);
  v("planned", m.planned);
  v("epoch", m.epoch);
}
template <class V>
void fields(V& v, OrderVerb& m) {
  v("request", m.request);
  v("order", m.order);
}
template <class V>
void fields(V&, KnockVerb&) {}
template <class V>
void fields(V&, AliveVerb&) {}
template <class V>
void fields(V&, StillThere&) {}
template <class V>
void fields(V&, AreYouThere&) {}
template <class V>
void fields(V& v, Knock& m) {
  v("protocol", m.protocol);
  v("node", m.node);
  v("version", m.version);
  v("boot_id", m.boot_id);
  v("challenge", m.challenge);
  v("from", m.from);
  v("to", m.to);
}
template <class V>
void fields(V& v, KnockAnswer& m) {
  v("challenge", m.challenge);
  v("accepted", m.accepted);
  v("reason", m.reason);
  v("cure", m.cure);
}
template <class V>
void fields(V& v, ClearReply& m) {
  v("request", m.request);
  v("quarantine", m.quarantine);
}
template <class V>
void fields(V& v, InspectReply& m) {
  v("request", m.request);
  v("error", m.error);
  v("inventory", m.inventory);
}
template <class V>
void fields(V& v, PlanReply& m) {
  v("request", m.request);
  v("plan", m.plan);
}
template <class V>
void fields(V& v, RebindReply& m) {
  v("request", m.request);
  v("accepted", m.accepted);
  v("refused", m.refused);
}
template <class V>
void fields(V& v, ExecutorState& m) {
  v("mode", m.mode);
  v("nonce", m.nonce);
  v("generation", m.generation);
  v("generation_target", m.generation_target);
  v("directory", m.directory_digest);
  v("busy", m.busy);
  v("bindings", m.bindings);
  v("last", m.last);
  v("quarantine", m.quarantine);
}
template <class V>
void fields(V& v, ProbeTarget& m) {
  v("sn", m.service_node);
  v("address", m.address);
  v("services", m.services);
  v("domain_name", m.domain_name);
}
template <class V>
void fields(V& v, WentAhead& m) {
  v("sn", m.service_node);
  v("changes", m.changes);
}
template <class V>
void fields(V& v, DirectoryRead& m) {
  v("directory", m.digest);
  v.optional("service_nodes", m.service_nodes);
}
template <class V>
void fields(V& v, FenceRead& m) {
  v("epoch", m.epoch);
  v("generation", m.generation);
  v("target", m.target);
  v("last", m.last);
}
template <class V>
void fields(V& v, PeerCount& m) {
  v("peer", m.peer);
  v("sn", m.service_node);
  v("count", m.count);
}
template <class V>
void fields(V& v, OpenSockets& m) {
  v("sockets", m.sockets);
}
template <class V>
void fields(V& v, ScriptAtWork& m) {
  v("name", m.name);
  v("pid", m.pid);
  v("start", m.start_ticks);
}
template <class V>
void fields(V& v, ScriptsAtWork& m) {
  v("scripts", m.scripts);
}
template <class V>
void fields(V& v, MadePlan& m) {
  v("hash", m.hash);
  v("steps", m.steps);
}
template <class V>
void fields(V& v, Marker& m) {
  v("superblock", m.superblock);
  v("source", m.source);
  v("digest", m.digest);
}
template <class V>
void fields(V& v, Markers& m) {
  v("markers", m.markers);
}
template <class V>
void fields(V& v, ProbeTargets& m) {
  v("targets", m.targets);
}
template <class V>
void fields(V& v, NfsServer& m) {
  v("address", m.address);
  v("port", m.port);
  v("version", m.version);
  v("owner", m.owner);
  v("critical", m.critical);
  v("mounts", m.mounts);
}
template <class V>
void fields(V& v, NfsServers& m) {
  v("servers", m.servers);
}

// The "t" of every message, in the order of its variant.
template <>
struct Names<ToCoordinator> {
  static constexpr const char* kAll[] = {"hello",    "beat",           "inventory", "plan_report",
                                         "accepted", "progress",       "outcome",   "drift",
                                         "refused",  "server_health",  "mounts",    "quarantine",
                                         "seen",     "directory_read", "full_plan"};
};
template <>
struct Names<ToAgent> {
  static constexpr const char* kAll[] = {"welcome",       "beat_ack",     "preflight", "observe",
                                         "refused",       "watch_server", "look",      "tell_plan",
                                         "are_you_there", "order"};
};
template <>
struct Names<Verb> {
  static constexpr const char* kAll[] = {"inspect", "plan", "order", "knock", "alive"};
};
template <>
struct Names<OrderKind> {
  static constexpr const char* kAll[] = {"rebind", "rehearse", "clear"};
};
template <>
struct Names<ToSession> {
  static constexpr const char* kAll[] = {
      "inspect_reply", "plan_reply",   "rebind_reply", "clear_reply", "state",
      "probe_targets", "nfs_servers",  "mounts",       "progress",    "outcome",
      "drift",         "knock_answer", "still_there"};
};
template <>
struct Names<FromChild> {
  static constexpr const char* kAll[] = {
      "progress",      "scripts_at_work", "went_ahead", "directory_read", "fence_read",
      "probe_targets", "open_sockets",    "markers",    "made_plan",      "inspect_reply",
      "plan_reply",    "outcome",         "quarantine", "clear_reply"};
};
template <class Variant>
inline constexpr bool kAllNamed = std::size(Names<Variant>::kAll) == std::variant_size_v<Variant>;
static_assert(kAllNamed<ToCoordinator> && kAllNamed<ToAgent> && kAllNamed<Verb> &&
              kAllNamed<ToSession> && kAllNamed<FromChild> && kAllNamed<OrderKind>);

}  // namespace sn::wire
