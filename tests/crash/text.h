// Small files as text. Streams throw where a process ends while its /proc is read; these do not.
#pragma once

#include <string>

namespace sn::crash {

// Empty: there is none, or it can't be read.
[[nodiscard]] std::string read_all(const std::string& path);
// Makes the directories that are missing. false: it could not be written.
bool write_all(const std::string& path, const std::string& text);

}  // namespace sn::crash
