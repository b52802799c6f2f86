"""A service node: real chronyd, rsyslogd and dnsmasq, and the forwarder to the coordinator."""

import subprocess
from pathlib import Path

from . import wait
from .daemon import Daemon
from .host import Host
from .inventory import (DOMAIN, MANAGEMENT, MN_ON_MANAGEMENT, NODE_A, NODE_B, COORDINATOR_PORT, ENROLMENT_PORT,
                        ServiceNodeEntry)
from .network import Link
from .tree import Tree

FORWARDER = Path(__file__).resolve().parents[3] / "packaging/forwarder/sn-forwarder"
NFS_NULL = Path(__file__).with_name("nfs_null")

# A name whose address tells which service node answered.
WHOAMI = f"whoami.{DOMAIN}"

_RSYSLOG = """\
global(net.enableDNS="off")
module(load="imudp")
module(load="imtcp")
$WorkDirectory /var/spool/rsyslog
template(name="sender" type="string" string="/var/log/nodes/%fromhost-ip%.log")
ruleset(name="nodes") { action(type="omfile" dynaFile="sender") }
input(type="imudp" port="514" ruleset="nodes")
input(type="imtcp" port="514" ruleset="nodes")
"""

_CHRONY = """\
local stratum 8
allow 10.1.0.0/16
driftfile /var/lib/chrony/chrony.drift
"""

_BOOT = """\
#!/bin/sh
set -eu
rsyslogd
chronyd -x
dnsmasq
"""


class ServiceNode(Host):
    def __init__(self, entry: ServiceNodeEntry, room: Path) -> None:
        super().__init__(entry.name.lower(), Tree(room / entry.name.lower()))
        self.entry = entry
        tree = self.tree
        tree.file("/etc/hostname", self.name + "\n")
        tree.file("/etc/hosts", "127.0.0.1\tlocalhost\n")
        tree.file("/etc/rsyslog.conf", _RSYSLOG)
        tree.file("/etc/chrony/chrony.conf", _CHRONY)
        tree.directory("/var/log/nodes")
        tree.directory("/var/lib/misc")
        tree.file("/etc/dnsmasq.conf",
                  "no-resolv\nno-hosts\nuser=root\ngroup=root\npid-file=/run/dnsmasq.pid\n"
                  f"local=/{DOMAIN}/\n"
                  f"host-record={WHOAMI},{self.address(MANAGEMENT)}\n"
                  "log-queries\nlog-facility=/var/log/dnsmasq.log\n")
        tree.program("boot", _BOOT)
        tree.program("sn-forwarder", FORWARDER.read_text())
        tree.program("nfs-null", NFS_NULL.read_text())
        self.nfs = Daemon(self, "nfs-null", ["nfs-null", self.address(NODE_A)],
                          room / "logs" / f"{self.name}.nfs-null.log")

    def address(self, network: str) -> str:
        return self.entry.address(network)

    def links(self) -> list[Link]:
        return [Link(self, network, interface, f"{self.address(network)}/24")
                for network, interface in ((MANAGEMENT, "eth0"), (NODE_A, "eth1"), (NODE_B, "eth2"))]

    def start_services(self) -> list[subprocess.Popen[str]]:
        self.forwarders = [
            self.start("sn-forwarder", f"{MN_ON_MANAGEMENT}:{port}", str(port),
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for port in (COORDINATOR_PORT, ENROLMENT_PORT)]
        return [self.start_logged("boot")]

    def start_nfs(self) -> None:
        """A program that answers RPC NULL calls as an NFS server does; `self.nfs` is it."""
        before = self.nfs.text().count("listening")
        self.nfs.start()
        wait.until(f"{self.name}: nfs-null listens",
                   lambda: self.nfs.text().count("listening") > before, state=self.nfs.text)

    def received(self, sender: str) -> str:
        """What has arrived from the node with this address."""
        try:
            return self.read(f"/var/log/nodes/{sender}.log")
        except FileNotFoundError:
            return ""
