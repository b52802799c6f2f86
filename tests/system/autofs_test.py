#!/usr/bin/python3 -B
"""automount, real: it mounts from the service node that its maps name, and reads them again when it
is told.  There is no NFS client in these namespaces: what it would mount is read from its log."""

import re
import subprocess

from cluster import case, packages, wait
from cluster.cluster import Cluster
from cluster.inventory import ServiceNodeEntry
from cluster.node import Node

_LOG = "/var/log/automount.log"
_MAP = "/etc/auto.apps"


class AutofsNode(Node):
    def _furnish(self, sn: ServiceNodeEntry) -> None:
        super()._furnish(sn)
        tree = self.tree
        tree.packages.append("autofs")
        tree.directory("/apps")
        tree.file("/etc/autofs.conf", "[ autofs ]\nmaster_map_name = /etc/auto.master\n"
                                      "negative_timeout = 1\n")
        # Read-only by the master map's options.
        tree.file("/etc/auto.master", f"/apps {_MAP} -ro,hard\n")
        tree.file(_MAP, self.map(sn.address(self.entry.network)))
        tree.program("start-automount", f"#!/bin/sh\nsetsid automount -d -f -p /run/autofs.pid "
                                        f"</dev/null >{_LOG} 2>&1 &\n")

    @staticmethod
    def map(server: str) -> str:
        return f"# of the site\ntools {server}:/install/tools\nhome -rw {server}:/home\n"

    def start_services(self) -> list[subprocess.Popen[str]]:
        self.run("start-automount")
        wait.until(f"{self.name}: automount serves /apps", lambda: " /apps autofs " in
                   self.output("cat", "/proc/self/mounts"), state=lambda: self.read(_LOG))
        return super().start_services()

    def asked(self, name: str) -> str:
        """The source and options that automount mounts with when somebody looks there."""
        before = len(self.read(_LOG))

        def found() -> list[str]:
            self.run("ls", f"/apps/{name}", check=False)
            return re.findall(r"mount\(nfs\): root=\S+ name=\S+ what=(\S+), fstype=nfs, "
                              r"options=(\S+)", self.read(_LOG)[before:])
        # What it failed to mount lately it does not try again at once.
        wait.until(f"{self.name}: automount mounts {name}", found,
                   state=lambda: self.read(_LOG)[before:])
        return " ".join(found()[-1])


class Automount(case.SystemCase):
    nodes = (1, 2)

    def make_cluster(self) -> Cluster:
        return Cluster(tuple(self.nodes), kind=AutofsNode)

    def assert_mounts_from(self, sn) -> None:
        for node in self.cluster.nodes:
            wanted = f"{sn.address(node.entry.network)}:/install/tools ro,hard"
            # It is told by a signal, and reads its maps in a thread of its own.
            wait.until(f"{node.name}: automount mounts from {sn.name}",
                       lambda node=node, wanted=wanted: node.asked("tools") == wanted,
                       state=lambda node=node: node.read(_LOG)[-2000:])

    def test_mounts_from_the_new_service_node_and_back(self) -> None:
        self.assert_mounts_from(self.sn1)
        processes = [node.read("/run/autofs.pid") for node in self.cluster.nodes]
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.assert_mounts_from(self.sn2)
        for node, pid in zip(self.cluster.nodes, processes, strict=True):
            old, new = (sn.address(node.entry.network) for sn in (self.sn1, self.sn2))
            self.assertEqual(node.read(_MAP), f"# of the site\ntools {new}:/install/tools\n"
                                              f"home -rw {old}:/home\n", "read-write stays")
            self.assertEqual(node.read("/run/autofs.pid"), pid, "told, and not restarted")
        self.cluster.join(self.sn1)
        self.assert_exit(self.mn.snctl("sn", "clear", "SN1P", "--yes"), case.VERIFIED)
        self.assert_exit(self.mn.snctl("failback", "T1", "--yes", "--json"), case.VERIFIED)
        self.assert_mounts_from(self.sn1)


if __name__ == "__main__":
    packages.fetch("autofs")
    case.main()
