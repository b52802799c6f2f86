#!/usr/bin/python3 -B
"""The cluster itself: it works without our programs, and it leaves nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from cluster import case, files, wait, world
from cluster.cluster import Cluster
from cluster.host import parent, start_time
from cluster.node import INTERFACE, METRIC, STATIC_ROUTE, Node
from cluster.service_node import WHOAMI

BOOT = "--boot-and-wait"
CHECK = "--check"


def boot_and_wait() -> int:
    cluster = Cluster((1, 7), programs=False)
    cluster.power_on()
    print("up", flush=True)
    signal.pause()
    return 1


class Works(unittest.TestCase):
    """Runs in a world."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cluster = Cluster((1, 3, 7), programs=False)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.power_on()

    def test_services_are_those_of_the_service_node(self) -> None:
        for node in self.cluster.nodes:
            sn1 = self.cluster.sn1
            self.assertTrue(node.log(f"I am {node.name}"))
            wait.until(f"{node.name}'s log line arrives",
                       lambda: f"I am {node.name}" in sn1.received(node.entry.address))
            self.assertEqual(node.resolve(WHOAMI), "10.1.0.100")
            self.assertEqual(node.time_sources(), {sn1.address(node.entry.network)})
            wait.until(f"{node.name} has the time from SN1P", lambda:
                       node.reaches_time_source(sn1.address(node.entry.network)))

    def test_a_cut_service_node_is_silent_and_comes_back(self) -> None:
        node, sn1 = self.cluster["cn001"], self.cluster.sn1
        self.cluster.cut(sn1)
        probe = node.run("timeout", "1", "bash", "-c", "exec 3<>/dev/tcp/10.1.1.100/53",
                         check=False)
        # Refused would be an answer: 1.  Nothing at all: the time-out's own 124, or no neighbour.
        self.assertNotIn("refused", probe.stderr)
        self.assertNotEqual(probe.returncode, 0)
        self.cluster.join(sn1)
        wait.until("it answers again", lambda: node.resolve(WHOAMI) == "10.1.0.100")

    def test_nothing_forwards_packets(self) -> None:
        probe = self.cluster["cn007"].run(
            "timeout", "1", "bash", "-c", "exec 3<>/dev/tcp/10.1.0.1/7400", check=False)
        self.assertEqual(probe.returncode, 124, "silence")

    def test_the_forwarder_reaches_the_management_node(self) -> None:
        listener = self.cluster.mn.start(
            "/usr/bin/python3", "-c",
            "import socket\n"
            "with socket.create_server(('10.1.0.1', 7400)) as server:\n"
            "    print('listening', flush=True)\n"
            "    connection, peer = server.accept()\n"
            "    connection.sendall(connection.recv(100).upper())\n"
            "    connection.close()\n")
        self.assertEqual(listener.stdout.readline(), "listening\n")
        answer = self.cluster["cn007"].output(
            "bash", "-c", "exec 3<>/dev/tcp/10.1.2.101/7400; echo hello >&3; head -n 1 <&3")
        self.assertEqual(answer, "HELLO\n")
        listener.communicate(timeout=wait.DEADLINE_S)

    def test_a_reboot_keeps_the_root_and_loses_run(self) -> None:
        node = self.cluster["cn003"]
        node.write("/run/only-in-memory", "x")
        node.write("/etc/kept", "x")
        boot_id = node.read("/proc/sys/kernel/random/boot_id")
        self.cluster.reboot(node, self.cluster.sn1)
        self.assertFalse(node.path("/run/only-in-memory").exists())
        self.assertTrue(node.path("/etc/kept").exists())
        self.assertNotEqual(node.read("/proc/sys/kernel/random/boot_id"), boot_id)
        self.assertEqual(node.resolve(WHOAMI), "10.1.0.100")

    def test_a_change_of_anything_is_seen(self) -> None:
        node = self.cluster["cn001"]
        before = node.snapshot()
        node.path("/etc/motd").chmod(0o600)
        self.assertEqual(before.changed(node.snapshot()), {"/etc/motd"})
        self.assertEqual(before.changed_besides_bytes(node.snapshot()), {"/etc/motd"})


