// Every screen of snctl as a pure function from an answer to text. The last screen answers: who is
// not fine, why, and what do I type?
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/control/json/json.h"

namespace sn::coordinator {

// The facts, the groups, and what to type; with `diff` above them what each group would change, as
// far as a screen holds it. One group alone if `group` is not empty, then with every change and
// finding.
[[nodiscard]] std::string plan_screen(const PlanAnswer& plan, const std::string& group, bool diff);
// What is asked before, of a service node that is half dead; empty: nothing.
[[nodiscard]] std::string fence_question(const PlanAnswer& plan);
// "Move 128 nodes from SN1P to SN2P? [y/N] "
[[nodiscard]] std::string plan_question(const PlanAnswer& plan);

// "T17 SN1P -> SN2P  128 nodes  03:14:07 CET  by root    terminal lost? snctl watch T17"
[[nodiscard]] std::string takeover_header(const TakeoverSummary& takeover);
// "planned", "fenced": what was typed with it that says how far it goes.
[[nodiscard]] std::vector<std::string> terms_of(const TakeoverHeader& takeover);
// What a running takeover shows in place, in at most `columns` characters and without line end.
// `now`: what the coordinator's clock says, by which the time goes on while nothing happens.
[[nodiscard]] std::string progress_line(const ProgressAnswer& progress, int64_t started_unix_ms,
                                        int64_t now_unix_ms, size_t columns);
// The same of a takeover as it stands.
[[nodiscard]] ProgressAnswer progress_of(const ShownTakeover& takeover);
// Verdicts, reasons, cures, how long it took.
[[nodiscard]] std::string takeover_screen(const TakeoverAnswer& answer);
// Every node of it, a line each: verdict, from where to where, why.
[[nodiscard]] std::string takeover_nodes_screen(const ShownTakeover& takeover);
// One node's part, with every change and finding; "" if it is not in it.
[[nodiscard]] std::string takeover_node_screen(const ShownTakeover& takeover,
                                               const std::string& node);
// Mentions of the old service node that no rule owns, and what was kept on purpose.
[[nodiscard]] std::string mentions_screen(const ShownTakeover& takeover);

[[nodiscard]] std::string status_screen(const StatusAnswer& answer);
// Its screen has nothing under NOT FINE.
[[nodiscard]] bool all_fine(const StatusAnswer& answer);
// A node's or a service node's own; "" if nothing has that name.
[[nodiscard]] std::string status_of_screen(const StatusAnswer& answer, const std::string& name);

[[nodiscard]] std::string history_screen(const HistoryAnswer& answer);
[[nodiscard]] std::string keys_screen(const KeysAnswer& answer);
[[nodiscard]] std::string pending_screen(const PendingAnswer& answer);
[[nodiscard]] std::string event_line(const Event& event);
// "refused: SN1P is alive (...)" and the cure.
[[nodiscard]] std::string refusal_screen(const RefusalAnswer& answer);

// Nodes that name `from` without belonging to it, a line each; `ending` says what became of them.
[[nodiscard]] std::string strays_text(const std::string& from, const std::vector<Stray>& strays,
                                      const std::string& ending);

}  // namespace sn::coordinator
