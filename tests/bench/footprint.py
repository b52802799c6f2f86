#!/usr/bin/python3 -B
"""What an agent costs a node that has nothing to do.

    tests/bench/footprint.py [--seconds 60] [--servers 2] [--maps]

A real agent on a node of tests/system/cluster, connected to a real coordinator with the beat
interval that is shipped, is left alone with the NFS servers that it asks.  Then both its
processes are read:

anonymous   the sum of Anonymous in /proc/PID/smaps_rollup
locked      the pages of RAM that are in a locked mapping of either process, each counted once: both
            run the same program and share its pages and those of its libraries (/proc/PID/pagemap)
VmLck       the sum of what the kernel charges each process, shared or not
wake-ups    context switches of every thread over the time it was left alone, voluntary or not

--maps lists what the memory is made of, largest first.
"""

import argparse
import array
import json
import mmap
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import figures
from figures import Figure

from cluster import wait, world
from cluster.cluster import Cluster
from cluster.inventory import NODE_A
from cluster.management_node import CONFIG
from cluster.node import Node

COMMAND = "tests/bench/footprint.py"
GOAL_ANONYMOUS_MIB = 4
GOAL_LOCKED_MIB = 12
GOAL_WAKE_UPS = 15
# The hello, the first look at the node and the scan for unclaimed mentions are over by then.
SETTLE_S = 3
PAGE = mmap.PAGESIZE


def memory_kib(pid: int) -> dict[str, int]:
    found = {}
    for name, file, key in (("anonymous", "smaps_rollup", "Anonymous"), ("pss", "smaps_rollup", "Pss"),
                            ("VmLck", "status", "VmLck"), ("most ever resident", "status", "VmHWM")):
        text = Path(f"/proc/{pid}/{file}").read_text()
        match = re.search(rf"^{key}:\s+(\d+) kB$", text, re.MULTILINE)
        found[name] = int(match[1]) if match else 0
    return found


