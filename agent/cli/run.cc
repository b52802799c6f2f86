#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdio>

#include "agent/cli/commands.h"
#include "agent/enrolment/knock.h"
#include "agent/executor/executor.h"
#include "agent/log.h"
#include "agent/memory.h"
#include "agent/session/confinement.h"
#include "agent/session/privileges.h"
#include "agent/session/session.h"
#include "agent/watch/files.h"
#include "agent/watch/only_root.h"
#include "common/net/curve_keys.h"

namespace sn::agent {

namespace {

// EX_CONFIG of sysexits.h: an installed agent that nobody has configured yet. The unit does not
// restart it then; a file that is there and wrong may be put right while it tries.
constexpr int kNotConfigured = 78;

}  // namespace

int run_command_line(const std::string& config_path) {
  prepare_log();
  shrink_memory();
  // The node's key is in it: no core file, and nobody but root looks into it.
  (void)prctl(PR_SET_DUMPABLE, 0);
  const auto refuse = [](const Error& error) {
    std::fprintf(stderr, "snagentd: %s\n", error.message().c_str());
    return 1;
  };
  auto config = load_agent_config(config_path);
  if (!config) {
    refuse(config.error());
    return config.error().what == ErrorClass::not_found ? kNotConfigured : 1;
  }
  if (auto owned = only_root_writes(config_path); !owned) return refuse(owned.error());
  if (config->coordinators.empty()) {
    return refuse(Error{ErrorClass::invalid_input, "reading", config_path, "coordinators is empty",
                        "name at least one tcp://ADDRESS:PORT", 0});
  }
  // Now, and not whenever a session starts: /etc may be on a server that does not answer then.
  const auto user = find_user(config->user);
  if (!user) return refuse(user.error());
  if (auto can = can_confine(); !can && !config->runs_unconfined) return refuse(can.error());
  if (auto made = make_own_directory(config->run_dir); !made) return refuse(made.error());
  const auto keys = net::CurveKeys::load_or_create(config->key_file);
  if (!keys) return refuse(keys.error());
  std::string boot_id;
  if (const auto id = read_file("/proc/sys/kernel/random/boot_id", 256)) {
    boot_id = id->substr(0, id->find('\n'));
  }
  if (auto status = lock_memory(LockScope::present_and_future); !status)
    log_line("SN1909", status.error().message());
  Executor executor(
      *config, boot_id,
      [&](SessionEnd channel) {
        return run_session(*config, *keys, boot_id, *user, std::move(channel));
      },
      [&]() -> wire::KnockAnswer {
        auto answer = knock(*config, *keys, boot_id);
        if (answer) return *std::move(answer);
        return {{}, false, answer.error().fact(), answer.error().cure};
      });
  if (auto status = executor.run(); !status) return refuse(status.error());
  return 0;
}

}  // namespace sn::agent
