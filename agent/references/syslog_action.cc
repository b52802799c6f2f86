#include "agent/references/syslog_action.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace sn::agent {

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
    SyslogAction action{at_, at_, 0, {}, {}};
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
    SyslogAction action{at_, at_, at_ + 1, {}, {}};
    ++at_;
    return action;
  }
  return legacy_action();
}

Result<SyslogAction> SyslogActionParser::legacy_action() {
  constexpr std::string_view kRelp = ":omrelp:";
  SyslogAction action{at_, at_, 0, {}, {}};
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
  action.targets.push_back({{action.begin + begin, line.substr(begin, end - begin)}, label});
  const auto rest = line.substr(end);
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
Status SyslogActionParser::parameter(std::string_view& name, std::vector<Word>& values,
                                     size_t object_at) {
  const size_t begin = at_;
  while (!done() && (is_word(peek()) || in(peek(), ".-"))) ++at_;
  name = text_.substr(begin, at_ - begin);
  if (auto ok = skip_space(); !ok) return ok;
  if (name.empty() || peek() != '=') {
    return done() ? corrupt(object_at, Fact(FactCode::parenthesis_not_closed))
                  : corrupt(begin, Fact(FactCode::no_such_parameter));
  }
  ++at_;
  if (auto ok = skip_space(); !ok) return ok;
  if (in(peek(), "\"'`") && !done()) return string_value(values);
  if (peek() != '[') {
    const size_t value = at_;
    while (!done() && (is_word(peek()) || in(peek(), ".-/:"))) ++at_;
    if (at_ == value) return corrupt(begin, Fact(FactCode::parameter_without_value));
    values.push_back({value, text_.substr(value, at_ - value)});
    return {};
  }
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

Result<SyslogAction> SyslogActionParser::object(std::string_view name) {
  struct Parameter {
    std::string_view name;
    std::vector<Word> values;
  };
  SyslogAction action{at_, at_, 0, {}, {}};
  at_ += name.size();
  skip_blanks();
  ++at_;  // the parenthesis
  std::vector<Parameter> parameters;
  while (true) {
    if (auto ok = skip_space(); !ok) return tl::unexpected(ok.error());
    if (done()) return corrupt(action.begin, Fact(FactCode::parenthesis_not_closed));
    if (peek() == ')') break;
    if (peek() == ',') {
      ++at_;
      continue;
    }
    Parameter read;
    if (auto ok = parameter(read.name, read.values, action.begin); !ok) {
      return tl::unexpected(ok.error());
    }
    parameters.push_back(std::move(read));
    if (!done() && !in(peek(), " \t\r\n,)#/\\")) {
      return corrupt(at_, Fact(FactCode::no_blank_behind));
    }
  }
  action.end = ++at_;
  if (!same_ignoring_case(name, "action")) return action;

  std::string_view type;
  for (const auto& [key, values] : parameters) {
    if (same_ignoring_case(key, "type") && values.size() == 1) type = values[0].text;
  }
  const bool forward = same_ignoring_case(type, "omfwd");
  if (!forward && !same_ignoring_case(type, "omrelp")) return action;
  std::vector<std::string> rest;
  for (const auto& [key, values] : parameters) {
    const bool target = same_ignoring_case(key, "target");
    if (target && !action.targets.empty())
      return corrupt(action.begin, Fact(FactCode::two_targets));
    std::string one;
    for (const char c : key) one.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    for (const auto& value : values) {
      if (!target) {
        one += "\n" + std::string(value.text);
      } else if (!value.text.empty()) {
        action.targets.push_back({value, forward ? "omfwd target" : "omrelp target"});
      }
    }
    rest.push_back(std::move(one));
  }
  std::sort(rest.begin(), rest.end());
  for (const auto& one : rest) action.form += one + "\n\n";
  return action;
}

}  // namespace sn::agent