def locked_pages(pid: int) -> set[int]:
    """The page frames that this process keeps in memory."""
    frames: set[int] = set()
    begin = end = 0
    with open(f"/proc/{pid}/pagemap", "rb") as pagemap:
        for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
            if match := re.match(r"^([0-9a-f]+)-([0-9a-f]+) ", line):
                begin, end = (int(word, 16) // PAGE for word in match.groups())
            elif line.startswith("VmFlags:") and "lo" in line.split():
                pagemap.seek(begin * 8)
                entries = array.array("Q", pagemap.read((end - begin) * 8))
                # Bit 63: present. Bits 0 to 54: the frame (admin-guide/mm/pagemap.rst).
                frames |= {entry & ((1 << 55) - 1) for entry in entries if entry >> 63}
    frames.discard(0)
    return frames


def wake_ups(pid: int) -> dict[str, tuple[int, int]]:
    """Context switches by thread: those it wanted, and those another program forced on it."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = "main" if int(task.name) == pid else (task / "comm").read_text().strip()
        wanted, forced = re.findall(r"voluntary_ctxt_switches:\s+(\d+)",
                                    (task / "status").read_text())
        found[name] = int(wanted), int(forced)
    return found


def mappings(pid: int) -> list[tuple[str, dict[str, int]]]:
    """KiB by mapped file: what of it is resident, this process's own, locked."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    name = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if re.match(r"^[0-9a-f]+-[0-9a-f]+ ", line):
            name = f"{Path(words[5]).name} {words[1]}" if len(words) > 5 else f"(anonymous) {words[1]}"
        elif words[0] in ("Size:", "Rss:", "Anonymous:", "Locked:"):
            sums[name][words[0][:-1].lower()] += int(words[1])
    return sorted(((name, dict(kib)) for name, kib in sums.items()),
                  key=lambda item: -item[1].get("rss", 0))


def rest(node: Node, seconds: float) -> dict[str, Any]:
    time.sleep(SETTLE_S)
    pids = {"executor": node.executor, "session": node.session}
    before = {name: wake_ups(pid) for name, pid in pids.items()}
    begin = time.monotonic()
    time.sleep(seconds)
    after = {name: wake_ups(pid) for name, pid in pids.items()}
    took = time.monotonic() - begin
    if pids != {"executor": node.executor, "session": node.session}:
        raise RuntimeError("the agent was started again meanwhile")
    return {
        "locked_kib": len(set().union(*map(locked_pages, pids.values()))) * PAGE // 1024,
        "memory": {name: memory_kib(pid) for name, pid in pids.items()},
        "wake_ups": {f"{name} {thread}": [
            (now - then) * 60 / took
            for now, then in zip(count, before[name].get(thread, (0, 0)))]
            for name in pids for thread, count in after[name].items()},
        "mappings": {name: mappings(pid) for name, pid in pids.items()},
        "seconds": took,
    }


def measure(seconds: float, servers: int) -> dict[str, Any]:
    cluster = Cluster((1,), max(2, servers))
    config = cluster.mn.tree.path / CONFIG.lstrip("/")
    config.write_text(re.sub(r"^beat_interval_ms.*\n", "", config.read_text(), flags=re.MULTILINE))
    with cluster:
        node = cluster.nodes[0]
        asked = cluster.service_nodes[:servers]
        for sn in asked:
            sn.start_nfs()
        if asked:
            node.ask_nfs_servers(*(sn.address(NODE_A) for sn in asked))
            # What is new is asked soon, and then as seldom as the others.
            wait.until("every server was asked", lambda: all(
                node.entry.address in sn.nfs.text() for sn in asked))
        wait.until("the agent has told what it refers to",
                   lambda: cluster.mn.rows()[node.name].get("observed"))
        result = rest(node, seconds)
        for sn in asked:
            sn.nfs.kill()
        return result


def run(seconds: float, servers: int, maps: bool) -> tuple[list[Figure], list[str]]:
    done = subprocess.run([sys.executable, "-B", __file__, "--seconds", str(seconds),
                           "--servers", str(servers), "--inside"],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{COMMAND}: failed")
    result = json.loads(done.stdout)
    memory, woken = result["memory"], result["wake_ups"]

    def total_mib(what: str) -> list[float]:
        return [sum(process[what] for process in memory.values()) / 1024]
    found = [
        Figure("anonymous memory, both processes", "MiB", total_mib("anonymous"), GOAL_ANONYMOUS_MIB),
        Figure("locked memory, both processes, shared pages once", "MiB",
               [result["locked_kib"] / 1024], GOAL_LOCKED_MIB),
        Figure("  as the kernel charges it, shared pages twice", "MiB", total_mib("VmLck")),
        Figure(f"wake-ups a minute, {servers} NFS servers, over {result['seconds']:.0f} s", "/min",
               [sum(map(sum, woken.values()))], GOAL_WAKE_UPS),
    ]
    notes = [f"{name}, KiB: " + ", ".join(f"{what} {kib}" for what, kib in process.items())
             for name, process in memory.items()]
    notes.append("wake-ups a minute: " + ", ".join(
        f"{thread} {wanted:.1f} + {forced:.1f} forced" for thread, (wanted, forced) in woken.items()))
    if maps:
        for name, rows in result["mappings"].items():
            notes.append(f"{name}: mapping, KiB: size, resident, anonymous, locked")
            notes += [f"  {mapping:<44}" + "".join(
                f"{kib.get(what, 0):>8}" for what in ("size", "rss", "anonymous", "locked"))
                for mapping, kib in rows]
    return found, notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--servers", type=int, default=2, choices=range(4),
                        help="NFS servers that it asks (2)")
    parser.add_argument("--maps", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        def body() -> int:
            result = measure(options.seconds, options.servers)
            print(json.dumps(result))
            return 0
        world.run(body)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found, notes = run(options.seconds, options.servers, options.maps)
    figures.show("an idle agent", COMMAND, found, notes)


if __name__ == "__main__":
    main()
