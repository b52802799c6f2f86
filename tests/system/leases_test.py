#!/usr/bin/python3 -B
"""The node's servers are in no file: a daemon was told them while it runs, as by DHCP."""

import os
import signal
import subprocess

from cluster import case, packages, wait
from cluster.cluster import Cluster
from cluster.facts import words
from cluster.inventory import MANAGEMENT
from cluster.node import INTERFACE, Node
from cluster.service_node import WHOAMI

_STUB = "127.0.0.53"

_BUS = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
  </policy>
</busconfig>
"""

_RESOLVED = """\
#!/bin/sh
set -eu
mkdir -p /run/dbus
dbus-daemon --config-file=/etc/bus.conf --fork --nopidfile
install -d -o systemd-resolve -g systemd-resolve /run/systemd/resolve
setsid /usr/lib/systemd/systemd-resolved </dev/null >/var/log/resolved.log 2>&1 &
until resolvectl dns >/dev/null 2>&1; do sleep 0.05; done
"""


class ResolvedNode(Node):
    """systemd-resolved asks for names; a DHCP client told it whom, here resolvectl."""

    def _furnish(self, sn) -> None:
        super()._furnish(sn)
        tree = self.tree
        tree.packages.append("systemd-resolved")
        for path in ("/etc/passwd", "/etc/group"):
            line = ("systemd-resolve:x:102:102::/:/usr/sbin/nologin\n" if path == "/etc/passwd"
                    else "systemd-resolve:x:102:\n")
            tree.file(path, (tree.path / path.lstrip("/")).read_text() + line)
        tree.file("/etc/bus.conf", _BUS)
        tree.file("/etc/resolv.conf", f"nameserver {_STUB}\nsearch d.example\n")
        tree.program("start-resolved", _RESOLVED)
        self.leased = sn.address(self.entry.network)

    def start_services(self) -> list[subprocess.Popen[str]]:
        self.run("start-resolved")
        self.lease(self.leased)
        return super().start_services()

    def lease(self, *servers: str) -> None:
        self.run("resolvectl", "dns", INTERFACE, *servers)

    def servers(self) -> list[str]:
        """Of the interface, as resolved itself says."""
        for line in self.output("resolvectl", "dns").splitlines():
            if f"({INTERFACE}):" in line:
                return line.split()[3:]
        return []


_PROFILE = """\
[connection]
id=eth1
type=ethernet
interface-name=eth1
[ipv4]
method=manual
address1={address}/24,{gateway}
route1=10.1.0.0/24,{gateway}
dns={server};
[ipv6]
method=disabled
"""

_NETWORK_MANAGER = """\
#!/bin/sh
set -eu
mkdir -p /run/dbus /run/NetworkManager
dbus-daemon --config-file=/etc/bus.conf --fork --nopidfile
setsid NetworkManager --no-daemon </dev/null >/var/log/NetworkManager.log 2>&1 &
until nmcli -t -f GENERAL.STATE device show eth1 2>/dev/null | grep -q '^GENERAL.STATE:100'
do sleep 0.1; done
# What it found configured it leaves alone.
nmcli connection up eth1
"""


class NetworkManagerNode(Node):
    """NetworkManager has the interface, and writes resolv.conf."""

    def _furnish(self, sn) -> None:
        super()._furnish(sn)
        tree = self.tree
        tree.packages.append("network-manager")
        tree.file("/etc/bus.conf", _BUS)
        tree.file("/etc/NetworkManager/NetworkManager.conf",
                  "[main]\nplugins=keyfile\ndns=default\nrc-manager=file\n"
                  "[logging]\nlevel=INFO\n")
        server = sn.address(self.entry.network)
        tree.file("/etc/NetworkManager/system-connections/eth1.nmconnection",
                  _PROFILE.format(address=self.entry.address, gateway=server, server=server), 0o600)
        tree.program("start-network-manager", _NETWORK_MANAGER)

    def start_services(self) -> list[subprocess.Popen[str]]:
        self.run("start-network-manager")
        return super().start_services()

    def servers(self) -> list[str]:
        """Of the interface, as NetworkManager itself says."""
        shown = self.output("nmcli", "-t", "-f", "IP4.DNS", "device", "show", INTERFACE)
        return [line.split(":", 1)[1] for line in shown.splitlines()]


class DhcpCase(case.SystemCase):
    nodes = (1, 2)

    def make_cluster(self) -> Cluster:
        return Cluster(tuple(self.nodes), kind=ResolvedNode)

    def assert_servers(self, sn) -> None:
        for node in self.cluster.nodes:
            self.assertEqual(node.servers(), [sn.address(node.entry.network)], node.name)
            self.assertEqual(node.resolve(WHOAMI), sn.address(MANAGEMENT), node.name)


class Leased(DhcpCase):
    def test_is_changed_in_the_daemon_and_put_back(self) -> None:
        self.assert_servers(self.sn1)
        self.cluster.cut(self.sn1)
        plan = self.mn.snctl("plan", "SN1P", "--group", "A").text
        self.assertIn("resolved eth1", plan)
        moved = self.takeover("SN1P")
        self.assert_exit(moved, case.VERIFIED)
        self.assert_servers(self.sn2)
        returns = [finding for finding in self.result(moved, "cn001")["findings"]
                   if finding["class"] == "returns"]
        self.assertEqual([finding["place"] for finding in returns], ["resolved eth1"])
        self.assertIn("comes back when its DHCP lease is renewed", words(returns[0]["reason"]))

        self.cluster.join(self.sn1)
        self.assert_exit(self.mn.snctl("sn", "clear", "SN1P", "--yes"), case.VERIFIED)
        back = self.mn.snctl("failback", "T1", "--yes", "--json")
        self.assert_exit(back, case.VERIFIED)
        self.assert_servers(self.sn1)

    def test_other_servers_keep_their_place(self) -> None:
        node = self.cluster["cn001"]
        other = "10.1.1.77"
        node.lease(self.sn1.address(node.entry.network), other)
        self.cluster.cut(self.sn1)
        moved = self.takeover("SN1P", "--nodes", "cn001")
        self.assert_exit(moved, case.VERIFIED)
        self.assertEqual(node.servers(), [self.sn2.address(node.entry.network), other])

    def test_a_renewed_lease_is_seen_and_moved_again(self) -> None:
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        node = self.cluster["cn001"]
        node.lease(self.sn1.address(node.entry.network))
        wait.until("the coordinator knows", lambda: "SN1P" in self.mn.rows()["cn001"]["observed"])
        again = self.takeover("SN1P", "--nodes", "cn001")
        self.assert_exit(again, case.VERIFIED)
        self.assert_servers(self.sn2)

    def test_a_daemon_that_hangs_is_named_and_holds_nobody_up(self) -> None:
        node = self.cluster["cn001"]
        pid = next(pid for pid, name in node.processes().items() if name == "systemd-resolve")
        self.cluster.cut(self.sn1)
        os.kill(pid, signal.SIGSTOP)
        moved = self.takeover("SN1P", "--all-at-once")
        os.kill(pid, signal.SIGCONT)
        self.assertEqual(self.verdicts(moved), {"cn001": "partly", "cn002": "verified"})
        self.assertIn("resolved", [finding["place"]
                                   for finding in self.result(moved, "cn001")["findings"]])


    def test_a_daemon_that_cannot_be_asked_is_named(self) -> None:
        """It runs, and resolvectl says nothing but that it failed: nobody knows whom it asks."""
        node = self.cluster["cn001"]
        bus = next(pid for pid, name in node.processes().items() if name == "dbus-daemon")
        self.cluster.cut(self.sn1)
        os.kill(bus, signal.SIGKILL)
        moved = self.takeover("SN1P", "--all-at-once")
        self.assertEqual(self.verdicts(moved), {"cn001": "partly", "cn002": "verified"})
        said = {finding["place"]: words(finding["reason"])
                for finding in self.result(moved, "cn001")["findings"]}
        self.assertRegex(said.get("resolved", ""), "resolvectl exited", said)


class WithoutNamesBehindTheStub(DhcpCase):
    def test_a_stubs_own_answer_is_none(self) -> None:
        """resolved knows the node's own name by itself, and has nobody to ask."""
        for node in self.cluster.nodes:
            node.lease("10.1.1.77")
        self.cluster.cut(self.sn1)
        moved = self.takeover("SN1P", "--all-at-once")
        self.assertEqual(set(self.verdicts(moved).values()), {"partly"})
        self.assertIn("no name resolves", words(self.result(moved, "cn001")["reason"]))
        for node in self.cluster.nodes:
            node.lease(self.sn2.address(node.entry.network))
        for node in self.cluster.nodes:
            self.wait_verdict(node.name, "verified")


