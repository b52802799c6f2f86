// Arbitrary bytes for every reference kind: nothing crashes, hangs or breaks a law of
// tests/property/reference_laws.h.
//
// The first byte chooses the path, and with it the kind; SN_FUZZ_KIND=chrony keeps to one kind.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/property/reference_laws.h"
#include "tests/vectors/cluster.h"

namespace {

struct Fixture {
  Fixture() : identity(sn::agent::vector_directory()), move(sn::agent::vector_move()) {
    const char* only = std::getenv("SN_FUZZ_KIND");
    for (const auto& kind : sn::agent::all_file_kinds()) {
      if (only != nullptr && kind->name() != only) continue;
      for (auto& path : kind->paths()) paths.emplace_back(kind.get(), std::move(path));
    }
    if (paths.empty()) std::abort();
  }

  sn::IdentityIndex identity;
  sn::agent::Move move;
  std::vector<std::pair<const sn::agent::FileKind*, std::string>> paths;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Fixture kFixture;
  if (size == 0) return 0;
  const auto& [kind, path] = kFixture.paths[data[0] % kFixture.paths.size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto seen = sn::agent::observe_laws(*kind, path, text, kFixture.identity, kFixture.move);
  if (!seen.broken_law.empty()) {
    std::fprintf(stderr, "%s: broken: %s\n", path.c_str(), seen.broken_law.c_str());
    std::abort();
  }
  return 0;
}
