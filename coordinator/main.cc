// sncoordd: the coordinator on the management node. Only wires; see daemon.h.
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/config.h"
#include "coordinator/control/groups.h"
#include "coordinator/daemon.h"
#include "coordinator/enrolment/hosts_file.h"
#include "coordinator/key_files.h"
#include "coordinator/log.h"
#include "coordinator/rights.h"

namespace {

using namespace sn;
using namespace sn::coordinator;

constexpr const char* kUsage =
    "usage: sncoordd [--config FILE]       serve\n"
    "       sncoordd key [--config FILE]   print the public key that agents need\n"
    "       sncoordd key next              make the key that comes after it, and print that\n"
    "       sncoordd key roll              take the next key; restart sncoordd then\n"
    "       sncoordd --version\n";

int fail_with(const Error& error) {
  std::fprintf(stderr, "sncoordd: %s\n", error.message().c_str());
  return 1;
}

Status make_state_dir(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail_errno("creating", path, "create its parent, or choose another state_dir");
}

int print(const Result<std::string>& key) {
  if (!key) return fail_with(key.error());
  std::printf("%s\n", key->c_str());
  return 0;
}

int key_command(const std::string& what, const DaemonConfig& config) {
  if (what == "next") return print(next_key(config));
  if (what.empty()) return print(present_key(config));
  const int done = print(roll_key(config));
  if (done == 0) std::fputs("from the next start on: systemctl restart sncoordd\n", stderr);
  return done;
}

int serve(const DaemonConfig& config) {
  auto cluster = load_cluster(config.inventory);
  if (!cluster) return fail_with(cluster.error());
  add_addresses_of_hosts_file(config.hosts, *cluster);
  const auto groups = find_groups(config.control_group, config.reading_group);
  if (!groups) return fail_with(groups.error());
  auto raw = use_rights();
  if (!raw) return fail_with(raw.error());
  log::open();
  // The coordinator's key is in it: no core file, and nobody but root looks into it.
  (void)::prctl(PR_SET_DUMPABLE, 0);
  auto daemon = Daemon::open(config, std::move(*cluster), *groups, std::move(*raw));
  if (!daemon) return fail_with(daemon.error());
  const Status served = (*daemon)->run();
  if (served) return 0;
  log::error("SN0901", served.error().message() + "; nothing that relied on it was sent");
  log::flush();
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string path = kDefaultConfigPath;
  std::optional<std::string> key;
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--version") {
      std::puts("sncoordd " SN_VERSION);
      return 0;
    }
    if (arguments[i] == "--help") {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (arguments[i] == "--config" && i + 1 < arguments.size()) {
      path = arguments[++i];
    } else if (arguments[i] == "key" && i == 0) {
      const bool more =
          i + 1 < arguments.size() && (arguments[i + 1] == "next" || arguments[i + 1] == "roll");
      key = more ? arguments[++i] : "";
    } else {
      std::fprintf(stderr, "sncoordd: what is '%s'?\n%s", std::string(arguments[i]).c_str(),
                   kUsage);
      return 2;
    }
  }
  // What the daemon creates is its owner's and, where it says so, the control group's.
  ::umask(0027);
  const auto config = load_config(path);
  if (!config) return fail_with(config.error());
  if (const Status made = make_state_dir(config->state_dir); !made) return fail_with(made.error());
  return key ? key_command(*key, *config) : serve(*config);
}
