#!/usr/bin/python3 -B
"""An hour of a fleet: is anything more at its end than at its beginning?

    tests/bench/soak.py [--nodes 1000] [--minutes 60] [--pause-s 0] [--json FILE]

The real coordinator and simulated agents (tests/bench/fleet.py). Takeovers back and forth, with a
pause after each; after each tenth the coordinator is ended and started again, and all agents come
back; one subscriber of the feed reads, and one is stopped and reads nothing. After each takeover
the coordinator's anonymous memory, its descriptors and the size of its state directory are noted.

The first quarter of the takeovers is compared with the last one. Exit 1 if memory or disk grew by more
than a tenth and 4 MiB (old takeovers are kept: some kB each), if descriptors grew by more than ten, or
if the subscriber that reads missed an event.
"""

import argparse
import json
import os
import signal
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import figures
from figures import Figure
from fleet import OTHER, Fleet, measured

from cluster import wait

COMMAND = "tests/bench/soak.py"
TAKEOVERS_A_START = 10
ALL_BACK_S = 120
ASKED_EVERY_S = 1
KEPT_MIB = 4            # of memory or disk, beyond a tenth
MORE_DESCRIPTORS = 10


def noted(fleet: Fleet) -> dict[str, float]:
    pid = fleet.coordinator.pid
    state = sum(file.stat().st_size for file in (fleet.room / "state").iterdir())
    return {"memory_mib": fleet.anonymous_kib() / 1024,
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "disk_mib": state / 2**20}


def all_back(fleet: Fleet) -> None:
    def back() -> bool:
        time.sleep(ASKED_EVERY_S)       # who is asked for all of a fleet has less time for it
        return all(node["connected"] for node in fleet.snctl("status")["nodes"])
    wait.until("every agent is back", back, deadline_s=ALL_BACK_S)


def measure(room: Path, nodes: int, minutes: float, pause_s: float) -> dict[str, Any]:
    Fleet.network()
    fleet = Fleet(room, nodes, 0)
    fleet.enrol()
    notes: list[dict[str, float]] = []
    lost, starts, source = 0, 0, "SN1P"
    end = time.monotonic() + minutes * 60
    agents = None
    while time.monotonic() < end or len(notes) < 8:
        with fleet.start_coordinator():
            starts += 1
            if agents is None:
                agents = fleet.start_agents()
                agents.line("storm")
            all_back(fleet)
            reads, stalls = fleet.start_subscribers(1), fleet.start_subscribers(1)
            stalls.send_signal(signal.SIGSTOP)
            for _ in range(TAKEOVERS_A_START if minutes >= 1 else 2):
                fleet.let_die(source)
                fleet.ask("takeover", source, "--yes")
                agents.line("wave")
                fleet.last_takeover()
                notes.append(noted(fleet))
                source = OTHER[source]
                time.sleep(pause_s)
            time.sleep(1)       # what is on its way
            lost += json.loads(reads.communicate("")[0])["lost"]
            stalls.kill()
            stalls.wait(60)
        fleet.end()
    assert agents is not None
    agents.end()
    return {"notes": notes, "lost": lost, "starts": starts}


def grown(notes: list[dict[str, float]], what: str) -> tuple[float, float]:
    """The median of the first quarter, and of the last."""
    quarter = len(notes) // 4
    return (statistics.median(note[what] for note in notes[:quarter]),
            statistics.median(note[what] for note in notes[-quarter:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--pause-s", type=float, default=0, help="after each takeover")
    parser.add_argument("--json", type=Path, help="the figures with a key, into this file as well")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    result = measured(options, COMMAND, lambda room: measure(room, options.nodes, options.minutes,
                                                             options.pause_s))
    notes = result["notes"]
    found, faults = [], []
    for what, unit, most in (("memory_mib", "MiB", KEPT_MIB), ("disk_mib", "MiB", KEPT_MIB),
                             ("descriptors", "", MORE_DESCRIPTORS)):
        first, last = grown(notes, what)
        name = what.partition("_")[0]
        found += [Figure(f"{name}, the first quarter", unit, [first]),
                  Figure("  the last quarter", unit, [last], key=f"soak_{what}")]
        tenth = first / 10 if unit else 0
        if last > first + tenth + most:
            faults.append(f"{name} grew from {first:.1f} to {last:.1f} {unit}")
    if result["lost"]:
        faults.append(f"the subscriber that reads missed {result['lost']} events")
    found.append(Figure("events missed by who reads beside one that stalls", "",
                        [result["lost"]], 1))
    figures.show(f"{options.minutes:g} minutes of {options.nodes} nodes", COMMAND, found,
                 [f"{len(notes)} takeovers, {result['starts']} starts of sncoordd"])
    if options.json:
        figures.write(options.json, found)
    if faults:
        sys.exit(f"{COMMAND}: " + "; ".join(faults))


if __name__ == "__main__":
    main()
