// What every reference kind keeps on every text (agent/references/edits.h), for the property tests
// and the fuzzer.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/references/kind.h"

namespace sn::agent {

struct Seen {
  std::string broken_law;      // empty: all hold
  bool planned = false;        // not refused
  bool has_reference = false;  // one of role move names a service node that is left
};

namespace laws {

inline bool is_left(const Reference& reference, const Move& move) {
  return reference.role == ReferenceRole::move && move.is_from(reference.owner);
}

inline bool is_named(const Reference& reference, const FilePlan& plan) {
  return std::any_of(plan.findings.begin(), plan.findings.end(), [&](const Finding& finding) {
    return finding.what == FindingClass::left && finding.place == reference.place;
  });
}

// The references of servers that have no part in the move, wherever they stand now.
inline std::vector<Reference> of_others(std::vector<Reference> references, const Move& move) {
  std::erase_if(references, [&](const Reference& reference) {
    return move.is_from(reference.owner) || reference.owner == move.to;
  });
  for (auto& reference : references) reference.place.clear();
  return references;
}

// Whether a piece of text names a service node of the move, in whatever form.
inline bool names_one(std::string_view text, const IdentityIndex& identity, const Move& move) {
  const auto concerns = [&](const std::optional<Owner>& owner) {
    return owner && (move.is_from(owner->name) || owner->name == move.to);
  };
  for (const auto& token : host_like_tokens(text)) {
    if (concerns(identity.owner_of(token.text)) || concerns(identity.owner_of_nim_id(token.text))) {
      return true;
    }
  }
  // IPv6 addresses are no host-like tokens.
  return text.find(':') != std::string_view::npos;
}

// What belongs to a line that goes, and names nobody: rsyslog's directives for one action.
inline bool is_dependant(const FileKind& kind, std::string_view before) {
  const size_t begin = before.find_first_not_of(" \t");
  return kind.name() == "syslog" && begin != std::string_view::npos && before[begin] == '$';
}

// ntpd has to let its new server in.
inline bool may_be_added(const FileKind& kind, std::string_view after) {
  return kind.name() == "ntp" && after.starts_with("restrict ");
}

// A port has no name.
inline bool is_port(std::string_view before) {
  return before.find_first_not_of("0123456789\", ") == std::string_view::npos;
}

inline bool only_gains(const FileKind& kind) {
  return kind.name() == "hosts" || kind.name() == "niminfo" || kind.name() == "xcatinfo";
}

}  // namespace laws

inline Seen observe_laws(const FileKind& kind, const std::string& path, std::string_view text,
                         const IdentityIndex& identity, const Move& move) {
  Seen seen;
  const auto broken = [&](std::string law) {
    seen.broken_law = std::move(law);
    return seen;
  };
  const auto references = kind.discover(path, text, identity);
  const auto plan = kind.plan(path, text, identity, move);
  if (!references) {
    if (plan) return broken("what cannot be discovered cannot be planned");
    const auto what = references.error().what;
    return what == ErrorClass::corrupt || what == ErrorClass::limit
               ? seen
               : broken("discover fails with corrupt or limit only");
  }
  const auto left = [&](const Reference& reference) { return laws::is_left(reference, move); };
  seen.has_reference = std::any_of(references->begin(), references->end(), left);
  if (!plan) {
    const auto what = plan.error().what;
    return what == ErrorClass::conflict || what == ErrorClass::invalid_input
               ? seen
               : broken("plan refuses with conflict or invalid_input only: " +
                        plan.error().message());
  }
  seen.planned = true;
  const auto after = apply_edits(text, plan->edits);
  if (!after) return broken("edits apply: " + after.error().message());
  const auto back = revert_edits(*after, plan->edits);
  if (!back || *back != text) return broken("revert(apply(x)) = x");

  const auto again = kind.plan(path, *after, identity, move);
  if (!again) return broken("a result can be planned: " + again.error().message());
  if (!again->edits.empty()) return broken("apply(apply(x)) = apply(x)");

  const auto later = kind.discover(path, *after, identity);
  // What a kind leaves and names as left is no reference that it forgot.
  const auto still_left = [&](const Reference& reference) {
    return left(reference) && !laws::is_named(reference, *again);
  };
  if (!later) return broken("a result can be read: " + later.error().message());
  if (std::any_of(later->begin(), later->end(), still_left)) return broken("no reference is left");
  if (laws::of_others(*references, move) != laws::of_others(*later, move)) {
    return broken("references of others stay");
  }
  if (!seen.has_reference && !laws::only_gains(kind) && !plan->edits.empty()) {
    return broken("without a reference the bytes stay");
  }
  if (plan->edits.empty() && !plan->live_commands.empty()) {
    return broken("no command without a change");
  }
  for (const auto& edit : plan->edits) {
    if (edit.before.empty() && !laws::only_gains(kind) && !laws::may_be_added(kind, edit.after)) {
      return broken("nothing is added here: " + edit.after);
    }
    // A shell value may be written in pieces, none of which is the token.
    if (!edit.before.empty() && kind.name() != "niminfo" && !laws::is_port(edit.before) &&
        !laws::is_dependant(kind, edit.before) && !laws::names_one(edit.before, identity, move)) {
      return broken("what goes names a service node of the move: " + edit.before);
    }
    if (edit.before == edit.after) return broken("an edit changes something");
    const auto head = text.substr(0, edit.offset);
    if (edit.line != static_cast<uint32_t>(std::count(head.begin(), head.end(), '\n')) + 1) {
      return broken("an edit knows its line");
    }
  }
  return seen;
}

}  // namespace sn::agent
