#include "coordinator/snctl/cure_lines.h"

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
  const std::string margin(indent, ' ');
  std::string text;
  // Each step on a line of its own: commands are copied one by one.
  for (const Cure* step = &cure; !step->empty(); step = &step->next()) {
    const std::string first = margin + (text.empty() ? "cure: " : "then: ");
    const std::string words = text_of(Cure(step->code(), step->with()));
    text += is_to_copy(step->code()) ? first + words + "\n" : wrap(first, words, first.size());
  }
  return text;
}

std::string cure_lines(size_t indent, const std::vector<Cure>& cures) {
  std::string text;
  for (const auto& cure : cures) text += cure_lines(indent, cure);
  return text;
}

}  // namespace sn::coordinator
