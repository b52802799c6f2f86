// A node's mount table as the kernel of a diskless node shows it.
#pragma once

#include <string>

#include "agent/mounts/classify.h"
#include "agent/watch/mount_table.h"
#include "common/model/service_node.h"

namespace sn::agent {

// Root and /usr on the external server, a read-only and a read-write mount of SN1P, a bind of a
// directory and one of a file from the latter, a tmpfs upon it.
inline const char* const kMountInfo =
    R"(21 1 0:20 / / rw,relatime shared:1 - nfs nfsha:/root/cn001 rw,vers=3,hard,proto=tcp,addr=10.1.9.9
22 21 0:21 / /usr ro,relatime shared:2 - nfs nfsha:/spot/usr ro,vers=3,hard,proto=tcp,addr=10.1.9.9
30 21 0:40 / /install ro,nosuid,relatime shared:3 - nfs sn1-eth1:/install ro,vers=3,rsize=65536,wsize=65536,namlen=255,hard,nolock,proto=tcp,timeo=100,retrans=2,sec=sys,mountaddr=10.1.1.100,mountvers=3,mountport=20048,mountproto=tcp,local_lock=all,addr=10.1.1.100
31 21 0:41 / /shared_home rw,relatime shared:4 - nfs4 sn1-eth1:/shared_home rw,vers=4.1,hard,proto=tcp,port=2050,clientaddr=10.1.1.7,addr=10.1.1.100
32 21 0:41 /data /data rw,relatime shared:4 - nfs4 sn1-eth1:/shared_home/data rw,vers=4.1,hard,proto=tcp,port=2050,clientaddr=10.1.1.7,addr=10.1.1.100
33 21 0:41 /etc/app.conf /etc/app.conf ro,relatime shared:4 - nfs4 sn1-eth1:/shared_home/etc/app.conf rw,vers=4.1,hard,proto=tcp,port=2050,clientaddr=10.1.1.7,addr=10.1.1.100
34 31 0:50 / /shared_home/scratch rw shared:5 - tmpfs tmpfs rw
35 21 0:60 / /opt\040x rw shared:6 - nfs filer:/opt rw,vers=4.2,addr=10.1.7.7
)";

inline Directory mount_directory() {
  Directory directory;
  directory.service_nodes.push_back(
      {"SN1P", {"sn1-eth1"}, {*NetworkAddress::parse("10.1.1.100/24")}, ""});
  directory.service_nodes.push_back(
      {"SN2P", {"sn2-eth1"}, {*NetworkAddress::parse("10.1.1.101/24")}, ""});
  directory.external_nfs.push_back({"nfsha", {*NetworkAddress::parse("10.1.9.9/24")}});
  return directory;
}

inline MountFacts facts_of(const std::string& mountinfo) {
  MountFacts facts;
  auto table = parse_mount_table(mountinfo);
  if (table) facts.table = std::move(*table);
  return facts;
}

}  // namespace sn::agent
