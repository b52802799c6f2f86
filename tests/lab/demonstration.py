#!/usr/bin/python3 -B
"""The main job on real diskless nodes: machines of user-mode Linux whose root comes over NFS.

Run by packaging/quickstart --real.  Everything shown is asked of the machines themselves or printed
by the programs; exit code 0 only when all of it is as it should be.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_REPOSITORY / "tests/system"), str(_REPOSITORY / "tests/lab")]

from cluster import world  # noqa: E402
from cluster.inventory import MANAGEMENT, NODE_A  # noqa: E402
from cluster.service_node import WHOAMI  # noqa: E402
from demonstration import Failed, command, heading, say, timed  # noqa: E402

from diskless import image  # noqa: E402
from diskless.lab import Lab, Material  # noqa: E402
from diskless.scenario import Trial  # noqa: E402

_NODES = 4
_ROW = "{:<7}{:<15}{:<10}{:<8}{:<34}{}"


class View:
    """What the nodes themselves say about whom they use."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._names = {sn.address(network): sn.entry.name for sn in (lab.sn1, lab.sn2)
                       for network in (NODE_A, MANAGEMENT)}
        self._names[lab.nfsha.nfs.address] = "nfsha"

    def show(self) -> set[str]:
        """The service nodes that are named at all."""
        say(_ROW.format("node", "default route", "time from", "name", "mounts from", "boot id"))
        named: set[str] = set()
        for node in self._lab.nodes:
            gateway = self._name(node.gateways()["default"])
            sources = {self._name(address) for address in node.time_sources()}
            resolver = self._name(node.resolve(WHOAMI))
            mounts: dict[str, list[str]] = {}
            for mount in node.nfs_mounts():
                mounts.setdefault(self._name(mount.address), []).append(mount.place)
            shown = ", ".join(f"{server} {len(places)}" for server, places in sorted(mounts.items()))
            say(_ROW.format(node.name, gateway, " ".join(sorted(sources)), resolver, shown,
                            node.read("/proc/sys/kernel/random/boot_id")[:8]))
            named |= {gateway, resolver, *sources, *(mounts.keys() - {"nfsha"})}
        return named

    def _name(self, address: str) -> str:
        return self._names.get(address, address or "nobody")


def demonstrate(material: Material) -> int:
    began = time.monotonic()
    heading("1  Real diskless nodes on this machine")
    lab = Lab(_NODES, "3", material)
    try:
        with timed("an NFS server for roots, service nodes SN1P and SN2P, a management node: up in"):
            lab.power_on()
        with timed(f"{_NODES} machines booted over NFS, systemd and agent running, in"):
            lab.fresh()
        trial = Trial(lab)
        trial.remember()
        view = View(lab)
        node = lab.nodes[0]
        heading(f"2  What {node.name} mounts (asked on the node)")
        say(node.output("findmnt", "--types", "nfs,nfs4", "--list", "--output",
                        "TARGET,SOURCE").rstrip())
        heading("3  Whom the nodes use")
        expect(view.show(), "SN1P")

        heading("4  SN1P is cut off")
        lab.cut(lab.sn1)
        command(lab, "plan", "SN1P")

        heading("5  The takeover")
        started = time.monotonic()
        code = command(lab, "takeover", "SN1P", "--yes")
        say(f"exit {code}, {time.monotonic() - started:.1f} s from the command to the last verdict")
        if code != 0:
            raise Failed(f"snctl ended with exit {code}")

        heading("6  Whom the nodes use now (SN1P is still cut off)")
        expect(view.show(), "SN2P")
        trial.assert_moved()
        say(f"\nAll {_NODES} nodes work with SN2P: mounts, routes, names, time and log. None was"
            f" rebooted, and\na program that reads each NFS root never stood still."
            f"  {time.monotonic() - began:.0f} s in all; nothing is left on this machine.")
        return 0
    except (Failed, AssertionError, subprocess.TimeoutExpired) as problem:
        say(f"\nFAILED: {problem}")
        return 1
    except (OSError, RuntimeError) as problem:
        say(f"\nFAILED: {type(problem).__name__}: {problem}")
        return 1
    finally:
        lab.off(*lab.nodes)


def expect(named: set[str], name: str) -> None:
    if named != {name}:
        raise Failed(f"the nodes use {', '.join(sorted(named))}, not {name} alone")


if __name__ == "__main__":
    if len(sys.argv) != 1:
        print("usage: demonstration.py", file=sys.stderr)
        sys.exit(2)
    os.environ.pop("SN_KEEP_LOGS", None)
    say("making the nodes' root; the first time this takes a minute")
    made = Material(image.root(), image.hand(), image.initramfs(), Path(os.environ["SN_BIN"]))
    world.run(lambda: demonstrate(made))
