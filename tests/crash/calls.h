// The system calls that can change something, and what one of them is about, in words that are the
// same in every run.
#pragma once

#include <map>
#include <string>

#include "tests/crash/tracer.h"

namespace sn::crash {

// Number -> name. Some of them change nothing with other arguments: see describe().
[[nodiscard]] const std::map<long, std::string>& changing_calls();
[[nodiscard]] bool is_thread_start(const Call& call);
[[nodiscard]] bool makes_process(const Call& call);

struct Description {
  std::string name;     // "rename"; empty: this one changes nothing
  std::string text;     // "rename /etc/.hosts.snagent /etc/hosts"
  bool writes = false;  // bytes, of which fewer can be written: arguments[2] says how many
};
[[nodiscard]] Description describe(const Call& call);
// What a descriptor of the process is open on, "" if it is none.
[[nodiscard]] std::string path_of(const Call& call, uint64_t fd);

}  // namespace sn::crash
