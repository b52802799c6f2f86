#include "agent/ipc/error_text.h"

#include <utility>

#include "common/wire/pack_fields.h"

namespace sn::agent {

namespace {

struct SentError {
  ErrorClass what = ErrorClass::internal;
  std::string doing, to;
  Fact why;
  Cure cure;
  uint32_t os_errno = 0;
};

template <class V>
void fields(V& v, SentError& m) {
  v("what", m.what);
  v("doing", m.doing);
  v("to", m.to);
  v("why", m.why);
  v("cure", m.cure);
  v("errno", m.os_errno);
}

}  // namespace

std::string error_to_text(const Error& error) {
  return wire::pack(SentError{error.what, error.doing, error.to, error.why, error.cure,
                              static_cast<uint32_t>(error.os_errno)});
}

Error error_from_text(std::string_view text) {
  auto sent = wire::unpack<SentError>(text);
  if (!sent) return Error{ErrorClass::internal, "reading", "a process of ours", {}, {}, 0};
  return Error{sent->what,           std::move(sent->doing), std::move(sent->to),
               std::move(sent->why), std::move(sent->cure),  static_cast<int>(sent->os_errno)};
}

}  // namespace sn::agent
