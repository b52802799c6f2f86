// A line of a file as it leaves the node: for plans, results, the feed, the logs and the store.
// Pure.
//
// What changes is shown, with what stands around it as far as that is known to be harmless; the
// rest may be anything: the password of a mount, a template's secret, a remark. It is `***`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sn::agent {

// Bytes of a text.
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

// `changes`: what of the line changes.
//   NAME=VALUE     the value is shown if it is what changes, or the name is on the list of harmless
//                  ones (a protocol, a port, a time-out); never of a name that has pass, secret,
//                  token, key or cred in it
//   NAME(VALUE)    hidden if the name is such a one; so is the word after it
//   //USER@HOST    the user is hidden
//   # remark       hidden, but what changes in it
[[nodiscard]] std::string shown_line(std::string_view line, const std::vector<Span>& changes);

// Of whole lines that are added or taken away: each as one of which nothing changes, without the
// line ends around them.
[[nodiscard]] std::string shown_lines(std::string_view lines);

}  // namespace sn::agent
