// The rules of a syslog configuration that forward to a host, with what is needed to change or drop
// them. Reads the grammar, decides nothing.
//
//   classic   syslog.conf(5) of AIX and sysklogd: `selector @host`
//   rsyslog   the same and `@@host`, options, property filters, `&` actions, and RainerScript
//             (rsyslog.conf(5); checked against rsyslogd 8.2302 -N1)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/lines.h"
#include "common/base/error.h"

namespace sn::agent {

enum class SyslogDialect { classic, rsyslog };

struct ForwardTarget {
  Word host;
  std::string_view label;  // "@", "@@", ":omrelp:", "omfwd target", "omrelp target"
};

struct SyslogAction {
  size_t joint = 0;  // where the '&' before it stands; begin for the first action of a rule
  size_t begin = 0;
  size_t end = 0;
  std::vector<ForwardTarget> targets;  // empty: does not forward
  std::string form;                    // the whole action but for its one target
};

// A filter with its actions, or an action of its own.
struct SyslogRule {
  size_t begin = 0;
  size_t end = 0;
  uint32_t block = 0;     // the braces it stands in; 0: none
  std::string condition;  // its filter, blanks made one
  bool removable = true;  // nothing else (an `else`) hangs on it
  std::vector<SyslogAction> actions;
};

// corrupt, with path:line: a quote, parenthesis, brace, bracket or comment that is not closed, or
// an object that cannot be read.
[[nodiscard]] Result<std::vector<SyslogRule>> syslog_rules(std::string_view path,
                                                           std::string_view text,
                                                           SyslogDialect dialect);

}  // namespace sn::agent
