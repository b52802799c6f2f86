#include "common/model/reference.h"

#include <algorithm>

namespace sn {

std::string_view to_string(ReferenceRole role) {
  switch (role) {
    case ReferenceRole::move:
      return "move";
    case ReferenceRole::keep:
      return "keep";
    case ReferenceRole::boot_time_only:
      return "boot-time only";
  }
  return "move";
}

std::string_view to_string(FindingClass c) {
  switch (c) {
    case FindingClass::blocked:
      return "blocked";
    case FindingClass::left:
      return "left";
    case FindingClass::not_in_effect:
      return "not in effect";
    case FindingClass::drift:
      return "drift";
    case FindingClass::returns:
      return "returns";
    case FindingClass::boot_time_only:
      return "boot-time only";
    case FindingClass::unclaimed:
      return "unclaimed";
    case FindingClass::kept:
      return "kept";
    case FindingClass::note:
      return "note";
  }
  return "note";
}

void sort_by_weight(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.what < b.what; });
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::none:
      return "none";
    case Verdict::verified:
      return "verified";
    case Verdict::partly:
      return "partly";
    case Verdict::blocked:
      return "blocked";
    case Verdict::failed:
      return "failed";
    case Verdict::pending:
      return "pending";
    case Verdict::held:
      return "held";
  }
  return "none";
}

std::string_view to_string(Outlook outlook) {
  switch (outlook) {
    case Outlook::nothing:
      return "nothing";
    case Outlook::whole:
      return "whole";
    case Outlook::partly:
      return "partly";
    case Outlook::blocked:
      return "blocked";
  }
  return "nothing";
}

}  // namespace sn
