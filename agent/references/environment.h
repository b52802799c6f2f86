// What hands a daemon its arguments. /etc/default/NAME (Debian) and /etc/sysconfig/NAME (EL, SLES):
// shell assignments (systemd.exec(5), EnvironmentFile=). /etc/systemd/system/NAME.service and its
// drop-ins: ExecStart= and Environment= of the administrator's own (systemd.service(5)). A server
// is named there as a value, an argument of an option or the host of a URL. What a unit names is
// left and named: systemd would have to read it anew before it counts.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/references/kind.h"
#include "agent/references/mention.h"

namespace sn::agent {

[[nodiscard]] bool is_environment(std::string_view path);

// Of daemons with these names: all such files, as roots of a kind and as paths to watch.
[[nodiscard]] std::vector<Include> environments_of(std::span<const std::string_view> names);
[[nodiscard]] std::vector<std::string> environment_paths(std::span<const std::string_view> names);

// The words of all values that could be a server, with the variable as label. A path is none.
// corrupt as assignments_of().
[[nodiscard]] Result<std::vector<Mention>> environment_mentions(const std::string& path,
                                                                std::string_view text);

// Such a text as it is searched for names: its values and arguments, everything else blank.
[[nodiscard]] std::string searchable_environment(const std::string& path, std::string_view text);

// The files that an option names ("-f" in `-f /etc/other.conf` or `-f/etc/other.conf`, "--conf" in
// `--conf=/etc/other.conf`): the daemon begins to read there.
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
