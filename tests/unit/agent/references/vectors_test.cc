// Every vector of tests/vectors, and the laws of edits.h on it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/references/kind.h"
#include "tests/vectors/cluster.h"

namespace sn::agent {
namespace {

namespace fs = std::filesystem;

fs::path vectors() { return SN_VECTORS; }

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Vector {
  std::string kind;
  std::string name;
};

std::vector<Vector> all_vectors() {
  std::vector<Vector> found;
  for (const auto& entry : fs::recursive_directory_iterator(vectors())) {
    if (entry.path().extension() == ".before") {
      found.push_back(
          {entry.path().parent_path().filename().string(), entry.path().stem().string()});
    }
  }
  std::sort(found.begin(), found.end(), [](const Vector& a, const Vector& b) {
    return std::pair(a.kind, a.name) < std::pair(b.kind, b.name);
  });
  return found;
}

class Vectors : public testing::TestWithParam<Vector> {};

TEST_P(Vectors, BecomesTheFileWrittenByHand) {
  const FileKind* kind = kind_named(GetParam().kind);
  ASSERT_NE(kind, nullptr);
  const IdentityIndex identity(vector_directory());
  const Move move = vector_move();
  const std::string path = vector_path(*kind, GetParam().name);
  const fs::path base = vectors() / GetParam().kind / GetParam().name;
  const std::string before = read(base.string() + ".before");
  const std::string after = read(base.string() + ".after");

  const auto plan = kind->plan(path, before, identity, move);
  ASSERT_TRUE(plan) << plan.error().message();
  const auto result = apply_edits(before, plan->edits);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(*result, after);
  EXPECT_EQ(*revert_edits(*result, plan->edits), before);

  const auto again = kind->plan(path, after, identity, move);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_TRUE(again->edits.empty()) << "a second run changes something";

  const auto references = kind->discover(path, after, identity);
  ASSERT_TRUE(references) << references.error().message();
  for (const auto& reference : *references) {
    EXPECT_FALSE(reference.role == ReferenceRole::move && move.is_from(reference.owner))
        << reference.place << " " << reference.value;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Vectors, testing::ValuesIn(all_vectors()),
                         [](const testing::TestParamInfo<Vector>& vector) {
                           std::string name = vector.param.kind + "_" + vector.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace sn::agent
