#include "common/enrolment/knock_frames.h"

#include <zmq.h>

#include <array>
#include <utility>

#include "common/net/sealed.h"
#include "common/wire/codec.h"

namespace sn::enrolment {

namespace {

constexpr size_t kLengthBytes = 2;
constexpr size_t kKeyBytes = 32;
// The first byte of what is sealed: neither side takes its own words for the other's.
constexpr char kIsKnock = 'K';
constexpr char kIsAnswer = 'A';

std::string with_length(const std::string& frame) {
  const auto size = static_cast<uint16_t>(frame.size());
  return std::string{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)} + frame;
}

template <class Message>
std::string sealed(char what, const Message& message, const net::CurveKeys& own,
                   const std::string& peer) {
  return net::seal(std::string(1, what) + wire::encode(message), own, peer);
}

template <class Message>
std::optional<Message> opened(char what, std::string_view sealed, const net::CurveKeys& own,
                              const std::string& peer) {
  const auto plain = net::open_sealed(sealed, own, peer);
  if (!plain || plain->empty() || plain->front() != what) return std::nullopt;
  auto message = wire::decode<Message>(std::string_view(*plain).substr(1));
  if (!message) return std::nullopt;
  return std::move(*message);
}

}  // namespace

std::string greeting_frame(std::string_view challenge) {
  return std::string(kGreeting) + std::string(challenge);
}

std::optional<std::string> challenge_of(std::string_view greeting) {
  if (greeting.size() != kGreetingBytes || !greeting.starts_with(kGreeting)) return std::nullopt;
  return std::string(greeting.substr(kGreeting.size()));
}

std::string knock_frame(const wire::Knock& knock, const net::CurveKeys& node,
                        const std::string& coordinator) {
  std::array<uint8_t, kKeyBytes> key{};
  if (zmq_z85_decode(key.data(), node.public_key().c_str()) == nullptr) return {};
  return with_length(std::string(key.begin(), key.end()) +
                     sealed(kIsKnock, knock, node, coordinator));
}

std::optional<OpenedKnock> open_knock(std::string_view frame, const net::CurveKeys& coordinator) {
  if (frame.size() <= kKeyBytes || frame.size() > kMaxKnockBytes) return std::nullopt;
  OpenedKnock opened_knock;
  opened_knock.public_key = net::z85_of_key(frame.substr(0, kKeyBytes));
  auto knock =
      opened<wire::Knock>(kIsKnock, frame.substr(kKeyBytes), coordinator, opened_knock.public_key);
  if (!knock) return std::nullopt;
  opened_knock.knock = std::move(*knock);
  return opened_knock;
}

std::string answer_frame(const wire::KnockAnswer& answer, const net::CurveKeys& coordinator,
                         const std::string& node) {
  return with_length(sealed(kIsAnswer, answer, coordinator, node));
}

std::optional<wire::KnockAnswer> open_answer(std::string_view frame, const net::CurveKeys& node,
                                             const std::string& coordinator) {
  if (frame.size() > kMaxAnswerBytes) return std::nullopt;
  return opened<wire::KnockAnswer>(kIsAnswer, frame, node, coordinator);
}

std::optional<size_t> whole_frame(std::string_view begun) {
  if (begun.size() < kLengthBytes) return std::nullopt;
  const auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(begun[at])); };
  return kLengthBytes + (byte(0) << 8) + byte(1);
}

std::string_view body_of(std::string_view frame) { return frame.substr(kLengthBytes); }

}  // namespace sn::enrolment
