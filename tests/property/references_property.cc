// The laws of the reference kinds on generated files. At least a fifth of the files must hold a
// real reference, else the laws would hold for nothing; each generator gives well over that, so
// that no seed is too poor by chance.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <iostream>

#include "tests/property/file_generators.h"
#include "tests/property/reference_laws.h"
#include "tests/vectors/cluster.h"

namespace sn::agent {
namespace {

struct Counts {
  int files = 0;
  int with_reference = 0;
  int planned = 0;
};

class References : public testing::TestWithParam<std::string> {};

TEST_P(References, KeepTheLaws) {
  const FileKind* kind = kind_named(GetParam());
  ASSERT_NE(kind, nullptr);
  const IdentityIndex identity(vector_directory());
  Counts counts;
  const bool hold = rc::check(GetParam() + " keeps the laws", [&] {
    const std::string text = *file_of_kind(GetParam());
    const std::string path = *path_of_kind(*kind);
    Move move = vector_move();
    if (*rc::gen::inRange(0, 4) == 0) move.from.emplace_back("SN3P");
    const Seen seen = observe_laws(*kind, path, text, identity, move);
    ++counts.files;
    // Hosts are never moved: there, a file that gains a line is one with work to do.
    bool real = seen.has_reference;
    if (kind->name() == "hosts") {
      const auto plan = kind->plan(path, text, identity, move);
      real = plan && !plan->edits.empty();
    }
    counts.with_reference += real ? 1 : 0;
    counts.planned += seen.planned ? 1 : 0;
    if (!seen.broken_law.empty()) RC_LOG() << path << ": " << seen.broken_law;
    RC_ASSERT(seen.broken_law.empty());
  });
  EXPECT_TRUE(hold);
  std::cout << GetParam() << ": " << counts.files << " files, " << counts.with_reference
            << " with a reference to move, " << counts.planned << " planned\n";
  EXPECT_GE(counts.with_reference * 100, counts.files * 20);
  EXPECT_GE(counts.planned * 100, counts.files * 20);
}

INSTANTIATE_TEST_SUITE_P(Kinds, References,
                         testing::Values("niminfo", "hosts", "resolver", "xcatinfo", "ntp",
                                         "chrony", "syslog", "fstab", "autofs", "statelite",
                                         "resolved", "timesyncd", "networkmanager", "netconfig",
                                         "dnsmasq", "unbound", "syslog-ng", "mount-unit", "named",
                                         "network", "resolvconf"),
                         [](const testing::TestParamInfo<std::string>& kind) {
                           std::string name = kind.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace sn::agent
