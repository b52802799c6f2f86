// Whose name is this? Matching is by identity set (all names, short and full, all addresses, the
// NIM machine id), on whole tokens. Replacing keeps the form: an address by one on the same
// network, a short name by a short one, a full name by a full one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/model/service_node.h"

namespace sn {

enum class NameForm {
  address,
  short_name,       // no dot
  full_name,        // with a dot
  management_name,  // as the management node knows it
  nim_master_id,
};

struct Owner {
  enum class Kind { service_node, external_nfs } kind = Kind::service_node;
  std::string name;  // the server's `name`
  NameForm form = NameForm::short_name;
  bool operator==(const Owner&) const = default;
};

// Value type; build once per observation. Keeps its own copy of the directory.
class IdentityIndex {
 public:
  explicit IdentityIndex(Directory directory);

  // A name that this node's /etc/hosts maps to an address. It is the owner's of that address,
  // unless the directory already says whose it is or an earlier line mapped it elsewhere
  // (a resolver takes the first line).
  void add_host_alias(std::string_view name, const IpAddress& address);

  // Who is meant by one whole token: an address, or a name compared without case and without one
  // trailing dot; "::ffff:10.1.1.100" is 10.1.1.100. nullopt: nobody we know. An external NFS
  // server wins over a service node.
  [[nodiscard]] std::optional<Owner> owner_of(std::string_view token) const;
  [[nodiscard]] std::optional<Owner> owner_of(const IpAddress& address) const;
  // The name is a server's only because this node's /etc/hosts says so, and it is short: "log",
  // "ntp", "mail" are words of configurations, too.
  [[nodiscard]] bool is_short_alias(std::string_view name) const;
  // All words by which a text may name one service node, as they are compared: its names, those
  // that /etc/hosts gives it, its NIM machine id, its addresses. An IPv6 address has others, too.
  [[nodiscard]] std::vector<std::string> words_for(std::string_view service_node) const;
  // By `uname -m` id, compared without case.
  [[nodiscard]] std::optional<Owner> owner_of_nim_id(std::string_view id) const;

  // What stands for `token` (which is `from`'s) once `to` has taken over: an address by `to`'s
  // address on the same network, a short name by a short one, a full one by a full one, the
  // management name by the management name. A trailing dot stays. Among several names of a form,
  // the one with the same interface suffix ("-eth1") is taken, else the one at the same place in
  // the list, else the first. Fails with invalid_input and names what is missing.
  [[nodiscard]] Result<std::string> substitute(std::string_view token, std::string_view from,
                                               std::string_view to) const;
  [[nodiscard]] Result<IpAddress> substitute(const IpAddress& address, std::string_view from,
                                             std::string_view to) const;

  [[nodiscard]] const Directory& directory() const { return directory_; }

 private:
  Directory directory_;
  std::map<IpAddress, Owner> addresses_;
  std::map<std::string, Owner, std::less<>> names_;  // lower case, no trailing dot
  std::set<std::string, std::less<>> short_aliases_;
  std::map<std::string, bool, std::less<>> foreign_aliases_;
};

// Lower case, one trailing dot stripped: the form names are compared in.
std::string comparable_name(std::string_view name);

// The whole tokens of free text that could name a host: runs of letters, digits, '.', '-' and '_'.
// For scans that know no grammar; an IPv6 address is not found by them.
struct TextToken {
  size_t offset = 0;
  std::string_view text;
};
std::vector<TextToken> host_like_tokens(std::string_view text);

}  // namespace sn
