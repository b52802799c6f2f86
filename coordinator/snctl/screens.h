// Every screen of snctl as a pure function from an answer to text. The last screen answers: who is
// not fine, why, and what do I type?
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/control/json/json.h"

namespace sn::coordinator {

// One group if `group` is not empty, then with every change and finding.
[[nodiscard]] std::string plan_screen(const PlanAnswer& plan, const std::string& group);
// "Move 128 nodes from SN1P to SN2P? [y/N] "
// What is asked before, of a service node that is half dead; empty: nothing.
[[nodiscard]] std::string fence_question(const PlanAnswer& plan);
[[nodiscard]] std::string plan_question(const PlanAnswer& plan);

// "T17 SN1P -> SN2P  128 nodes  03:14:07 CET  by root    terminal lost? snctl watch T17"
[[nodiscard]] std::string takeover_header(const ShownTakeover& takeover);
// What a running takeover shows in place, without line end.
[[nodiscard]] std::string progress_line(const ProgressAnswer& progress, int64_t elapsed_ms);
// Verdicts, reasons, cures, how long it took.
[[nodiscard]] std::string takeover_screen(const TakeoverAnswer& answer);
// One node's part, with every change and finding; "" if it is not in it.
[[nodiscard]] std::string takeover_node_screen(const ShownTakeover& takeover,
                                               const std::string& node);
// Mentions of the old service node that no rule owns, and what was kept on purpose.
[[nodiscard]] std::string mentions_screen(const ShownTakeover& takeover);

[[nodiscard]] std::string status_screen(const StatusAnswer& answer);
// A node's or a service node's own; "" if nothing has that name.
[[nodiscard]] std::string status_of_screen(const StatusAnswer& answer, const std::string& name);

[[nodiscard]] std::string history_screen(const HistoryAnswer& answer);
[[nodiscard]] std::string keys_screen(const KeysAnswer& answer);
[[nodiscard]] std::string event_line(const Event& event);
// "refused: SN1P is alive (...)" and the cure.
[[nodiscard]] std::string refusal_screen(const RefusalAnswer& answer);

// Nodes that name `from` without belonging to it, a line each; `ending` says what became of them.
[[nodiscard]] std::string strays_text(const std::string& from, const std::vector<Stray>& strays,
                                      const std::string& ending);

}  // namespace sn::coordinator
