#include "agent/references/syslog_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/references/syslog_action.h"

namespace sn::agent {

namespace {

// Our recursion. People nest three or four deep; a long chain of `else if` counts, too.
constexpr int kDeepestNesting = 200;

// Conditions are kept to tell equal rules; one longer than this is like no other.
constexpr size_t kLongestConditionBytes = 4096;

// Words that begin a statement, and are no action.
bool is_keyword(std::string_view word) {
  constexpr auto kAll = std::to_array<std::string_view>(
      {"if", "then", "else", "do", "set", "unset", "reset", "foreach", "call_indirect"});
  return std::any_of(kAll.begin(), kAll.end(),
                     [&](std::string_view one) { return same_ignoring_case(word, one); });
}

class Parser : private SyslogActionParser {
 public:
  Parser(std::string_view path, std::string_view text) : SyslogActionParser(path, text) {}

  Result<std::vector<SyslogRule>> classic();
  Result<std::vector<SyslogRule>> rsyslog();
  [[nodiscard]] const std::vector<SyslogInclude>& includes() const { return includes_; }

 private:
  // A statement inherits this from the filters before it.
  struct Context {
    size_t begin = 0;  // of the outermost filter
    std::string condition;
    uint32_t block = 0;
    bool filtered = false;  // directly behind a selector or property filter: an action follows
    int depth = 0;
  };

  Status statements(uint32_t block, size_t opened, int depth);
  Status statement(Context context);
  Status keyword_statement(std::string_view word, const Context& context);
  Status if_statement(Context context);
  Status property_filter(Context context);
  Status block(const Context& context);
  Status action_chain(const Context& context);
  Status behind_ampersand();
  [[nodiscard]] std::string extended(const std::string& condition, size_t begin) const;

  uint32_t blocks_ = 0;
  std::vector<SyslogRule> rules_;
};

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
      SyslogRule rule{.begin = begin,
                      .end = at_,
                      .condition = squeezed(text_.substr(begin, selector_end - begin))};
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

// Reads statements up to the brace that closes the block, or for block 0 to the end of the text.
Status Parser::statements(uint32_t block_id, size_t opened, int depth) {
  while (true) {
    if (auto ok = skip_space(); !ok) return ok;
    if (done()) {
      if (block_id != 0) return corrupt(opened, Fact(FactCode::brace_not_closed));
      return {};
    }
    if (peek() == '}') {
      if (block_id == 0) return corrupt(at_, Fact(FactCode::brace_not_opened));
      ++at_;
      return {};
    }
    if (auto ok = statement({at_, {}, block_id, false, depth}); !ok) return ok;
  }
}

Status Parser::statement(Context context) {
  if (context.depth > kDeepestNesting) {
    return corrupt(at_, Fact(FactCode::nested_too_deep, {.count = kDeepestNesting}));
  }
  if (auto ok = skip_space(); !ok) return ok;
  if (done()) return {};
  const char c = peek();
  if (c == '}') return {};  // the block's; a filter without an action is not ours to judge
  if (c == '$') {
    directive();
    return {};
  }
  if (at_line_start() && !context.filtered && in(c, "!+")) {
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
    if (peek() != ',') return corrupt(begin, Fact(FactCode::filter_without_value));
    ++at_;
  }
  skip_blanks();
  if (peek() != '"') return corrupt(begin, Fact(FactCode::filter_without_quotes));
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
  if (condition.size() + (at_ - begin) > kLongestConditionBytes) {
    return "@" + std::to_string(begin) + " ";
  }
  return condition + squeezed(text_.substr(begin, at_ - begin)) + " ";
}

// From an '&' to the action that must follow. What begins something else does not: alone in its
// place, once the action before it is gone, it would be read as that.
Status Parser::behind_ampersand() {
  const size_t ampersand = at_++;
  if (auto ok = skip_space(); !ok) return ok;
  const bool block_of_host = peek() == '-' && !in(next(), "/?");
  if (done() || in(peek(), "&!+${}") || block_of_host || is_keyword(identifier_here())) {
    return corrupt(ampersand, Fact(FactCode::is_missing, {.value = "action"}));
  }
  return {};
}

Status Parser::action_chain(const Context& context) {
  SyslogRule rule{.begin = context.begin,
                  .end = at_,
                  .block = context.block,
                  .ruleset = ruleset_,
                  .condition = context.condition};
  // A module or a template is no action.
  const bool declares = is_letter(peek()) && object_follows(identifier_here()) &&
                        !same_ignoring_case(identifier_here(), "action");
  if (!declares) rule.directives = std::exchange(directives_, {});
  bool forwards = false;
  size_t joint = at_;
  if (peek() == '&') {
    if (auto ok = behind_ampersand(); !ok) return ok;
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
    joint = at_;
    if (auto ok = behind_ampersand(); !ok) return ok;
  }
  if (forwards) rules_.push_back(std::move(rule));
  return {};
}

}  // namespace

Result<std::vector<SyslogRule>> syslog_rules(std::string_view path, std::string_view text,
                                             SyslogDialect dialect) {
  Parser parser(path, text);
  return dialect == SyslogDialect::classic ? parser.classic() : parser.rsyslog();
}

std::vector<SyslogInclude> syslog_includes(std::string_view path, std::string_view text) {
  Parser parser(path, text);
  (void)parser.rsyslog();
  return parser.includes();
}

}  // namespace sn::agent
