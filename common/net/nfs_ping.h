// Does an NFS server answer? One RPC NULL call over a TCP connection of its own, without blocking.
//
// It asks the server and not the mount: nothing here can hang, whatever the kernel's NFS client
// does. An accepted connection alone is no answer: a stopped server's kernel still accepts.
//
// One thread owns a ping; its fd joins that thread's poll. No name is ever resolved.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/base/unique_fd.h"
#include "common/model/address.h"
#include "common/net/rpc_call.h"

namespace sn::net {

class NfsPing {
 public:
  // `xid` should differ from ping to ping; `version` is 3 or 4.
  NfsPing(const IpAddress& address, uint16_t port, uint32_t version, uint32_t xid,
          uint32_t deadline_ms, MonotonicTime now);

  // What to poll for: -1 once finished().
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool wants_write() const { return step_ == Step::connecting || !unsent_.empty(); }
  // The fd became ready or failed.
  void on_ready();
  void on_time(MonotonicTime now);
  // on_time() must be called by then.
  [[nodiscard]] MonotonicTime deadline() const { return deadline_; }

  [[nodiscard]] bool finished() const { return step_ == Step::finished; }
  // Valid once finished: an RPC reply to this call came, be it an objection.
  [[nodiscard]] bool answered() const { return answered_; }
  // From the connect to the whole reply, and what this thread slept meanwhile.
  [[nodiscard]] uint32_t rtt_us() const { return rtt_us_; }
  // "10.1.9.9:2049 answered in 0.8 ms", "10.1.9.9:2049 connected, no answer for 1500 ms",
  // "10.1.9.9:2049 connection refused", "10.1.9.9:2049 no connection for 1500 ms".
  [[nodiscard]] const std::string& evidence() const { return evidence_; }

 private:
  enum class Step { connecting, connected, finished };

  void connected();
  void write_call();
  void read_reply();
  void connect_failed(int os_errno);
  void fail(const std::string& why);
  void finish(bool answered, std::string evidence);

  std::string target_;  // "10.1.9.9:2049", "[fd00::9]:2049"
  std::string unsent_;  // of the call
  RpcReplyReader reply_;
  MonotonicTime deadline_;
  uint32_t deadline_ms_;
  int64_t begun_us_;
  UniqueFd fd_;
  Step step_ = Step::connecting;
  bool answered_ = false;
  uint32_t rtt_us_ = 0;
  std::string evidence_;
};

}  // namespace sn::net
