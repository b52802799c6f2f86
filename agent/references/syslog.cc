#include "agent/references/syslog.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "agent/references/edit_list.h"
#include "agent/references/environment.h"
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
    return numbers_.try_emplace({rule.block, rule.ruleset, rule.condition}, numbers_.size())
        .first->second;
  }

 private:
  std::map<std::tuple<uint32_t, std::string_view, std::string_view>, size_t> numbers_;
};

// A label in full, which '*' in front or behind may widen, as rsyslog compares names.
bool label_matches(std::string_view pattern, std::string_view label) {
  if (pattern == "*") return true;
  if (pattern.starts_with('*')) return label.ends_with(pattern.substr(1));
  if (pattern.ends_with('*')) return label.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == label;
}

bool name_matches(std::string_view pattern, std::string_view name) {
  while (true) {
    const size_t end = pattern.find('.'), name_end = name.find('.');
    if (!label_matches(pattern.substr(0, end), name.substr(0, name_end))) return false;
    if (end == std::string_view::npos || name_end == std::string_view::npos) {
      return end == name_end;
    }
    pattern.remove_prefix(end + 1);
    name.remove_prefix(name_end + 1);
  }
}

// Whether a certificate of the new service node is accepted by what stands for it.
bool lets_in(std::string_view peer, const IdentityIndex& identity, const Move& move) {
  const auto owner = identity.owner_of(peer);
  if (owner) return owner->name == move.to || move.is_from(owner->name);
  const ServiceNode* target = identity.directory().find(move.to);
  const std::string pattern = comparable_name(peer);
  return target != nullptr &&
         std::any_of(target->node_names.begin(), target->node_names.end(), [&](const auto& name) {
           return name_matches(pattern, comparable_name(name));
         });
}

// The peers that are accepted from an action's targets: its own and those of its directives.
std::vector<PermittedPeer> peers_of(const SyslogRule& rule, const SyslogAction& action) {
  std::vector<PermittedPeer> peers = action.peers;
  if (&action != &rule.actions.front()) return peers;
  for (const auto& directive : rule.directives) {
    peers.insert(peers.end(), directive.peers.begin(), directive.peers.end());
  }
  return peers;
}

// A peer as it is after the move, in the form in which two are compared: with the names of a
// certificate, of which the short one is no other spelling of the full one (rsyslog's page on
// StreamDriverPermittedPeers).
std::string peer_after(std::string_view peer, const IdentityIndex& identity, const Move& move) {
  const auto moved = moved_token(peer, identity, move, {});
  return comparable_name(moved && *moved ? **moved : peer);
}

// Two actions that will accept the same are equal.
std::string peers_key(const std::vector<PermittedPeer>& peers, const IdentityIndex& identity,
                      const Move& move) {
  std::string key;
  for (const auto& peer : peers) key += peer_after(peer.name.text, identity, move) + "\n";
  return key;
}

bool names_from(const std::vector<PermittedPeer>& peers, const IdentityIndex& identity,
                const Move& move) {
  return std::any_of(peers.begin(), peers.end(), [&](const PermittedPeer& peer) {
    return from_owner(peer.name.text, identity, move).has_value();
  });
}

// Where each target's own port stands, its place is its port's.
bool are_paired(const SyslogAction& action) {
  return action.ports.size() > 1 && action.ports.size() == action.targets.size();
}

