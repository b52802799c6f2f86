#include "common/base/error.h"

#include <cerrno>
#include <cstring>

#include "common/facts/text.h"

namespace sn {

std::string Error::message() const {
  std::string text = text_of(fact());
  if (!cure.empty()) text += " (cure: " + text_of(cure) + ")";
  return text;
}

Fact Error::fact() const {
  if (doing.empty() && to.empty() && os_errno == 0) {
    return why.empty() ? Fact(std::string(to_string(what))) : why;
  }
  Details with;
  with.by = doing;
  with.place = to;
  with.os_errno = static_cast<uint32_t>(os_errno);
  return Fact(FactCode::while_doing, std::move(with), why);
}

namespace {

ErrorClass class_of(int os_errno) {
  switch (os_errno) {
    case ENOENT:
      return ErrorClass::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorClass::denied;
    case EBUSY:
    case EAGAIN:
      return ErrorClass::busy;
    case ESTALE:
      return ErrorClass::stale;
    case ETIMEDOUT:
      return ErrorClass::timed_out;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ECONNREFUSED:
      return ErrorClass::unreachable;
    case EEXIST:
      return ErrorClass::conflict;
    case ENOSPC:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorClass::limit;
    default:
      return ErrorClass::internal;
  }
}

}  // namespace

tl::unexpected<Error> fail(ErrorClass what, std::string doing, std::string to, Fact why,
                           Cure cure) {
  return tl::unexpected<Error>(
      Error{what, std::move(doing), std::move(to), std::move(why), std::move(cure), 0});
}

tl::unexpected<Error> fail_errno(int os_errno, std::string doing, std::string to, Cure cure) {
  return tl::unexpected<Error>(
      Error{class_of(os_errno), std::move(doing), std::move(to), {}, std::move(cure), os_errno});
}

tl::unexpected<Error> fail_errno(std::string doing, std::string to, Cure cure) {
  return fail_errno(errno, std::move(doing), std::move(to), std::move(cure));
}

}  // namespace sn
