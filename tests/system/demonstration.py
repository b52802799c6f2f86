#!/usr/bin/python3 -B
"""The main job, shown: a cluster loses a service node, one command moves its nodes.

Run by packaging/quickstart.  --keep: afterwards a shell on the management node, with the cluster up
until it is left.  Everything shown is asked of the machines themselves or printed by
the programs; exit code 0 only when all of it is as it should be.
"""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import Iterator

from cluster import shell, world
from cluster.cluster import Cluster
from cluster.host import start_time
from cluster.inventory import MANAGEMENT, MN_ON_A, NODE_A, NODE_B
from cluster.node import Node
from cluster.service_node import WHOAMI, ServiceNode
from cluster.wait import Never, until

_WIDTH = 100
_ROW = "{:<7}{:<18}{:<18}{:<14}{:<12}{:<18}{}"
_ARRIVAL_DEADLINE_S = 10.0


class Failed(Exception):
    pass


def heading(text: str) -> None:
    line = f"── {text} " + "─" * (_WIDTH - len(text) - 4)
    print("\n" + (f"\033[1m{line}\033[0m" if sys.stdout.isatty() else line), flush=True)


def say(text: str = "") -> None:
    print(text, flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"{what} {time.monotonic() - began:.1f} s")


def command(cluster: Cluster, *arguments: str) -> int:
    """Shows what the administrator types, and all that it answers."""
    say("mn# snctl " + " ".join(arguments))
    process = cluster.mn.start("snctl", *arguments, stdout=sys.stdout.fileno(),
                               stderr=subprocess.STDOUT)
    return process.wait(120)


class View:
    """What the nodes themselves say about whom they use."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._by_address = {sn.address(network): sn.entry.name
                            for sn in cluster.service_nodes
                            for network in (NODE_A, NODE_B, MANAGEMENT)}

    def show(self) -> list[tuple[str, ...]]:
        messages = {node.name: f"a line from {node.name}, {time.monotonic_ns()}"
                    for node in self._cluster.nodes}
        for node in self._cluster.nodes:
            node.log(messages[node.name])
        rows, paths = [], self._cluster.mn.rows()
        say(_ROW.format("node", "default route", "chronyc sources", "log line at", "name from",
                        "coordinator via", "boot id"))
        for node in self._cluster.nodes:
            gateway = node.gateways()["default"]
            sources = sorted(node.time_sources())
            log, name = self._log(node, messages[node.name]), self._name(node.resolve(WHOAMI))
            say(_ROW.format(node.name, self._both(gateway), " ".join(map(self._both, sources)),
                            log, name, self._path(paths[node.name]["path"]),
                            node.read("/proc/sys/kernel/random/boot_id")[:8]))
            rows.append((self._name(gateway), *map(self._name, sources), log, name))
        return rows

    def _name(self, address: str) -> str:
        return self._by_address.get(address, address or "nobody")

    def _both(self, address: str) -> str:
        return f"{address} {self._name(address)}"

    def _path(self, endpoint: str) -> str:
        address = endpoint.removeprefix("tcp://").rpartition(":")[0]
        return "directly" if address == MN_ON_A else self._name(address)

    def _log(self, node: Node, message: str) -> str:
        def where() -> str:
            return next((sn.entry.name for sn in self._cluster.service_nodes
                         if message in sn.received(node.entry.address)), "")
        try:
            return until("the line arrives", where, _ARRIVAL_DEADLINE_S)
        except Never:
            return "nobody"


def alive(cluster: Cluster, sn: ServiceNode) -> str:
    """What one node gets from a service node when it asks for a name over TCP."""
    done = cluster.nodes[0].run(
        "timeout", "1", "bash", "-c", f"exec 3<>/dev/tcp/{sn.address(NODE_A)}/53", check=False)
    return "answers" if done.returncode == 0 else "silence"


def stay(cluster: Cluster) -> None:
    """The cluster is the newcomer's."""
    cluster.join(cluster.sn1)
    heading("7  Yours: a shell on the management node")
    say("SN1P is plugged in again. Some things to type:")
    for line, what in (("snctl status", "who is where, and what is not fine"),
                       ("snctl sn clear SN1P", "it is well again"),
                       ("snctl failback SN1P", "every node back to it"),
                       ("snctl plan SN2P --to SN1P", "what a takeover of SN2P would do"),
                       ("snctl takeover SN1P --planned", "move its nodes although it lives"),
                       ("exit", "ends the shell and removes the cluster")):
        say(f"    {line:<32}{what}")
    shell.run(cluster.mn, "mn# ")
    say("\nnothing is left on this machine")


