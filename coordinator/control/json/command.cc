// What snctl asks: one line each.
#include <utility>

#include "coordinator/control/json/value.h"

namespace sn::coordinator {

template <class V>
void fields(V& v, TakeoverCommand& m) {
  v("from", m.from);
  v("to", m.to);
  v("nodes", m.nodes);
  v("without", m.without);
  v("planned", m.planned);
  v("fenced", m.fenced);
  v("force", m.force);
  v("strict", m.strict);
  v("stuck", m.stuck);
  v("dry_run", m.dry_run);
  v("rehearse", m.rehearse);
  v("undoes", m.undoes);
  v("back_to", m.back_to);
  v("rest", m.rest);
  v("canary", m.waves.canary);
  v("window", m.waves.window);
  v("max_failures", m.waves.max_failures);
  v("confirm", m.confirm);
  v("timeout_ms", m.timeout_ms);
  v("brief", m.brief);
}
template <class V>
void fields(V& v, ConfirmCommand& m) {
  v("go", m.go);
  v("fenced", m.fenced);
}
template <class V>
void fields(V& v, AbortCommand& m) {
  v("takeover", m.takeover);
}
template <class V>
void fields(V& v, ResumeCommand& m) {
  v("takeover", m.takeover);
  v("nodes", m.nodes);
  v("without", m.without);
  v("stuck", m.stuck);
  v("brief", m.brief);
}
template <class V>
void fields(V& v, ClearNodeCommand& m) {
  v("node", m.node);
}
template <class V>
void fields(V& v, AckCommand& m) {
  v("nodes", m.nodes);
}
template <class V>
void fields(V& v, StatusCommand& m) {
  v("brief", m.brief);
}
template <class V>
void fields(V&, HistoryCommand&) {}
template <class V>
void fields(V& v, ShowCommand& m) {
  v("takeover", m.takeover);
  v("brief", m.brief);
}
template <class V>
void fields(V& v, WatchCommand& m) {
  v("takeover", m.takeover);
  v("brief", m.brief);
}
template <class V>
void fields(V& v, FreezeCommand& m) {
  v("frozen", m.frozen);
}
template <class V>
void fields(V&, MendTableCommand&) {}
template <class V>
void fields(V& v, ClearServiceNodeCommand& m) {
  v("service_node", m.service_node);
  v("confirm", m.confirm);
}
template <class V>
void fields(V& v, AddKeyCommand& m) {
  v("node", m.node);
  v("public_key", m.public_key);
}
template <class V>
void fields(V&, ListKeysCommand&) {}
template <class V>
void fields(V&, ListPendingKeysCommand&) {}
template <class V>
void fields(V& v, AcceptKeysCommand& m) {
  v("nodes", m.nodes);
  v("fingerprint", m.fingerprint);
}
template <class V>
void fields(V& v, RejectKeysCommand& m) {
  v("nodes", m.nodes);
  v("fingerprint", m.fingerprint);
}
template <class V>
void fields(V& v, RevokeKeyCommand& m) {
  v("node", m.node);
}
template <class V>
void fields(V& v, AddFeedKeyCommand& m) {
  v("name", m.name);
  v("public_key", m.public_key);
}
template <class V>
void fields(V& v, RevokeFeedKeyCommand& m) {
  v("name", m.name);
}

namespace {

// In the order of the variant.
constexpr const char* kCommandNames[] = {"takeover",
                                         "confirm",
                                         "status",
                                         "history",
                                         "show",
                                         "watch",
                                         "freeze",
                                         "clear_service_node",
                                         "add_key",
                                         "list_keys",
                                         "revoke_key",
                                         "abort",
                                         "resume",
                                         "clear_node",
                                         "ack",
                                         "mend_table",
                                         "accept_keys",
                                         "reject_keys",
                                         "list_pending_keys",
                                         "add_feed_key",
                                         "revoke_feed_key"};
static_assert(std::size(kCommandNames) == std::variant_size_v<Command>);

constexpr const char* kReadingRequest = "reading the request";

void set_by(TakeoverCommand& command, const std::string& by) { command.by = by; }
void set_by(FreezeCommand& command, const std::string& by) { command.by = by; }
void set_by(MendTableCommand& command, const std::string& by) { command.by = by; }
void set_by(ClearServiceNodeCommand& command, const std::string& by) { command.by = by; }
void set_by(AbortCommand& command, const std::string& by) { command.by = by; }
void set_by(ResumeCommand& command, const std::string& by) { command.by = by; }
void set_by(AddKeyCommand& command, const std::string& by) { command.by = by; }
void set_by(AcceptKeysCommand& command, const std::string& by) { command.by = by; }
void set_by(RevokeKeyCommand& command, const std::string& by) { command.by = by; }
void set_by(AddFeedKeyCommand& command, const std::string& by) { command.by = by; }
void set_by(RevokeFeedKeyCommand& command, const std::string& by) { command.by = by; }
void set_by(RejectKeysCommand& command, const std::string& by) { command.by = by; }
void set_by(AckCommand& command, const std::string& by) { command.by = by; }
void set_by(ClearNodeCommand& command, const std::string& by) { command.by = by; }
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

// A key that stands twice would mean one thing to who checks it and another to who obeys it.
// doubled: the first of these.
Json parse_request(std::string_view line, std::string& doubled) {
  std::vector<std::set<std::string>> keys;
  const auto note = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event != Json::parse_event_t::key) return true;
    const auto& key = value.get_ref<const std::string&>();
    if (!keys.back().insert(key).second && doubled.empty()) doubled = key;
    return true;
  };
  return Json::parse(line, note, false);
}

}  // namespace

std::string command_to_json(const Command& command) {
  Json object = Json::object();
  object["command"] = kCommandNames[command.index()];
  std::visit([&](auto one) { object.update(Writer::json_of(one)); }, command);
  return line_of(object);
}

Result<Command> command_from_json(std::string_view line, const std::string& by) {
  std::string doubled;
  const Json json = parse_request(line, doubled);
  if (!json.is_object()) return malformed(kReadingRequest, "not a JSON object");
  if (!doubled.empty()) return malformed(kReadingRequest, "'" + doubled + "' stands there twice");
  std::string name;
  Reader reader(json);
  reader("command", name);
  return read_command_named(name, json, by,
                            std::make_index_sequence<std::variant_size_v<Command>>());
}

}  // namespace sn::coordinator
