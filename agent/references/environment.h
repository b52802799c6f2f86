// The environment of a daemon: /etc/default/NAME (Debian) and /etc/sysconfig/NAME (EL, SLES), shell
// assignments that its unit or init script hands to it (systemd.exec(5), EnvironmentFile=). A
// server is named there as a value, an argument of an option or the host of a URL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/kind.h"
#include "agent/references/mention.h"

namespace sn::agent {

[[nodiscard]] bool is_environment(std::string_view path);

// The words of all values that could be a server, with the variable as label. A path is none.
// corrupt as assignments_of().
[[nodiscard]] Result<std::vector<Mention>> environment_mentions(const std::string& path,
                                                                std::string_view text);

// The files that an option names ("-f" in `-f /etc/other.conf` or `-f/etc/other.conf`): the daemon
// begins to read there.
[[nodiscard]] std::vector<Include> files_of_option(std::string_view option, std::string_view text);

// What FileKind::discover and FileKind::plan say of such a file.
[[nodiscard]] Result<std::vector<Reference>> discover_environment(std::string_view kind,
                                                                  const std::string& path,
                                                                  std::string_view text,
                                                                  const IdentityIndex& identity);
[[nodiscard]] Result<FilePlan> plan_environment(const std::string& path, std::string_view text,
                                                const IdentityIndex& identity, const Move& move);

// The edits that replace every mention of a service node that is left, in a text.
[[nodiscard]] Result<std::vector<Edit>> replace_mentions(const std::vector<Mention>& mentions,
                                                         const std::string& path,
                                                         std::string_view text,
                                                         const IdentityIndex& identity,
                                                         const Move& move);

}  // namespace sn::agent
