#include "agent/watch/boot_scripts.h"

#include <algorithm>
#include <array>

#include "agent/watch/process.h"

namespace sn::agent {

namespace {

// xCAT/postscripts of xcat-core 2.x; the last two are of its sysclone.
constexpr auto kScripts = std::to_array<std::string_view>(
    {"mypostscript", "xcataixpost", "xcatdsklspost", "xcatinstallpost", "xcatpostinit",
     "xcatpostinit1", "runxcatpost", "xcatsysclonepost"});
constexpr auto kInterpreters = std::to_array<std::string_view>(
    {"ash", "bash", "busybox", "dash", "ksh", "ksh93", "mksh", "perl", "sh", "zsh"});
// Options of the shells whose argument is a word of its own.
constexpr auto kWithArgument =
    std::to_array<std::string_view>({"+O", "+o", "--init-file", "--rcfile", "-O", "-o"});
// A kernel cuts a name here (proc(5)).
constexpr size_t kLongestName = 15;
// The interpreter, its options and the script's path: PATH_MAX is the longest of them.
constexpr size_t kArgumentsBytes = 8 * 1024;

bool contains(const auto& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string_view without_path(std::string_view word) {
  return word.substr(word.rfind('/') + 1);  // npos + 1 is the start
}

}  // namespace

std::string boot_script_of(std::string_view name) {
  const std::string_view stem = name.substr(0, name.find('.'));
  const auto found = std::find_if(kScripts.begin(), kScripts.end(), [&](std::string_view script) {
    return script == stem || (stem.size() == kLongestName && script.starts_with(stem));
  });
  return found == kScripts.end() ? std::string() : std::string(*found);
}

bool is_interpreter(std::string_view name) { return contains(kInterpreters, name); }

std::string boot_script_in(std::string_view arguments) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin < arguments.size();) {
    const size_t end = std::min(arguments.find('\0', begin), arguments.size());
    words.push_back(arguments.substr(begin, end - begin));
    begin = end + 1;
  }
  size_t at = 1;
  // "busybox sh script".
  if (words.size() > 1 && without_path(words[0]) == "busybox" && is_interpreter(words[1])) at = 2;
  for (; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (word == "--") {
      return at + 1 < words.size() ? boot_script_of(without_path(words[at + 1])) : std::string();
    }
    if (!word.starts_with('-') && !word.starts_with('+')) return boot_script_of(without_path(word));
    // "-c", "-ec": what follows is a command, not a file. "--norc" is another matter.
    if (!word.starts_with("--") && word.find('c') != std::string_view::npos) return {};
    if (contains(kWithArgument, word)) ++at;
  }
  return {};
}

std::vector<BootScript> find_boot_scripts(LookAt look_at) {
  struct Found {
    BootScript script;
    int parent = 0;
  };
  std::vector<Found> found;
  for (const int pid : all_pids()) {
    const std::string process = process_name(pid);
    std::string name = boot_script_of(process);
    if (name.empty() && look_at == LookAt::names_and_arguments && is_interpreter(process)) {
      name = boot_script_in(process_arguments(pid, kArgumentsBytes));
    }
    if (name.empty() || !in_own_pid_namespace(pid)) continue;
    const auto stat = process_stat(pid);
    if (!stat || stat->state == 'Z') continue;
    found.push_back({{pid, stat->start_ticks, std::move(name)}, stat->parent});
  }
  std::vector<BootScript> outermost;
  for (const auto& one : found) {
    const bool inner = std::any_of(found.begin(), found.end(), [&](const Found& other) {
      return other.script.pid == one.parent;
    });
    if (!inner) outermost.push_back(one.script);
  }
  std::sort(outermost.begin(), outermost.end(),
            [](const BootScript& a, const BootScript& b) { return a.pid < b.pid; });
  if (outermost.size() > kMaxBootScripts) outermost.resize(kMaxBootScripts);
  return outermost;
}

}  // namespace sn::agent
