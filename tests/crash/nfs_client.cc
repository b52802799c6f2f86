#include "tests/crash/nfs_client.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <filesystem>
#include <sstream>
#include <vector>

#include "tests/crash/node.h"
#include "tests/crash/text.h"

namespace sn::crash {

namespace {

constexpr uint64_t kSetFlag = 0, kSetString = 1, kCreate = 6;  // linux/mount.h
constexpr uint64_t kOpenTreeClone = 1;
constexpr const char* kOwnTable = "self/mountinfo";

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  std::string word;
  while (in >> word) words.push_back(word);
  return words;
}

}  // namespace

std::string overlay_options(const std::string& address, const std::string& path) {
  return "lowerdir=" + std::string(kServers) + "/" + address + path + ":" + kEmptyDirectory;
}

std::string as_nfs(const std::string& mountinfo_line) {
  std::vector<std::string> words = words_of(mountinfo_line);
  // 36 35 0:45 ROOT PLACE ATTRIBUTES [shared:1] - TYPE SOURCE OPTIONS
  size_t dash = 6;
  while (dash < words.size() && words[dash] != "-") ++dash;
  if (dash + 3 >= words.size()) return mountinfo_line;
  const std::string servers = std::string(kServers) + "/";
  std::string address, path;
  const size_t lower = words[dash + 3].find("lowerdir=" + servers);
  if (words[dash + 1] == "overlay" && lower != std::string::npos) {
    address = words[dash + 3].substr(lower + 9 + servers.size());
    address.resize(address.find('/'));
    // The client shows the exported path of what is mounted there, not of its file system.
    path = words[dash + 2] + (words[3] == "/" ? "" : words[3]);
  } else if (words[3].starts_with(servers)) {
    address = words[3].substr(servers.size());
    path = address.substr(address.find('/'));
    address.resize(address.find('/'));
    path.insert(0, (address == kOld ? "sn1-eth1:" : "sn2-eth1:"));
  } else {
    return mountinfo_line;
  }
  const bool read_only = words[dash + 3].starts_with("ro") || words[5].starts_with("ro");
  words[dash + 1] = "nfs";
  words[dash + 2] = path;
  words[dash + 3] = std::string(read_only ? "ro" : "rw") +
                    ",vers=3,rsize=65536,wsize=65536,hard,proto=tcp,mountaddr=" + address +
                    ",mountport=20048,addr=" + address;
  std::string line;
  for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

bool NfsClient::play(Call& call) {
  const pid_t pid = call.by.pid;
  switch (call.number) {
    case SYS_openat:
      if (Tracer::read_text(pid, call.arguments[1], 32) == kOwnTable) show_mounts(call);
      return false;
    case SYS_fsopen: {
      const std::string type = Tracer::read_text(pid, call.arguments[0], 16);
      opening_ = 0;
      if (type != "nfs" && type != "nfs4") return false;
      opening_ = pid;
      lend(call, 0, "overlay", 0);
      return false;
    }
    case SYS_fsconfig: {
      if (opening_ != pid) return false;
      const std::string key = Tracer::read_text(pid, call.arguments[2], 64);
      Mounting& mounting = mounting_[{pid, call.arguments[0]}];
      if (call.arguments[1] == kCreate) return !mounting.file.empty();
      if (call.arguments[1] == kSetFlag) return key != "ro";
      if (call.arguments[1] != kSetString) return false;
      if (key == "source") {
        mounting.source = Tracer::read_text(pid, call.arguments[3]);
        return false;
      }
      if (key != "addr") return true;
      const std::string address = Tracer::read_text(pid, call.arguments[3], 64);
      const std::string path =
          mounting.source.substr(std::min(mounting.source.find('/'), mounting.source.size()));
      const std::string file = std::string(kServers) + "/" + address + path;
      if (std::filesystem::is_regular_file(root_ + file)) {
        mounting.file = file;
        return true;
      }
      const std::string options = overlay_options(address, path);
      lend(call, 2, options.substr(0, options.find('=')), 0);
      lend(call, 3, options.substr(options.find('=') + 1), 1);
      return false;
    }
    case SYS_fsmount: {
      const auto found = mounting_.find({pid, call.arguments[0]});
      if (opening_ != pid || found == mounting_.end() || found->second.file.empty()) return false;
      call.number = SYS_open_tree;
      call.arguments[0] = static_cast<uint64_t>(AT_FDCWD);
      lend(call, 1, found->second.file, 0);
      call.arguments[2] = kOpenTreeClone | O_CLOEXEC;
      return false;
    }
    default:
      return false;
  }
}

void NfsClient::show_mounts(Call& call) {
  std::istringstream table(read_all("/proc/" + std::to_string(call.by.pid) + "/mountinfo"));
  const std::string name = "/crash/mountinfo." + std::to_string(++shown_ % 8);
  std::string shown;
  std::string line;
  while (std::getline(table, line)) shown += as_nfs(line) + "\n";
  (void)write_all(root_ + name, shown);
  lend(call, 1, name, 0);
}

void NfsClient::lend(Call& call, size_t argument, const std::string& text, size_t slot) const {
  if (const uint64_t address = tracer_.lend(call.by.pid, text, slot)) {
    call.arguments[argument] = address;
  }
}

}  // namespace sn::crash
