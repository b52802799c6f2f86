#!/usr/bin/python3 -B
"""A takeover of many nodes: the real coordinator against simulated agents, next to two floors.

    tests/bench/takeover.py [--nodes 1000] [--rounds 5] [--json FILE]

`snctl takeover`, once per round, from one service node to the other: as it is shipped (a canary
first, 200 at a time) and, in turn with it, all at once.  The fleet is tests/bench/fleet.py's. The
floors are sn_bench_floor, the same number of connections and the bytes of a takeover as it was
first measured, and nothing else; and sn_bench_zmq, the same by bare libzmq with CURVE.

A takeover's time is from its transaction to its last verdict, as the takeover itself says; the
seconds before, in which coordinator and nodes look whether the old service node is really dead, are
shown apart.  The coordinator's CPU is that of all its threads, user and system.
"""

import argparse
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import figures
from figures import Figure
from fleet import OTHER, Agents, CpuClock, Fleet, measured

from cluster.cluster import binaries

COMMAND = "tests/bench/takeover.py"
STORMS = 3
IDLE_S = 30
WAYS = {"waves": [], "at once": ["--all-at-once"]}


def storm(fleet: Fleet, clock: CpuClock) -> tuple[Agents, dict[str, Any]]:
    before = clock.now_us()
    agents = fleet.start_agents()
    line = agents.line("storm")
    line["coordinator_us"] = clock.now_us() - before
    return agents, line


def takeover(fleet: Fleet, clock: CpuClock, agents: Agents, source: str,
             options: list[str]) -> dict[str, Any]:
    fleet.let_die(source)
    written = fleet.process_bytes_written()
    begin = time.time_ns() / 1e6
    fleet.ask("takeover", source, "--yes", *options)
    end = time.time_ns() / 1e6
    time.sleep(0.02)            # one more sample
    answer = fleet.last_takeover()
    line = agents.line("wave")
    started, finished = answer["started_ms"], answer["finished_ms"]
    return {
        "wall_ms": finished - started,
        "before_ms": started - begin, "after_ms": end - finished,
        "cpu_us": clock.between_us(started, finished + 1),
        "cpu_before_us": clock.between_us(begin, started - 1),
        "cpu_after_us": clock.between_us(finished + 1, end + 1),
        "written_bytes": fleet.process_bytes_written() - written,
        "first_rebind_ms": line["first_rebind_unix_ms"] - started,
        "wave": line,
    }


