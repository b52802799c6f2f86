#include "coordinator/snctl/cure_lines.h"

#include <string_view>

#include "common/facts/text.h"
#include "coordinator/snctl/text.h"

namespace sn::coordinator {

namespace {

// To be copied as it is: our own, and what is asked of the cluster's tools.
bool is_to_copy(CureCode code) {
  return is_command(code) || code == CureCode::is_it_on || code == CureCode::status_of_agent;
}

}  // namespace

std::string cure_lines(size_t indent, const Cure& cure) {
  if (cure.empty()) return {};
  constexpr std::string_view kWord = "cure: ";
  const std::string first = std::string(indent, ' ') + std::string(kWord);
  const std::string whole = text_of(cure);
  if (width_of(first) + width_of(whole) <= kColumns) return first + whole + "\n";
  const std::string next(first.size(), ' ');
  std::string text;
  for (const Cure* step = &cure; !step->empty(); step = &step->next()) {
    std::string words = text_of(Cure(step->code(), step->with()));
    if (!step->next().empty()) words += ", then";
    const std::string& margin = text.empty() ? first : next;
    text += is_to_copy(step->code()) ? margin + words + "\n" : wrap(margin, words, next.size());
  }
  return text;
}

std::string cure_lines(size_t indent, const std::vector<Cure>& cures) {
  std::string text;
  for (const auto& cure : cures) text += cure_lines(indent, cure);
  return text;
}

}  // namespace sn::coordinator
