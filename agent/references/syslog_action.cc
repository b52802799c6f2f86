#include "agent/references/syslog_action.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace sn::agent {

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool names_peers(std::string_view parameter) {
  return parameter == "streamdriverpermittedpeers" || parameter == "streamdriver.permittedpeers" ||
         parameter == "tls.permittedpeer";
}

// What rsyslog 8.2302 sets back behind an action (its page "Actions with directives"); the others
// hold until they are set again: ExecOnlyWhenPreviousIsSuspended, ResumeRetryCount, the driver.
bool holds_for_the_next_action(std::string_view directive) {
  constexpr auto kBeginnings = std::to_array<std::string_view>(
      {"$actionqueue", "$actionexeconlyeverynthtime", "$actionname", "$actionwriteallmarkmessages",
       "$actionsendstreamdriverpermittedpeer"});
  return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](std::string_view one) { return directive.starts_with(one); });
}

// That the text begins with; the usual one where it is no number ("syslog", a variable).
uint16_t port_in(std::string_view text) {
  uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc() && port != 0 ? port : kLogPort;
}

// An item of a list is one peer; else commas stand between them.
void add_peers(const Word& value, bool quoted, std::vector<PermittedPeer>& peers) {
  if (quoted) {
    peers.push_back({value, true});
    return;
  }
  for (const auto& peer : words_of(value.text, value.offset, ", \t"))
    peers.push_back({peer, false});
}

}  // namespace

bool SyslogActionParser::object_follows(std::string_view word) const {
  size_t i = at_ + word.size();
  const bool near = i < text_.size() && text_[i] == '(';
  while (i < text_.size() && is_blank(text_[i])) ++i;
  constexpr std::array<std::string_view, 8> kObjects = {
      "action", "module", "input", "template", "global", "ruleset", "include", "main_queue"};
  const bool known = std::any_of(kObjects.begin(), kObjects.end(), [&](std::string_view object) {
    return same_ignoring_case(word, object);
  });
  return i < text_.size() && text_[i] == '(' && (near || known);
}

Result<SyslogAction> SyslogActionParser::one_action() {
  if (is_letter(peek())) {
    const auto word = identifier_here();
    if (object_follows(word)) return object(word);
    SyslogAction action{.joint = at_, .begin = at_};
    if (same_ignoring_case(word, "stop") || same_ignoring_case(word, "continue")) {
      take_identifier();
    } else if (same_ignoring_case(word, "call")) {
      take_identifier();
      skip_blanks();
      while (!done() && (is_word(peek()) || in(peek(), ".-"))) ++at_;
    } else {
      take_line();  // users, or what is not ours to judge
    }
    action.end = at_;
    return action;
  }
  // Alone: discard, and all users.
  if (peek() == '~' || (peek() == '*' && in(next(), std::string_view(" \t\r\n\0", 5)))) {
    SyslogAction action{.joint = at_, .begin = at_, .end = at_ + 1};
    ++at_;
    return action;
  }
  return legacy_action();
}

Result<SyslogAction> SyslogActionParser::legacy_action() {
  constexpr std::string_view kRelp = ":omrelp:";
  SyslogAction action{.joint = at_, .begin = at_};
  const auto line = take_line();
  action.end = action.begin + line.size();
  Status read;
  if (line.starts_with("@@")) {
    read = legacy_forward(action, 2, "@@");
  } else if (line.starts_with("@")) {
    read = legacy_forward(action, 1, "@");
  } else if (same_ignoring_case(line.substr(0, kRelp.size()), kRelp)) {
    read = legacy_forward(action, kRelp.size(), ":omrelp:");
  }
  if (!read) return tl::unexpected(read.error());
  return action;
}

