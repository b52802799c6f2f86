// The frames of the enrolment exchange, over a TCP connection of its own (common/PROTOCOL.md,
// section 8). Three of them, then its end:
//
//   greeting, the coordinator's   kGreeting, and kChallengeBytes of text that nobody can foresee
//   knock, a node's               its length, the node's public key, wire::Knock sealed for the
//                                 coordinator's key (common/net/sealed.h)
//   answer, the coordinator's     its length, wire::KnockAnswer sealed for the node's key
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/net/curve_keys.h"
#include "common/wire/messages.h"

namespace sn::enrolment {

inline constexpr std::string_view kGreeting = "SNENROL1";
inline constexpr size_t kChallengeBytes = 32;  // hexadecimal digits
inline constexpr size_t kGreetingBytes = kGreeting.size() + kChallengeBytes;
// Its length's two bytes not counted. A name, two addresses and a boot id; a fact and a cure.
inline constexpr size_t kMaxKnockBytes = 1'024;
inline constexpr size_t kMaxAnswerBytes = 4'096;

[[nodiscard]] std::string greeting_frame(std::string_view challenge);
// The challenge; nullopt: it is no greeting of ours.
[[nodiscard]] std::optional<std::string> challenge_of(std::string_view greeting);

[[nodiscard]] std::string knock_frame(const wire::Knock& knock, const net::CurveKeys& node,
                                      const std::string& coordinator);
struct OpenedKnock {
  std::string public_key;  // whose secret key the node has
  wire::Knock knock;
};
// `frame`: without its length. nullopt: not sealed for us, or nothing that a node says.
[[nodiscard]] std::optional<OpenedKnock> open_knock(std::string_view frame,
                                                    const net::CurveKeys& coordinator);

[[nodiscard]] std::string answer_frame(const wire::KnockAnswer& answer,
                                       const net::CurveKeys& coordinator, const std::string& node);
[[nodiscard]] std::optional<wire::KnockAnswer> open_answer(std::string_view frame,
                                                           const net::CurveKeys& node,
                                                           const std::string& coordinator);

// Of a frame whose beginning is there: how long it is with its length; nullopt: not known yet.
// More than `most`: it is to be given up.
[[nodiscard]] std::optional<size_t> whole_frame(std::string_view begun);
// A whole frame's, without its length.
[[nodiscard]] std::string_view body_of(std::string_view frame);

}  // namespace sn::enrolment
