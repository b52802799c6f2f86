// snsim: many seeds of a simulated cluster, one after another. The last line says how many and how
// many broke a law; exit 1 if one did.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/world.h"

namespace {

constexpr const char* kUsage =
    "usage: snsim [--first-seed N] [--seeds N]    (default: 1 and 100)\n"
    "       snsim --seeds-of FILE                 those in it, one a line\n"
    "       --until-violation 1                   ends with the first that breaks a law\n"
    "       snsim --seed N [--trace NODE]         one of them, with its figures and a node's "
    "story\n";

bool number(const char* text, uint64_t& value) {
  const char* const end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  return error == std::errc{} && stop == end;
}

void show(const sn::sim::Report& report) {
  std::printf(
      "seed %llu: %zu nodes, %.0f simulated minutes, %llu events, %llu faults, %llu takeovers, "
      "digest %016llx\n",
      static_cast<unsigned long long>(report.seed), report.nodes,
      static_cast<double>(report.simulated_ms) / 60'000,
      static_cast<unsigned long long>(report.deeds), static_cast<unsigned long long>(report.faults),
      static_cast<unsigned long long>(report.takeovers),
      static_cast<unsigned long long>(report.digest));
}

struct Options {
  std::vector<uint64_t> seeds;
  bool one = false;
  std::string traced;
  bool until_violation = false;
};

// A number a line; what follows a '#' is for people.
bool read_seeds(const char* path, std::vector<uint64_t>& seeds) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    line.resize(std::min(line.find_first_of(" #"), line.size()));
    uint64_t seed = 0;
    if (line.empty()) continue;
    if (!number(line.c_str(), seed)) return false;
    seeds.push_back(seed);
  }
  return file.eof();
}

bool parse(int argc, char** argv, Options& options) {
  uint64_t first = 1, count = 100;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    if (i + 1 == argc) return false;
    const char* const value = argv[i + 1];
    if (option == "--trace") {
      options.traced = value;
    } else if (option == "--seeds-of") {
      if (!read_seeds(value, options.seeds)) return false;
    } else if (option == "--until-violation") {
      uint64_t yes = 0;
      if (!number(value, yes)) return false;
      options.until_violation = yes != 0;
    } else if (option == "--seed") {
      options.one = true;
      if (!number(value, first)) return false;
    } else if (!(option == "--first-seed" && number(value, first)) &&
               !(option == "--seeds" && number(value, count))) {
      return false;
    }
  }
  if (!options.seeds.empty()) return true;
  if (options.one) count = 1;
  for (uint64_t seed = first; seed < first + count; ++seed) options.seeds.push_back(seed);
  return count > 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::printf("first seed %llu\n", static_cast<unsigned long long>(options.seeds.front()));
  uint64_t violations = 0, deeds = 0, faults = 0, takeovers = 0;
  int64_t simulated_ms = 0;
  for (const uint64_t seed : options.seeds) {
    const sn::sim::Report report = sn::sim::World(seed, options.traced).run();
    deeds += report.deeds;
    faults += report.faults;
    takeovers += report.takeovers;
    simulated_ms += report.simulated_ms;
    if (options.one) show(report);
    if (!report.breach) continue;
    ++violations;
    std::printf("seed %llu VIOLATION %s\n", static_cast<unsigned long long>(seed),
                report.breach->c_str());
    std::fflush(stdout);
    if (options.until_violation) return 1;
  }
  std::printf("%.0f simulated hours, %llu events, %llu faults, %llu takeovers; last seed %llu\n",
              static_cast<double>(simulated_ms) / 3'600'000, static_cast<unsigned long long>(deeds),
              static_cast<unsigned long long>(faults), static_cast<unsigned long long>(takeovers),
              static_cast<unsigned long long>(options.seeds.back()));
  std::printf("%zu seeds, %llu violations\n", options.seeds.size(),
              static_cast<unsigned long long>(violations));
  return violations == 0 ? 0 : 1;
}
