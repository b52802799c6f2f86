// The short screens: history, keys, an event, a refusal.
#include "coordinator/snctl/cure_lines.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/text.h"

namespace sn::coordinator {

namespace {

std::string count_of(const TakeoverSummary& summary, Verdict verdict) {
  const auto found = summary.counts.find(verdict);
  return found == summary.counts.end() || found->second == 0 ? "-" : std::to_string(found->second);
}

std::string not_fine(const TakeoverSummary& summary) {
  std::string text;
  for (const Verdict verdict :
       {Verdict::partly, Verdict::blocked, Verdict::failed, Verdict::pending, Verdict::held}) {
    const std::string count = count_of(summary, verdict);
    if (count != "-") {
      text += (text.empty() ? "" : ", ") + count + " " + std::string(to_string(verdict));
    }
  }
  return text.empty() ? "-" : text;
}

std::string how(const TakeoverHeader& header) {
  std::string text = header.undoes == 0 ? "" : "failback";
  for (const auto& term : terms_of(header)) text += (text.empty() ? "" : ",") + term;
  return text.empty() ? "-" : text;
}

}  // namespace

std::string history_screen(const HistoryAnswer& answer) {
  if (answer.takeovers.empty()) return "no takeover yet\n";
  std::vector<std::vector<std::string>> rows = {
      {"ID", "STARTED", "FROM", "TO", "HOW", "NODES", "VERIFIED", "TOOK", "EXIT", "OTHERS"}};
  for (const auto& summary : answer.takeovers) {
    const TakeoverHeader& header = summary.header;
    const bool running = header.finished_unix_ms == 0;
    std::string targets;
    for (const auto& name : summary.targets) targets += (targets.empty() ? "" : ",") + name;
    rows.push_back(
        {header.id(), date_text(header.started_unix_ms), header.from,
         targets.empty() ? "-" : targets, how(header), std::to_string(summary.nodes),
         count_of(summary, Verdict::verified),
         running ? std::string(to_string(header.state))
                 : duration_text(header.finished_unix_ms - header.started_unix_ms),
         running ? "-" : std::to_string(summary.exit_code),
         (header.state == TakeoverState::stopped || header.state == TakeoverState::aborted
              ? upper(to_string(header.state)) + " "
              : "") +
             not_fine(summary)});
  }
  return table(rows, {false, false, false, false, false, true, true, true, true, false});
}

std::string keys_screen(const KeysAnswer& answer) {
  std::string subscribers;
  if (!answer.feed_keys.empty()) {
    std::vector<std::vector<std::string>> rows = {{"SUBSCRIBER", "KEY", "ADDED", "BY"}};
    for (const auto& key : answer.feed_keys) {
      rows.push_back({key.name, key.public_key, date_text(key.added_unix_ms), key.by});
    }
    subscribers = "\n" + table(rows, {false, false, false, false});
  }
  if (answer.keys.empty()) return "no key is enrolled: snctl keys add NODE KEY\n" + subscribers;
  std::vector<std::vector<std::string>> rows = {{"NODE", "KEY", "ADDED", "BY"}};
  for (const auto& key : answer.keys) {
    const std::string by = (key.revoked ? "REVOKED " : "") +
                           (key.how.starts_with("by ") ? key.how.substr(3) : key.how);
    rows.push_back({key.node, key.public_key, date_text(key.added_unix_ms), by});
  }
  return table(rows, {false, false, false, false}) + subscribers;
}

std::string pending_screen(const PendingAnswer& answer) {
  if (answer.keys.empty()) return "no node knocks in vain\n";
  std::vector<std::vector<std::string>> rows = {
      {"NODE", "KEY", "FROM", "SINCE", "WHY NOT BY ITSELF"}};
  for (const auto& key : answer.keys) {
    rows.push_back(
        {key.node, key.public_key, key.from, date_text(key.since_unix_ms), text_of(key.why)});
  }
  return table(rows, {false, false, false, false, false}) +
         "\nsnagentd key, on the node, prints its key: snctl keys accept NODE|LIST, or reject\n";
}

std::string event_line(const Event& event) {
  std::string text = clock_text(event.unix_ms) + " " + event.id;
  for (const std::string* part : {&event.takeover, &event.node, &event.service_node}) {
    if (!part->empty()) text += " " + *part;
  }
  std::string words = event.what;
  std::replace(words.begin(), words.end(), '_', ' ');
  text += " " + words + (event.text.empty() ? "" : ": " + event.text);
  return text + "\n";
}

std::string refusal_screen(const RefusalAnswer& answer) {
  // Who said no is told so, and not that it was refused.
  if (answer.reason.is(FactCode::nothing_changed)) return wrap("", text_of(answer.reason), 4);
  return wrap(answer.exit_code == 3 ? "refused: " : "error: ", text_of(answer.reason), 4) +
         cure_lines(2, answer.cure);
}

}  // namespace sn::coordinator