// What an action loses with one of its targets could not be told.
bool is_needed(const SyslogRule& rule, const SyslogAction& action) {
  const bool ports_unclear = action.ports.size() > 1 && !are_paired(action);
  const bool lasting = &action == &rule.actions.front() &&
                       std::any_of(rule.directives.begin(), rule.directives.end(),
                                   [](const SyslogDirective& one) { return one.lasts; });
  return action.targets.size() > 1 ? ports_unclear : lasting;
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

// Erases one item of several with its quotes and the comma before it, or behind it for the first.
void erase_item(const std::vector<Word>& items, size_t index, EditList& edits) {
  if (index > 0) {
    edits.erase(items[index - 1].stop() + 1, items[index].stop() + 1);
  } else {
    edits.erase(items[0].offset - 1, items[1].offset - 1);
  }
}

std::vector<Word> hosts_of(const SyslogAction& action) {
  std::vector<Word> hosts;
  for (const auto& target : action.targets) hosts.push_back(target.host);
  return hosts;
}

// The changes of one text. The rules' targets are listed, changed, and their dependants follow.
class RuleChanges {
 public:
  RuleChanges(const std::string& path, std::string_view text, const std::vector<SyslogRule>& rules,
              const IdentityIndex& identity, const Move& move)
      : path_(path), rules_(rules), identity_(identity), move_(move), edits_(text) {}

  Result<FilePlan> make() {
    list_targets();
    if (auto ok = change_targets(single_, Survivor::first); !ok) return tl::unexpected(ok.error());
    // With its own port the new service node's entry is the one that is known to be right.
    if (auto ok = change_targets(paired_, Survivor::existing); !ok) {
      return tl::unexpected(ok.error());
    }
    for (size_t i = 0; i < rules_.size(); ++i) {
      for (size_t j = 0; j < rules_[i].actions.size(); ++j) {
        if (dropped_[i][j]) continue;
        if (auto ok = change_peers(rules_[i], rules_[i].actions[j]); !ok) {
          return tl::unexpected(ok.error());
        }
      }
      if (std::find(dropped_[i].begin(), dropped_[i].end(), true) != dropped_[i].end()) drop(i);
    }
    plan_.edits = edits_.take();
    return std::move(plan_);
  }

 private:
  struct List {
    std::vector<Target> targets;
    std::vector<ListEntry> entries;
  };

  void list_targets() {
    Filters filters;
    for (size_t i = 0; i < rules_.size(); ++i) {
      const auto& rule = rules_[i];
      dropped_.emplace_back(rule.actions.size());
      const size_t filter = filters.number_of(rule);
      for (size_t j = 0; j < rule.actions.size(); ++j) {
        const auto& action = rule.actions[j];
        if (leave_whole(rule, action)) continue;
        List& list = are_paired(action) ? paired_ : single_;
        for (size_t k = 0; k < action.targets.size(); ++k) {
          const Word& host = action.targets[k].host;
          list.targets.push_back({i, j, k});
          list.entries.push_back({key_of(filter, rule, action), host.text,
                                  edits_.line_at(host.offset), is_needed(rule, action)});
        }
      }
    }
  }

  // Moved alone, a target would be refused for its certificate: it stays, and is named.
  bool leave_whole(const SyslogRule& rule, const SyslogAction& action) {
    const auto peers = peers_of(rule, action);
    const bool let_in = std::any_of(peers.begin(), peers.end(), [&](const PermittedPeer& peer) {
      return lets_in(peer.name.text, identity_, move_);
    });
    if (peers.empty() || let_in) return false;
    for (const auto& target : action.targets) {
      if (!from_owner(target.host.text, identity_, move_)) continue;
      plan_.findings.push_back(
          {FindingClass::left, place_of(path_, edits_.line_at(target.host.offset)),
           Fact(FactCode::peer_not_let_in,
                {.to = move_.to, .value = std::string(peers.front().name.text)}),
           Cure(CureCode::permit_peer, {.to = move_.to})});
    }
    return true;
  }

  [[nodiscard]] std::string key_of(size_t filter, const SyslogRule& rule,
                                   const SyslogAction& action) const {
    // Several targets are a list of their own, and what cannot be dropped is like nothing else.
    if (action.targets.size() > 1 || !rule.removable) return "@" + std::to_string(action.begin);
    return std::to_string(filter) + "\n" + action.form + "\n" +
           peers_key(peers_of(rule, action), identity_, move_);
  }

  Status change_targets(const List& list, Survivor survivor) {
    const auto changes = change_entries(list.entries, survivor, path_, identity_, move_);
    if (!changes) return tl::unexpected(changes.error());
    for (size_t i = 0; i < list.targets.size(); ++i) {
      const auto& change = (*changes)[i];
      const auto& [rule, action, index] = list.targets[i];
      const auto& its_action = rules_[rule].actions[action];
      if (change.what == EntryChange::What::replaced) {
        const Word& host = its_action.targets[index].host;
        edits_.replace(host.offset, host.text.size(), change.host);
      } else if (change.what == EntryChange::What::dropped && its_action.targets.size() > 1) {
        erase_item(hosts_of(its_action), index, edits_);
        if (are_paired(its_action)) erase_item(its_action.ports, index, edits_);
      } else if (change.what == EntryChange::What::dropped) {
        dropped_[rule][action] = true;
      }
    }
    return {};
  }

  // The accepted peers of an action whose target moves move with it.
  Status change_peers(const SyslogRule& rule, const SyslogAction& action) {
    const auto peers = peers_of(rule, action);
    if (!names_from(peers, identity_, move_)) return {};
    std::vector<ListEntry> entries;
    for (const auto& peer : peers) {
      entries.push_back({peer_after(peer.name.text, identity_, move_), peer.name.text,
                         edits_.line_at(peer.name.offset)});
    }
    const auto changes = change_entries(entries, Survivor::existing, path_, identity_, move_);
    if (!changes) return tl::unexpected(changes.error());
    for (size_t i = 0; i < peers.size(); ++i) change_peer(peers, i, (*changes)[i]);
    return {};
  }

  // A second name of one peer is harmless where it stands alone on its line.
  void change_peer(const std::vector<PermittedPeer>& peers, size_t index,
                   const EntryChange& change) {
    using What = EntryChange::What;
    const PermittedPeer& peer = peers[index];
    if (change.what == What::stays) return;
    const auto beside = [&](size_t other) {
      return other < peers.size() && peers[other].quoted == peer.quoted &&
             edits_.line_at(peers[other].name.offset) == edits_.line_at(peer.name.offset);
    };
    if (change.what == What::dropped && index > 0 && beside(index - 1)) {
      const size_t quote = peer.quoted ? 1 : 0;
      edits_.erase(peers[index - 1].name.stop() + quote, peer.name.stop() + quote);
    } else if (change.what == What::dropped && beside(index + 1)) {
      const size_t quote = peer.quoted ? 1 : 0;
      edits_.erase(peer.name.offset - quote, peers[index + 1].name.offset - quote);
    } else if (auto moved = moved_token(peer.name.text, identity_, move_, path_); moved && *moved) {
      edits_.replace(peer.name.offset, peer.name.text.size(), **moved);
    }
  }

  void drop(size_t rule) {
    erase_dropped(rules_[rule], dropped_[rule], edits_);
    // Else they would hold for the action behind it.
    if (!dropped_[rule].front()) return;
    for (const auto& directive : rules_[rule].directives) {
      edits_.erase_with_blank_lines(directive.begin, directive.end);
    }
  }

  const std::string& path_;
  const std::vector<SyslogRule>& rules_;
  const IdentityIndex& identity_;
  const Move& move_;
  EditList edits_;
  FilePlan plan_;
  List single_, paired_;
  std::vector<std::vector<bool>> dropped_;  // by rule and action
};

bool is_classic(std::string_view path) { return dialect_of(path) == SyslogDialect::classic; }

constexpr auto kNames = std::to_array<std::string_view>({"rsyslog", "syslog", "busybox-syslogd"});
constexpr std::string_view kUsualFiles = "/etc/rsyslog.d/*.conf";

}  // namespace

