#include "coordinator/core/commands.h"

namespace sn::coordinator {

std::string_view to_string(SeenFrom seen) {
  switch (seen) {
    case SeenFrom::unknown:
      return "unknown";
    case SeenFrom::answering:
      return "answering";
    case SeenFrom::silent:
      return "silent";
  }
  return "unknown";
}

int exit_code_of(const Takeover& takeover) {
  int code = 0;
  for (const auto& [name, node] : takeover.nodes) {
    switch (node.verdict) {
      case Verdict::partly:
      case Verdict::blocked:
      case Verdict::failed:
        return 4;
      case Verdict::none:
      case Verdict::pending:
      case Verdict::held:
        code = 5;
        break;
      case Verdict::verified:
        break;
    }
  }
  return code;
}

}  // namespace sn::coordinator
