// Writes and reads each kind of answer, in the file of its noun. Reading returns false if it is
// malformed.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "coordinator/control/json/json.h"

namespace sn::coordinator {

using Json = nlohmann::ordered_json;

// ending.cc
[[nodiscard]] Json write_answer(const RefusalAnswer& answer);
[[nodiscard]] Json write_answer(const DoneAnswer& answer);
[[nodiscard]] Json write_answer(const QuestionAnswer& answer);
[[nodiscard]] bool read_answer(const Json& json, RefusalAnswer& answer);
[[nodiscard]] bool read_answer(const Json& json, DoneAnswer& answer);
[[nodiscard]] bool read_answer(const Json& json, QuestionAnswer& answer);

// plan.cc
[[nodiscard]] Json write_answer(PlanAnswer answer);
[[nodiscard]] bool read_answer(const Json& json, PlanAnswer& answer);

// takeover.cc
[[nodiscard]] Json write_answer(const TakeoverAnswer& answer);
[[nodiscard]] Json write_answer(const StartedAnswer& answer);
[[nodiscard]] Json write_answer(ProgressAnswer answer);
[[nodiscard]] Json write_answer(const HistoryAnswer& answer);
[[nodiscard]] bool read_answer(const Json& json, TakeoverAnswer& answer);
[[nodiscard]] bool read_answer(const Json& json, StartedAnswer& answer);
[[nodiscard]] bool read_answer(const Json& json, ProgressAnswer& answer);
[[nodiscard]] bool read_answer(const Json& json, HistoryAnswer& answer);
[[nodiscard]] Json write_summary(const TakeoverSummary& summary);
[[nodiscard]] bool read_summary(const Json& json, TakeoverSummary& summary);

// status.cc
[[nodiscard]] Json write_answer(StatusAnswer answer);
[[nodiscard]] bool read_answer(const Json& json, StatusAnswer& answer);

// key.cc
[[nodiscard]] Json write_answer(KeysAnswer answer);
[[nodiscard]] bool read_answer(const Json& json, KeysAnswer& answer);
[[nodiscard]] Json write_answer(PendingAnswer answer);
[[nodiscard]] bool read_answer(const Json& json, PendingAnswer& answer);

// event.cc
[[nodiscard]] Json write_answer(Event answer);
[[nodiscard]] bool read_answer(const Json& json, Event& answer);

// ---------------------------------------------------------------- lines

// What a node reports may hold any bytes; JSON may not.
[[nodiscard]] std::string line_of(const Json& json);
[[nodiscard]] Json parse_line(std::string_view line);
[[nodiscard]] tl::unexpected<Error> malformed(const char* doing, std::string why);

}  // namespace sn::coordinator
