#!/usr/bin/python3 -B
"""What questions cost, with many nodes and years of takeovers, and who reads the feed.

    tests/bench/questions.py [--nodes 1000] [--takeovers 200] [--subscribers 50] [--json FILE]

`snctl status` and `snctl plan` of twice as many nodes, connected, as a person types them, from exec
to exit.  A store with that many takeovers (sn_bench_history: the coordinator's own core over a real
store): how long sncoordd takes to start on it, `snctl history`, and what its memory is more than
with four takeovers, a takeover.  A takeover with that many subscribers of the status feed
(sn_bench_subscribers), in turn with one without any.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import figures
from figures import Figure
from fleet import OTHER, Fleet, measured

from cluster.cluster import binaries

COMMAND = "tests/bench/questions.py"
AT_HAND = 4             # takeovers of the store that the other one is compared with
PROBE_S = 1.0           # what a plan waits for a service node that does not answer


def room_in(room: Path, name: str) -> Path:
    made = room / name
    made.mkdir()
    return made


def of_many_nodes(room: Path, nodes: int) -> dict[str, list[float]]:
    fleet = Fleet(room, nodes, 0)
    fleet.enrol()
    plan, plan_cpu = [], []
    with fleet.start_coordinator() as clock:
        agents = fleet.start_agents(in_turn=True)
        status = [fleet.ask("status") for _ in range(5)]
        fleet.set_alive("SN1P", False)
        for _ in range(3):
            before = clock.now_us()
            plan.append(fleet.ask("plan", "SN1P") - PROBE_S * 1000)
            plan_cpu.append((clock.now_us() - before) / 1000)
        fleet.set_alive("SN1P", True)
    fleet.end()
    agents.end()
    return {"status_ms": status, "plan_ms": plan, "plan_cpu_ms": plan_cpu}


def of_history(room: Path, nodes: int, takeovers: int) -> dict[str, Any]:
    fleet = Fleet(room, nodes, 0)
    subprocess.run([binaries() / "sn_bench_history", "--store", room / "state/state.db",
                    "--cluster", fleet.cluster, "--takeovers", str(takeovers)],
                   check=True, stderr=subprocess.DEVNULL)
    starts = []
    for _ in range(3):
        begin = time.monotonic()
        with fleet.start_coordinator():
            starts.append(time.monotonic() - begin)
            history = [fleet.ask("history") for _ in range(5)]
            memory_kib = fleet.anonymous_kib()
        fleet.end()
    store = sum(file.stat().st_size for file in (room / "state").glob("state.db*"))
    return {"start_s": starts, "history_ms": history, "memory_kib": memory_kib, "store": store}


def of_subscribers(room: Path, nodes: int, subscribers: int) -> dict[str, Any]:
    fleet = Fleet(room, nodes, 0)
    fleet.enrol()
    wall: dict[bool, list[float]] = {False: [], True: []}
    lost, events = 0, []
    with fleet.start_coordinator():
        agents = fleet.start_agents()
        agents.line("storm")
        source = "SN1P"
        for listened in (False, True) * 2:
            if listened:
                readers = fleet.start_subscribers(subscribers)
            fleet.let_die(source)
            fleet.ask("takeover", source, "--yes")
            agents.line("wave")
            last = fleet.last_takeover()
            wall[listened].append(last["finished_ms"] - last["started_ms"])
            source = OTHER[source]
            if listened:
                time.sleep(2)       # what is on its way
                line = json.loads(readers.communicate("")[0])
                lost += line["lost"]
                events.append(line["least_events"])
    fleet.end()
    agents.end()
    if min(events) < nodes:
        lost += nodes - min(events)
    return {"lost": lost, "ratio": [with_them / without for with_them, without
                                    in zip(wall[True], wall[False])]}


def measure(room: Path, nodes: int, takeovers: int, subscribers: int) -> dict[str, Any]:
    Fleet.network()
    few = of_history(room_in(room, "few"), nodes, AT_HAND)
    many = of_history(room_in(room, "many"), nodes, takeovers)
    return {
        "nodes": of_many_nodes(room_in(room, "nodes"), 2 * nodes),
        "history": many,
        "takeover_kib": (many["memory_kib"] - few["memory_kib"]) / max(takeovers - AT_HAND, 1),
        "feed": of_subscribers(room_in(room, "feed"), nodes, subscribers),
    }


def figures_of(result: dict[str, Any], options: argparse.Namespace) -> tuple[list[Figure],
                                                                            list[str]]:
    # The goals, and the keys that name a number of nodes, are of a large cluster.
    large = options.nodes == 9000 and options.takeovers == 200

    def key(name: str) -> str:
        return name if large else ""

    history, feed = result["history"], result["feed"]
    found = [
        Figure(f"status of {2 * options.nodes}", "ms", result["nodes"]["status_ms"], 50,
               key("status_18000_ms")),
        Figure(f"plan of {2 * options.nodes}, beside {PROBE_S:g} s of probing", "ms",
               result["nodes"]["plan_ms"], 500, key("plan_18000_ms")),
        Figure("  the coordinator's CPU for it", "ms", result["nodes"]["plan_cpu_ms"]),
        Figure(f"history after {options.takeovers} takeovers of {options.nodes}", "ms",
               history["history_ms"], 50, key("history_ms")),
        Figure("  memory a finished takeover", "MB", [result["takeover_kib"] / 1000], 3,
               key("finished_takeover_mb")),
        Figure("  start of sncoordd", "s", history["start_s"], 2, key("start_after_200_s")),
        Figure(f"events lost by {options.subscribers} subscribers, takeovers of {options.nodes}", "",
               [feed["lost"]], 1, key("feed_lost")),
        Figure("  takeover with them / without", "x", feed["ratio"], 1.2, key("feed_over_none")),
    ]
    return found, [f"the store is {history['store'] / 1e6:.0f} MB, "
                   f"{history['store'] / options.takeovers / 1e6:.2f} a takeover"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--takeovers", type=int, default=200)
    parser.add_argument("--subscribers", type=int, default=50)
    parser.add_argument("--json", type=Path, help="the figures with a key, into this file as well")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    result = measured(options, COMMAND, lambda room: measure(room, options.nodes, options.takeovers,
                                                             options.subscribers))
    found, notes = figures_of(result, options)
    figures.show("questions and listeners", COMMAND, found, notes)
    if options.json:
        figures.write(options.json, found)


if __name__ == "__main__":
    main()