class MovedByHand(case.SystemCase):
    """What the other tests assert: it holds for nodes that are moved by hand, step by step, and
    fails for want of any one step.  Runs in a world."""
    nodes = (1, 3, 7)

    def make_cluster(self) -> Cluster:
        return Cluster(self.nodes, programs=False)

    def move(self, node: Node, but: str = "") -> None:
        entry, old, new = node.entry, self.sn1.entry, self.sn2.entry
        texts = {
            "/etc/niminfo": files.niminfo(entry, old, [new]),
            "/etc/hosts": files.hosts(entry, [old, new]),
            "/etc/resolv.conf": files.resolv_conf(entry, new),
            "/etc/rsyslog.d/remote.conf": files.rsyslog_remote(entry, new, node.style),
        }
        if node.style == files.BY_NAME:
            texts["/etc/xcatinfo"] = files.xcatinfo_aix(entry, new)
            texts["/etc/chrony/sources.d/sn.sources"] = files.chrony_sources(new)
        else:
            texts["/opt/xcat/xcatinfo"] = files.xcatinfo_linux(entry, new, [new, old])
            texts["/etc/chrony/chrony.conf"] = files.chrony_conf(entry, new, node.style)
        for path, text in texts.items():
            if but != path:
                node.write(path, text)
        gateway = new.address(entry.network)
        for name, route in (("default", f"default via {gateway} metric {METRIC}"),
                            ("static", f"{STATIC_ROUTE} via {gateway}")):
            if but != name:
                node.run("ip", "route", "replace", *route.split(), "dev", INTERFACE)
        for service in ("rsyslog", "chrony"):
            if but != service:
                node.restart(service)
        self.steps = [*texts, "default", "static", "rsyslog", "chrony"]

    def test_is_bound(self) -> None:
        self.assert_untouched(*self.cluster.nodes)
        for node in self.cluster.nodes:
            with self.assertRaises(AssertionError):
                self.assert_bound(node, self.sn2)
            self.move(node)
            self.assert_bound(node, self.sn2)
            with self.assertRaises(AssertionError):
                self.assert_untouched(node)

    def test_is_not_bound_when_a_step_is_missing(self) -> None:
        for node in self.cluster.nodes[:2]:
            self.move(node)
            for step in self.steps:
                with self.subTest(node.name, without=step):
                    self.undo(node)
                    self.move(node, but=step)
                    with self.assertRaises(AssertionError):
                        self.assert_bound(node, self.sn2)

    def test_is_not_bound_when_something_else_is_changed(self) -> None:
        node = self.cluster.nodes[0]
        self.move(node)
        self.assert_bound(node, self.sn2)
        for path, mode in (("/etc/motd", 0o600), ("/etc/niminfo", 0o600), ("/etc/extra", 0o644)):
            with self.subTest(path):
                self.undo(node)
                self.move(node)
                node.path(path).touch()
                node.path(path).chmod(mode)
                with self.assertRaises(AssertionError):
                    self.assert_bound(node, self.sn2)
                if path == "/etc/extra":
                    node.path(path).unlink()
                else:
                    node.path(path).chmod(self.before[node.name].files.entries[path][0] & 0o7777)

    def undo(self, node: Node) -> None:
        was = self.before[node.name]
        for path, (_, _, _, content) in was.files.entries.items():
            target = node.path(path)
            if target.is_file() and not target.is_symlink() and target.read_bytes() != content:
                target.write_bytes(content)
        for route in was.routes:
            metric = ["metric", str(route["metric"])] if "metric" in route else []
            node.run("ip", "route", "replace", route["dst"], "via", route["gateway"], "dev",
                     INTERFACE, *metric)
        for service in ("rsyslog", "chrony"):
            node.restart(service)
        was.services = {name: node.service_pid(name) for name in ("rsyslog", "chrony")}


