#pragma once

namespace sn::agent {

// Of the program; the protocol has its own (wire::kProtocolVersion).
inline constexpr const char* kVersion = SN_VERSION;

}  // namespace sn::agent
