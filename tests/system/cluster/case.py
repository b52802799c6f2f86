"""What a system test is written with.

Every test gets a cluster of its own, so that each says by itself what it needs, and each can be
run alone: `tests/system/offline_test.py Offline.test_converges_when_it_connects`.
"""

import json
import sys
import unittest
from typing import Any, Iterable

from . import files, wait, world
from .by_hand import ByHand
from .cluster import Cluster
from .facts import words
from .host import start_time
from .inventory import COORDINATOR_PORT, MANAGEMENT, ServiceNodeEntry
from .management_node import Reply
from .node import METRIC, Node
from .service_node import WHOAMI, ServiceNode
from .tree import Snapshot

# Exit codes of snctl.
VERIFIED, ERROR, USAGE, REFUSED, NOT_FINE, WAITING = range(6)

# What kill() leaves in Daemon.exits, and what may stand there without being anybody's fault.
_CRASHES = {-4: "SIGILL", -6: "SIGABRT", -7: "SIGBUS", -8: "SIGFPE", -11: "SIGSEGV"}


class Before:
    """A node as it was: the files, the routes and who was running."""

    def __init__(self, node: Node) -> None:
        self.files: Snapshot = node.snapshot()
        self.routes = node.routes()
        self.boot_id = node.read("/proc/sys/kernel/random/boot_id")
        self.init = (node.init, start_time(node.init))
        self.services = {name: node.service_pid(name) for name in ("rsyslog", "chrony")}


