#include "common/model/service_port.h"

#include <charconv>

namespace sn {

std::optional<ServicePort> ServicePort::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  ServicePort port;
  const char* const end = text.data() + slash;
  const auto [stopped, error] = std::from_chars(text.data(), end, port.port);
  const auto transport = from_word<Transport>(text.substr(slash + 1));
  if (error != std::errc{} || stopped != end || port.port == 0 || !transport) return std::nullopt;
  port.transport = *transport;
  return port;
}

std::string ServicePort::to_string() const {
  return std::to_string(port) + "/" + std::string(word_of(transport));
}

const std::vector<ServicePort>& usual_services() {
  static const std::vector<ServicePort> kAll = {
      {Transport::tcp, 22},  {Transport::tcp, 53},   {Transport::tcp, 80},   {Transport::tcp, 111},
      {Transport::tcp, 514}, {Transport::tcp, 2049}, {Transport::tcp, 3001}, {Transport::tcp, 3002},
      {Transport::udp, 53},  {Transport::udp, 69},   {Transport::udp, 123}};
  return kAll;
}

}  // namespace sn
