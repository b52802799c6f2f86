#include "agent/references/syslog_rules.h"

#include <algorithm>
#include <array>
#include <optional>

namespace sn::agent {

namespace {

// Our recursion. People nest three or four deep; a long chain of `else if` counts, too.
constexpr int kDeepestNesting = 200;

// Conditions are kept to tell equal rules; one longer than this is like no other.
constexpr size_t kLongestCondition_bytes = 4096;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }

bool in(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// A piece of text for comparing: runs of blanks, line ends and continuations become one blank.
std::string squeezed(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool joint = text.substr(i, 2) == "\\\n" || text.substr(i, 3) == "\\\r\n";
    if (joint || in(text[i], " \t\r\n")) {
      if (!result.empty() && result.back() != ' ') result.push_back(' ');
    } else {
      result.push_back(text[i]);
    }
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

class Parser {
 public:
  Parser(std::string_view path, std::string_view text) : path_(path), text_(text) {}

  Result<std::vector<SyslogRule>> classic();
  Result<std::vector<SyslogRule>> rsyslog();

 private:
  // What a statement inherits from the filters before it.
  struct Context {
    size_t begin = 0;  // of the outermost filter
    std::string condition;
    uint32_t block = 0;
    bool filtered = false;  // directly behind a selector or property filter: an action follows
    int depth = 0;
  };

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }
  [[nodiscard]] char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  [[nodiscard]] bool starts(std::string_view s) const { return text_.substr(at_, s.size()) == s; }
  [[nodiscard]] size_t joint_size() const { return starts("\\\n") ? 2 : starts("\\\r\n") ? 3 : 0; }
  [[nodiscard]] bool at_line_start() const {
    size_t i = at_;
    while (i > 0 && is_blank(text_[i - 1])) --i;
    return i == 0 || text_[i - 1] == '\n';
  }
  [[nodiscard]] tl::unexpected<Error> corrupt(size_t offset, std::string why) const {
    const auto before = text_.substr(0, offset);
    const auto line = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    return fail(ErrorClass::corrupt, "reading", place_of(path_, line),
                "not understood: " + std::move(why), "correct it (rsyslogd -N1 checks it)");
  }

  void skip_blanks();
  Status skip_space();
  // To the end of the line, over continuations. What is left out of the result: the line end.
  std::string_view take_line();
  std::string_view take_identifier();
  [[nodiscard]] std::string_view identifier_here() const;
  Status skip_string();
  Status skip_parentheses();
  Status skip_to(char stop);
  Status skip_expression();

  Status statements(uint32_t block, size_t opened, int depth);
  Status statement(Context context);
  Status keyword_statement(std::string_view word, const Context& context);
  Status if_statement(Context context);
  Status property_filter(Context context);
  Status block(const Context& context);
  Status action_chain(const Context& context);
  Result<SyslogAction> one_action();
  Result<SyslogAction> object(std::string_view name);
  Result<SyslogAction> legacy_action();
  Status legacy_forward(SyslogAction& action, size_t host_at, std::string_view label);
  Status parameter(std::string_view& name, std::vector<Word>& values, size_t object_at);
  Status string_value(std::vector<Word>& values);
  [[nodiscard]] std::string extended(const std::string& condition, size_t begin) const;
  [[nodiscard]] bool object_follows(std::string_view word) const;

  std::string_view path_;
  std::string_view text_;
  size_t at_ = 0;
  uint32_t blocks_ = 0;
  std::vector<SyslogRule> rules_;
};

void Parser::skip_blanks() {
  while (!done()) {
    const size_t joint = joint_size();
    if (joint == 0 && !is_blank(peek()) && !starts("\r\n")) return;
    at_ += std::max<size_t>(joint, 1);
  }
}

Status Parser::skip_space() {
  while (!done()) {
    const size_t before = at_;
    skip_blanks();
    if (peek() == '\n') {
      ++at_;
    } else if (peek() == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (starts("/*")) {
      const size_t close = text_.find("*/", at_ + 2);
      if (close == std::string_view::npos) return corrupt(at_, "the comment is not closed");
      at_ = close + 2;
    }
    if (at_ == before) return {};
  }
  return {};
}

std::string_view Parser::take_line() {
  const size_t begin = at_;
  while (!done() && peek() != '\n') at_ += std::max<size_t>(joint_size(), 1);
  at_ = std::min(at_, text_.size());
  size_t end = at_;
  if (end > begin && text_[end - 1] == '\r') --end;
  return text_.substr(begin, end - begin);
}

std::string_view Parser::identifier_here() const {
  size_t end = at_;
  while (end < text_.size() && is_word(text_[end])) ++end;
  return text_.substr(at_, end - at_);
}

std::string_view Parser::take_identifier() {
  const auto word = identifier_here();
  at_ += word.size();
  return word;
}

Status Parser::skip_string() {
  const size_t opened = at_;
  const char quote = text_[at_++];
  while (!done() && peek() != quote) at_ += peek() == '\\' && quote != '`' ? 2 : 1;
  if (done()) {
    at_ = text_.size();
    return corrupt(opened, "the quote is not closed");
  }
  ++at_;
  return {};
}

Status Parser::skip_to(char stop) {
  const size_t from = at_;
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) return corrupt(from, std::string("'") + stop + "' is missing");
    if (peek() == stop) break;
    if (in(peek(), "\"'`")) {
      if (auto ok = skip_string(); !ok) return ok;
    } else {
      ++at_;
    }
  }
  ++at_;
  return {};
}

Status Parser::skip_parentheses() {
  const size_t opened = at_;
  int depth = 0;
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) return corrupt(opened, "the parenthesis is not closed");
    const char c = peek();
    if (in(c, "\"'`")) {
      if (auto ok = skip_string(); !ok) return ok;
      continue;
    }
    ++at_;
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return {};
  }
}

