#include "agent/references/chronyd.h"

#include <algorithm>

namespace sn::agent {

namespace {

// -c: comma separated, the third field is the address.
std::vector<std::string> addresses_in(std::string_view listing) {
  std::vector<std::string> listed;
  size_t begin = 0;
  while (begin < listing.size()) {
    const size_t end = std::min(listing.find('\n', begin), listing.size());
    const std::string line(listing.substr(begin, end - begin));
    const size_t first = line.find(',');
    const size_t second = first == std::string::npos ? first : line.find(',', first + 1);
    if (second != std::string::npos) {
      const size_t third = line.find(',', second + 1);
      listed.push_back(line.substr(second + 1, third - second - 1));
    }
    begin = end + 1;
  }
  return listed;
}

}  // namespace

std::vector<Argv> Chronyd::joined(const std::vector<Argv>& commands) const {
  std::vector<Argv> fewer;
  for (const auto& command : commands) {
    if (command.front() != "chronyc") {
      fewer.push_back(command);
      continue;
    }
    if (fewer.empty() || fewer.back().front() != "chronyc") fewer.push_back({"chronyc", "-m"});
    std::string words;
    for (size_t i = 1; i < command.size(); ++i) words += (i == 1 ? "" : " ") + command[i];
    fewer.back().push_back(std::move(words));
  }
  return fewer;
}

Argv Chronyd::question() const { return {"chronyc", "-n", "-c", "sources"}; }

Status Chronyd::judge(std::string_view answer, const std::vector<std::string>& wanted,
                      const std::vector<std::string>& unwanted) const {
  const auto listed = addresses_in(answer);
  const auto has = [&](const std::string& address) {
    return std::find(listed.begin(), listed.end(), address) != listed.end();
  };
  for (const auto& address : unwanted) {
    if (has(address)) {
      return fail(ErrorClass::stale, "asking", "chronyc sources",
                  Fact(FactCode::still_a_source, {.address = address}),
                  Cure(CureCode::restart_service, {.name = "chronyd"}));
    }
  }
  if (!std::any_of(wanted.begin(), wanted.end(), has)) {
    return fail(ErrorClass::stale, "asking", "chronyc sources",
                Fact(FactCode::no_source, {.value = wanted.empty() ? "nothing" : wanted.front()}),
                Cure(CureCode::chronyc_sources));
  }
  return {};
}

}  // namespace sn::agent