// `[(options)]host[:port][;template]`, the host in brackets if it is an IPv6 address.
Status SyslogActionParser::legacy_forward(SyslogAction& action, size_t host_at,
                                          std::string_view label) {
  const auto line = text_.substr(action.begin, action.end - action.begin);
  size_t begin = host_at;
  const auto skip = [&] {
    while (begin < line.size() && is_blank(line[begin])) ++begin;
  };
  skip();
  if (begin < line.size() && line[begin] == '(') {
    begin = line.find(')', begin);
    if (begin == std::string_view::npos) {
      return corrupt(action.begin, Fact(FactCode::options_not_closed));
    }
    ++begin;
    skip();
  }
  size_t end = begin;
  if (begin < line.size() && line[begin] == '[') {
    ++begin;
    end = line.find(']', begin);
    if (end == std::string_view::npos) {
      return corrupt(action.begin, Fact(FactCode::bracket_of_address_not_closed));
    }
  } else {
    while (end < line.size() && !in(line[end], " \t\r\n\\:;#,")) ++end;
  }
  if (end == begin) return {};
  const auto rest = line.substr(end);
  ServicePort service{label == "@" ? Transport::udp : Transport::tcp, kLogPort};
  const size_t colon = rest.starts_with(']') ? 1 : 0;
  if (rest.substr(colon).starts_with(':')) service.port = port_in(rest.substr(colon + 1));
  action.targets.push_back(
      {{action.begin + begin, line.substr(begin, end - begin)}, label, service});
  const size_t comment = rest.find(" #");
  action.form = squeezed(line.substr(0, begin)) + "\n" + squeezed(rest.substr(0, comment));
  return {};
}

Status SyslogActionParser::string_value(std::vector<Word>& values) {
  const size_t begin = at_ + 1;
  if (auto ok = skip_string(); !ok) return ok;
  values.push_back({begin, text_.substr(begin, at_ - 1 - begin)});
  return {};
}

// `name="value"` or `name=["value", ...]`
Status SyslogActionParser::parameter(Parameter& read, size_t object_at) {
  const size_t begin = at_;
  while (!done() && (is_word(peek()) || in(peek(), ".-"))) ++at_;
  read.name = text_.substr(begin, at_ - begin);
  if (auto ok = skip_space(); !ok) return ok;
  if (read.name.empty() || peek() != '=') {
    return done() ? corrupt(object_at, Fact(FactCode::parenthesis_not_closed))
                  : corrupt(begin, Fact(FactCode::no_such_parameter));
  }
  ++at_;
  if (auto ok = skip_space(); !ok) return ok;
  if (in(peek(), "\"'`") && !done()) {
    read.backtick = peek() == '`';
    return string_value(read.values);
  }
  if (peek() == '[') {
    read.list = true;
    return list_of_values(read.values);
  }
  const size_t value = at_;
  while (!done() && (is_word(peek()) || in(peek(), ".-/:"))) ++at_;
  if (at_ == value) return corrupt(begin, Fact(FactCode::parameter_without_value));
  read.values.push_back({value, text_.substr(value, at_ - value)});
  return {};
}

Status SyslogActionParser::list_of_values(std::vector<Word>& values) {
  const size_t opened = at_++;
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) return corrupt(opened, Fact(FactCode::bracket_not_closed));
    const char c = peek();
    if (c == '"' || c == '\'') {
      if (auto ok = string_value(values); !ok) return ok;
    } else if (c == ',') {
      ++at_;
    } else if (c == ']') {
      ++at_;
      return {};
    } else {
      return corrupt(at_, Fact(FactCode::no_list_of_values));
    }
  }
}

// All to the closing parenthesis, which is taken.
Result<std::vector<SyslogActionParser::Parameter>> SyslogActionParser::parameters(
    size_t object_at) {
  std::vector<Parameter> parameters;
  while (true) {
    if (auto ok = skip_space(); !ok) return tl::unexpected(ok.error());
    if (done()) return corrupt(object_at, Fact(FactCode::parenthesis_not_closed));
    if (peek() == ')') break;
    if (peek() == ',') {
      ++at_;
      continue;
    }
    Parameter read;
    if (auto ok = parameter(read, object_at); !ok) return tl::unexpected(ok.error());
    parameters.push_back(std::move(read));
    if (!done() && !in(peek(), " \t\r\n,)#/\\")) {
      return corrupt(at_, Fact(FactCode::no_blank_behind));
    }
  }
  ++at_;
  return parameters;
}

Result<SyslogAction> SyslogActionParser::object(std::string_view name) {
  SyslogAction action{.joint = at_, .begin = at_};
  at_ += name.size();
  skip_blanks();
  ++at_;  // the parenthesis
  const auto read = parameters(action.begin);
  if (!read) return tl::unexpected(read.error());
  action.end = at_;
  if (same_ignoring_case(name, "include")) include(*read, action.begin);
  if (!same_ignoring_case(name, "action")) return action;
  if (auto ok = forward(*read, action); !ok) return tl::unexpected(ok.error());
  return action;
}