class LeavesNothing(unittest.TestCase):
    """Runs outside, as the one who starts a test and ends it."""

    def setUp(self) -> None:
        room = tempfile.TemporaryDirectory()
        self.addCleanup(room.cleanup)
        self.room = Path(room.name)

    def boot(self) -> tuple[subprocess.Popen[str], dict[int, str], set[str]]:
        """A booted cluster: its keeper, its processes, its namespaces."""
        keeper = subprocess.Popen(
            [sys.executable, "-B", __file__, BOOT], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(self.room)})
        self.addCleanup(keeper.stderr.close)
        self.addCleanup(keeper.stdout.close)
        self.addCleanup(keeper.kill)
        self.assertEqual(keeper.stdout.readline(), "up\n")
        processes = {pid: start_time(pid) for pid in _descendants(keeper.pid)}
        spaces = set().union(*(_namespaces(pid) for pid in processes)) - _namespaces(os.getpid())
        self.assertGreater(len(processes), 15)
        self.assertGreater(len(spaces), 15)
        return keeper, processes, spaces

    def assert_gone(self, processes: dict[int, str], spaces: set[str]) -> None:
        def left() -> list[int]:
            return [pid for pid, born in processes.items() if start_time(pid) == born]
        wait.until("every process is gone", lambda: not left(), state=left)
        # Whoever was born later is not the cluster's: its namespace may have the number of one that
        # is gone.
        newest = max(int(born) for born in processes.values())
        every = set().union(*(_namespaces(int(entry.name)) for entry in Path("/proc").iterdir()
                              if entry.name.isdigit()
                              and int(start_time(int(entry.name)) or newest + 1) <= newest))
        self.assertEqual(spaces & every, set(), "namespaces")
        mounts = Path("/proc/self/mountinfo").read_text()
        self.assertEqual([space for space in spaces if space in mounts], [], "bound namespaces")
        self.assertEqual(list(self.room.iterdir()), [], "files")

    def test_when_it_is_ended_by_a_signal(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            with self.subTest(number.name):
                keeper, processes, spaces = self.boot()
                keeper.send_signal(number)
                self.assertEqual(keeper.wait(wait.DEADLINE_S), -number)
                self.assert_gone(processes, spaces)

    def test_when_two_run_at_once(self) -> None:
        first, second = self.boot(), self.boot()
        self.assertEqual(first[2] & second[2], set(), "they share no namespace")
        first[0].terminate()
        first[0].wait(wait.DEADLINE_S)
        self.assert_gone(*first[1:])
        self.assertTrue(all(start_time(pid) == born for pid, born in second[1].items()))
        second[0].terminate()
        second[0].wait(wait.DEADLINE_S)
        self.assert_gone(*second[1:])

    def test_the_cluster_works(self) -> None:
        done = subprocess.run([sys.executable, "-B", __file__, CHECK])
        self.assertEqual(done.returncode, 0)


def _descendants(root: int) -> set[int]:
    parents = {int(entry.name): parent(int(entry.name)) for entry in Path("/proc").iterdir()
               if entry.name.isdigit()}
    found, edge = {root}, {root}
    while edge:
        edge = {pid for pid, above in parents.items() if above in edge} - found
        found |= edge
    return found


def _namespaces(pid: int) -> set[str]:
    try:
        return {os.readlink(f"/proc/{pid}/ns/{kind}") for kind in ("net", "mnt", "pid", "uts", "ipc")}
    except OSError:
        return set()


def _check() -> int:
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    suite = unittest.TestSuite([load(Works), load(MovedByHand)])
    return 0 if unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    if sys.argv[1:] == [BOOT]:
        world.run(boot_and_wait)
    elif sys.argv[1:] == [CHECK]:
        world.run(_check)
    elif os.geteuid() != 0:
        sys.exit(world.EXIT_NEEDS_ROOT)
    else:
        unittest.main(argv=[sys.argv[0], "LeavesNothing"], verbosity=2)
