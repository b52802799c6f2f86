// Kills and hinders the real agent and the real coordinator at every system call that changes
// something, and says whether they found their way. tests/crash/README.md says how it is made.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/crash/services.h"
#include "tests/crash/suite.h"

int main(int argc, char** argv) {
  using namespace sn::crash;
  // In a node this program is its services.
  if (const int code = run_as_service(argc, argv); code >= 0) return code;
  Options options;
  std::string share = "0/1";
  CLI::App app("kills and hinders the real programs at every call that changes something");
  app.add_option("--binaries", options.binaries, "where snagentd, sncoordd, snctl are")->required();
  app.add_option("--expected", options.expected, "the file of pinned counts")->required();
  app.add_option("--directory", options.directory, "an empty one, for the worlds")->required();
  app.add_option("--only", options.only, "these trials alone");
  app.add_option("--share", share, "K/N: every Nth trial, from the Kth on")
      ->check(CLI::Validator(
          [](const std::string& text) {
            size_t k = 0, n = 0;
            return std::sscanf(text.c_str(), "%zu/%zu", &k, &n) == 2 && k < n
                       ? std::string()
                       : "K/N, with K less than N";
          },
          "K/N"));
  app.add_option("--jobs", options.jobs, "worlds at a time")->check(CLI::Range(1, 64));
  app.add_flag("--list", options.list, "what there is");
  app.add_flag("--record", options.record, "write the pinned counts anew");
  app.add_flag("--logs", options.logs, "the program's log of what failed");
  CLI11_PARSE(app, argc, argv);
  (void)std::sscanf(share.c_str(), "%zu/%zu", &options.share, &options.of);
  std::printf("share %s\n", share.c_str());
  std::fflush(stdout);
  bool good = true;
  size_t trials = 0;
  for (const auto& suite : {coordinator_suite(), node_suite()}) {
    const Ran ran = run_suite(*suite, options);
    good = good && ran.good;
    trials += ran.trials;
  }
  if (trials == 0 && !options.record) {
    std::printf("no such trial; --list names them\n");
    return 2;
  }
  return good ? 0 : 1;
}
