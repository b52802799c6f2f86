// Decides which CURVE keys may connect (ZeroMQ RFC 27, "ZAP"): a thread that answers libzmq's
// questions on inproc://zeromq.zap.01. A peer's User-Id becomes its public key in Z85.
//
// Must run before the first CURVE server socket is bound: without a handler libzmq lets any key
// in. Everything that is not a well-formed question about a known key is refused. One a context.
// Called by one thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/net/admissions.h"
#include "common/net/context.h"
#include "common/net/socket.h"

namespace sn::net {

class ZapHandler {
 public:
  // Starts with no key at all. conflict: the context has a handler already.
  static Result<ZapHandler> start(const Context& context, AdmissionLimits limits = {});

  ZapHandler(ZapHandler&&) noexcept;
  ZapHandler& operator=(ZapHandler&&) noexcept;
  // Ends the thread; close CURVE server sockets first.
  ~ZapHandler();

  // Z85 public keys, and whose each is: the limits are of whose, and not of a key, which is soon
  // made anew. Replaces all at once. A connection that is up stays up: whoever handles its messages
  // must look at the User-Id too.
  void set_keys(std::map<std::string, std::string> keys);
  void add_key(std::string key, std::string whose);
  void remove_key(const std::string& key);

  // For the limits (Admissions), which is asked to come again (RFC 27: 500; to a
  // ConnectionWatch it is a loss, and no refusal).
  void heard(const std::string& whose);
  void all_closed();
  [[nodiscard]] std::optional<Admissions::Over> over_limit();

  [[nodiscard]] size_t admitted() const;
  [[nodiscard]] size_t refused() const;

 private:
  class Impl;
  explicit ZapHandler(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Connects a socket of this type to a CURVE server, bound at `endpoint`, with a fresh random key,
// which must be refused within `deadline_ms`. denied: the server let it in, or said nothing; then
// nothing may be served.
[[nodiscard]] Status require_refusal(const Context& context, const std::string& endpoint,
                                     const std::string& server_public_key, int deadline_ms,
                                     SocketType type = SocketType::dealer);

}  // namespace sn::net
