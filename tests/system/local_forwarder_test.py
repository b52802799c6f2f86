#!/usr/bin/python3 -B
"""Programs ask a forwarder on the node itself, whose own files name the service node."""

import subprocess

from cluster import case, packages
from cluster.cluster import Cluster
from cluster.facts import words
from cluster.inventory import MANAGEMENT, ServiceNodeEntry
from cluster.node import Node
from cluster.service_node import WHOAMI

_UNBOUND = """\
server:
  interface: 127.0.0.1
  username: ""
  chroot: ""
  pidfile: "/run/unbound.pid"
  use-syslog: no
  logfile: "/var/log/unbound.log"
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "d.example." nodefault
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: {server}
"""


class ForwarderNode(Node):
    """`service`, `program`, `pid_file` and the file that names the service node."""

    service = program = pid_file = configuration = ""

    def text(self, server: str) -> str:
        raise NotImplementedError

    def _furnish(self, sn: ServiceNodeEntry) -> None:
        super()._furnish(sn)
        self.tree.file("/etc/resolv.conf", "nameserver 127.0.0.1\nsearch d.example\n")
        self.tree.file(self.configuration, self.text(sn.address(self.entry.network)))
        self.tree.directory("/var/lib/misc")

    def start_services(self) -> list[subprocess.Popen[str]]:
        self.run(self.program)
        return super().start_services()

    def configure_agent(self, coordinator_key: str, mode: str = "act") -> str:
        key = super().configure_agent(coordinator_key, mode)
        stop = ["/usr/sbin/start-stop-daemon", "--stop", "--quiet", "--oknodo", "--retry",
                "TERM/10/KILL/10", "--pidfile", self.pid_file]
        path = self.path("/etc/snagent/agent.toml")
        path.write_text(path.read_text() + f'\n[[service]]\nname = "{self.service}"\n'
                        f"stop = {stop}\nstart = ['{self.program}']\n")
        return key


class DnsmasqNode(ForwarderNode):
    service, program, pid_file = "dnsmasq", "/usr/sbin/dnsmasq", "/run/dnsmasq.pid"
    configuration = "/etc/dnsmasq.conf"

    def text(self, server: str) -> str:
        return (f"no-resolv\nserver={server}\ninterface=lo\nbind-interfaces\nuser=root\n"
                "group=root\npid-file=/run/dnsmasq.pid\n")


class UnboundNode(ForwarderNode):
    service, program, pid_file = "unbound", "/usr/sbin/unbound", "/run/unbound.pid"
    configuration = "/etc/unbound/unbound.conf"

    def _furnish(self, sn: ServiceNodeEntry) -> None:
        super()._furnish(sn)
        self.tree.packages.append("unbound")

    def text(self, server: str) -> str:
        return _UNBOUND.format(server=server)


class Dnsmasq(case.SystemCase):
    nodes = (1, 2)
    kind: type[ForwarderNode] = DnsmasqNode

    def make_cluster(self) -> Cluster:
        return Cluster(tuple(self.nodes), kind=self.kind)

    def assert_names_from(self, sn) -> None:
        for node in self.cluster.nodes:
            self.assertEqual(node.resolve(WHOAMI), sn.address(MANAGEMENT), node.name)

    def test_forwards_to_the_new_service_node_and_back(self) -> None:
        self.assert_names_from(self.sn1)
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.assert_names_from(self.sn2)
        for node in self.cluster.nodes:
            self.assertEqual(node.read(node.configuration),
                             node.text(self.sn2.address(node.entry.network)))
            self.assertEqual(node.read("/etc/resolv.conf"),
                             "nameserver 127.0.0.1\nsearch d.example\n")
        self.cluster.join(self.sn1)
        self.assert_exit(self.mn.snctl("sn", "clear", "SN1P", "--yes"), case.VERIFIED)
        self.assert_exit(self.mn.snctl("failback", "T1", "--yes", "--json"), case.VERIFIED)
        self.assert_names_from(self.sn1)

    def test_without_names_at_the_backup_nobody_is_verified(self) -> None:
        self.sn2.kill("dnsmasq")
        self.cluster.cut(self.sn1)
        moved = self.takeover("SN1P", "--force", "--all-at-once")
        self.assertEqual(set(self.verdicts(moved).values()), {"partly"})
        self.assertIn("53/udp", words(self.result(moved, "cn001")["reason"]))
        self.sn2.run("dnsmasq")
        for node in self.cluster.nodes:
            self.wait_verdict(node.name, "verified")
        self.assert_names_from(self.sn2)


class Unbound(Dnsmasq):
    kind = UnboundNode


if __name__ == "__main__":
    packages.fetch("unbound")
    case.main()
