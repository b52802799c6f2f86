#!/usr/bin/python3 -B
"""How soon a fleet knows that an NFS server is silent, from its death on.

    tests/bench/detection.py [--rounds 50]

The coordinator's core and every node's session core in simulated time (detection.cc): the figures
do not depend on this machine.  Per node: when the node itself says so.  Fleet: when the coordinator
has heard it from every node.  The coordinator asks each server twice a second itself; where it has no
way to the server ("blind") one node does, told by it, each for a while.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import figures
from figures import Figure

COMMAND = "tests/bench/detection.py"
GOAL_S = 3
# A fleet, and how many of the rounds are worth the time: the spread falls with the size.
FLEETS = ((8, 1.0), (100, 1.0), (1000, 0.2))


def binary() -> Path:
    return Path(os.environ.get("SN_BIN") or figures.REPOSITORY / "build/release/bin") / \
        "sn_bench_detection"


def simulate(nodes: int, rounds: int, blind: bool) -> tuple[list[float], list[float]]:
    """Seconds: of each node of each round, and of each round's fleet."""
    done = subprocess.run([binary(), "--nodes", str(nodes), "--rounds", str(rounds),
                           *(["--blind"] if blind else [])],
                          check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    if min(found["per_node_ms"]) < 0 or min(found["fleet_ms"]) < 0:
        raise RuntimeError(f"{nodes} nodes: somebody never noticed")
    return ([ms / 1000 for ms in found["per_node_ms"]], [ms / 1000 for ms in found["fleet_ms"]])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, help="deaths of the server (50)")
    arguments = parser.parse_args()
    lines = []
    for blind in (False, True):
        for nodes, part in FLEETS:
            per_node, fleet = simulate(nodes, max(1, round(arguments.rounds * part)), blind)
            name = f"{nodes} nodes" + (", coordinator blind" if blind else "")
            lines.append(Figure(f"{name}: whole fleet", "s", fleet, GOAL_S))
            lines.append(Figure(f"{name}: a node, p99", "s", [figures.percentile(per_node, 0.99)]))
    figures.show("silent NFS server: time to detection", COMMAND, lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
