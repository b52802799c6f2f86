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

#include "agent/references/kind.h"
#include "agent/references/lines.h"
#include "common/base/error.h"

namespace sn::agent {

enum class SyslogDialect { classic, rsyslog };

struct ForwardTarget {
  Word host;
  std::string_view label;  // "@", "@@", ":omrelp:", "omfwd target", "omrelp target"
  ServicePort service;
};

// Whose certificate is accepted (omfwd's StreamDriverPermittedPeers, omrelp's tls.permittedpeer):
// a name, a pattern of names, or a fingerprint.
struct PermittedPeer {
  Word name;
  bool quoted = false;  // an item of a list in quotes of its own; else of a list within one value
};

struct SyslogAction {
  size_t joint = 0;  // where the '&' before it stands; begin for the first action of a rule
  size_t begin = 0;
  size_t end = 0;
  std::vector<ForwardTarget> targets = {};  // empty: does not forward
  std::vector<Word> ports = {};             // of a list of them; the n-th is the n-th target's
  std::vector<PermittedPeer> peers = {};    // empty: not restricted
  std::string form = {};                    // the whole action but for its one target and peers
};

// A `$Action...` line. Most hold for the next action alone; the others for all that follow, unless
// they say what held before.
struct SyslogDirective {
  size_t begin = 0;
  size_t end = 0;
  bool lasts = false;
  std::vector<PermittedPeer> peers = {};  // of $ActionSendStreamDriverPermittedPeer
};

// A filter with its actions, or an action of its own.
struct SyslogRule {
  size_t begin = 0;
  size_t end = 0;
  uint32_t block = 0;          // the braces it stands in; 0: none
  std::string ruleset = {};    // of the `$RuleSet` before it, lower case; empty: the default one
  std::string condition = {};  // its filter, blanks made one
  bool removable = true;       // nothing else (an `else`) hangs on it
  std::vector<SyslogAction> actions = {};
  std::vector<SyslogDirective> directives = {};  // those of its first action
};

// `$IncludeConfig` or an include object (rsyslog's pages of that name).
struct SyslogInclude {
  uint32_t line = 0;
  std::string file;         // as written: a pattern, a directory with a '/' behind
  bool is_command = false;  // in backticks: `echo $NAME`
};

// corrupt, with path:line: a quote, parenthesis, brace, bracket or comment that is not closed, or
// an object that cannot be read.
[[nodiscard]] Result<std::vector<SyslogRule>> syslog_rules(std::string_view path,
                                                           std::string_view text,
                                                           SyslogDialect dialect);

// What an rsyslog configuration includes, as far as it can be read.
[[nodiscard]] std::vector<SyslogInclude> syslog_includes(std::string_view path,
                                                         std::string_view text);

}  // namespace sn::agent