// From behind `if` to behind `then`.
Status Parser::skip_expression() {
  const size_t from = at_;
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) return corrupt(from, "'if' without 'then'");
    if (in(peek(), "\"'`")) {
      if (auto ok = skip_string(); !ok) return ok;
    } else if (is_letter(peek())) {
      if (same_ignoring_case(take_identifier(), "then")) return {};
    } else if (peek() == '$') {
      // A variable: `$!then` is no keyword.
      while (!done() && (is_word(peek()) || in(peek(), "$!./-"))) ++at_;
    } else {
      ++at_;
    }
  }
}

Result<std::vector<SyslogRule>> Parser::classic() {
  while (!done()) {
    skip_blanks();
    const size_t begin = at_;
    if (done() || in(peek(), "#\n!+-$")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
      if (!done()) ++at_;
      continue;
    }
    while (!done() && peek() != '\n' && !is_blank(peek()) && joint_size() == 0) ++at_;
    const size_t selector_end = at_;
    skip_blanks();
    auto action = legacy_action();
    if (!action) return tl::unexpected(action.error());
    if (!action->targets.empty()) {
      SyslogRule rule{begin, at_, 0, squeezed(text_.substr(begin, selector_end - begin)), true, {}};
      rule.end = action->end;
      rule.actions.push_back(std::move(*action));
      rules_.push_back(std::move(rule));
    }
    if (!done()) ++at_;
  }
  return std::move(rules_);
}

Result<std::vector<SyslogRule>> Parser::rsyslog() {
  if (auto ok = statements(0, 0, 0); !ok) return tl::unexpected(ok.error());
  return std::move(rules_);
}

// Up to the brace that closes the block, or for block 0 to the end of the text.
Status Parser::statements(uint32_t block_id, size_t opened, int depth) {
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) {
      if (block_id != 0) return corrupt(opened, "the brace is not closed");
      return {};
    }
    if (peek() == '}') {
      if (block_id == 0) return corrupt(at_, "a closing brace without an opening one");
      ++at_;
      return {};
    }
    if (auto ok = statement({at_, {}, block_id, false, depth}); !ok) return ok;
  }
}

