#include "agent/references/autofs.h"
#include "agent/references/chrony.h"
#include "agent/references/dnsmasq.h"
#include "agent/references/fstab.h"
#include "agent/references/hosts.h"
#include "agent/references/kind.h"
#include "agent/references/mount_unit.h"
#include "agent/references/named.h"
#include "agent/references/netconfig.h"
#include "agent/references/network_files.h"
#include "agent/references/network_manager.h"
#include "agent/references/nim_info.h"
#include "agent/references/ntp.h"
#include "agent/references/resolvconf.h"
#include "agent/references/resolved.h"
#include "agent/references/resolver.h"
#include "agent/references/statelite.h"
#include "agent/references/syslog.h"
#include "agent/references/syslog_ng.h"
#include "agent/references/timesyncd.h"
#include "agent/references/unbound.h"
#include "agent/references/xcat_info.h"

namespace sn::agent {

const std::vector<std::unique_ptr<FileKind>>& all_file_kinds() {
  static const auto kKinds = [] {
    std::vector<std::unique_ptr<FileKind>> kinds;
    kinds.push_back(std::make_unique<Hosts>());
    kinds.push_back(std::make_unique<NimInfo>());
    kinds.push_back(std::make_unique<XcatInfo>());
    kinds.push_back(std::make_unique<Resolver>());
    kinds.push_back(std::make_unique<Resolvconf>());
    kinds.push_back(std::make_unique<Resolved>());
    kinds.push_back(std::make_unique<NetworkManager>());
    kinds.push_back(std::make_unique<NetworkFiles>());
    kinds.push_back(std::make_unique<Netconfig>());
    kinds.push_back(std::make_unique<Dnsmasq>());
    kinds.push_back(std::make_unique<Unbound>());
    kinds.push_back(std::make_unique<Named>());
    kinds.push_back(std::make_unique<Ntp>());
    kinds.push_back(std::make_unique<Chrony>());
    kinds.push_back(std::make_unique<Timesyncd>());
    kinds.push_back(std::make_unique<Syslog>());
    kinds.push_back(std::make_unique<SyslogNg>());
    kinds.push_back(std::make_unique<Fstab>());
    kinds.push_back(std::make_unique<MountUnit>());
    kinds.push_back(std::make_unique<Autofs>());
    kinds.push_back(std::make_unique<Statelite>());
    return kinds;
  }();
  return kKinds;
}

const FileKind* kind_named(std::string_view name) {
  for (const auto& kind : all_file_kinds()) {
    if (kind->name() == name) return kind.get();
  }
  return nullptr;
}

}  // namespace sn::agent
