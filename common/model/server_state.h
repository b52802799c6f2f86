// How an NFS server answers RPC NULL calls, as one node sees it.
#pragma once

#include <cstdint>

#include "common/facts/words.h"

namespace sn {

// RFC 7530, section 3.1; version 3 has it by custom. A mount's option `port=` says another.
inline constexpr uint16_t kNfsPort = 2049;

enum class ServerState : uint8_t {
  unknown,     // not asked yet
  answering,   // promptly
  slow,        // answers late
  suspicious,  // the last question is not answered yet, and should be; being asked closely
  silent,      // asked several times, no answer
};
template <>
struct Words<ServerState> {
  static constexpr Word<ServerState> kAll[] = {{ServerState::unknown, "unknown"},
                                               {ServerState::answering, "answering"},
                                               {ServerState::slow, "slow"},
                                               {ServerState::suspicious, "suspicious"},
                                               {ServerState::silent, "silent"}};
};

}  // namespace sn
