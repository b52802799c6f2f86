// What a rebind changed on this node, as the changed tokens and not as whole files: enough to put
// it back exactly as it was, for as long as it is still as the rebind left it. Pure.
//
// A file that anybody changed since, however little, is not put back but planned like any other:
// who changed it knew what the rebind had made of it, and may have meant it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/leases/lease.h"
#include "agent/mounts/plan_mounts.h"
#include "agent/plan/observation.h"
#include "agent/references/edits.h"
#include "agent/routes/route.h"

namespace sn::agent {

struct Plan;

// Tells whether a text is still the same.
struct TextMark {
  uint64_t size = 0;
  std::string digest;
  bool operator==(const TextMark&) const = default;
};
[[nodiscard]] TextMark mark_of(std::string_view text);

struct FileRecord {
  std::string path;
  std::string real_path;
  TextMark before, after;
  std::vector<Edit> edits;
  bool operator==(const FileRecord&) const = default;
};

// Written before the rebind's first change, so it may hold what was never carried out: each entry
// says both ends, and what is found tells.
struct UndoRecord {
  std::string boot_id;
  uint64_t generation = 0;
  uint64_t undo = 0;  // the rebind took this one back itself; 0: none
  std::string takeover;
  // In the order of the changes. An interrupted rebind that was planned anew may have changed a
  // file twice.
  std::vector<FileRecord> files;
  std::vector<RouteChange> routes;
  std::vector<MountSwap> mounts;  // without users and nested mounts
  std::vector<LeaseChange> leases = {};
  bool operator==(const UndoRecord&) const = default;
};

// What the plan would change is added; what is there already is not added twice.
void add_to_record(const Plan& plan, UndoRecord& record);

// What a later rebind changed, behind what earlier ones did.
void append(UndoRecord later, UndoRecord& record);

// An undo that was asked for.
struct Undo {
  uint64_t generation = 0;
  std::optional<UndoRecord> record;  // none: everything is planned from what it is
  Fact why_none;

  [[nodiscard]] std::string name() const;  // "T17", or "generation 1795363200000"
};

enum class UndoState : uint8_t {
  not_recorded,
  as_before,  // already, or still
  as_left,    // as the rebind left it: can be put back
  changed,    // by somebody else since
};

struct FileUndo {
  UndoState state = UndoState::not_recorded;
  std::vector<Edit> edits;  // of as_left, with the text they make
  std::string text_after;
};
[[nodiscard]] FileUndo undo_file(const UndoRecord& record, const ObservedFile& file);

struct RouteUndo {
  std::vector<RouteChange> changes;  // that put back what is as the rebind left it
  std::vector<Route> settled;        // present ones that nobody else is to plan
  std::vector<Route> as_before;      // what the recorded ones were, where they are that (again)
  std::vector<Route> changed;        // recorded ones that are neither
};
[[nodiscard]] RouteUndo undo_routes(const UndoRecord& record, std::vector<Route> present);

struct LeaseUndo {
  std::vector<LeaseChange> changes;  // that put back what is as the rebind left it
  std::vector<Lease> settled;        // as they will be; what nobody else is to plan
};
// A lease that was changed since, or renewed, is neither.
[[nodiscard]] LeaseUndo undo_leases(const UndoRecord& record, const std::vector<Lease>& present);

// What the rebind changed in files, routes and leases and is still as it left it, each as it was
// told: what an interrupted one has done, whatever it knows of it.
[[nodiscard]] std::vector<PlannedChange> still_done(const UndoRecord& record,
                                                    const Observation& observation);

// A swap planned away from what the rebind mounted becomes one to exactly what was mounted before:
// by the same name, from the same address, with the same options. False: it is another mount.
[[nodiscard]] bool restore_mount(const UndoRecord& record, MountSwap& swap);

}  // namespace sn::agent
