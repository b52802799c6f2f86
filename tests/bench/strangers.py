#!/usr/bin/python3 -B
"""A takeover while strangers come and go.

    tests/bench/strangers.py [--nodes 1000] [--rounds 3] [--a-second 1000] [--json FILE]

`snctl takeover` of the fleet of tests/bench/fleet.py, in turn without and with a host that begins so
many connections a second, for ten seconds: each says a ZMTP greeting and a CURVE HELLO, which the
coordinator has to open, and is gone a moment later.  A takeover's time is from its transaction to its
last verdict, as the takeover itself says.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import figures
from figures import Figure
from fleet import OTHER, PORT, Fleet, measured

from cluster.stranger_by_hand import GREETING, hello_of, new_pair, z85

COMMAND = "tests/bench/strangers.py"
LONG_S = 10.0
STAYS_S = 0.2
THEIR_ADDRESS = "127.0.0.2"


def come_and_go(key: str, a_second: int) -> None:
    """Another process's work: it says how many it began, as its only line."""
    words = GREETING + hello_of(z85(key), *new_pair())
    begun, failed = 0, 0
    here: deque[tuple[float, socket.socket]] = deque()
    begin = time.monotonic()
    while (now := time.monotonic()) < begin + LONG_S:
        while here and here[0][0] < now:
            here.popleft()[1].close()
        while begun < (now - begin) * a_second:
            begun += 1
            stranger = socket.socket()
            stranger.settimeout(1)
            try:
                stranger.bind((THEIR_ADDRESS, 0))
                stranger.connect(("127.0.0.1", PORT))
                stranger.sendall(words)
            except OSError:
                failed += 1
            here.append((now + STAYS_S, stranger))
        time.sleep(0.002)
    print(json.dumps({"begun": begun, "failed": failed}))


def measure(room: Path, nodes: int, rounds: int, a_second: int) -> dict[str, Any]:
    Fleet.network()
    fleet = Fleet(room, nodes, 0)
    fleet.enrol()
    fleet.start_coordinator()
    agents = fleet.start_agents()
    agents.line("storm")
    result: dict[str, Any] = {"alone": [], "with": [], "begun": []}
    source = "SN1P"
    for _ in range(rounds):
        for way in ("alone", "with"):
            fleet.let_die(source)
            strangers = None
            if way == "with":
                strangers = subprocess.Popen(
                    [sys.executable, "-B", __file__, "--come-and-go", fleet.key(), "--a-second",
                     str(a_second)], stdout=subprocess.PIPE, text=True)
                time.sleep(1)       # they are there when it begins
            fleet.ask("takeover", source, "--yes")
            answer = fleet.last_takeover()
            agents.line("wave")
            result[way].append(answer["finished_ms"] - answer["started_ms"])
            if strangers:
                assert strangers.stdout
                said = json.loads(strangers.communicate(timeout=60)[0])
                result["begun"].append(said["begun"] - said["failed"])
            source = OTHER[source]
    agents.end()
    fleet.end()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--a-second", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="the figures with a key, into this file as well")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--come-and-go", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.come_and_go:
        return come_and_go(options.come_and_go, options.a_second)
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    result = measured(options, COMMAND, lambda room: measure(room, options.nodes, options.rounds,
                                                             options.a_second))
    ratios = [with_them / alone for alone, with_them in zip(result["alone"], result["with"])]
    found = [Figure(f"a takeover of {options.nodes} nodes", "ms", result["alone"]),
             Figure(f"  while {options.a_second} strangers a second come and go", "ms", result["with"]),
             Figure("  as many times as long", "x", ratios, 2, "takeover_with_strangers"),
             Figure("strangers that came, in ten seconds", "", result["begun"])]
    figures.show("strangers", COMMAND, found, [])
    if options.json:
        figures.write(options.json, found)
    return None


if __name__ == "__main__":
    main()
