// The log, folded: of everything that replay would put, only the newest. A folded state is a list
// of changes under keys; replayed in the order of these keys they give the state. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "coordinator/core/state.h"
#include "coordinator/core/takeover/shown_takeover.h"

namespace sn::coordinator {

// What a batch does to the folded state.
class Fold {
 public:
  void add(const StoreChange& change);

  // Keys to be put with these bytes (record.h), or, without any, dropped.
  [[nodiscard]] const std::map<std::string, std::optional<std::string>>& changes() const {
    return changes_;
  }
  // Before that: everything under keys that begin so goes.
  [[nodiscard]] const std::set<std::string>& forgotten_files() const { return forgotten_files_; }
  // Before that: what was folded of a node's keys goes, under whatever keys it is. Whether there
  // may be any, and whether this is one. corrupt: the bytes are no change.
  [[nodiscard]] bool forgets_keys() const { return !without_keys_.empty(); }
  [[nodiscard]] Result<bool> forgets(std::string_view key, std::string_view bytes) const;

 private:
  void put(std::string key, const StoreChange& change);
  void drop(std::string key) { changes_[std::move(key)] = std::nullopt; }
  void drop_keys(const std::string& node);

  std::map<std::string, std::optional<std::string>> changes_;
  std::map<std::string, std::string> keys_;  // put here: the node of each
  std::set<std::string> without_keys_;       // nodes
  std::set<std::string> forgotten_files_;    // prefixes
};

// Under which files are: not a part of the state, and not read at a start. A takeover's header has
// the first of its keys, its pieces follow.
inline constexpr std::string_view kFiles = "h/";
[[nodiscard]] std::string files_of(uint64_t takeover);
// The first key after all that begin with `prefix`.
[[nodiscard]] std::string end_of(std::string prefix);
// What is in the files of a takeover, from its changes. corrupt: there is no header.
[[nodiscard]] Result<ShownTakeover> shown_from(const std::vector<StoreChange>& files,
                                               uint64_t takeover);

// A state as the changes that make it of nothing.
[[nodiscard]] std::vector<StoreChange> changes_of(const State& state);

// Replays one change of a log or of its fold onto `state`. corrupt: it refers to what is not there.
[[nodiscard]] Status replay(const StoreChange& change, State& state);

}  // namespace sn::coordinator
