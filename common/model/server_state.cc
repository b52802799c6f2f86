#include "common/model/server_state.h"

namespace sn {

std::string_view to_string(ServerState state) {
  switch (state) {
    case ServerState::unknown:
      return "unknown";
    case ServerState::answering:
      return "answering";
    case ServerState::slow:
      return "slow";
    case ServerState::suspicious:
      return "suspicious";
    case ServerState::silent:
      return "silent";
  }
  return "unknown";
}

}  // namespace sn
