// One action of a syslog rule, in the legacy form (`@host`, `@@(o)host:514;template`,
// `:omrelp:host`) or as an object of RainerScript (`action(type="omfwd" target="host")`). The layer
// between the scanner and the rules, which it is a base of.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/references/lines.h"
#include "agent/references/syslog_rules.h"
#include "agent/references/syslog_scanner.h"
#include "common/base/error.h"

namespace sn::agent {

class SyslogActionParser : protected SyslogScanner {
 protected:
  SyslogActionParser(std::string_view path, std::string_view text) : SyslogScanner(path, text) {}
  ~SyslogActionParser() = default;

  // `word`, which stands here, begins an object: `action(`, `module (`.
  [[nodiscard]] bool object_follows(std::string_view word) const;
  // The action that stands here, of any form. corrupt as syslog_rules().
  Result<SyslogAction> one_action();
  // The action that stands here, to the end of the line: rsyslog takes a brace there for a part of
  // it, too.
  Result<SyslogAction> legacy_action();
  // The `$` line that stands here.
  void directive();

  std::vector<SyslogInclude> includes_;
  std::vector<SyslogDirective> directives_;      // since the last action
  std::map<std::string, std::string> in_force_;  // of the directives that last, their value
  std::string ruleset_;                          // that rules are added to (`$RuleSet`)

 private:
  struct Parameter {
    std::string_view name;
    std::vector<Word> values;
    bool backtick = false;
    bool list = false;
  };

  Result<SyslogAction> object(std::string_view name);
  Status legacy_forward(SyslogAction& action, size_t host_at, std::string_view label);
  Result<std::vector<Parameter>> parameters(size_t object_at);
  Status parameter(Parameter& read, size_t object_at);
  Status list_of_values(std::vector<Word>& values);
  void include(const std::vector<Parameter>& parameters, size_t begin);
  Status forward(const std::vector<Parameter>& parameters, SyslogAction& action) const;
  [[nodiscard]] uint32_t line_at(size_t offset) const;
  Status string_value(std::vector<Word>& values);
};

}  // namespace sn::agent
