// The cluster that all vectors are about, and the move they show.
#pragma once

#include <string>
#include <string_view>

#include "agent/references/kind.h"

namespace sn::agent {

inline Directory vector_directory() {
  const auto on = [](const char* text) { return *NetworkAddress::parse(text); };
  Directory directory;
  directory.service_nodes = {
      {"SN1P",
       {"sn1-eth1", "sn1-eth1.d.example", "sn1-hf0"},
       {on("10.1.1.100/24"), on("10.1.2.100/24"), on("fd00:1::100/64")},
       "00C1A2B34C00"},
      {"SN2P",
       {"sn2-eth1", "sn2-eth1.d.example", "sn2-hf0"},
       {on("10.1.1.101/24"), on("10.1.2.101/24"), on("fd00:1::101/64")},
       "00D4E5F60A00"},
      {"SN3P", {"sn3-eth1", "sn3-eth1.d.example"}, {on("10.1.1.102/24")}, "00E7F8091B00"},
  };
  directory.external_nfs = {{"nfsha", {on("10.1.9.9/24")}}};
  return directory;
}

inline Move vector_move() { return {{"SN1P"}, "SN2P", {*NetworkAddress::parse("10.1.1.1/24")}}; }

// The path a vector is read as.
inline std::string vector_path(const FileKind& kind, std::string_view vector_name) {
  if (kind.name() == "syslog" && !vector_name.starts_with("aix_")) return "/etc/rsyslog.conf";
  if (kind.name() == "autofs") return "/etc/auto.apps";
  if (kind.name() == "statelite") return "/litetree.table";
  return kind.paths().front();
}

}  // namespace sn::agent