def demonstrate(keep: bool) -> int:
    began = time.monotonic()
    heading("1  A cluster on this machine")
    cluster = Cluster(range(1, 9))
    try:
        with timed("8 diskless nodes, service nodes SN1P and SN2P, a management node: up in"):
            cluster.power_on()
        say("Each is a machine with its own network, processes and root tree, and real rsyslogd,")
        say("chronyd or dnsmasq. cn007 and cn008 have no way to the management node but through the")
        say("service nodes, where a plain TCP forwarder listens.")
        with timed("coordinator and 8 agents: started, every node has told what it refers to in"):
            accepted = cluster.let_in(cluster.nodes)
        say("Nobody carried a key: six nodes knocked from the addresses that /etc/hosts has for them.")
        say(f"Behind a forwarder that proves nothing: snctl keys accept {','.join(accepted)}")

        heading("2  Whom the nodes use (asked on each node)")
        view = View(cluster)
        expect(view.show(), "SN1P")
        born = {node.name: (node.read("/proc/sys/kernel/random/boot_id"), start_time(node.init))
                for node in cluster.nodes}

        heading("3  What a takeover would do (nothing is changed)")
        command(cluster, "plan", "SN1P")

        heading("4  SN1P is cut off")
        cluster.cut(cluster.sn1)
        for sn in cluster.service_nodes:
            say(f"cn001 connects to {sn.entry.name}, port 53: {alive(cluster, sn)}")

        heading("5  The takeover")
        started = time.monotonic()
        code = command(cluster, "takeover", "SN1P", "--yes")
        took = time.monotonic() - started
        say(f"exit {code}, {took:.1f} s from the command to the last verdict")

        heading("6  Whom the nodes use now (asked on each node; SN1P is still cut off)")
        rows = view.show()
        if code != 0:
            raise Failed(f"snctl ended with exit {code}")
        expect(rows, "SN2P")
        same = [node.name for node in cluster.nodes if born[node.name] == (
            node.read("/proc/sys/kernel/random/boot_id"), start_time(node.init))]
        if len(same) != len(cluster.nodes):
            raise Failed(f"rebooted: {sorted(set(born) - set(same))}")
        say("\nAll 8 nodes work with SN2P and none was rebooted."
            f"  {time.monotonic() - began:.0f} s in all"
            + ("." if keep else "; nothing is left on this machine."))
        if keep:
            stay(cluster)
        return 0
    except (Failed, AssertionError, subprocess.TimeoutExpired) as problem:
        cluster.show_logs()
        say(f"\nFAILED: {problem}")
        return 1
    except (OSError, RuntimeError) as problem:
        cluster.show_logs()
        say(f"\nFAILED: {type(problem).__name__}: {problem}")
        return 1


def expect(rows: list[tuple[str, ...]], name: str) -> None:
    wrong = [row for row in rows if set(row) != {name}]
    if wrong:
        raise Failed(f"{len(wrong)} nodes do not use {name} alone")


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--keep"]):
        print("usage: demonstration.py [--keep]", file=sys.stderr)
        sys.exit(2)
    os.environ.pop("SN_KEEP_LOGS", None)
    world.run(lambda: demonstrate("--keep" in sys.argv))
