#include "agent/references/other_mount.h"

#include <algorithm>
#include <array>

namespace sn::agent {

namespace {

bool is_network(std::string_view type) {
  constexpr auto kTypes = std::to_array<std::string_view>(
      {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse", "glusterfs", "gfs2",
       "lustre", "ncpfs", "ocfs2", "orangefs", "pvfs2", "smb3", "smbfs", "sshfs"});
  return type.starts_with("fuse.") || std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

// "user@host" and "[address]" without what is around the host.
Word bare(Word word) {
  const size_t at = word.text.rfind('@');
  if (at != std::string_view::npos) word = {word.offset + at + 1, word.text.substr(at + 1)};
  if (word.text.starts_with('[')) word = {word.offset + 1, word.text.substr(1)};
  word.text = word.text.substr(0, word.text.find(']'));
  return word;
}

// The part of a source that names servers, before its path.
Word servers_of(const Word& source) {
  Word part = source;
  // "sshfs#host:/x" and "ssh://host/x" are older forms.
  for (const std::string_view before : {"#", "://"}) {
    const size_t found = part.text.find(before);
    if (found == std::string_view::npos) continue;
    const size_t begin = found + before.size();
    part = {part.offset + begin, part.text.substr(begin)};
  }
  const size_t begin = part.text.find_first_not_of('/');
  if (begin == std::string_view::npos) return {part.offset, {}};
  // A path of this node, not "//host/share".
  if (begin == 1 && part.offset == source.offset) return {part.offset, {}};
  part = {part.offset + begin, part.text.substr(begin)};
  const bool bracket = part.text.find('[') != std::string_view::npos;
  size_t end = part.text.find(bracket ? "]" : "/");
  if (!bracket && part.text.substr(0, end).ends_with(':')) --end;
  part.text = part.text.substr(0, end);
  return part;
}

}  // namespace

std::vector<OtherMount> other_mount(const Word& source, std::string_view type, const Word& options,
                                    uint32_t line) {
  std::vector<OtherMount> found;
  if (!is_network(type)) return found;
  const auto add = [&](const Word& word) {
    const Word host = bare(word);
    if (!host.text.empty()) found.push_back({host, type, line});
  };
  const Word servers = servers_of(source);
  const bool address = servers.text.find('[') != std::string_view::npos;
  for (const auto& word : words_of(servers.text, servers.offset, address ? "," : ",:")) add(word);
  for (const auto& option : words_of(options.text, options.offset, ",")) {
    const size_t equals = option.text.find('=');
    if (equals == std::string_view::npos) continue;
    const Word value{option.offset + equals + 1, option.text.substr(equals + 1)};
    if (IpAddress::parse(value.text)) {
      add(value);
    } else {
      for (const auto& word : words_of(value.text, value.offset, ":")) add(word);
    }
  }
  return found;
}

std::vector<Finding> findings_of(const std::vector<OtherMount>& mounts, const std::string& path,
                                 const IdentityIndex& identity, const Move& move) {
  std::vector<Finding> findings;
  for (const auto& mount : mounts) {
    if (!from_owner(mount.host.text, identity, move)) continue;
    findings.push_back({FindingClass::left, place_of(path, mount.line),
                        Fact(FactCode::type_not_moved, {.name = std::string(mount.type)}),
                        Cure(CureCode::change_by_hand)});
  }
  return findings;
}

}  // namespace sn::agent
