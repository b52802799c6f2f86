// How a command ended without anything to show: refused, or done.
#include "coordinator/control/json/value.h"

namespace sn::coordinator {

Json write_answer(const RefusalAnswer& answer) {
  Fact reason = answer.reason;
  Cure cure = answer.cure;
  Json object = Json::object();
  object["answer"] = "refused";
  object["refused"] = {{"reason", Writer::json_of(reason)}, {"cure", Writer::json_of(cure)}};
  object["exit"] = answer.exit_code;
  return object;
}

Json write_answer(const DoneAnswer& answer) {
  return {{"answer", "done"}, {"done", answer.text}, {"exit", 0}};
}

Json write_answer(const QuestionAnswer& answer) {
  Fact what = answer.what;
  return {{"answer", "question"}, {"question", Writer::json_of(what)}};
}

bool read_answer(const Json& json, QuestionAnswer& answer) {
  Reader reader(json);
  reader("question", answer.what);
  return reader.wrong.empty();
}

bool read_answer(const Json& json, RefusalAnswer& answer) {
  const auto refused = json.find("refused");
  if (refused == json.end() || !refused->is_object()) return false;
  Reader reader(*refused);
  reader("reason", answer.reason);
  reader("cure", answer.cure);
  Reader outer(json);
  outer("exit", answer.exit_code);
  return reader.wrong.empty() && outer.wrong.empty();
}

bool read_answer(const Json& json, DoneAnswer& answer) {
  Reader reader(json);
  reader("done", answer.text);
  return reader.wrong.empty();
}

}  // namespace sn::coordinator