Status SyslogActionParser::forward(const std::vector<Parameter>& parameters,
                                   SyslogAction& action) const {
  std::string_view type;
  for (const auto& one : parameters) {
    if (same_ignoring_case(one.name, "type") && one.values.size() == 1) type = one.values[0].text;
  }
  const bool forward = same_ignoring_case(type, "omfwd");
  if (!forward && !same_ignoring_case(type, "omrelp")) return {};
  std::vector<Word> ports;
  Transport transport = forward ? Transport::udp : Transport::tcp;
  for (const auto& parameter : parameters) {
    if (same_ignoring_case(parameter.name, "port")) ports = parameter.values;
    const bool tcp = same_ignoring_case(parameter.name, "protocol") && !parameter.values.empty() &&
                     same_ignoring_case(parameter.values[0].text, "tcp");
    if (tcp) transport = Transport::tcp;
  }
  std::vector<std::string> rest;
  for (const auto& parameter : parameters) {
    const bool target = same_ignoring_case(parameter.name, "target");
    if (target && !action.targets.empty())
      return corrupt(action.begin, Fact(FactCode::two_targets));
    if (same_ignoring_case(parameter.name, "port") && parameter.list) {
      action.ports = parameter.values;
    }
    const std::string name = lower_case(parameter.name);
    if (names_peers(name)) {
      for (const auto& value : parameter.values) {
        add_peers(value, parameter.list, action.peers);
      }
      continue;
    }
    std::string one = name;
    for (const auto& value : parameter.values) {
      if (!target) {
        one += "\n" + std::string(value.text);
      } else if (!value.text.empty()) {
        // The n-th port is the n-th target's; fewer hold for all that follow.
        const size_t nth = std::min(action.targets.size() + 1, ports.size());
        action.targets.push_back({value,
                                  forward ? "omfwd target" : "omrelp target",
                                  {transport, nth == 0 ? kLogPort : port_in(ports[nth - 1].text)}});
      }
    }
    rest.push_back(std::move(one));
  }
  std::sort(rest.begin(), rest.end());
  for (const auto& one : rest) action.form += one + "\n\n";
  return {};
}

// `echo $NAME` alone can't be followed; of `cat FILE` the file is known.
void SyslogActionParser::include(const std::vector<Parameter>& parameters, size_t begin) {
  constexpr std::string_view kCat = "cat ";
  for (const auto& one : parameters) {
    if (one.values.size() != 1) continue;
    std::string_view value = one.values[0].text;
    const bool text = same_ignoring_case(one.name, "text");
    if (!text && !same_ignoring_case(one.name, "file")) continue;
    bool command = one.backtick;
    if (text && command && value.starts_with(kCat)) {
      value.remove_prefix(kCat.size());
      command = false;
    } else if (text && !command) {
      continue;  // no file: its text stands here
    }
    includes_.push_back({line_at(begin), std::string(value), command});
  }
}

void SyslogActionParser::directive() {
  const size_t begin = at_;
  const auto words = words_of(take_line(), begin);
  if (words.empty()) return;
  const std::string name = lower_case(words[0].text);
  if (name == "$includeconfig" && words.size() > 1) {
    includes_.push_back({line_at(begin), std::string(words[1].text), false});
  }
  if (name == "$ruleset" && words.size() > 1) {
    ruleset_ = lower_case(words[1].text);
    if (ruleset_ == "rsyslog_defaultruleset") ruleset_.clear();
  }
  if (!name.starts_with("$action")) return;
  std::string value;
  for (size_t i = 1; i < words.size() && !words[i].text.starts_with('#'); ++i) {
    value += " " + std::string(words[i].text);
  }
  // What was in force before it is in force without it.
  const bool lasts =
      !holds_for_the_next_action(name) && std::exchange(in_force_[name], value) != value;
  SyslogDirective directive{begin, at_, lasts};
  if (name == "$actionsendstreamdriverpermittedpeer" && words.size() > 1) {
    add_peers(words[1], false, directive.peers);
  }
  directives_.push_back(std::move(directive));
}

uint32_t SyslogActionParser::line_at(size_t offset) const {
  return static_cast<uint32_t>(
             std::count(text_.begin(), text_.begin() + static_cast<ptrdiff_t>(offset), '\n')) +
         1;
}

}  // namespace sn::agent