const Daemon* Syslog::daemon() const {
  static const Daemon kDaemon("rsyslog", {"rsyslogd", "syslogd"});
  return &kDaemon;
}

std::vector<std::string> Syslog::paths() const {
  std::vector<std::string> paths = {"/etc/syslog.conf", "/etc/rsyslog.conf",
                                    std::string(kUsualFiles)};
  for (auto& one : environment_paths(kNames)) paths.push_back(std::move(one));
  return paths;
}

std::vector<Include> Syslog::roots() const {
  std::vector<Include> roots = {
      {.patterns = {"/etc/syslog.conf"}},
      {.patterns = {"/etc/rsyslog.conf"}},
      {.patterns = {std::string(kUsualFiles)}, .unless = {"/etc/rsyslog.conf"}}};
  for (auto& one : environments_of(kNames)) roots.push_back(std::move(one));
  return roots;
}

std::vector<Include> Syslog::includes(const std::string& path, std::string_view text) const {
  std::vector<Include> includes;
  if (is_environment(path)) return files_of_option("-f", text);
  if (is_classic(path)) return includes;
  for (auto& named : syslog_includes(path, text)) {
    if (named.is_command) {
      includes.push_back(
          {.line = named.line,
           .unfollowed = Fact(FactCode::include_not_followed, {.value = named.file})});
      continue;
    }
    if (named.file.empty()) continue;
    // A daemon's working directory is the root while it reads.
    std::string pattern = named.file.front() == '/' ? named.file : "/" + named.file;
    if (pattern.back() == '/') pattern += "*";
    includes.push_back({.patterns = {std::move(pattern)}, .line = named.line});
  }
  return includes;
}

Result<std::vector<Reference>> Syslog::discover(const std::string& path, std::string_view text,
                                                const IdentityIndex& identity) const {
  if (is_environment(path)) return discover_environment(name(), path, text, identity);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto rules = syslog_rules(path, text, dialect_of(path));
  if (!rules) return tl::unexpected(rules.error());
  const EditList places(text);
  std::vector<Mention> mentions;
  for (const auto& rule : *rules) {
    for (const auto& action : rule.actions) {
      for (const auto& [host, label, service] : action.targets) {
        mentions.push_back({host.offset, host.text, places.line_at(host.offset), label});
      }
      for (const auto& [peer, quoted] : peers_of(rule, action)) {
        mentions.push_back({peer.offset, peer.text, places.line_at(peer.offset), "permitted peer"});
      }
    }
  }
  return references_of(name(), path, mentions, identity);
}

std::vector<AskedServer> Syslog::asked_servers(const std::string& path,
                                               std::string_view text) const {
  std::vector<AskedServer> servers;
  if (is_environment(path)) return servers;
  const auto rules = syslog_rules(path, text, dialect_of(path));
  if (!rules) return servers;
  for (const auto& rule : *rules) {
    for (const auto& action : rule.actions) {
      for (const auto& target : action.targets) {
        servers.push_back({std::string(target.host.text), target.service});
      }
    }
  }
  return servers;
}

Result<FilePlan> Syslog::plan(const std::string& path, std::string_view text,
                              const IdentityIndex& identity, const Move& move) const {
  if (is_environment(path)) return plan_environment(path, text, identity, move);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto rules = syslog_rules(path, text, dialect_of(path));
  if (!rules) return tl::unexpected(rules.error());
  return RuleChanges(path, text, *rules, identity, move).make();
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
