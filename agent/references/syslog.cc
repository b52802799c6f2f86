#include "agent/references/syslog.h"

#include <algorithm>
#include <map>

#include "agent/references/edit_list.h"
#include "agent/references/host_list.h"
#include "agent/references/mention.h"
#include "agent/references/syslog_rules.h"

namespace sn::agent {

namespace {

SyslogDialect dialect_of(std::string_view path) {
  return path.ends_with("/syslog.conf") ? SyslogDialect::classic : SyslogDialect::rsyslog;
}

// A target as an entry of the list it belongs to: the rules that stand beside its own, or the other
// targets of its action.
struct Target {
  size_t rule = 0;
  size_t action = 0;
  size_t index = 0;
};

// Numbers the filters, so that rules beside each other with an equal one have the same number.
class Filters {
 public:
  size_t number_of(const SyslogRule& rule) {
    return numbers_.try_emplace({rule.block, rule.condition}, numbers_.size()).first->second;
  }

 private:
  std::map<std::pair<uint32_t, std::string_view>, size_t> numbers_;
};

std::string key_of(size_t filter, const SyslogRule& rule, const SyslogAction& action) {
  // Several targets are a list of their own, and what cannot be dropped is like nothing else.
  if (action.targets.size() > 1 || !rule.removable) return "@" + std::to_string(action.begin);
  return std::to_string(filter) + "\n" + action.form;
}

// Erases the dropped actions of a rule, and the rule if none is left.
void erase_dropped(const SyslogRule& rule, const std::vector<bool>& dropped, EditList& edits) {
  const auto kept = std::find(dropped.begin(), dropped.end(), false);
  if (kept == dropped.end()) {
    edits.erase_with_blank_lines(rule.begin, rule.end);
    return;
  }
  const auto first = static_cast<size_t>(kept - dropped.begin());
  // The first one left takes the place behind the filter.
  edits.erase(rule.actions.front().begin, rule.actions[first].begin);
  for (size_t i = first + 1; i < dropped.size(); ++i) {
    if (dropped[i]) edits.erase_with_blank_lines(rule.actions[i].joint, rule.actions[i].end);
  }
}

// Erases one target of several with its quotes and the comma before it, or behind it for the first.
void erase_item(const std::vector<ForwardTarget>& targets, size_t index, EditList& edits) {
  const Word& host = targets[index].host;
  if (index > 0) {
    edits.erase(targets[index - 1].host.stop() + 1, host.stop() + 1);
  } else {
    edits.erase(host.offset - 1, targets[1].host.offset - 1);
  }
}

}  // namespace

const Daemon* Syslog::daemon() const {
  static const Daemon kDaemon("rsyslog", {"rsyslogd", "syslogd"});
  return &kDaemon;
}

Result<std::vector<Reference>> Syslog::discover(const std::string& path, std::string_view text,
                                                const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto rules = syslog_rules(path, text, dialect_of(path));
  if (!rules) return tl::unexpected(rules.error());
  const EditList places(text);
  std::vector<Mention> mentions;
  for (const auto& rule : *rules) {
    for (const auto& action : rule.actions) {
      for (const auto& [host, label] : action.targets) {
        mentions.push_back({host.offset, host.text, places.line_at(host.offset), label});
      }
    }
  }
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> Syslog::plan(const std::string& path, std::string_view text,
                              const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto rules = syslog_rules(path, text, dialect_of(path));
  if (!rules) return tl::unexpected(rules.error());

  EditList edits(text);
  Filters filters;
  std::vector<Target> targets;
  std::vector<ListEntry> entries;
  for (size_t i = 0; i < rules->size(); ++i) {
    const auto& rule = (*rules)[i];
    const size_t filter = filters.number_of(rule);
    for (size_t j = 0; j < rule.actions.size(); ++j) {
      const auto& action = rule.actions[j];
      for (size_t k = 0; k < action.targets.size(); ++k) {
        const Word& host = action.targets[k].host;
        targets.push_back({i, j, k});
        entries.push_back({key_of(filter, rule, action), host.text, edits.line_at(host.offset)});
      }
    }
  }
  const auto changes = change_entries(entries, Survivor::first, path, identity, move);
  if (!changes) return tl::unexpected(changes.error());

  std::vector<std::vector<bool>> dropped(rules->size());
  for (size_t i = 0; i < rules->size(); ++i) dropped[i].resize((*rules)[i].actions.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    const auto& change = (*changes)[i];
    const auto& [rule, action, index] = targets[i];
    const auto& its_targets = (*rules)[rule].actions[action].targets;
    if (change.what == EntryChange::What::replaced) {
      const Word& host = its_targets[index].host;
      edits.replace(host.offset, host.text.size(), change.host);
    } else if (change.what == EntryChange::What::dropped && its_targets.size() > 1) {
      erase_item(its_targets, index, edits);
    } else if (change.what == EntryChange::What::dropped) {
      dropped[rule][action] = true;
    }
  }
  for (size_t i = 0; i < rules->size(); ++i) {
    if (std::find(dropped[i].begin(), dropped[i].end(), true) != dropped[i].end()) {
      erase_dropped((*rules)[i], dropped[i], edits);
    }
  }
  return FilePlan{edits.take(), {}, {}};
}

namespace {

// Behind the bracket that closes the one at `at`, quotes respected; the text's end if none does.
size_t behind_bracket(std::string_view text, size_t at, char open, char close) {
  size_t depth = 0;
  for (bool quoted = false; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && quoted) {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == open) {
      ++depth;
    } else if (!quoted && c == close && --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

// Where what begins at `at` ends, if it is about messages and names no host that is spoken to: a
// template, a condition, the value that a filter looks for, a name. `at` itself: it is none.
size_t end_of_text_about_messages(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at);
  const bool begins_line = at == 0 || text[at - 1] == '\n';
  const auto behind = [&](std::string_view stop) {
    const size_t found = rest.find(stop);
    return found == std::string_view::npos ? at : at + found + stop.size();
  };
  if (begins_line && (rest.starts_with("$template") || rest.starts_with("$ActionQueueFileName"))) {
    return std::min(text.find('\n', at), text.size());
  }
  if (begins_line && rest.starts_with(':')) {
    const size_t open = rest.find('"'), line = rest.find('\n');
    if (open == std::string_view::npos || open > line) return at;
    const size_t close = rest.find('"', open + 1);
    return close == std::string_view::npos ? at : at + close + 1;
  }
  if (at > 0 && (is_blank(text[at - 1]) || text[at - 1] == '\n' || text[at - 1] == '(')) {
    if (rest.starts_with("name=\"") || rest.starts_with("queue.filename=\"")) {
      const size_t close = rest.find('"', rest.find('"') + 1);
      return close == std::string_view::npos ? at : at + close + 1;
    }
  }
  if (at > 0 && !is_blank(text[at - 1]) && text[at - 1] != '\n') return at;
  if (rest.starts_with("template(")) {
    size_t end = behind_bracket(text, at, '(', ')');
    const size_t next = text.find_first_not_of(" \t\r\n", end);
    if (next != std::string_view::npos && text[next] == '{') {
      end = behind_bracket(text, next, '{', '}');
    }
    return end;
  }
  if (rest.starts_with("if ")) return behind("then");
  if (rest.starts_with("set $")) return behind(";");
  return at;
}

}  // namespace

std::string Syslog::searchable(std::string_view text) const {
  std::string result = without_comments(text, {.line = "#", .quotes = "\"", .blocks = true});
  const std::string whole = result;
  for (size_t at = 0; at < whole.size(); ++at) {
    const size_t end = end_of_text_about_messages(whole, at);
    if (end == at) continue;
    for (size_t i = at; i < end; ++i) {
      if (result[i] != '\n') result[i] = ' ';
    }
    at = end - 1;
  }
  return result;
}

}  // namespace sn::agent
