// Paths and whether a read-write mount of each may follow a service node: what one judges, every
// user of common/model/shared_path.h must judge alike.
#pragma once

#include <string>
#include <vector>

#include "common/model/shared_path.h"

namespace sn {

struct SharedPathCase {
  std::string exported;
  bool follows = false;
};

inline std::vector<SharedPath> shared_path_vectors() {
  return {{"/shared", true, ""}, {"/shared/own", false, ""}};
}

inline std::vector<SharedPathCase> shared_path_cases() {
  return {
      {"/shared", true},
      {"/shared/", true},
      {"/shared//", true},
      {"/shared/a", true},
      {"/shared/a/", true},
      {"/shared/..a", true},
      {"/shared/a..", true},
      {"/shared/...", true},
      {"/shared/.a", true},
      {"/", false},
      {"/other", false},
      {"/shared2", false},
      {"/shared/own", false},
      {"/shared/own/a", false},
      // None of these names what its text says.
      {"/shared/..", false},
      {"/shared/../other", false},
      {"/shared/a/../../other", false},
      {"/other/../shared", false},
      {"/shared/../shared/a", false},
      {"/shared/.", false},
      {"/shared/./own", false},
      {"/shared//own", false},
      {"//shared", false},
      {"/./shared", false},
  };
}

}  // namespace sn
