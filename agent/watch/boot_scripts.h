// xCAT's scripts at work on this node: the boot postscripts (xcatpostinit1, which runs
// xcatdsklspost) and an `updatenode` from the management node (xcatdsklspost, which runs
// mypostscript). While one is at work it writes the very files that a rebind changes, from values
// that it fetched before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sn::agent {

struct BootScript {
  int pid = 0;
  uint64_t start_ticks = 0;  // tells a reused pid apart
  std::string name;          // "xcatdsklspost"
  bool operator==(const BootScript&) const = default;
};

// A boot runs two or three of them inside each other; only the outermost are listed.
inline constexpr size_t kMaxBootScripts = 16;

// The script that a process of this name (/proc/PID/comm, 15 characters) is; empty: none of them.
// Without its ending: "xcatpostinit1.netboot" is xcatpostinit1.
[[nodiscard]] std::string boot_script_of(std::string_view name);
// Runs scripts that it is given: bash, perl.
[[nodiscard]] bool is_interpreter(std::string_view name);
// The same for an interpreter, by its arguments (each ended by a NUL): the first that is no option.
// "-c" has a command there, no script.
[[nodiscard]] std::string boot_script_in(std::string_view arguments);

// Arguments are read of interpreters only, and may block (process.h).
enum class LookAt { names, names_and_arguments };
// In our own pid namespace, by pid. One walk through /proc: 10 us a process.
[[nodiscard]] std::vector<BootScript> find_boot_scripts(LookAt look_at);

}  // namespace sn::agent
