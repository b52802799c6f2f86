#!/usr/bin/python3 -B
"""The rebind of one node: what its agent needs from the command to the outcome.

    tests/bench/rebind.py [--runs 200]

A node of tests/system/cluster with a file of every kind, a default and a static route, and two
service nodes that answer, is rebound from SN1P to SN2P and back.  Nothing reloads: its services
do not run.  Once its root is on tmpfs, once on this machine's disk (under /var/tmp).  Then the same
root, switched off, with `snagentd rebind --root`, the whole process timed.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import figures
from figures import Figure, percentile

from cluster import files, world
from cluster.cluster import Cluster, binaries
from cluster.inventory import Inventory, NodeEntry, ServiceNodeEntry
from cluster.node import Node

COMMAND = "tests/bench/rebind.py"
GOAL_MS = 20
MOST_OFFLINE_RUNS = 40


class EveryKind(Node):
    """A node with a file of every kind, of which nothing runs."""
    room: Path

    def __init__(self, entry: NodeEntry, inventory: Inventory, sn: ServiceNodeEntry, style: str,
                 _room: Path, _binaries: Path | None) -> None:
        super().__init__(entry, inventory, sn, style, self.room, binaries())

    def _furnish(self, sn: ServiceNodeEntry) -> None:
        super()._furnish(sn)
        entry, tree = self.entry, self.tree
        address = sn.address(entry.network)
        tree.file("/etc/xcatinfo", files.xcatinfo_aix(entry, sn))
        tree.file("/etc/chrony/sources.d/sn.sources", files.chrony_sources(sn))
        tree.file("/etc/ntp.conf", f"driftfile /etc/ntp.drift\nserver {address} iburst prefer\n")
        tree.file("/etc/ntpsec/ntp.conf",
                  "driftfile /var/lib/ntpsec/ntp.drift\nrestrict default kod nomodify\n"
                  f"server {sn.full_name} iburst\nrestrict {address} nomodify\n")
        tree.file("/etc/syslog.conf", "mail.debug\t/var/log/mail rotate size 100k files 4\n"
                  f"*.debug\t@{address} rotate time 1d\nauth.notice\t@{sn.short_name}\n")
        tree.file("/etc/rsyslog.d/tcp.conf",
                  f'action(type="omfwd" target="{address}" port="514"\n       protocol="tcp"\n'
                  '       action.resumeRetryCount="-1" queue.type="LinkedList")\n')
        tree.file("/etc/bench/cluster.toml", self.inventory.directory_toml())
        # What /etc/hosts is before a service node is left: it gains the other one.
        for known in self.inventory.service_nodes:
            tree.file(f"/etc/bench/hosts/{known.name}", files.hosts(entry, [known]))

    def start_services(self) -> list[subprocess.Popen[str]]:
        return []


def measure(room: Path, runs: int) -> dict[str, object]:
    """In a world: boots the cluster, rebinds, and does it again with the node off."""
    EveryKind.room = room
    cluster = Cluster((1,), programs=False, kind=EveryKind)
    try:
        with cluster:
            node = cluster.nodes[0]
            done = node.run("sn_bench_rebind", "--cluster", "/etc/bench/cluster.toml",
                            "--one", "SN1P", "--other", "SN2P", "--runs", str(runs),
                            "--hosts", "/etc/bench/hosts", deadline_s=120)
            result = json.loads(done.stdout)
            cluster.network.disconnect(node)
            node.power_off()
            result["offline_us"] = _offline(node, min(runs, MOST_OFFLINE_RUNS))
        return dict(result)
    finally:
        if node.tree.path.exists():
            shutil.rmtree(node.tree.path)


def _offline(node: EveryKind, runs: int) -> list[float]:
    root = node.tree.path
    program = str(binaries() / "snagentd")
    null = os.open("/dev/null", os.O_RDWR)
    found = []
    for run in range(runs + 2):
        one, other = ("SN1P", "SN2P") if run % 2 == 0 else ("SN2P", "SN1P")
        shutil.copy(root / f"etc/bench/hosts/{one}", root / "etc/hosts")
        begin = time.monotonic_ns()
        pid = os.posix_spawn(program, [program, "rebind", "--root", str(root), "--cluster",
                                       str(root / "etc/bench/cluster.toml"), "--from", one,
                                       "--to", other],
                             os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
        _, status = os.waitpid(pid, 0)
        took = time.monotonic_ns() - begin
        if status != 0:
            raise RuntimeError(f"{program} rebind --root: exit {os.waitstatus_to_exitcode(status)}")
        if run >= 2:
            found.append(took / 1000)
    os.close(null)
    return found


def fsyncs_ms(directory: Path) -> list[float]:
    """The disk's own share, for comparison: fsyncs of small new files."""
    took = []
    for number in range(200):
        path = directory / f"sync-{number}"
        with open(path, "wb", buffering=0) as file:
            file.write(b"x" * 400)
            begin = time.monotonic_ns()
            os.fsync(file.fileno())
            took.append((time.monotonic_ns() - begin) / 1e6)
        path.unlink()
    return took


def in_a_world(room: Path | None, runs: int) -> None:
    def body() -> int:
        where = room or Path(world.ROOM)
        result = measure(where, runs)
        result["fsyncs_ms"] = fsyncs_ms(where)
        print(json.dumps(result))
        return 0
    world.run(body)


def run(runs: int) -> tuple[list[Figure], list[str]]:
    found: list[Figure] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="sn-bench.", dir="/var/tmp") as disk:
        for place, directory in (("tmpfs", ""), ("disk", disk)):
            done = subprocess.run([sys.executable, "-B", __file__, "--runs", str(runs),
                                   "--inside", directory], stdout=subprocess.PIPE, text=True)
            if done.returncode != 0:
                raise SystemExit(f"{COMMAND}: the run on {place} failed")
            result = json.loads(done.stdout)
            total = [us / 1000 for us in result["runs"]["total_us"]]
            found += [
                Figure(f"rebind, root on {place}, p50 of {len(total)}", "ms", [percentile(total, .5)],
                       GOAL_MS),
                Figure(f"rebind, root on {place}, p99", "ms", [percentile(total, .99)], GOAL_MS),
                Figure(f"rebind --root of a node that is off, {place}, process", "ms",
                       [us / 1000 for us in result["offline_us"]]),
            ]
            phases = {name: percentile(values, .5) / 1000
                      for name, values in result["runs"].items() if name != "total_us"}
            notes.append(f"{place}, p50 in ms: " + ", ".join(
                f"{name.removesuffix('_us').replace('_', ' ')} {phases[name]:.2f}"
                for name in ("fence_us", "fork_us", "observe_and_plan_us", "prove_us", "stage_us", "commit_us",
                             "reload_us", "verify_us", "tell_us") if name in phases))
            if directory:
                syncs = result["fsyncs_ms"]
                notes.append(f"disk: a rebind makes {2 * (len(result['paths']) - 1)} fsyncs; one of a "
                             f"small new file: p50 {percentile(syncs, .5):.2f} ms, p99 "
                             f"{percentile(syncs, .99):.2f}")
        notes.append(f"{result['references']} references in {len(result['paths']) - 1} files and 2 "
                     f"routes, {result['changed_most']} changes a run; "
                     f"its plan is {result['plan_bytes']} bytes, its outcome "
                     f"{result['outcome_bytes']}")
    return found, notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        in_a_world(Path(options.inside) if options.inside else None, options.runs)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found, notes = run(options.runs)
    figures.show("rebind", COMMAND, found, notes)


if __name__ == "__main__":
    main()
