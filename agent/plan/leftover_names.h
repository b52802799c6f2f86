// Names of a service node that would remain in a claimed file although the plan was carried out,
// because no rule of the file's kind knows the place: an option of a daemon, a line of another file
// system. They can't be moved, and they are told. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/plan/observation.h"
#include "agent/references/edits.h"
#include "common/model/identity.h"
#include "common/model/reference.h"

namespace sn::agent {

// More of one file are counted with the last one that is told: a log of that file's own size would
// be no help.
inline constexpr size_t kMaxToldNames = 64;

struct LeftoverNames {
  std::vector<Finding> findings;  // `left`, each with path:line, at most kMaxToldNames
  uint32_t count = 0;             // of the places; a line that names it twice is one place
};

// For one node and those that it leaves. Keeps references to what it is made of.
class LeftoverSearch {
 public:
  LeftoverSearch(const IdentityIndex& identity, const std::vector<std::string>& from);

  // What of `from` remains in `file` once `edits` are made, which gives `text_after`; lines are
  // those of the file as it is. Searched are whole tokens (addresses, names, NIM machine ids)
  // outside of comments. Not counted is a line on which the kind itself finds a reference to the
  // same service node, or of which one of `said` tells: then it is a reference, or kept on purpose
  // with a reason. Never counted: a file that says what a name means (hosts(5)), and one that its
  // kind does not understand, whose names all count as references already.
  [[nodiscard]] LeftoverNames in_file(const ObservedFile& file, const std::string& text_after,
                                      const std::vector<Edit>& edits,
                                      const std::vector<Finding>& said) const;

  // The same of a node as it is: what a verdict rests on. `only`: the files (their paths) that are
  // looked at; nullptr: all.
  [[nodiscard]] LeftoverNames in_node(const Observation& observation,
                                      const std::vector<Finding>& said,
                                      const std::set<std::string>* only = nullptr) const;

 private:
  struct Found {
    size_t offset = 0;
    std::string_view token;
    std::string owner;
  };

  [[nodiscard]] bool may_name_them(std::string_view text) const;
  [[nodiscard]] std::vector<Found> names_in(std::string_view text) const;
  [[nodiscard]] std::optional<std::string> owner_of(std::string_view text,
                                                    const TextToken& token) const;
  [[nodiscard]] std::optional<std::string> of_from(const std::optional<Owner>& owner) const;

  const IdentityIndex& identity_;
  const std::vector<std::string>& from_;
  // Nearly every text names none of them, and a look for these costs a tenth of one for tokens.
  std::vector<std::string> words_;
  std::array<bool, 256> begins_{};  // a word of words_, in either case
  bool any_ipv6_ = false;           // of from, which has more spellings than words_ has
};

// Findings that name a line of `path` name it as it is once `edits` are made.
void follow_lines(const std::string& path, const std::vector<Edit>& edits,
                  std::vector<Finding>& findings);

// Where was looked: every claimed file that was read, every route, every NFS mount. "0 left in 41
// known places".
[[nodiscard]] uint32_t count_places(const Observation& observation);

}  // namespace sn::agent
