// What went wrong, in the terms the code reacts to and the operator can act on.
//
// Every fallible function returns Result<T>; exceptions never cross a folder.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "common/facts/cure.h"
#include "common/facts/fact.h"
#include "common/facts/words.h"

namespace sn {

// The classes the code reacts to. Anything finer belongs into `why`.
enum class ErrorClass {
  not_found,
  denied,
  busy,
  stale,
  timed_out,
  unreachable,
  conflict,
  superseded,
  limit,
  corrupt,
  invalid_input,
  internal,
};

template <>
struct Words<ErrorClass> {
  static constexpr Word<ErrorClass> kAll[] = {{ErrorClass::not_found, "not found"},
                                              {ErrorClass::denied, "denied"},
                                              {ErrorClass::busy, "busy"},
                                              {ErrorClass::stale, "stale"},
                                              {ErrorClass::timed_out, "timed out"},
                                              {ErrorClass::unreachable, "unreachable"},
                                              {ErrorClass::conflict, "conflict"},
                                              {ErrorClass::superseded, "superseded"},
                                              {ErrorClass::limit, "limit"},
                                              {ErrorClass::corrupt, "corrupt"},
                                              {ErrorClass::invalid_input, "invalid input"},
                                              {ErrorClass::internal, "internal"}};
};

struct Error {
  ErrorClass what = ErrorClass::internal;
  std::string doing;  // "reading", "connecting to"
  std::string to;     // the object: a path, path:line, an address, a node
  Fact why;           // the reason; in own words where it never leaves this program's terminal
  Cure cure;          // what the operator does about it; empty if nothing is known
  int os_errno = 0;   // 0 if no system call failed

  // "reading /etc/niminfo:3: quote is not closed (cure: close it)", one line.
  [[nodiscard]] std::string message() const;
  // The same without the cure, as a fact: what was being done, to what, and why that failed.
  [[nodiscard]] Fact fact() const;
};

template <class T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

[[nodiscard]] tl::unexpected<Error> fail(ErrorClass what, std::string doing, std::string to,
                                         Fact why, Cure cure = {});

// For a failed system call: takes errno now and picks the class from it.
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string doing, std::string to, Cure cure = {});
[[nodiscard]] tl::unexpected<Error> fail_errno(int os_errno, std::string doing, std::string to,
                                               Cure cure = {});

}  // namespace sn
