#include "coordinator/control/audit.h"

#include <unistd.h>

#include <array>
#include <fstream>
#include <variant>

#include "common/facts/text.h"

namespace sn::coordinator {

namespace {

// A request that names thousands of nodes says enough by its beginning.
constexpr size_t kMostRequestBytes = 512;

std::string cut(std::string_view text) {
  std::string line = plain_line(text.substr(0, kMostRequestBytes));
  if (text.size() > kMostRequestBytes) {
    line += "... (" + std::to_string(text.size()) + " bytes)";
  }
  return line;
}

}  // namespace

std::string audit_line(std::string_view who, std::string_view request, std::string_view outcome) {
  return std::string(who) + ": " + cut(request) + " -> " + cut(outcome);
}

std::string description_of(const Peer& peer) {
  const std::string pid = std::to_string(peer.pid);
  std::array<char, 256> program{};
  const ssize_t size =
      ::readlink(("/proc/" + pid + "/exe").c_str(), program.data(), program.size());
  std::string name(program.data(), size > 0 ? static_cast<size_t>(size) : 0);
  if (name.empty()) {
    // Another user's, or one with more capabilities than ours: what it calls itself.
    std::ifstream file("/proc/" + pid + "/comm");
    std::string itself;
    name = "pid " + pid + (std::getline(file, itself) ? ", " + itself : "");
  }
  return user_name(peer.uid) + " (" + std::to_string(peer.uid) + ") by " + plain_line(name);
}

std::string outcome_of(const Answer& answer) {
  if (const auto* refusal = std::get_if<RefusalAnswer>(&answer)) {
    return "refused: " + text_of(refusal->reason);
  }
  if (const auto* takeover = std::get_if<TakeoverAnswer>(&answer)) {
    return "exit " + std::to_string(takeover->exit_code);
  }
  return "done";
}

}  // namespace sn::coordinator