def floor(program: str, nodes: int) -> Any:
    done = subprocess.run([binaries() / program, "--connections", str(nodes), "--rounds", "7"],
                          check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def measure(room: Path, nodes: int, rounds: int, rebind_ms: int, idle_s: float) -> dict[str, Any]:
    fleet = Fleet(room, nodes, rebind_ms)
    fleet.network()
    fleet.enrol()
    result: dict[str, Any] = {"storms": [], "takeovers": {way: [] for way in WAYS}}
    with fleet.start_coordinator() as clock:
        empty_kib = fleet.anonymous_kib()
        for number in range(STORMS):
            agents, line = storm(fleet, clock)
            result["storms"].append(line)
            if number + 1 < STORMS:
                agents.end()
        result["memory_kib"] = (fleet.anonymous_kib() - empty_kib) / nodes
        before = clock.now_us()
        time.sleep(idle_s)
        result["idle_percent"] = (clock.now_us() - before) / idle_s / 1e4
        source = "SN1P"
        for _ in range(rounds):
            for way, options in WAYS.items():
                result["takeovers"][way].append(takeover(fleet, clock, agents, source, options))
                source = OTHER[source]
    fleet.end()
    agents.end()
    for program in ("sn_bench_floor", "sn_bench_zmq"):
        result[program] = floor(program, nodes)
    return result


def figures_of(result: dict[str, Any], nodes: int) -> tuple[list[Figure], list[str]]:
    storms = result["storms"]
    raw = {what: figures.median(result["sn_bench_floor"][what]) for what in ("wall_us", "cpu_us")}
    bare = {what: figures.median(result["sn_bench_zmq"][what]) for what in ("wall_us", "cpu_us")}
    found = [
        Figure("raw epoll TCP, the bytes of then", "ms",
               [us / 1000 for us in result["sn_bench_floor"]["wall_us"]]),
        Figure("  server CPU a node", "us",
               [us / nodes for us in result["sn_bench_floor"]["cpu_us"]]),
        Figure("bare libzmq with CURVE / raw, wall", "x",
               [us / raw["wall_us"] for us in result["sn_bench_zmq"]["wall_us"]]),
        Figure("bare libzmq with CURVE / raw, CPU", "x",
               [us / raw["cpu_us"] for us in result["sn_bench_zmq"]["cpu_us"]]),
    ]
    for way, name in (("waves", "a canary, then 200 at a time"), ("at once", "all at once")):
        rounds = result["takeovers"][way]
        keys = {"cpu": "cpu_over_raw", "wall": "wall_over_raw", "end": "end_after_last_verdict_s",
                "written": "bytes_written_per_node"} if way == "waves" else {}
        found += [
            Figure(f"takeover of {nodes}, {name}", "ms", [one["wall_ms"] for one in rounds]),
            Figure("  coordinator CPU a node", "us", [one["cpu_us"] / nodes for one in rounds]),
            Figure("  until the first node has its Rebind", "ms",
                   [one["first_rebind_ms"] for one in rounds]),
            Figure("  takeover / raw, wall", "x",
                   [one["wall_ms"] * 1000 / raw["wall_us"] for one in rounds],
                   3 if keys else None, keys.get("wall", "")),
            Figure("  takeover / raw, CPU", "x", [one["cpu_us"] / raw["cpu_us"] for one in rounds],
                   4 if keys else None, keys.get("cpu", "")),
            Figure("  from the last verdict to the end of snctl", "s",
                   [one["after_ms"] / 1000 for one in rounds],
                   0.1 if keys else None, keys.get("end", "")),
            Figure("  written to the disk a node", "bytes",
                   [one["written_bytes"] / nodes for one in rounds],
                   1_000 if keys else None, keys.get("written", "")),
            Figure("  is it dead? from the command to the transaction", "ms",
                   [one["before_ms"] for one in rounds]),
        ]
    found += [
        Figure(f"{nodes} agents from connect to the last welcome", "s",
               [one["wall_us"] / 1e6 for one in storms], 8, "storm_s"),
        Figure("  coordinator CPU an agent", "us",
               [one["coordinator_us"] / nodes for one in storms]),
        Figure("  connections given up and made again", "", [one["reconnects"] for one in storms],
               1, "storm_reconnects"),
        Figure("coordinator idle, the shipped beats", "%", [result["idle_percent"]], 1.5,
               "idle_percent"),
        Figure("  its memory an agent", "KiB", [result["memory_kib"]], 64, "memory_per_agent_kib"),
    ]
    wave = result["takeovers"]["waves"][-1]["wave"]
    notes = [f"{wave['rebind_bytes'] // nodes} bytes to a node, {wave['outcome_bytes'] // nodes} "
             f"back; the agents' processes share {os.cpu_count()} cores with the coordinator",
             f"bare libzmq with CURVE: {bare['wall_us'] / 1000:.3g} ms, "
             f"{bare['cpu_us'] / nodes:.3g} us a node"]
    return found, notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rebind-ms", type=int, default=0, help="how long a node needs")
    parser.add_argument("--idle-s", type=float, default=IDLE_S, help="how long it is left alone")
    parser.add_argument("--json", type=Path, help="the figures with a key, into this file as well")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    result = measured(options, COMMAND, lambda room: measure(
        room, options.nodes, options.rounds, options.rebind_ms, options.idle_s))
    found, notes = figures_of(result, options.nodes)
    figures.show(f"takeover of {options.nodes} nodes", COMMAND, found, notes)
    if options.json:
        figures.write(options.json, found)


if __name__ == "__main__":
    main()
