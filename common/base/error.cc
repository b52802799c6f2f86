#include "common/base/error.h"

#include <cerrno>
#include <cstring>

namespace sn {

std::string Error::message() const {
  std::string text;
  if (!doing.empty()) text += doing;
  if (!to.empty()) text += (text.empty() ? "" : " ") + to;
  if (!why.empty()) text += (text.empty() ? "" : ": ") + why;
  if (os_errno != 0) {
    text += (text.empty() ? "" : ": ");
    text += std::strerror(os_errno);
  }
  if (text.empty()) text = to_string(what);
  if (!cure.empty()) text += " (cure: " + cure + ")";
  return text;
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

tl::unexpected<Error> fail(ErrorClass what, std::string doing, std::string to, std::string why,
                           std::string cure) {
  return tl::unexpected<Error>(
      Error{what, std::move(doing), std::move(to), std::move(why), std::move(cure), 0});
}

tl::unexpected<Error> fail_errno(int os_errno, std::string doing, std::string to,
                                 std::string cure) {
  return tl::unexpected<Error>(
      Error{class_of(os_errno), std::move(doing), std::move(to), {}, std::move(cure), os_errno});
}

tl::unexpected<Error> fail_errno(std::string doing, std::string to, std::string cure) {
  return fail_errno(errno, std::move(doing), std::move(to), std::move(cure));
}

}  // namespace sn
