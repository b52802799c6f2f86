#include "coordinator/control/json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <type_traits>
#include <utility>

namespace sn::coordinator {

namespace {

using Json = nlohmann::ordered_json;

// ---------------------------------------------------------------- words

template <class Enum>
struct Words;
template <>
struct Words<MountClass> {
  static constexpr MountClass kAll[] = {MountClass::external, MountClass::service_node,
                                        MountClass::other};
};
template <>
struct Words<StuckPolicy> {
  static constexpr StuckPolicy kAll[] = {StuckPolicy::keep, StuckPolicy::orphan, StuckPolicy::kill};
};
template <>
struct Words<Verdict> {
  static constexpr Verdict kAll[] = {Verdict::none,    Verdict::verified, Verdict::partly,
                                     Verdict::blocked, Verdict::failed,   Verdict::pending,
                                     Verdict::held};
};
template <>
struct Words<FindingClass> {
  static constexpr FindingClass kAll[] = {
      FindingClass::blocked,   FindingClass::left,    FindingClass::not_in_effect,
      FindingClass::drift,     FindingClass::returns, FindingClass::boot_time_only,
      FindingClass::unclaimed, FindingClass::kept,    FindingClass::note};
};
template <>
struct Words<RowState> {
  static constexpr RowState kAll[] = {RowState::observed, RowState::held, RowState::released};
};
template <>
struct Words<ServiceNodeState> {
  static constexpr ServiceNodeState kAll[] = {ServiceNodeState::up, ServiceNodeState::suspect,
                                              ServiceNodeState::failed,
                                              ServiceNodeState::maintenance};
};
template <>
struct Words<ServerState> {
  static constexpr ServerState kAll[] = {ServerState::unknown, ServerState::answering,
                                         ServerState::slow, ServerState::suspicious,
                                         ServerState::silent};
};
template <>
struct Words<SeenFrom> {
  static constexpr SeenFrom kAll[] = {SeenFrom::unknown, SeenFrom::answering, SeenFrom::silent};
};
template <>
struct Words<TakeoverState> {
  static constexpr TakeoverState kAll[] = {TakeoverState::running, TakeoverState::finished};
};

// ---------------------------------------------------------------- fields, for both directions

template <class V>
void fields(V& v, Finding& m) {
  v("class", m.what);
  v("place", m.place);
  v("reason", m.reason);
  v("cure", m.cure);
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
void fields(V& v, Stray& m) {
  v("node", m.node);
  v("belongs_to", m.belongs_to);
  v("references", m.references);
}
template <class V>
void fields(V& v, NodeKey& m) {
  v("node", m.node);
  v("public_key", m.public_key);
  v("added_ms", m.added_unix_ms);
}
template <class V>
void fields(V& v, PlanGroup& m) {
  v("id", m.id);
  v("nodes", m.nodes);
  v("outlook", m.outlook);
  v("to", m.to);
  v("reason", m.reason);
  v("cure", m.cure);
  v("references", m.plan.references);
  v("files", m.plan.files);
  v("routes", m.plan.routes);
  v("mounts", m.plan.mounts);
  v("changes", m.plan.changes);
  v("reloads", m.plan.reloads);
  v("findings", m.plan.findings);
  v("hash", m.plan.hash);
}
template <class V>
void fields(V& v, PlanAnswer& m) {
  v("from", m.from);
  v("to", m.to);
  v("planned", m.planned);
  v("node_count", m.nodes);
  v("groups", m.groups);
  v("strays", m.strays);
  v("from_seen_alive_by", m.from_seen_alive_by);
  v("from_asked", m.from_asked);
  v("from_evidence", m.from_evidence);
  v("from_alive", m.from_alive);
  v("options", m.options);
  v("frozen", m.frozen);
  v("to_seen_alive_by", m.to_seen_alive_by);
  v("to_asked", m.to_asked);
  v("to_nodes_now", m.to_nodes_now);
  v("to_nodes_after", m.to_nodes_after);
  v("asks", m.asks);
}
template <class V>
void fields(V& v, TakeoverNode& m) {
  v("node", m.node);
  v("previous", m.previous);
  v("to", m.to);
  v("from", m.from);
  v("generation", m.generation);
  v("verdict", m.verdict);
  v("reason", m.reason);
  v("cure", m.cure);
  v("told_ms", m.told_unix_ms);
  v("ended_ms", m.ended_unix_ms);
}
// Only if the node has spoken: "left": 0 of a node that has not would be a lie.
template <class V>
void fields(V& v, wire::Outcome& m) {
  v("left", m.left);
  v("kept", m.kept);
  v("boot_time_only", m.boot_time_only);
  v("unclaimed", m.unclaimed);
  v("changed", m.changed);
  v("total_us", m.total_us);
  v("reload_us", m.reload_us);
  v("own_verdict", m.verdict);
  v("findings", m.findings);
  v("changes", m.changes);
}
// The header; nodes, counts and durations are added by hand.
template <class V>
void fields(V& v, Takeover& m) {
  v("number", m.number);
  v("from", m.from);
  v("planned", m.planned);
  v("strict", m.strict);
  v("stuck", m.stuck);
  v("by", m.by);
  v("state", m.state);
  v("started_ms", m.started_unix_ms);
  v("finished_ms", m.finished_unix_ms);
  v("timeout_ms", m.timeout_ms);
  v("strays", m.strays);
}
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
  v("asked_by", m.asked_by);
  v("alive_by", m.alive_by);
  v("seen_here", m.here);
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
  v("node", m.row.node);
  v("sn", m.row.service_node);
  v("row", m.row.state);
  v("generation", m.row.generation);
  v("verdict", m.row.verdict);
  v("reason", m.row.reason);
  v("cure", m.row.cure);
  v("takeover", m.row.takeover);
  v("from", m.row.from);
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
}
template <class V>
void fields(V& v, StatusAnswer& m) {
  v("now_ms", m.now_unix_ms);
  v("up_since_ms", m.up_since_unix_ms);
  v("frozen", m.freeze.frozen);
  v("frozen_by", m.freeze.by);
  v("frozen_since_ms", m.freeze.since_unix_ms);
  v("service_nodes", m.service_nodes);
  v("nodes", m.nodes);
  v("nfs_servers", m.nfs_servers);
}
template <class V>
void fields(V& v, ProgressAnswer& m) {
  v("takeover", m.takeover);
  v("done", m.done);
  v("of", m.of);
  v("offline", m.offline);
  v("delayed", m.delayed);
  v("delay", m.delay);
}
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

// ---------------------------------------------------------------- commands

template <class V>
void fields(V& v, TakeoverCommand& m) {
  v("from", m.from);
  v("to", m.to);
  v("nodes", m.nodes);
  v("planned", m.planned);
  v("strict", m.strict);
  v("stuck", m.stuck);
  v("dry_run", m.dry_run);
  v("confirm", m.confirm);
  v("timeout_ms", m.timeout_ms);
}
template <class V>
void fields(V& v, ConfirmCommand& m) {
  v("go", m.go);
}
template <class V>
void fields(V&, StatusCommand&) {}
template <class V>
void fields(V&, HistoryCommand&) {}
template <class V>
void fields(V& v, ShowCommand& m) {
  v("takeover", m.takeover);
}
template <class V>
void fields(V& v, WatchCommand& m) {
  v("takeover", m.takeover);
}
template <class V>
void fields(V& v, FreezeCommand& m) {
  v("frozen", m.frozen);
}
template <class V>
void fields(V& v, ClearServiceNodeCommand& m) {
  v("service_node", m.service_node);
}
template <class V>
void fields(V& v, AddKeyCommand& m) {
  v("node", m.node);
  v("public_key", m.public_key);
}
template <class V>
void fields(V&, ListKeysCommand&) {}
template <class V>
void fields(V& v, RevokeKeyCommand& m) {
  v("node", m.node);
}

// In the order of the variant.
constexpr const char* kCommandNames[] = {"takeover", "confirm",   "status",    "history",
                                         "show",     "watch",     "freeze",    "clear_service_node",
                                         "add_key",  "list_keys", "revoke_key"};
static_assert(std::size(kCommandNames) == std::variant_size_v<Command>);

// ---------------------------------------------------------------- writing

struct Writer {
  Json out = Json::object();

