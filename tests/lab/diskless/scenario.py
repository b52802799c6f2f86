"""What a scenario is written with."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Callable, Iterator, Sequence

from cluster import case, wait
from cluster.case import Before
from cluster.host import start_time
from cluster.management_node import Reply
from cluster.inventory import MANAGEMENT
from cluster.node import Node
from cluster.service_node import WHOAMI, ServiceNode

from .lab import Lab
from .node import DisklessNode, NfsMount
from .paper import INSTALL, SHARED_HOME

# Every program that scenarios start in a node reports into the node's /run, a tmpfs.
TICKER_REPORT = "/run/lab-ticker"
_SAY_AGAIN_S = 3.0


@dataclass(frozen=True)
class Scenario:
    name: str
    story: str
    body: Callable[[Trial], None]
    ci: bool
    deadline_s: float
    nodes: int          # how many it needs at least
    mounts: bool        # the nodes mount what SN1P exports
    version: str        # of NFS; empty: the lab's


ALL: list[Scenario] = []


Body = Callable[["Trial"], None]


def scenario(story: str, *, ci: bool = False, deadline_s: float = 120, nodes: int = 1,
             mounts: bool = True, version: str = "") -> Callable[[Body], Body]:
    """Registers a function as a scenario named like it."""
    def register(body: Body) -> Body:
        ALL.append(Scenario(body.__name__, story, body, ci, deadline_s, nodes,
                            mounts, version))
        return body
    return register


@dataclass(frozen=True)
class Ticks:
    """How a program fared that reads a file of the node's root again and again."""
    pid: int
    count: int
    longest_ms: int     # the longest time between two reads
    failures: int


