// One action of a syslog rule, in the legacy form (`@host`, `@@(o)host:514;template`,
// `:omrelp:host`) or as an object of RainerScript (`action(type="omfwd" target="host")`). The layer
// between the scanner and the rules, which it is a base of.
#pragma once

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

 private:
  Result<SyslogAction> object(std::string_view name);
  Status legacy_forward(SyslogAction& action, size_t host_at, std::string_view label);
  Status parameter(std::string_view& name, std::vector<Word>& values, size_t object_at);
  Status string_value(std::vector<Word>& values);
};

}  // namespace sn::agent