  template <class T>
  void operator()(const char* key, T& value) {
    out[key] = json_of(value);
  }

  static Json json_of(std::string& value) { return value; }
  // "observed": {"SN1P": 9} reads better than a list of pairs.
  static Json json_of(std::vector<wire::Binding>& bindings) {
    Json object = Json::object();
    for (const auto& binding : bindings) object[binding.service_node] = binding.references;
    return object;
  }
  template <class T>
  static Json json_of(std::vector<T>& list) {
    Json array = Json::array();
    for (auto& item : list) array.push_back(json_of(item));
    return array;
  }
  template <class T>
  static Json json_of(T& value) {
    if constexpr (std::is_enum_v<T>) {
      return to_string(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return value;
    } else {
      Writer writer;
      fields(writer, value);
      return std::move(writer.out);
    }
  }
};

Json counts_json(const std::map<Verdict, size_t>& counts) {
  Json object = Json::object();
  for (const Verdict verdict : Words<Verdict>::kAll) {
    const auto found = counts.find(verdict);
    if (verdict == Verdict::none && found == counts.end()) continue;
    object[std::string(to_string(verdict))] = found == counts.end() ? 0 : found->second;
  }
  return object;
}

// Rounded up: something that took time never shows as 0.
uint32_t ms_of_us(uint32_t us) { return us / 1000 + (us % 1000 != 0 ? 1 : 0); }

Json json_of(TakeoverNode node) {
  Json object = Writer::json_of(node);
  const bool spoke = node.outcome.verdict != Verdict::none;
  if (!spoke) {
    object["left"] = nullptr;
    object["duration_ms"] = nullptr;
    object["reload_ms"] = nullptr;
    object["findings"] = Json::array();
    object["changes"] = Json::array();
    return object;
  }
  object["duration_ms"] = ms_of_us(node.outcome.total_us);
  object["reload_ms"] = ms_of_us(node.outcome.reload_us);
  object.update(Writer::json_of(node.outcome));
  return object;
}

Json header_json(TakeoverSummary summary, int exit_code) {
  Takeover& header = summary.header;
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

Json json_of(const TakeoverSummary& summary) {
  Json object = header_json(summary, summary.exit_code);
  object["node_count"] = summary.nodes;
  return object;
}

struct AnswerWriter {
  Json operator()(const RefusalAnswer& answer) const {
    Json object = Json::object();
    object["answer"] = "refused";
    object["refused"] = {{"reason", answer.reason}, {"cure", answer.cure}};
    object["exit"] = answer.exit_code;
    return object;
  }
  Json operator()(const DoneAnswer& answer) const {
    return {{"answer", "done"}, {"done", answer.text}, {"exit", 0}};
  }
  Json operator()(PlanAnswer answer) const { return named("plan", Writer::json_of(answer)); }
  Json operator()(const TakeoverAnswer& answer) const {
    const TakeoverSummary summary = summary_of(answer.takeover);
    Json object = named("takeover", header_json(summary, answer.exit_code));
    object["frozen"] = answer.frozen;
    Json nodes = Json::array();
    for (const auto& [name, node] : answer.takeover.nodes) nodes.push_back(json_of(node));
    object["nodes"] = std::move(nodes);
    return object;
  }
  Json operator()(ProgressAnswer answer) const {
    return named("progress", Writer::json_of(answer));
  }
  Json operator()(StatusView view) const {
    Json object = named("status", Writer::json_of(view.status));
    object["last_takeover"] = view.last ? json_of(*view.last) : Json(nullptr);
    object["feed"] = {{"epoch", view.status.feed_epoch}, {"serial", view.status.feed_serial}};
    return object;
  }
  Json operator()(const HistoryView& view) const {
    Json takeovers = Json::array();
    for (const auto& summary : view.takeovers) takeovers.push_back(json_of(summary));
    return {{"answer", "history"}, {"takeovers", std::move(takeovers)}};
  }
  Json operator()(KeysAnswer answer) const {
    return {{"answer", "keys"}, {"keys", Writer::json_of(answer.keys)}};
  }
  Json operator()(Event answer) const { return named("event", Writer::json_of(answer)); }

  static Json named(const char* kind, const Json& rest) {
    Json object = Json::object();
    object["answer"] = kind;
    object.update(rest);
    return object;
  }
};

// What a node reports may hold any bytes; JSON may not.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// ---------------------------------------------------------------- reading

// Takes what is there and of the right type; `wrong` names the first key that is not.
struct Reader {
  const Json& in;
  std::set<std::string> asked;
  std::string wrong;

  explicit Reader(const Json& object) : in(object) {}

  template <class T>
  void operator()(const char* key, T& value) {
    asked.insert(key);
    const auto found = in.find(key);
    if (found == in.end() || found->is_null()) return;
    if (!take(*found, value) && wrong.empty()) wrong = key;
  }

  static bool take(const Json& from, std::string& value) {
    if (!from.is_string()) return false;
    value = from.get_ref<const std::string&>();
    return true;
  }
  static bool take(const Json& from, bool& value) {
    if (!from.is_boolean()) return false;
    value = from.get<bool>();
    return true;
  }
  static bool take(const Json& from, std::vector<wire::Binding>& bindings) {
    if (!from.is_object()) return false;
    for (const auto& [name, count] : from.items()) {
      wire::Binding binding{name, 0};
      if (!take(count, binding.references)) return false;
      bindings.push_back(std::move(binding));
    }
    return true;
  }
  template <class T>
  static bool take(const Json& from, std::vector<T>& list) {
    if (!from.is_array()) return false;
    list.clear();
    for (const auto& item : from) {
      if (!take(item, list.emplace_back())) return false;
    }
    return true;
  }
  template <class T>
  static bool take(const Json& from, T& value) {
    if constexpr (std::is_enum_v<T>) {
      if (!from.is_string()) return false;
      for (const T word : Words<T>::kAll) {
        if (from.get_ref<const std::string&>() != to_string(word)) continue;
        value = word;
        return true;
      }
      return false;
    } else if constexpr (std::is_integral_v<T>) {
      if (!from.is_number_integer()) return false;
      // The parser keeps what is not negative as unsigned.
      if (from.is_number_unsigned()) {
        if (!std::in_range<T>(from.get<uint64_t>())) return false;
        value = static_cast<T>(from.get<uint64_t>());
      } else {
        if (!std::in_range<T>(from.get<int64_t>())) return false;
        value = static_cast<T>(from.get<int64_t>());
      }
      return true;
    } else {
      if (!from.is_object()) return false;
      Reader reader(from);
      fields(reader, value);
      return reader.wrong.empty();
    }
  }
};

tl::unexpected<Error> malformed(const char* doing, std::string why) {
  return fail(ErrorClass::invalid_input, doing, "", std::move(why),
              "use the snctl of the same version as sncoordd");
}

constexpr const char* kReadingRequest = "reading the request";
constexpr const char* kReadingAnswer = "reading the answer";

void set_by(TakeoverCommand& command, const std::string& by) { command.by = by; }
void set_by(FreezeCommand& command, const std::string& by) { command.by = by; }
void set_by(ClearServiceNodeCommand& command, const std::string& by) { command.by = by; }
template <class T>
void set_by(T&, const std::string&) {}

template <class T>
Result<Command> read_command(const Json& json, const std::string& by) {
  T command;
  Reader reader(json);
  reader.asked.insert("command");
  fields(reader, command);
  if (!reader.wrong.empty())
    return malformed(kReadingRequest, "'" + reader.wrong + "' is malformed");
  for (const auto& [key, value] : json.items()) {
    if (!reader.asked.contains(key)) return malformed(kReadingRequest, "unknown key '" + key + "'");
  }
  set_by(command, by);
  return Command(std::move(command));
}

template <size_t... I>
Result<Command> read_command_named(const std::string& name, const Json& json, const std::string& by,
                                   std::index_sequence<I...>) {
  Result<Command> command = malformed(kReadingRequest, "unknown command '" + name + "'");
  (void)((name == kCommandNames[I] &&
          (command = read_command<std::variant_alternative_t<I, Command>>(json, by), true)) ||
         ...);
  return command;
}

template <class T>
bool read(const Json& json, T& value) {
  return Reader::take(json, value);
}

bool read_takeover_node(const Json& json, Takeover& takeover) {
  TakeoverNode node;
  if (!read(json, node)) return false;
  if (json.contains("left") && !json["left"].is_null() && !read(json, node.outcome)) return false;
  std::string key = node.node;
  takeover.nodes.emplace(std::move(key), std::move(node));
  return true;
}

bool read_summary(const Json& json, TakeoverSummary& summary) {
  if (!read(json, summary.header)) return false;
  Reader reader(json);
  reader("exit", summary.exit_code);
  reader("node_count", summary.nodes);
  reader("targets", summary.targets);
  const auto counts = json.find("counts");
  if (counts != json.end() && counts->is_object()) {
    for (const Verdict verdict : Words<Verdict>::kAll) {
      const auto count = counts->find(std::string(to_string(verdict)));
      if (count != counts->end()) (void)Reader::take(*count, summary.counts[verdict]);
    }
  }
  return reader.wrong.empty();
}

bool read_view(const Json& json, RefusalAnswer& answer) {
  const auto refused = json.find("refused");
  if (refused == json.end() || !refused->is_object()) return false;
  Reader reader(*refused);
  reader("reason", answer.reason);
  reader("cure", answer.cure);
  Reader outer(json);
  outer("exit", answer.exit_code);
  return reader.wrong.empty() && outer.wrong.empty();
}
bool read_view(const Json& json, DoneAnswer& answer) {
  Reader reader(json);
  reader("done", answer.text);
  return reader.wrong.empty();
}
bool read_view(const Json& json, TakeoverAnswer& answer) {
  if (!read(json, answer.takeover)) return false;
  Reader reader(json);
  reader("frozen", answer.frozen);
  reader("exit", answer.exit_code);
  const auto nodes = json.find("nodes");
  if (!reader.wrong.empty() || nodes == json.end() || !nodes->is_array()) return false;
  for (const auto& node : *nodes) {
    if (!node.is_object() || !read_takeover_node(node, answer.takeover)) return false;
  }
  return true;
}
bool read_view(const Json& json, StatusView& view) {
  if (!read(json, view.status)) return false;
  const auto feed = json.find("feed");
  if (feed != json.end() && feed->is_object()) {
    Reader reader(*feed);
    reader("epoch", view.status.feed_epoch);
    reader("serial", view.status.feed_serial);
  }
  const auto last = json.find("last_takeover");
  if (last == json.end() || !last->is_object()) return true;
  return read_summary(*last, view.last.emplace());
}
bool read_view(const Json& json, HistoryView& view) {
  const auto list = json.find("takeovers");
  if (list == json.end() || !list->is_array()) return false;
  for (const auto& item : *list) {
    if (!item.is_object() || !read_summary(item, view.takeovers.emplace_back())) return false;
  }
  return true;
}
bool read_view(const Json& json, KeysAnswer& answer) {
  Reader reader(json);
  reader("keys", answer.keys);
  return reader.wrong.empty();
}
bool read_view(const Json& json, PlanAnswer& answer) { return read(json, answer); }
bool read_view(const Json& json, ProgressAnswer& answer) { return read(json, answer); }
bool read_view(const Json& json, Event& answer) { return read(json, answer); }

// In the order of the variant.
constexpr const char* kViewNames[] = {"refused", "done",    "plan", "takeover", "progress",
                                      "status",  "history", "keys", "event"};
static_assert(std::size(kViewNames) == std::variant_size_v<View>);

template <size_t... I>
Result<View> read_view_named(const std::string& name, const Json& json, std::index_sequence<I...>) {
  Result<View> view = malformed(kReadingAnswer, "unknown kind '" + name + "'");
  const auto one = [&]<size_t N>(std::integral_constant<size_t, N>) {
    if (name != kViewNames[N]) return;
    std::variant_alternative_t<N, View> value;
    if (read_view(json, value)) {
      view = View(std::move(value));
    } else {
      view = malformed(kReadingAnswer, "a malformed '" + name + "'");
    }
  };
  (one(std::integral_constant<size_t, I>{}), ...);
  return view;
}

Json parse(std::string_view line) { return Json::parse(line, nullptr, false); }

}  // namespace

TakeoverSummary summary_of(const Takeover& takeover) {
  TakeoverSummary summary;
  summary.header = takeover;
  summary.header.nodes.clear();
  summary.nodes = takeover.nodes.size();
  std::set<std::string> targets;
  for (const auto& [name, node] : takeover.nodes) {
    ++summary.counts[node.verdict];
    if (!node.to.empty()) targets.insert(node.to);
  }
  summary.targets.assign(targets.begin(), targets.end());
  summary.exit_code = exit_code_of(takeover);
  return summary;
}

View view_of(const Answer& answer) {
  return std::visit(
      [](const auto& one) -> View {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, StatusAnswer>) {
          StatusView view{one, std::nullopt};
          view.status.last.reset();
          if (one.last) view.last = summary_of(*one.last);
          return view;
        } else if constexpr (std::is_same_v<T, HistoryAnswer>) {
          HistoryView view;
          for (const auto& takeover : one.takeovers) view.takeovers.push_back(summary_of(takeover));
          return view;
        } else {
          return one;
        }
      },
      answer);
}

std::string command_to_json(const Command& command) {
  Json object = Json::object();
  object["command"] = kCommandNames[command.index()];
  std::visit([&](auto one) { object.update(Writer::json_of(one)); }, command);
  return line_of(object);
}

Result<Command> command_from_json(std::string_view line, const std::string& by) {
  const Json json = parse(line);
  if (!json.is_object()) return malformed(kReadingRequest, "not a JSON object");
  std::string name;
  Reader reader(json);
  reader("command", name);
  return read_command_named(name, json, by,
                            std::make_index_sequence<std::variant_size_v<Command>>());
}

std::string view_to_json(const View& view, bool last) {
  Json object = std::visit(AnswerWriter(), view);
  object["last"] = last;
  return line_of(object);
}

Result<AnswerLine> answer_from_json(std::string_view line) {
  const Json json = parse(line);
  if (!json.is_object()) return malformed(kReadingAnswer, "not a JSON object");
  AnswerLine answer;
  std::string name;
  Reader reader(json);
  reader("answer", name);
  reader("last", answer.last);
  auto view = read_view_named(name, json, std::make_index_sequence<std::variant_size_v<View>>());
  if (!view) return tl::unexpected(view.error());
  answer.view = std::move(*view);
  return answer;
}

}  // namespace sn::coordinator
