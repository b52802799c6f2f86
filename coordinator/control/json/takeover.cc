// Takeovers: one with its nodes, how far a running one is, and all of them without nodes.
#include <algorithm>
#include <cstdint>
#include <map>

#include "coordinator/control/json/reference.h"

namespace sn::coordinator {

template <class V>
void fields(V& v, LogLine& m) {
  v("time_ms", m.unix_ms);
  v("what", m.what);
}

template <class V>
void fields(V& v, TakeoverPart& m) {
  v("node", m.node);
  v("previous", m.previous);
  v("now_in", m.since);
  v("to", m.to);
  v("from", m.from);
  v("generation", m.generation);
  v("verdict", m.verdict);
  v("reason", m.reason);
  v("cure", m.cure);
  v("told_ms", m.told_unix_ms);
  v("ended_ms", m.ended_unix_ms);
  v("group", m.group);
  v("outlook", m.outlook);
  v("canary", m.canary);
  v("undo", m.undo);
  v("log", m.log);
}

// Only if the node has spoken: "left": 0 of a node that has not would be a lie.
template <class V>
void fields(V& v, wire::Outcome& m) {
  v("left", m.left);
  v("places", m.places);
  v("kept", m.kept);
  v("boot_time_only", m.boot_time_only);
  v("unclaimed", m.unclaimed);
  v("changed", m.changed);
  v("restored", m.restored);
  v("total_us", m.total_us);
  v("reload_us", m.reload_us);
  v("own_verdict", m.verdict);
  v("as_planned", m.as_planned);
  v("findings", m.findings);
  v("changes", m.changes);
}

template <class V>
void fields(V& v, KeptPlan& m) {
  v("group", m.group);
  v("changes", m.changes);
  v("findings", m.findings);
}

// Nodes, plans, counts and durations are added by hand.
template <class V>
void fields(V& v, TakeoverHeader& m) {
  v("number", m.number);
  v("from", m.from);
  v("planned", m.terms.planned);
  v("fenced", m.fenced);
  v("forced", m.forced);
  v("strict", m.terms.strict);
  v("stuck", m.terms.stuck);
  v("by", m.by);
  v("state", m.state);
  v("started_ms", m.started_unix_ms);
  v("finished_ms", m.finished_unix_ms);
  v("timeout_ms", m.timeout_ms);
  v("undoes", m.undoes);
  v("back_to", m.back_to);
  v("canary", m.waves.canary);
  v("window", m.waves.window);
  v("max_failures", m.waves.max_failures);
  v("why", m.why);
  v("resumed_ms", m.resumed_unix_ms);
  v("strays", m.strays);
}

template <class V>
void fields(V& v, ProgressAnswer& m) {
  v("takeover", m.takeover);
  v("done", m.done);
  v("of", m.of);
  v("offline", m.offline);
  v("next", m.next);
  v("canaries", m.canaries);
  v("delayed", m.delayed);
  v("delayed_node", m.delayed_node);
  v("delay", m.delay);
  v("slowest", m.slowest);
  v("slowest_told_ms", m.slowest_told_unix_ms);
  v("slowest_ended_ms", m.slowest_ended_unix_ms);
}

template <class V>
void fields(V& v, PlainParts& m) {
  v("nodes", m.nodes);
  v("targets", m.targets);
  v("left", m.left);
  v("kept", m.kept);
  v("boot_time_only", m.boot_time_only);
  v("unclaimed", m.unclaimed);
  v("least_places", m.least_places);
  v("most_places", m.most_places);
}

namespace {

Json counts_json(const std::map<Verdict, size_t>& counts) {
  Json object = Json::object();
  for (const auto& [verdict, word] : Words<Verdict>::kAll) {
    const auto found = counts.find(verdict);
    if (verdict == Verdict::none && found == counts.end()) continue;
    object[std::string(word)] = found == counts.end() ? 0 : found->second;
  }
  return object;
}

// Rounded up: something that took time never shows as 0.
uint32_t ms_of_us(uint32_t us) { return us / 1000 + (us % 1000 != 0 ? 1 : 0); }

Json json_of(TakeoverPart node) {
  Json object = Writer::json_of(node);
  const bool spoke = node.outcome.verdict != Verdict::none;
  if (!spoke) {
    object["left"] = nullptr;
    object["duration_ms"] = nullptr;
    object["reload_ms"] = nullptr;
    object["findings"] = Json::array();
    object["changes"] = Json::array();
    object["as_planned"] = false;
    return object;
  }
  object["duration_ms"] = ms_of_us(node.outcome.total_us);
  object["reload_ms"] = ms_of_us(node.outcome.reload_us);
  object.update(Writer::json_of(node.outcome));
  return object;
}

Json header_json(TakeoverSummary summary, int exit_code) {
  TakeoverHeader& header = summary.header;
  Json object = Json::object();
  object["takeover"] = header.id();
  object.update(Writer::json_of(header));
  object["targets"] = Writer::json_of(summary.targets);
  object["exit"] = exit_code;
  object["duration_ms"] =
      header.finished_unix_ms == 0
          ? Json(nullptr)
          : Json(std::max<int64_t>(header.finished_unix_ms - header.started_unix_ms, 0));
  object["counts"] = counts_json(summary.counts);
  return object;
}

bool read_part(const Json& json, ShownTakeover& takeover) {
  TakeoverPart node;
  if (!read(json, node)) return false;
  if (json.contains("left") && !json["left"].is_null() && !read(json, node.outcome)) return false;
  std::string key = node.node;
  takeover.nodes.emplace(std::move(key), std::move(node));
  return true;
}

}  // namespace

Json write_summary(const TakeoverSummary& summary) {
  Json object = header_json(summary, summary.exit_code);
  object["node_count"] = summary.nodes;
  return object;
}

bool read_summary(const Json& json, TakeoverSummary& summary) {
  if (!read(json, summary.header)) return false;
  Reader reader(json);
  reader("exit", summary.exit_code);
  reader("node_count", summary.nodes);
  reader("targets", summary.targets);
  const auto counts = json.find("counts");
  if (counts != json.end() && counts->is_object()) {
    for (const auto& [verdict, word] : Words<Verdict>::kAll) {
      const auto count = counts->find(std::string(word));
      if (count != counts->end()) (void)Reader::take(*count, summary.counts[verdict]);
    }
  }
  return reader.wrong.empty();
}

Json write_answer(const TakeoverAnswer& answer) {
  TakeoverSummary summary = summary_of(answer.takeover);
  Json object = named("takeover", header_json(summary, answer.exit_code));
  object["frozen"] = answer.frozen;
  object["filed"] = !answer.takeover.filed.empty();
  Json nodes = Json::array();
  for (const auto& [name, node] : answer.takeover.nodes) nodes.push_back(json_of(node));
  object["nodes"] = std::move(nodes);
  PlainParts plain = answer.takeover.plain;
  if (plain.nodes.empty()) {
    auto plans = *answer.takeover.plans;
    object["plans"] = Writer::json_of(plans);
  } else {
    object["plain"] = Writer::json_of(plain);
  }
  return object;
}

Json write_answer(const StartedAnswer& answer) {
  return named("started", write_summary(answer.summary));
}

Json write_answer(ProgressAnswer answer) { return named("progress", Writer::json_of(answer)); }

Json write_answer(const HistoryAnswer& answer) {
  Json takeovers = Json::array();
  for (const auto& summary : answer.takeovers) takeovers.push_back(write_summary(summary));
  return {{"answer", "history"}, {"takeovers", std::move(takeovers)}};
}

bool read_answer(const Json& json, TakeoverAnswer& answer) {
  if (!read<TakeoverHeader>(json, answer.takeover)) return false;
  Reader reader(json);
  reader("frozen", answer.frozen);
  bool filed = false;
  reader("filed", filed);
  if (filed) answer.takeover.filed.emplace_back();
  reader("exit", answer.exit_code);
  std::vector<KeptPlan> plans;
  reader("plans", plans);
  answer.takeover.plans = std::move(plans);
  reader("plain", answer.takeover.plain);
  const auto nodes = json.find("nodes");
  if (!reader.wrong.empty() || nodes == json.end() || !nodes->is_array()) return false;
  for (const auto& node : *nodes) {
    if (!node.is_object() || !read_part(node, answer.takeover)) return false;
  }
  return true;
}

bool read_answer(const Json& json, StartedAnswer& answer) {
  return read_summary(json, answer.summary);
}

bool read_answer(const Json& json, ProgressAnswer& answer) { return read(json, answer); }

bool read_answer(const Json& json, HistoryAnswer& answer) {
  const auto list = json.find("takeovers");
  if (list == json.end() || !list->is_array()) return false;
  for (const auto& item : *list) {
    if (!item.is_object() || !read_summary(item, answer.takeovers.emplace_back())) return false;
  }
  return true;
}

}  // namespace sn::coordinator
