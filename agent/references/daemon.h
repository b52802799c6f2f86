// The daemon that reads the files of a kind: the name of its service, how it is told that they
// changed, and how it is proven to follow them. Values and pure functions; executor/services.h acts
// by them. A kind has its daemon (references/kind.h), and nobody else knows one by name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace sn::agent {

using Argv = std::vector<std::string>;

class Daemon {
 public:
  enum class Told : uint8_t {
    restart,  // counts when a new process is seen
    hang_up,  // SIGHUP, which counts when it is delivered; the process stays, and so stays older
              // than its files
  };

  // `service` is its name in plans, findings and agent.toml; `process_names` those that it runs
  // under (/proc/PID/comm, proc(5)). Both are of static storage.
  Daemon(std::string_view service, std::vector<std::string_view> process_names,
         Told told = Told::restart)
      : service_(service), process_names_(std::move(process_names)), told_(told) {}
  virtual ~Daemon() = default;
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  [[nodiscard]] std::string_view service() const { return service_; }
  [[nodiscard]] const std::vector<std::string_view>& process_names() const {
    return process_names_;
  }
  [[nodiscard]] Told told() const { return told_; }

  // The live commands of a plan (FilePlan::live_commands) as fewer ones that do the same.
  [[nodiscard]] virtual std::vector<Argv> joined(const std::vector<Argv>& commands) const {
    return commands;
  }

  // A command that asks it what it follows. Empty: it can't be asked, and is judged by its age: a
  // process that is older than its file can't have read it.
  [[nodiscard]] virtual Argv question() const { return {}; }
  // Judges what that command printed: the daemon follows one of `wanted` and none of `unwanted`
  // (numeric addresses). Else stale, with what is wrong in words.
  [[nodiscard]] virtual Status judge(std::string_view /*answer*/,
                                     const std::vector<std::string>& /*wanted*/,
                                     const std::vector<std::string>& /*unwanted*/) const {
    return {};
  }
  // How long after a change its answer may still be the old one.
  [[nodiscard]] virtual uint32_t patience_ms() const { return 0; }

 private:
  std::string_view service_;
  std::vector<std::string_view> process_names_;
  Told told_;
};

}  // namespace sn::agent
