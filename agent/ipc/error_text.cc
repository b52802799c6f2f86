#include "agent/ipc/error_text.h"

#include <algorithm>
#include <charconv>

namespace sn::agent {

std::string error_to_text(const Error& error) {
  std::string text(1, static_cast<char>(error.what));
  for (const auto* part : {&error.doing, &error.to, &error.why, &error.cure}) {
    text.append(*part).push_back('\0');
  }
  text += std::to_string(error.os_errno);
  return text;
}

Error error_from_text(std::string_view text) {
  Error error;
  error.what = static_cast<ErrorClass>(text.front());
  text.remove_prefix(1);
  for (auto* part : {&error.doing, &error.to, &error.why, &error.cure}) {
    const size_t end = std::min(text.find('\0'), text.size());
    *part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::from_chars(text.data(), text.data() + text.size(), error.os_errno);
  return error;
}

}  // namespace sn::agent
