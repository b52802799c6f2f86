// What the executor keeps in files under /run/snagent (common/wire/records.h has their form): the
// kinds with their versions, and the structs that no other part has. A changed struct gets a new
// version; a file of another version is refused, never read.
//
// Values, pure. fields.h lists their keys; records.cc instantiates their encoding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/mounts/plan_mounts.h"
#include "agent/plan/undo.h"
#include "common/wire/messages.h"
#include "common/wire/records.h"

namespace sn::agent {

inline constexpr wire::RecordKind kJournalKind{"journal", 2};
inline constexpr wire::RecordKind kUndoKind{"undo", 4};
inline constexpr wire::RecordKind kQuarantineKind{"quarantine", 2};
inline constexpr wire::RecordKind kGenerationKind{"generation", 3};
inline constexpr wire::RecordKind kOutcomeKind{"outcome", 2};
inline constexpr wire::RecordKind kOwedStartsKind{"owed_starts", 2};

// ---------------------------------------------------------------- of the journal

struct RebindBegun {
  std::string boot_id;
  wire::Rebind rebind;
};
struct RehearsalBegun {
  std::string boot_id;
};
// A temporary is about to be made beside `path`, or, if that is a bind mount, beside its source.
struct FileStaged {
  std::string path;
  std::string source;
};
struct SwapBegun {
  MountSwap swap;
};
struct StepBegun {
  uint64_t step = 0;
  Fact what;  // "replace /etc/hosts"
};
struct StepDone {
  uint64_t step = 0;
};
struct RebindCommitted {
  Verdict verdict = Verdict::none;
};
using JournalEntry = std::variant<RebindBegun, RehearsalBegun, FileStaged, SwapBegun, StepBegun,
                                  StepDone, RebindCommitted>;

// ---------------------------------------------------------------- of the other files

struct KeptGeneration {
  uint64_t epoch = 0;
  uint64_t generation = 0;
  std::string target;
};

// Without places for a quarantine that is about no mount.
struct KeptQuarantine {
  std::string boot_id;
  wire::Quarantine why;
  std::vector<MountSwap> places;
};

struct KeptOwedStarts {
  std::string boot_id;
  std::vector<std::string> services;
};

}  // namespace sn::agent