class Trial(case.SystemCase):
    """One run of a scenario: the lab as `fresh` left it, and what can be asserted about it.

    The assertions are those of the system tests."""

    def __init__(self, lab: Lab, tick_ms: int = 20) -> None:
        super().__init__()
        self.tick_ms = tick_ms
        self.lab = lab
        self.mn, self.sn1, self.sn2 = lab.mn, lab.sn1, lab.sn2
        self.before: dict[str, Before] = {}
        self.notes: list[str] = []
        self._tickers: dict[str, Ticks] = {}
        self._mounts: dict[str, list[NfsMount]] = {}

    def runTest(self) -> None:
        """A TestCase that is only used for its assertions."""

    @staticmethod
    def monotonic() -> float:
        return time.monotonic()

    # --- Before --------------------------------------------------------------------------------

    def remember(self) -> None:
        """How every node is now, and on each a program that runs from the NFS root."""
        def one(node: DisklessNode) -> tuple[str, Before, Ticks, list[NfsMount]]:
            node.sh(f"setsid hand tick /etc/passwd {TICKER_REPORT} {self.tick_ms} "
                    "</dev/null >/dev/null 2>&1 &")
            return node.name, Before(node), self.ticks(node), node.nfs_mounts()
        for name, before, ticks, mounts in self.lab.on_all(one):
            self.before[name] = before
            self._mounts[name] = mounts
            self._tickers[name] = ticks

    def ticks(self, node: DisklessNode) -> Ticks:
        def report() -> Ticks | None:
            fields = node.read_if_there(TICKER_REPORT).split()
            if len(fields) != 5:
                return None
            return Ticks(int(fields[4]), int(fields[0]), int(fields[1]), int(fields[2]))
        ticks = wait.until(f"{node.name}: the program on its root runs", report)
        assert ticks is not None
        return ticks

    # --- The administrator ---------------------------------------------------------------------

    def take_over(self, *arguments: str, deadline_s: float = 120) -> Reply:
        return self.lab.takeover(*arguments, deadline_s=deadline_s)

    def note_times(self, reply: Reply) -> None:
        times = [(row["duration_ms"] - row["reload_ms"], row["reload_ms"])
                 for row in reply.json["nodes"] if row.get("duration_ms")]
        if times:
            self.notes.append(f"slowest node {max(t for t, _ in times):.0f} ms and reloads "
                              f"{max(r for _, r in times):.0f} ms")

    @contextmanager
    def in_the_middle(self, node: DisklessNode) -> Iterator["subprocess.Popen[str]"]:
        """A takeover runs, and this node has begun to change and cannot finish yet.  Afterwards
        it can; the takeover is the caller's to finish."""
        node.hold_rsyslog()
        # A canary that is held would hold up the others.
        takeover = self.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "90s",
                                 "--all-at-once")
        wait.until(f"{node.name} restarts rsyslog", node.rsyslog_is_held)
        self.assertTrue(node.in_the_middle(), f"too early or too late: {node.journal()}")
        yield takeover
        node.let_rsyslog_go()

    # --- Afterwards ----------------------------------------------------------------------------

    def assert_all_verified(self, reply: Reply) -> None:
        self.assert_exit(reply, case.VERIFIED)
        self.assertEqual(self.verdicts(reply),
                         {node.name: "verified" for node in self.lab.nodes})
        self.assertEqual({row["left"] for row in reply.json["nodes"]}, {0})
        for row in reply.json["nodes"]:
            changes = [str(change) for change in row["changes"]]
            self.assertEqual(len(changes), len(set(changes)), f"{row['node']}: {changes}")

    def assert_mounts(self, node: DisklessNode, left: tuple[str, ...] = ()) -> None:
        """Nothing but `left` is mounted from SN1P any more; what was is there from SN2P, and can
        be read."""
        at = node.entry.network
        old, new = self.sn1.address(at), self.sn2.address(at)
        was, now = self._mounts[node.name], node.nfs_mounts()
        self.assertEqual(sorted(mount.place for mount in now if mount.address == old),
                         sorted(left), f"{node.name}: still mounted from SN1P")
        wanted = {mount.place: (new if mount.address == old and mount.place not in left
                                else mount.address, mount.version, mount.read_only)
                  for mount in was}
        self.assertEqual({mount.place: (mount.address, mount.version, mount.read_only)
                          for mount in now}, wanted, f"{node.name}: mounts")
        self.assertEqual(len(now), len(was), f"{node.name}: none upon another: {now}")
        wait.until(f"{node.name}: snctl shows the mounts as they are", lambda: sorted(
            (mount["place"], mount["address"]) for mount in self.mn.rows()[node.name]["mounts"])
            == sorted((mount.place, mount.address) for mount in now),
            state=lambda: self.mn.rows()[node.name]["mounts"])
        if any(mount.place == INSTALL and mount.address == new for mount in now):
            self.assertEqual(node.read(f"{INSTALL}/WHO"), f"{self.sn2.entry.name}\n")
        if any(mount.place == SHARED_HOME and mount.address == new for mount in now):
            path = f"{SHARED_HOME}/written-by-{node.name}"
            node.write(path, "after the takeover\n")
            self.assertEqual(node.read(path), "after the takeover\n")

    def assert_moved(self, nodes: Sequence[DisklessNode] | None = None,
                     longest_stop_ms: int = 2000, left: tuple[str, ...] = (),
                     connections: bool = True) -> None:
        """Files, routes, services, the boot, names, time and log, and the program on the root.
        left: mounts that stay where they are.  connections: no program of the node or its kernel
        still has one to SN1P."""
        def one(node: DisklessNode) -> None:
            self.assert_mounts(node, left)
            # The kernel still wants to say good-bye to a dead NFS v4 server, for two minutes.
            v4 = any(mount.version.startswith("4") for mount in self._mounts[node.name])
            self.assert_bound(node, self.sn2, except_for=("/etc/fstab",),
                              connections=connections and not v4)
            # For the next boot: every line that named SN1P names SN2P.
            self.assertEqual(node.read("/etc/fstab"), self.before[node.name].files.text(
                "/etc/fstab").replace("sn1-eth1:", "sn2-eth1:"), f"{node.name}:/etc/fstab")
            self.assert_never_stopped(node, longest_stop_ms)
        self.lab.on_all(one, self.lab.nodes if nodes is None else nodes)

    def assert_log_arrives(self, node: Node, sn: ServiceNode) -> None:
        """Over the nodes' UDP, which may lose a line: then it is said again."""
        message = f"from {node.name} to {sn.name} {start_time(node.init)}"
        said = 0.0

        def arrives() -> bool:
            nonlocal said
            if self.monotonic() - said > _SAY_AGAIN_S:
                self.assertTrue(node.log(message), f"{node.name}: logger hangs")
                said = self.monotonic()
            return message in sn.received(node.entry.address)
        wait.until(f"{node.name}'s log line arrives at {sn.name}", arrives)

    def assert_references(self, node: DisklessNode) -> None:
        """What a node that was booted meanwhile is bound to: everything of SN2P."""
        at = node.entry.network
        old, new = self.sn1.address(at), self.sn2.address(at)
        for path in ("/etc/resolv.conf", "/etc/rsyslog.d/remote.conf"):
            text = node.read(path)
            self.assertNotIn(old, text, f"{node.name}:{path}")
        self.assertIn(f"nameserver {new}\n", node.read("/etc/resolv.conf"), node.name)
        self.assertEqual(node.gateways()["default"], new, node.name)
        self.assertEqual(node.resolve(WHOAMI), self.sn2.address(MANAGEMENT), node.name)
        self.assertEqual(node.time_sources(), {new}, f"{node.name}: chronyc sources")
        self.assert_log_arrives(node, self.sn2)
        self.assertEqual(self.mn.rows()[node.name]["observed"].get("SN1P", 0), 0, node.name)

    def assert_never_stopped(self, node: DisklessNode, longest_stop_ms: int) -> None:
        was, now = self._tickers[node.name], self.ticks(node)
        self.assertEqual(was.pid, now.pid, f"{node.name}: the program was started anew")
        self.assertGreater(now.count, was.count, f"{node.name}: the program goes on")
        self.assertEqual(now.failures, 0, f"{node.name}: reads of the root that failed")
        self.assertLess(now.longest_ms, longest_stop_ms,
                        f"{node.name}: the program on the NFS root stood still")

    def assert_time_comes_from(self, node: DisklessNode, sn: ServiceNode) -> None:
        address = sn.address(node.entry.network)
        wait.until(f"{node.name}: chronyd had an answer from {sn.entry.name}",
                   lambda: node.reaches_time_source(address))
