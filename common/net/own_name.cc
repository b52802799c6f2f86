#include "common/net/own_name.h"

#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

namespace sn::net {

namespace {

constexpr const char* kResolvConf = "/etc/resolv.conf";
constexpr size_t kMaxResolvConf = 64 * 1024;

}  // namespace

std::string domain_name_of(std::string_view host_name, std::string_view resolv_conf) {
  std::string name(host_name);
  if (name.empty() || name.find('.') != std::string::npos) return name;
  std::string domain;
  std::istringstream lines{std::string(resolv_conf)};
  // Of several `search` and `domain` lines the last counts.
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword, first;
    words >> keyword >> first;
    const bool in_first_column = line.starts_with(keyword);
    if (in_first_column && (keyword == "search" || keyword == "domain")) domain = first;
  }
  // "." says that nothing is searched.
  while (domain.starts_with('.')) domain.erase(0, 1);
  return domain.empty() ? name : name + "." + domain;
}

std::string own_domain_name() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return {};
  std::string text(kMaxResolvConf, '\0');
  std::ifstream file(kResolvConf);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return domain_name_of(host.data(), text);
}

}  // namespace sn::net
