#include "agent/references/edits.h"

#include <algorithm>

namespace sn::agent {

namespace {

// Both directions are one walk: `old_offset` counts in the text the edits were made for.
Result<std::string> walk(std::string_view text, const std::vector<Edit>& edits, bool forward) {
  std::string result;
  result.reserve(text.size() + 256);
  size_t taken = 0;       // of `text`
  size_t old_offset = 0;  // of the original text, where the next untouched byte stands
  for (const auto& edit : edits) {
    const std::string& expected = forward ? edit.before : edit.after;
    const std::string& wanted = forward ? edit.after : edit.before;
    const auto place = [&] { return "line " + std::to_string(edit.line); };
    if (edit.offset < old_offset) {
      return fail(ErrorClass::internal, "editing", place(), Fact(FactCode::edits_overlap));
    }
    const size_t untouched = edit.offset - old_offset;
    if (text.size() - taken < untouched ||
        text.substr(taken + untouched, expected.size()) != expected) {
      return fail(ErrorClass::stale, "editing", place(), Fact(FactCode::not_the_planned_file),
                  Cure(CureCode::run_plan_again));
    }
    result.append(text.substr(taken, untouched));
    result.append(wanted);
    taken += untouched + expected.size();
    old_offset = edit.offset + edit.before.size();
  }
  result.append(text.substr(taken));
  return result;
}

}  // namespace

Result<std::string> apply_edits(std::string_view text, const std::vector<Edit>& edits) {
  return walk(text, edits, true);
}

Result<std::string> revert_edits(std::string_view text, const std::vector<Edit>& edits) {
  return walk(text, edits, false);
}

std::vector<Edit> invert_edits(std::string_view text, const std::vector<Edit>& edits) {
  std::vector<Edit> inverse;
  inverse.reserve(edits.size());
  size_t grown = 0, shrunk = 0;  // before the edit
  size_t counted = 0;
  uint32_t line = 1;
  for (const auto& edit : edits) {
    const size_t offset = edit.offset + grown - shrunk;
    const std::string_view between = text.substr(counted, offset - counted);
    line += static_cast<uint32_t>(std::count(between.begin(), between.end(), '\n'));
    counted = offset;
    inverse.push_back({offset, line, edit.after, edit.before});
    grown += edit.after.size();
    shrunk += edit.before.size();
  }
  return inverse;
}

}  // namespace sn::agent
