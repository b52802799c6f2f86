#include "coordinator/control/json/json.h"

#include <set>
#include <type_traits>
#include <utility>

#include "coordinator/control/json/value.h"

namespace sn::coordinator {

namespace {

constexpr const char* kReadingAnswer = "reading the answer";

// The words stand in the order of the variant.
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

}  // namespace

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parse_line(std::string_view line) { return Json::parse(line, nullptr, false); }

tl::unexpected<Error> malformed(const char* doing, std::string why) {
  return fail(ErrorClass::invalid_input, doing, "", std::move(why),
              "use the snctl of the same version as sncoordd");
}

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

std::string view_to_json(const View& view, bool last) {
  Json object = std::visit([](const auto& one) { return write_view(one); }, view);
  object["last"] = last;
  return line_of(object);
}

Result<AnswerLine> answer_from_json(std::string_view line) {
  const Json json = parse_line(line);
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
