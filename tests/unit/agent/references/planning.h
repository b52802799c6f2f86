// What the kinds' tests ask again and again, in the cluster of tests/vectors/cluster.h.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/vectors/cluster.h"

namespace sn::agent {

// A kind, a path and a cluster; the default is the vectors'.
struct Planning {
  explicit Planning(std::string_view kind_name, const std::string& file = {})
      : kind(kind_named(kind_name)), path(file.empty() ? kind->paths().front() : file) {}

  const FileKind* kind;
  std::string path;
  Directory directory = vector_directory();
  Move move = vector_move();

  [[nodiscard]] Result<FilePlan> plan(std::string_view text) const {
    return kind->plan(path, text, IdentityIndex(directory), move);
  }

  // The text afterwards, or the error in words.
  [[nodiscard]] std::string after(std::string_view text) const {
    const auto made = plan(text);
    if (!made) return made.error().message();
    const auto result = apply_edits(text, made->edits);
    if (!result) return result.error().message();
    const auto again = plan(*result);
    if (!again) return again.error().message();
    if (!again->edits.empty()) return "a second run changes something in: " + *result;
    if (revert_edits(*result, made->edits) != std::string(text)) return "cannot be reverted";
    return *result;
  }

  [[nodiscard]] Error error(std::string_view text) const {
    const auto made = plan(text);
    EXPECT_FALSE(made) << "planned, though it should have been refused";
    return made ? Error{} : made.error();
  }

  // "place label value owner role", one line each.
  [[nodiscard]] std::vector<std::string> references(std::string_view text) const {
    const auto found = kind->discover(path, text, IdentityIndex(directory));
    EXPECT_TRUE(found) << found.error().message();
    std::vector<std::string> lines;
    for (const auto& reference : found.value_or(std::vector<Reference>{})) {
      lines.push_back(reference.place + " " + reference.label + " " + reference.value + " " +
                      reference.owner + " " + std::string(to_string(reference.role)));
    }
    return lines;
  }
};

}  // namespace sn::agent