bool Parser::object_follows(std::string_view word) const {
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

Status Parser::statement(Context context) {
  if (context.depth > kDeepestNesting) {
    return corrupt(at_, "nested deeper than " + std::to_string(kDeepestNesting));
  }
  if (auto ok = skip_space(); !ok) return ok;
  if (done()) return {};
  const char c = peek();
  if (c == '}') return {};  // the block's; a filter without an action is not ours to judge
  if (c == '$' || (at_line_start() && !context.filtered && in(c, "!+"))) {
    take_line();
    return {};
  }
  // `-host` begins a BSD block, `-/path` is an action.
  if (c == '-' && !context.filtered && at_line_start() && !in(next(), "/?")) {
    take_line();
    return {};
  }
  if (c == '{') return block(context);
  if (c == ':' && !context.filtered) {
    const auto line = text_.substr(at_ + 1, text_.find('\n', at_) - at_ - 1);
    const size_t mark = line.find_first_of(",:");
    if (mark != std::string_view::npos && line[mark] == ',') return property_filter(context);
  }
  if (is_letter(c)) {
    const auto word = identifier_here();
    if (object_follows(word)) return action_chain(context);
    const char behind = at_ + word.size() < text_.size() ? text_[at_ + word.size()] : ' ';
    if (!in(behind, ".,;=-+*")) return keyword_statement(word, context);
  }
  if (!context.filtered && (is_word(c) || c == '*')) {
    // A selector: letters, numbers and its signs, over continuations.
    const size_t begin = at_;
    bool selector = false;
    while (!done() && (is_word(peek()) || in(peek(), "*.,;=!/-") || joint_size() > 0)) {
      selector = selector || in(peek(), ".,");
      if (joint_size() > 0) {
        if (at_ > begin && !in(text_[at_ - 1], ";,")) break;
        skip_blanks();
      } else {
        ++at_;
      }
    }
    if (selector && (done() || in(peek(), " \t\r\n\\"))) {
      context.condition = extended(context.condition, begin);
      context.filtered = true;
      ++context.depth;
      return statement(context);
    }
    at_ = begin;
  }
  return action_chain(context);
}

Status Parser::keyword_statement(std::string_view word, const Context& context) {
  const auto is = [&](std::string_view keyword) { return same_ignoring_case(word, keyword); };
  if (is("if")) {
    take_identifier();
    return if_statement(context);
  }
  if (is("set") || is("unset") || is("reset")) {
    take_identifier();
    skip_blanks();
    return peek() == '$' ? skip_to(';') : Status{};
  }
  if (is("call_indirect")) return skip_to(';');
  if (is("foreach")) {
    take_identifier();
    if (auto ok = skip_space(); !ok) return ok;
    if (peek() == '(') return skip_parentheses();
    return {};
  }
  if (is("then") || is("else") || is("do")) {
    take_identifier();
    return {};
  }
  return action_chain(context);
}

Status Parser::if_statement(Context context) {
  const size_t expression = at_;
  if (auto ok = skip_expression(); !ok) return ok;
  context.condition = extended(context.condition + "if ", expression);
  context.filtered = false;
  ++context.depth;
  const size_t first = rules_.size();
  if (auto ok = statement(context); !ok) return ok;

  const size_t end = at_;
  if (auto ok = skip_space(); !ok) return ok;
  if (!same_ignoring_case(identifier_here(), "else")) {
    at_ = end;
    return {};
  }
  take_identifier();
  context.condition += "else ";
  if (auto ok = statement(context); !ok) return ok;
  for (size_t i = first; i < rules_.size(); ++i) {
    if (rules_[i].block == context.block) rules_[i].removable = false;
  }
  return {};
}

// `:property, [!]operation, "value"`
Status Parser::property_filter(Context context) {
  const size_t begin = at_;
  for (int comma = 0; comma < 2; ++comma) {
    while (!done() && !in(peek(), ",\n")) ++at_;
    if (peek() != ',') return corrupt(begin, "a property filter without a value");
    ++at_;
  }
  skip_blanks();
  if (peek() != '"') return corrupt(begin, "a property filter without a value in quotes");
  if (auto ok = skip_string(); !ok) return ok;
  context.condition = extended(context.condition, begin);
  context.filtered = true;
  ++context.depth;
  return statement(context);
}

Status Parser::block(const Context& context) {
  const size_t opened = at_++;
  return statements(++blocks_, opened, context.depth + 1);
}

// The condition with the filter from `begin` to here.
std::string Parser::extended(const std::string& condition, size_t begin) const {
  if (condition.size() + (at_ - begin) > kLongestCondition_bytes) {
    return "@" + std::to_string(begin) + " ";
  }
  return condition + squeezed(text_.substr(begin, at_ - begin)) + " ";
}

Status Parser::action_chain(const Context& context) {
  SyslogRule rule{context.begin, at_, context.block, context.condition, true, {}};
  bool forwards = false;
  size_t joint = at_;
  if (peek() == '&') {
    ++at_;
    skip_blanks();
    // Without a rule before it, or behind a block: belongs to something that we do not follow.
    rule.removable = false;
  }
  while (true) {
    auto action = one_action();
    if (!action) return tl::unexpected(action.error());
    action->joint = rule.actions.empty() ? action->begin : joint;
    rule.end = action->end;
    forwards = forwards || !action->targets.empty();
    rule.actions.push_back(std::move(*action));
    const size_t end = at_;
    if (auto ok = skip_space(); !ok) return ok;
    if (peek() != '&') {
      at_ = end;
      break;
    }
    joint = at_++;
    if (auto ok = skip_space(); !ok) return ok;
  }
  if (forwards) rules_.push_back(std::move(rule));
  return {};
}

Result<SyslogAction> Parser::one_action() {
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

// To the end of the line, whatever it is: rsyslog takes a brace there for a part of it, too.
Result<SyslogAction> Parser::legacy_action() {
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
Status Parser::legacy_forward(SyslogAction& action, size_t host_at, std::string_view label) {
  const auto line = text_.substr(action.begin, action.end - action.begin);
  size_t begin = host_at;
  const auto skip = [&] {
    while (begin < line.size() && is_blank(line[begin])) ++begin;
  };
  skip();
  if (begin < line.size() && line[begin] == '(') {
    begin = line.find(')', begin);
    if (begin == std::string_view::npos) {
      return corrupt(action.begin, "the options of the action are not closed");
    }
    ++begin;
    skip();
  }
  size_t end = begin;
  if (begin < line.size() && line[begin] == '[') {
    ++begin;
    end = line.find(']', begin);
    if (end == std::string_view::npos) {
      return corrupt(action.begin, "the bracket of the address is not closed");
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

Status Parser::string_value(std::vector<Word>& values) {
  const size_t begin = at_ + 1;
  if (auto ok = skip_string(); !ok) return ok;
  values.push_back({begin, text_.substr(begin, at_ - 1 - begin)});
  return {};
}

// `name="value"` or `name=["value", ...]`
Status Parser::parameter(std::string_view& name, std::vector<Word>& values, size_t object_at) {
  const size_t begin = at_;
  while (!done() && (is_word(peek()) || in(peek(), ".-"))) ++at_;
  name = text_.substr(begin, at_ - begin);
  if (auto ok = skip_space(); !ok) return ok;
  if (name.empty() || peek() != '=') {
    return done() ? corrupt(object_at, "the parenthesis is not closed")
                  : corrupt(begin, "no parameter of the form name=\"value\"");
  }
  ++at_;
  if (auto ok = skip_space(); !ok) return ok;
  if (in(peek(), "\"'`") && !done()) return string_value(values);
  if (peek() != '[') {
    const size_t value = at_;
    while (!done() && (is_word(peek()) || in(peek(), ".-/:"))) ++at_;
    if (at_ == value) return corrupt(begin, "a parameter without a value");
    values.push_back({value, text_.substr(value, at_ - value)});
    return {};
  }
  const size_t opened = at_++;
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) return corrupt(opened, "the bracket is not closed");
    const char c = peek();
    if (c == '"' || c == '\'') {
      if (auto ok = string_value(values); !ok) return ok;
    } else if (c == ',') {
      ++at_;
    } else if (c == ']') {
      ++at_;
      return {};
    } else {
      return corrupt(at_, "no list of quoted values");
    }
  }
}

Result<SyslogAction> Parser::object(std::string_view name) {
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
    if (done()) return corrupt(action.begin, "the parenthesis is not closed");
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
      return corrupt(at_, "no blank behind a parameter (is a quote missing?)");
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
    if (target && !action.targets.empty()) return corrupt(action.begin, "two targets");
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

}  // namespace

Result<std::vector<SyslogRule>> syslog_rules(std::string_view path, std::string_view text,
                                             SyslogDialect dialect) {
  Parser parser(path, text);
  return dialect == SyslogDialect::classic ? parser.classic() : parser.rsyslog();
}

}  // namespace sn::agent
