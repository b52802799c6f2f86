#include "coordinator/control/json/json.h"

#include <type_traits>
#include <utility>

#include "common/facts/text.h"
#include "coordinator/control/json/value.h"

namespace sn::coordinator {

namespace {

constexpr const char* kReadingAnswer = "reading the answer";

// The words stand in the order of the variant.
constexpr const char* kAnswerNames[] = {"refused",  "done",     "question", "plan",
                                        "takeover", "progress", "status",   "history",
                                        "keys",     "event",    "started",  "pending_keys"};
static_assert(std::size(kAnswerNames) == std::variant_size_v<Answer>);

template <size_t... I>
Result<Answer> read_answer_named(const std::string& name, const Json& json,
                                 std::index_sequence<I...>) {
  Result<Answer> answer = malformed(kReadingAnswer, "unknown kind '" + name + "'");
  const auto one = [&]<size_t N>(std::integral_constant<size_t, N>) {
    if (name != kAnswerNames[N]) return;
    std::variant_alternative_t<N, Answer> value;
    if (read_answer(json, value)) {
      answer = Answer(std::move(value));
    } else {
      answer = malformed(kReadingAnswer, "a malformed '" + name + "'");
    }
  };
  (one(std::integral_constant<size_t, I>{}), ...);
  return answer;
}

}  // namespace

std::string line_of(const Json& json) {
  return json_for_everybody(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json parse_line(std::string_view line) { return Json::parse(line, nullptr, false); }

tl::unexpected<Error> malformed(const char* doing, std::string why) {
  return fail(ErrorClass::invalid_input, doing, "", std::move(why),
              "use the snctl of the same version as sncoordd");
}

std::string answer_to_json(const Answer& answer, bool last) {
  Json object = std::visit([](const auto& one) { return write_answer(one); }, answer);
  object["last"] = last;
  return line_of(object);
}

Result<AnswerLine> answer_from_json(std::string_view line) {
  const Json json = parse_line(line);
  if (!json.is_object()) return malformed(kReadingAnswer, "not a JSON object");
  AnswerLine read;
  std::string name;
  Reader reader(json);
  reader("answer", name);
  reader("last", read.last);
  auto value =
      read_answer_named(name, json, std::make_index_sequence<std::variant_size_v<Answer>>());
  if (!value) return tl::unexpected(value.error());
  read.value = std::move(*value);
  return read;
}

}  // namespace sn::coordinator
