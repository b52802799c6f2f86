// snagentd: reads the command line, and hands over. Everything else is elsewhere.
#include <getopt.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "agent/cli/commands.h"
#include "agent/version.h"

namespace {

constexpr const char* kUsage =
    "usage: snagentd run [--config FILE]\n"
    "       snagentd key [--config FILE]\n"
    "       snagentd check [--config FILE] [--cluster FILE]\n"
    "       snagentd inspect [--root DIR] [--cluster FILE] [--config FILE] [--json]\n"
    "       snagentd rebind --root DIR --cluster FILE --from SN --to SN\n"
    "                       [--strict] [--dry-run] [--json]\n"
    "       snagentd --version\n";

int usage(const char* why, const char* what) {
  std::fprintf(stderr, "snagentd: %s%s\n%s", why, what, kUsage);
  return 2;
}

struct Arguments {
  std::string verb, config = sn::agent::kDefaultConfigPath, root, cluster, from, to;
  bool json = false, dry_run = false, strict = false, help = false, version = false, bad = false;
};

Arguments parse(int argc, char** argv) {
  static const option kOptions[] = {{"config", required_argument, nullptr, 'c'},
                                    {"root", required_argument, nullptr, 'r'},
                                    {"cluster", required_argument, nullptr, 'C'},
                                    {"from", required_argument, nullptr, 'f'},
                                    {"to", required_argument, nullptr, 't'},
                                    {"json", no_argument, nullptr, 'j'},
                                    {"dry-run", no_argument, nullptr, 'n'},
                                    {"strict", no_argument, nullptr, 's'},
                                    {"help", no_argument, nullptr, 'h'},
                                    {"version", no_argument, nullptr, 'V'},
                                    {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  int letter = 0;
  while ((letter = getopt_long(argc, argv, "", kOptions, nullptr)) != -1) {
    switch (letter) {
      case 'c':
        arguments.config = optarg;
        break;
      case 'r':
        arguments.root = optarg;
        break;
      case 'C':
        arguments.cluster = optarg;
        break;
      case 'f':
        arguments.from = optarg;
        break;
      case 't':
        arguments.to = optarg;
        break;
      case 'j':
        arguments.json = true;
        break;
      case 'n':
        arguments.dry_run = true;
        break;
      case 's':
        arguments.strict = true;
        break;
      case 'h':
        arguments.help = true;
        break;
      case 'V':
        arguments.version = true;
        break;
      default:
        arguments.bad = true;
    }
  }
  if (optind < argc) arguments.verb = argv[optind++];
  if (optind < argc) arguments.bad = true;
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (arguments.help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (arguments.version) {
    std::printf("snagentd %s\n", sn::agent::kVersion);
    return 0;
  }
  if (arguments.bad) return usage("the words after it are not understood", "");
  if (arguments.verb == "run") return sn::agent::run_command_line(arguments.config);
  if (arguments.verb == "key") return sn::agent::key_command(arguments.config);
  if (arguments.verb == "check") {
    return sn::agent::check_command({arguments.config, arguments.cluster});
  }
  if (arguments.verb == "inspect") {
    return sn::agent::inspect_command({arguments.root.empty() ? "/" : arguments.root,
                                       arguments.cluster, arguments.config, arguments.json});
  }
  if (arguments.verb == "rebind") {
    if (arguments.root.empty()) return usage("rebind needs ", "--root");
    if (arguments.cluster.empty()) return usage("rebind needs ", "--cluster");
    if (arguments.from.empty()) return usage("rebind needs ", "--from");
    if (arguments.to.empty()) return usage("rebind needs ", "--to");
    return sn::agent::rebind_command({arguments.root, arguments.cluster, arguments.from,
                                      arguments.to, arguments.dry_run, arguments.strict,
                                      arguments.json});
  }
  return usage(arguments.verb.empty() ? "no verb" : "no such verb: ", arguments.verb.c_str());
}