class SystemCase(unittest.TestCase):
    nodes: Iterable[int] = (1, 2, 3)
    service_nodes = 2
    cluster: Cluster

    def setUp(self) -> None:
        self.cluster = self.make_cluster()
        self.enterContext(self.cluster)
        self.addCleanup(self._nothing_crashed)
        self.mn = self.cluster.mn
        self.sn1, self.sn2 = self.cluster.sn1, self.cluster.sn2
        self.before = {node.name: Before(node) for node in self.cluster.nodes}

    def make_cluster(self) -> Cluster:
        return Cluster(tuple(self.nodes), self.service_nodes)

    # --- The administrator ---------------------------------------------------------------------

    def takeover(self, *arguments: str, deadline_s: float = 120) -> Reply:
        return self.mn.snctl("takeover", *arguments, "--yes", "--json", deadline_s=deadline_s)

    def assert_exit(self, reply: Reply, code: int) -> None:
        self.assertEqual(reply.exit, code, str(reply))

    def assert_refused(self, reply: Reply) -> tuple[str, str]:
        """Returns the reason and the cure."""
        self.assert_exit(reply, REFUSED)
        refused = reply.json["refused"]
        self.assertTrue(words(refused["reason"]), "a refusal has a reason")
        return words(refused["reason"]), words(refused.get("cure"))

    def verdicts(self, reply: Reply) -> dict[str, str]:
        return {row["node"]: row["verdict"] for row in reply.json["nodes"]}

    def result(self, reply: Reply, node: str) -> dict[str, Any]:
        return next(row for row in reply.json["nodes"] if row["node"] == node)

    def verdict_of(self, node: str) -> str:
        return str(self.mn.rows()[node]["verdict"])

    def wait_verdict(self, node: str, verdict: str) -> None:
        wait.until(f"{node} is {verdict}", lambda: self.verdict_of(node) == verdict,
                   state=lambda: json.dumps(self.mn.rows()[node]))

    # --- Reality -------------------------------------------------------------------------------

    def assert_bound(self, node: Node, sn: ServiceNode,
                     also: tuple[ServiceNode, ...] = (),
                     except_for: tuple[str, ...] = (), connections: bool = True) -> None:
        """The node, bound to SN1P before, is bound to `sn` in every respect, and was not changed
        in any other.  `also`: service nodes it has been bound to in between.
        `except_for`: changed files that the test looks at itself.  `connections`: no process has
        one to the service node that was left."""
        was, now = self.before[node.name], Before(node)
        first, known = self.sn1.entry, [member.entry for member in (*also, sn)]
        self.assert_files(node, first, sn.entry, known, was.files, now.files, except_for)
        self._assert_routes(node, first, sn.entry, was, now)
        self._assert_same_boot(node, was, now)
        address = sn.address(node.entry.network)
        old = first.address(node.entry.network)
        if not any("chrony" in path for path in except_for):
            self.assertEqual(node.time_sources(), {address}, f"{node.name}: chronyc sources")
            self.assertNotEqual(now.services["chrony"], 0, f"{node.name}: chronyd runs")
        self.assertNotEqual(now.services["rsyslog"], 0, f"{node.name}: rsyslogd runs")
        self.assertNotEqual(was.services["rsyslog"], now.services["rsyslog"],
                            f"{node.name}: rsyslogd is a new process")
        if "/etc/resolv.conf" not in except_for:
            self.assertEqual(node.resolve(WHOAMI), sn.address(MANAGEMENT),
                             f"{node.name}: who answers for names")
        self.assert_log_arrives(node, sn)
        # The agent's own path may lead through a service node that is alive.
        if connections:
            self.assertEqual(node.output("ss", "-Htn", "state", "established", "dst", old,
                                         "dport", "!=", f":{COORDINATOR_PORT}"), "",
                             f"{node.name}: connections to {first.name}")

    def assert_log_arrives(self, node: Node, sn: ServiceNode) -> None:
        message = f"from {node.name} to {sn.name} {start_time(node.init)}"
        self.assertTrue(node.log(message), f"{node.name}: logger hangs")
        wait.until(f"{node.name}'s log line arrives at {sn.name}",
                   lambda: message in sn.received(node.entry.address))

    def assert_untouched(self, *nodes: Node) -> None:
        """Still as before the test began: files, routes and every process."""
        for node in nodes:
            was, now = self.before[node.name], Before(node)
            self.assertEqual(was.files.changed(now.files), set(), f"{node.name}: changed files")
            self.assertEqual(was.routes, now.routes, f"{node.name}: routes")
            self.assertEqual(was.services, now.services, f"{node.name}: services restarted")
            self._assert_same_boot(node, was, now)

    def assert_files(self, node: Node, first: ServiceNodeEntry, sn: ServiceNodeEntry,
                     known: list[ServiceNodeEntry], was: Snapshot, now: Snapshot,
                     except_for: tuple[str, ...] = ()) -> None:
        """Files alone, from one snapshot to another; `known` as in assert_bound, ending in `sn`."""
        entry, name = node.entry, node.name
        wanted = {"/etc/resolv.conf": files.resolv_conf(entry, sn),
                  "/etc/rsyslog.d/remote.conf": files.rsyslog_remote(entry, sn, node.style)}
        if node.style == files.BY_NAME:
            wanted["/etc/xcatinfo"] = files.xcatinfo_aix(entry, sn)
            wanted["/etc/chrony/sources.d/sn.sources"] = files.chrony_sources(sn)
        else:
            group = node.inventory.service_nodes[:2]
            for each in known:      # goes to the front; the others keep their order
                group = [each, *(member for member in group if member != each)]
            wanted["/opt/xcat/xcatinfo"] = files.xcatinfo_linux(entry, sn, group)
            wanted["/etc/chrony/chrony.conf"] = files.chrony_conf(entry, sn, node.style)
        for path, text in wanted.items():
            if path not in except_for:
                self.assertEqual(now.text(path), text, f"{name}:{path}")
        # /etc/hosts and NIM_HOSTS gain entries; how they are spaced is the agent's choice.
        self._assert_hosts(name, known, entry.network, was.lines("/etc/hosts"),
                           now.lines("/etc/hosts"))
        self._assert_niminfo(name, was.lines("/etc/niminfo"), now.lines("/etc/niminfo"),
                             files.niminfo(entry, first, known).splitlines(keepends=True))
        self.assertEqual(was.changed(now) - set(except_for),
                         ({*wanted} | {"/etc/hosts", "/etc/niminfo"}) - set(except_for),
                         f"{name}: changed files")
        self.assertEqual(was.changed_besides_bytes(now), set(), f"{name}: owner or mode")

    def _assert_hosts(self, name: str, known: list[ServiceNodeEntry], network: str,
                      was: list[str], now: list[str]) -> None:
        gained = [line for line in now if line not in was]
        self.assertEqual([line for line in now if line in was], was, f"{name}:/etc/hosts keeps")
        self.assertEqual(
            sorted(sorted(line.split()) for line in gained),
            sorted(sorted([sn.address(network), sn.short_name, sn.full_name]) for sn in known),
            f"{name}:/etc/hosts gains")

    def _assert_niminfo(self, name: str, was: list[str], now: list[str],
                        wanted: list[str]) -> None:
        self.assertEqual(len(was), len(now), f"{name}:/etc/niminfo lines")
        for old, line, want in zip(was, now, wanted):
            if line.startswith("export NIM_HOSTS="):
                self.assertEqual(sorted(line.split()), sorted(want.split()), f"{name}: NIM_HOSTS")
                kept = [word for word in line.split() if word in old.split()]
                self.assertEqual(kept, old.split(), f"{name}: NIM_HOSTS keeps its order")
            else:
                self.assertEqual(line, want, f"{name}:/etc/niminfo")

    def _assert_routes(self, node: Node, first: ServiceNodeEntry, sn: ServiceNodeEntry,
                       was: Before, now: Before) -> None:
        old, new = (member.address(node.entry.network) for member in (first, sn))
        wanted = [{**route, "gateway": new if route["gateway"] == old else route["gateway"]}
                  for route in was.routes]
        by_destination = lambda route: route["dst"]     # noqa: E731
        self.assertEqual(sorted(now.routes, key=by_destination),
                         sorted(wanted, key=by_destination), f"{node.name}: routes")
        default = next(route for route in now.routes if route["dst"] == "default")
        self.assertEqual(default["metric"], METRIC)
        self.assertEqual(node.route_to("10.1.0.1"), new, f"{node.name}: the kernel's lookup")

    def _assert_same_boot(self, node: Node, was: Before, now: Before) -> None:
        self.assertEqual(was.boot_id, now.boot_id, f"{node.name}: boot id")
        self.assertEqual(was.init, now.init, f"{node.name}: first process")

    def _nothing_crashed(self) -> None:
        for daemon in (self.mn.coordinator, *(node.agent for node in self.cluster.nodes)):
            crashes = [_CRASHES[code] for code in daemon.exits if code in _CRASHES]
            self.assertEqual(crashes, [], f"{daemon.host.name}: {daemon.name}\n{daemon.text()}")
            for sign in ("AddressSanitizer", "runtime error:", "ThreadSanitizer"):
                self.assertNotIn(sign, daemon.text(), f"{daemon.host.name}: {daemon.name}")


class OneNodeByHand(SystemCase):
    """One node, and instead of the coordinator the test itself."""
    nodes = (1,)

    def setUp(self) -> None:
        super().setUp()
        self.node = self.cluster["cn001"]
        self.hand = self.enterContext(ByHand(self.mn))
        self.hand.hello("cn001")


class _Result(unittest.TextTestResult):
    """Shows the logs of the cluster in which a test failed."""

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._show_logs(test)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._show_logs(test)

    def _show_logs(self, test: unittest.TestCase) -> None:
        cluster = getattr(test, "cluster", None)
        if cluster is not None:
            print(f"\n=== logs of {test.id()}", file=sys.stderr)
            cluster.show_logs()


def main(with_control_group: bool = False) -> None:
    """Runs the tests of the calling program in a world of their own."""
    def body() -> int:
        program = unittest.main(module="__main__", exit=False, verbosity=2,
                                testRunner=unittest.TextTestRunner(
                                    verbosity=2, resultclass=_Result, stream=sys.stderr))
        return 0 if program.result.wasSuccessful() and program.result.testsRun else 1
    world.run(body, with_control_group)
