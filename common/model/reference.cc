#include "common/model/reference.h"

#include <algorithm>

namespace sn {

void sort_by_weight(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.what < b.what; });
}

bool is_settled_by_plan(const Finding& finding) {
  return finding.what == FindingClass::kept || finding.what == FindingClass::boot_time_only ||
         finding.what == FindingClass::returns;
}

}  // namespace sn
