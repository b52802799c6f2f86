#include "agent/executor/export_calls.h"

#include <algorithm>
#include <array>
#include <vector>

#include "common/net/xdr.h"

namespace sn::agent {

namespace {

namespace xdr = net::xdr;

constexpr uint32_t kPortmapProgram = 100000, kPortmapVersion = 2, kGetPort = 3;
constexpr uint32_t kMountProgram = 100005, kMountVersion = 3, kMnt = 1, kUmnt = 3;
constexpr uint32_t kTcp = 6;

net::RpcCall mount_call(uint32_t procedure, std::string_view path) {
  net::RpcCall call{kMountProgram, kMountVersion, procedure, {}, true};
  xdr::append(call.arguments, path);
  return call;
}

}  // namespace

net::RpcCall mount_daemon_call() {
  net::RpcCall call{kPortmapProgram, kPortmapVersion, kGetPort};
  for (const uint32_t word : {kMountProgram, kMountVersion, kTcp, 0U}) {
    xdr::append(call.arguments, word);
  }
  return call;
}

uint16_t mount_daemon_port(std::string_view results) {
  const uint32_t port = xdr::Reader(results).next();
  return port > UINT16_MAX ? 0 : static_cast<uint16_t>(port);
}

net::RpcCall export_call(std::string_view path) { return mount_call(kMnt, path); }
net::RpcCall export_forget_call(std::string_view path) { return mount_call(kUmnt, path); }

net::RpcCall lookup_call(std::string_view path) {
  constexpr uint32_t kVersion = 4, kCompound = 1, kMinor = 0, kPutRootFh = 24, kLookup = 15;
  std::vector<std::string_view> components;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) components.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  net::RpcCall call{net::kNfsProgram, kVersion, kCompound, {}, true};
  xdr::append(call.arguments, std::string_view());  // a tag, for the server's log
  xdr::append(call.arguments, kMinor);
  xdr::append(call.arguments, static_cast<uint32_t>(components.size()) + 1);
  xdr::append(call.arguments, kPutRootFh);
  for (const auto component : components) {
    xdr::append(call.arguments, kLookup);
    xdr::append(call.arguments, component);
  }
  return call;
}

// Both versions share the numbers of the errors that count here (mountstat3, nfsstat4).
Exported export_answer(std::string_view results) {
  constexpr uint32_t kOk = 0, kPermission = 1, kNoEntry = 2, kAccess = 13, kNoDirectory = 20;
  xdr::Reader words(results);
  const uint32_t status = words.next();
  if (words.too_short()) return Exported::unknown;
  switch (status) {
    case kOk:
      return Exported::yes;
    case kNoEntry:
    case kNoDirectory:
      return Exported::no_such_path;
    case kPermission:
    case kAccess:
      return Exported::not_to_us;
    default:
      return Exported::unknown;
  }
}

// A part of it that root may not look into is no reason for the server to refuse the mount of it.
Exported lookup_answer(std::string_view results) {
  const Exported answer = export_answer(results);
  return answer == Exported::not_to_us ? Exported::unknown : answer;
}

}  // namespace sn::agent
