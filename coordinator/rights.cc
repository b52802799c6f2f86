#include "coordinator/rights.h"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "common/base/capabilities.h"
#include "coordinator/control/peer.h"

namespace sn::coordinator {

namespace {

// Where it may not, the sockets can't be given to the group: that is said when they are made.
void join(gid_t group) {
  const int count = ::getgroups(0, nullptr);
  std::vector<gid_t> groups(static_cast<size_t>(std::max(count, 0)));
  if (count < 0 || ::getgroups(count, groups.data()) < 0) return;
  if (std::find(groups.begin(), groups.end(), group) != groups.end()) return;
  groups.push_back(group);
  (void)::setgroups(groups.size(), groups.data());
}

}  // namespace

Result<std::optional<gid_t>> control_group(const std::string& name) {
  if (name.empty()) return std::optional<gid_t>();
  const auto group = find_group(name);
  if (!group) return tl::unexpected(group.error());
  return std::optional<gid_t>(*group);
}

Result<net::RawSockets> use_rights(std::optional<gid_t> control_group) {
  if (control_group) join(*control_group);
  net::RawSockets raw = net::RawSockets::open();
  if (Status dropped = drop_capabilities(); !dropped) return tl::unexpected(dropped.error());
  return raw;
}

}  // namespace sn::coordinator