class OfNetworkManager(DhcpCase):
    def make_cluster(self) -> Cluster:
        return Cluster(tuple(self.nodes), kind=NetworkManagerNode)

    def test_its_device_is_told_and_made_what_its_profile_says_again(self) -> None:
        self.assert_servers(self.sn1)
        profile = "/etc/NetworkManager/system-connections/eth1.nmconnection"
        before = self.cluster["cn001"].read(profile)
        self.cluster.cut(self.sn1)
        moved = self.takeover("SN1P")
        self.assert_exit(moved, case.VERIFIED)
        self.assert_servers(self.sn2)
        for node in self.cluster.nodes:
            self.assertEqual(node.route_to("10.9.0.1"), self.sn2.address(node.entry.network))
        text = self.cluster["cn001"].read(profile)
        self.assertIn("dns=10.1.1.101", text)
        self.assertIn("address1=10.1.1.11/24,10.1.1.101\n", text)
        self.assertNotIn("10.1.1.100", text)
        # Whoever has it lay the device's routes anew does not bring the old ones back.
        self.cluster["cn001"].run("nmcli", "device", "modify", INTERFACE,
                                  "ipv4.dns-search", "d.example")
        self.assertNotIn("10.1.1.100", self.cluster["cn001"].output("ip", "route", "show"))

        self.cluster.join(self.sn1)
        self.assert_exit(self.mn.snctl("sn", "clear", "SN1P", "--yes"), case.VERIFIED)
        self.assert_exit(self.mn.snctl("failback", "T1", "--yes", "--json"), case.VERIFIED)
        self.assert_servers(self.sn1)
        self.assertEqual(self.cluster["cn001"].read(profile), before)


class OfChronyd(case.SystemCase):
    """Its source came by chronyc, as a DHCP hook gives it."""

    nodes = (1,)

    def test_is_a_reference_moved_and_put_back(self) -> None:
        node = self.cluster["cn001"]
        conf = node.read("/etc/chrony/chrony.conf")
        node.write("/etc/chrony/chrony.conf",
                   "".join(line for line in conf.splitlines(keepends=True)
                           if not line.startswith("server ")))
        node.restart("chrony")
        old = self.sn1.address(node.entry.network)
        wait.until("chronyd takes it", lambda: node.run(
            "chronyc", "-n", "add", "server", old, check=False).returncode == 0
            or old in node.time_sources())
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.assertEqual(node.time_sources(), {self.sn2.address(node.entry.network)})
        self.cluster.join(self.sn1)
        self.assert_exit(self.mn.snctl("sn", "clear", "SN1P", "--yes"), case.VERIFIED)
        self.assert_exit(self.mn.snctl("failback", "T1", "--yes", "--json"), case.VERIFIED)
        self.assertEqual(node.time_sources(), {old})


if __name__ == "__main__":
    packages.fetch("systemd-resolved", "network-manager")
    case.main()
