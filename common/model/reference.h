// What a node says about itself: the references it holds, what a plan would change, and what is
// wrong with it. Values; they travel in the wire messages as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/facts/cure.h"
#include "common/facts/fact.h"
#include "common/facts/words.h"

namespace sn {

// What may happen to a reference.
enum class ReferenceRole : uint8_t {
  move,            // names its SN on purpose and is re-pointed
  keep,            // stays on purpose: old entries of NIM_HOSTS, hosts, SERVICEGROUP
  boot_time_only,  // cannot change while the node runs (kernel command line)
};
template <>
struct Words<ReferenceRole> {
  static constexpr Word<ReferenceRole> kAll[] = {{ReferenceRole::move, "move"},
                                                 {ReferenceRole::keep, "keep"},
                                                 {ReferenceRole::boot_time_only, "boot-time only"}};
};

// One place that names a server we know.
struct Reference {
  std::string kind;   // "niminfo", "resolver", "route", ...
  std::string place;  // "/etc/niminfo:7", "route default dev eth1"
  std::string label;  // what it is there: "NIM_MASTER_HOSTNAME", "nameserver", "gateway"
  std::string value;  // the token: "sn1-eth1"
  std::string owner;  // the service node's or external NFS server's name
  ReferenceRole role = ReferenceRole::move;
  bool guessed = false;  // its file is not understood: the token alone was found in it
  bool operator==(const Reference&) const = default;
};

// One difference a plan makes. before empty: added; after empty: removed.
struct PlannedChange {
  std::string kind;
  std::string path;   // "/etc/resolv.conf", or "route" for the kernel's table
  uint32_t line = 0;  // 1-based, 0 where there are no lines
  std::string before;
  std::string after;
  bool operator==(const PlannedChange&) const = default;
};

// Something the operator must or may know. Ordered by weight.
enum class FindingClass : uint8_t {
  blocked,         // the node cannot be moved, and was not touched
  left,            // a reference stays on the old SN although it should move
  not_in_effect,   // changed, but the daemon or kernel does not follow yet
  drift,           // changed by somebody else afterwards
  returns,         // moved, but will come back (DHCP lease renewal)
  boot_time_only,  // takes effect at the next boot only
  unclaimed,       // a mention of the old SN that no rule owns
  kept,            // stays on purpose
  note,
};
template <>
struct Words<FindingClass> {
  static constexpr Word<FindingClass> kAll[] = {{FindingClass::blocked, "blocked"},
                                                {FindingClass::left, "left"},
                                                {FindingClass::not_in_effect, "not in effect"},
                                                {FindingClass::drift, "drift"},
                                                {FindingClass::returns, "returns"},
                                                {FindingClass::boot_time_only, "boot-time only"},
                                                {FindingClass::unclaimed, "unclaimed"},
                                                {FindingClass::kept, "kept"},
                                                {FindingClass::note, "note"}};
};

struct Finding {
  FindingClass what = FindingClass::note;
  std::string place;  // "/etc/chrony/chrony.conf:12"
  Fact reason;        // unknown directive 'srever'
  Cure cure;          // may be empty
  bool operator==(const Finding&) const = default;
};

// The weightiest first; otherwise in the order they were found.
void sort_by_weight(std::vector<Finding>& findings);
// A plan says it once for all: what stays on purpose, until a boot, or comes back with a lease.
// Everything else is looked for anew when the node was moved.
[[nodiscard]] bool is_settled_by_plan(const Finding& finding);

// A node's verdict: how far it is from the service node that it was told to leave. `pending` is the
// coordinator's; a node says `held` only where its plan is not the one that was confirmed.
enum class Verdict : uint8_t {
  none,      // nothing asked of it yet
  verified,  // re-observed and in effect
  partly,    // essential set moved, something secondary left, named
  blocked,   // untouched, reason
  failed,    // reverted, reason
  pending,   // down, never seen, or not yet reached
  held,      // needs a decision
};
template <>
struct Words<Verdict> {
  static constexpr Word<Verdict> kAll[] = {
      {Verdict::none, "none"},       {Verdict::verified, "verified"}, {Verdict::partly, "partly"},
      {Verdict::blocked, "blocked"}, {Verdict::failed, "failed"},     {Verdict::pending, "pending"},
      {Verdict::held, "held"}};
};

// What a plan promises for one node. The last two are the coordinator's, of a node without a plan.
enum class Outlook : uint8_t {
  nothing,  // no reference to move: already there
  whole,
  partly,
  blocked,
  silent,  // connected, and no plan came in time
  down,    // not connected
};
template <>
struct Words<Outlook> {
  static constexpr Word<Outlook> kAll[] = {
      {Outlook::nothing, "nothing"}, {Outlook::whole, "whole"},   {Outlook::partly, "partly"},
      {Outlook::blocked, "blocked"}, {Outlook::silent, "silent"}, {Outlook::down, "down"}};
};

}  // namespace sn
