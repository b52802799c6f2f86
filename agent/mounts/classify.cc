#include "agent/mounts/classify.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sn::agent {

namespace {

// A program, its loader and its libraries are found below these.
constexpr std::array<std::string_view, 6> kProgramPlaces = {"/",     "/usr", "/bin",
                                                            "/sbin", "/lib", "/lib64"};

size_t colon_of(std::string_view source) {
  if (source.starts_with('[')) {
    const size_t end = source.find("]:");
    return end == std::string_view::npos ? end : end + 1;
  }
  return source.find(":/");
}

// A later mount on the same place, that does not hang elsewhere, hides this one.
bool is_covered(const std::vector<Mount>& table, const Mount& mount) {
  return std::any_of(table.begin(), table.end(), [&](const Mount& other) {
    return other.parent == mount.id && other.id != mount.id && other.place == mount.place;
  });
}

// Whether `path`, as the system names it now, lies on this very mount.
bool is_on(const std::vector<Mount>& table, const Mount& mount, std::string_view path) {
  const Mount* found = mount_of(table, path);
  return found != nullptr && found->id == mount.id;
}

std::vector<std::string> overlay_lowers(const Mount& overlay) {
  std::vector<std::string> lowers;
  const std::string list = option_value(overlay.options, "lowerdir");
  size_t begin = 0;
  while (begin <= list.size() && !list.empty()) {
    const size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) lowers.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  // Since Linux 6.8 each layer may be an option of its own.
  for (const char* name : {"lowerdir+", "datadir+"}) {
    if (auto lower = option_value(overlay.options, name); !lower.empty()) lowers.push_back(lower);
  }
  return lowers;
}

Fact critical_use(const MountFacts& facts, const Mount& mount) {
  for (const auto place : kProgramPlaces) {
    if (mount.place == place) return Fact(FactCode::node_runs_from, {.place = mount.place});
  }
  for (const auto& file : facts.backing_files) {
    if (is_on(facts.table, mount, file.path)) return file.use;
  }
  for (const auto& overlay : facts.table) {
    if (overlay.type != "overlay") continue;
    for (const auto& lower : overlay_lowers(overlay)) {
      if (is_on(facts.table, mount, lower)) {
        return Fact(FactCode::overlay_lower, {.place = overlay.place});
      }
    }
  }
  if (lies_within(mount.place, "/.statelite")) return Fact(FactCode::statelite_files);
  return {};
}

std::vector<std::string> hanging_from(const MountFacts& facts, const Mount& mount) {
  std::vector<std::string> upon;
  const std::string path = exported_path(mount.source);
  const auto add = [&](std::string text) {
    if (upon.size() < kMaxUpon) upon.push_back(std::move(text));
  };
  for (const auto& other : facts.table) {
    if (other.id == mount.id) continue;
    if (other.parent == mount.id && other.place != mount.place) {
      add("mount " + other.place + " (" + other.type + ")");
    } else if (other.superblock == mount.superblock &&
               lies_within(exported_path(other.source), path) &&
               (exported_path(other.source) != path || other.id > mount.id)) {
      add("bind " + other.place);
    }
  }
  for (const auto& file : facts.backing_files) {
    if (is_on(facts.table, mount, file.path)) add(text_of(file.use));
  }
  return upon;
}

}  // namespace

std::string exported_path(std::string_view source) {
  const size_t colon = colon_of(source);
  if (colon == std::string_view::npos) return {};
  std::string path(source.substr(colon + 1));
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string path_in_file_system(const Mount& mount) {
  return is_nfs(mount) ? exported_path(mount.source) : mount.root;
}

std::string server_of(std::string_view source) {
  const size_t colon = colon_of(source);
  if (colon == std::string_view::npos) return {};
  std::string_view server = source.substr(0, colon);
  if (server.starts_with('[') && server.ends_with(']'))
    server = server.substr(1, server.size() - 2);
  return std::string(server);
}

std::vector<NfsMount> classify_mounts(const MountFacts& facts, const IdentityIndex& identity) {
  std::vector<NfsMount> mounts;
  for (const auto& mount : facts.table) {
    if (!is_nfs(mount)) continue;
    if (mount.place != "/" && is_covered(facts.table, mount)) continue;
    NfsMount nfs;
    nfs.place = mount.place;
    nfs.source = mount.source;
    nfs.address = option_value(mount.options, "addr");
    const std::string port = option_value(mount.options, "port");
    uint32_t number = 0;
    if (std::from_chars(port.data(), port.data() + port.size(), number).ec == std::errc() &&
        number > 0 && number < 65'536) {
      nfs.port = number;
    }
    nfs.version = option_value(mount.options, "vers");
    nfs.options = mount.options;
    nfs.read_only = has_option(mount.attributes, "ro") || has_option(mount.options, "ro");
    nfs.superblock = mount.superblock;
    // The name a mount was made by may mean another server by now; the address can't.
    if (const auto address = IpAddress::parse(nfs.address)) {
      if (const auto owner = identity.owner_of(*address)) {
        nfs.owner = owner->name;
        nfs.what = owner->kind == Owner::Kind::external_nfs ? MountClass::external
                                                            : MountClass::service_node;
      }
    }
    nfs.critical = critical_use(facts, mount);
    nfs.upon = hanging_from(facts, mount);
    mounts.push_back(std::move(nfs));
  }
  return mounts;
}

bool holds_the_node(const NfsMount& mount) {
  return !mount.critical.empty() && !mount.critical.is(FactCode::statelite_files);
}

}  // namespace sn::agent
