#!/usr/bin/python3 -B
"""A takeover of a thousand nodes: the real coordinator against simulated agents, next to a floor.

    tests/bench/takeover.py [--nodes 1000] [--rounds 5]

sncoordd with SQLite on this machine's disk (under /var/tmp), CURVE and ZAP; sn_bench_agents, a
thousand agents in one process, each with its own TCP connection over loopback and its own key; and
`snctl takeover`, once per round, from one service node to the other.  A living service
node is an address of lo (its ports refuse), a dead one is not (nothing answers).  The floor is
sn_bench_floor: the same number of connections and of bytes each way, and nothing else.

A takeover's time is from its transaction to its last verdict, as the takeover itself says; the
seconds before, in which coordinator and nodes look whether the old service node is really dead, are
shown apart.  The coordinator's CPU is that of all its threads, user and system.
"""

import argparse
import bisect
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import figures
from figures import Figure

from cluster import wait, world
from cluster.cluster import binaries

COMMAND = "tests/bench/takeover.py"
ADDRESSES = {"SN1P": "10.1.1.100", "SN2P": "10.1.1.101"}
OTHER = {"SN1P": "SN2P", "SN2P": "SN1P"}
PORT = 7400
STORMS = 3
SAMPLE_S = 0.002


class CpuClock:
    """The CPU time of a process, sampled against the wall clock."""

    def __init__(self, pid: int) -> None:
        self._clock = (~pid << 3) | 2       # CPUCLOCK_SCHED of a process, see clock_getcpuclockid
        self._walls: list[int] = []
        self._cpus: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def now_us(self) -> float:
        return time.clock_gettime_ns(self._clock) / 1000

    def __enter__(self) -> "CpuClock":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            self._cpus.append(time.clock_gettime_ns(self._clock))
            self._walls.append(time.time_ns())

    def between_us(self, begin_ms: float, end_ms: float) -> float:
        """Unix times; the sample before and the one after."""
        first = max(0, bisect.bisect_right(self._walls, begin_ms * 1e6) - 1)
        last = min(len(self._walls) - 1, bisect.bisect_left(self._walls, end_ms * 1e6))
        return (self._cpus[last] - self._cpus[first]) / 1000


class Bench:
    def __init__(self, room: Path, nodes: int, rebind_ms: int) -> None:
        self.room = room
        self.nodes = nodes
        self.rebind_ms = rebind_ms
        self.bin = binaries()
        self.config = room / "sncoordd.toml"
        self.cluster = room / "cluster.toml"
        self.keys = room / "keys"
        (room / "state").mkdir(mode=0o700)
        self.cluster.write_text("".join(
            f'[[service_node]]\nname = "{name}"\n'
            f'node_names = ["sn{n}-eth1", "sn{n}-eth1.d.example"]\n'
            f'addresses = ["{address}/24"]\nnim_master_id = "00C1A2B34C0{n}"\n\n'
            for n, (name, address) in enumerate(ADDRESSES.items(), 1)) +
            f'[[node]]\nnames = "cn[{1:05}-{nodes:05}]"\nservice_nodes = ["SN1P", "SN2P"]\n')
        self.config.write_text(
            f'inventory = "{self.cluster}"\nstate_dir = "{room}/state"\n'
            f'listen = ["tcp://127.0.0.1:{PORT}"]\ncontrol_socket = "/run/sncoord/control.sock"\n'
            'feed = "ipc:///run/sncoord/feed.sock"\n')
        self.log = open(room / "log", "wb")

    # --- The machine ---------------------------------------------------------------------------

    def network(self) -> None:
        # A cable to nowhere on which nobody asks for an address: what is sent there vanishes.
        for command in ("link set lo up", "link add net type veth peer name nowhere",
                        "link set net arp off up", "link set nowhere up",
                        "address add 10.1.1.1/24 dev net"):
            subprocess.run(["ip", *command.split()], check=True)
        for name in ADDRESSES:
            self.set_alive(name, True)

    @staticmethod
    def set_alive(name: str, alive: bool) -> None:
        subprocess.run(["ip", "address", "replace" if alive else "delete",
                        f"{ADDRESSES[name]}/32", "dev", "lo"], check=True)

    # --- Programs ------------------------------------------------------------------------------

    def enrol(self) -> None:
        subprocess.run([self.bin / "sn_bench_agents", "enrol", "--store",
                        self.room / "state/state.db", "--keys", self.keys, "--nodes",
                        f"cn[{1:05}-{self.nodes:05}]"], check=True)

    def start_coordinator(self) -> CpuClock:
        os.makedirs("/run/sncoord", exist_ok=True)
        self.coordinator = subprocess.Popen([self.bin / "sncoordd", "--config", self.config],
                                            stdout=self.log, stderr=self.log)
        wait.until("the coordinator is ready",
                   lambda: b"ready" in (self.room / "log").read_bytes(),
                   state=(self.room / "log").read_text)
        return CpuClock(self.coordinator.pid)

    def start_agents(self) -> "subprocess.Popen[str]":
        key = subprocess.run([self.bin / "sncoordd", "key", "--config", self.config], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip()
        return subprocess.Popen(
            [self.bin / "sn_bench_agents", "run", "--keys", self.keys, "--cluster", self.cluster,
             "--bound-to", "SN1P", "--coordinator", f"tcp://127.0.0.1:{PORT}",
             "--coordinator-key", key, "--rebind-ms", str(self.rebind_ms)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def snctl(self, *arguments: str) -> Any:
        done = subprocess.run([self.bin / "snctl", *arguments, "--json"], stdout=subprocess.PIPE,
                              text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"snctl {' '.join(arguments)}: exit {done.returncode}\n"
                               f"{done.stdout[:2000]}")
        return json.loads(done.stdout.splitlines()[-1])

    # --- What is measured ----------------------------------------------------------------------

    def storm(self, clock: CpuClock) -> tuple["subprocess.Popen[str]", dict[str, Any]]:
        before = clock.now_us()
        agents = self.start_agents()
        line = _line(agents, "storm")
        line["coordinator_us"] = clock.now_us() - before
        return agents, line

    def takeover(self, clock: CpuClock, agents: "subprocess.Popen[str]",
                 source: str) -> dict[str, Any]:
        target = OTHER[source]
        self.set_alive(target, True)
        self.snctl("sn", "clear", target, "--yes")
        self.set_alive(source, False)
        begin = time.time_ns() / 1e6
        answer = self.snctl("takeover", source, "--yes")
        end = time.time_ns() / 1e6
        time.sleep(0.02)            # one more sample
        verdicts = [row["verdict"] for row in answer["nodes"]]
        if verdicts != ["verified"] * self.nodes:
            raise RuntimeError(f"not every node is verified: {sorted(set(verdicts))}")
        line = _line(agents, "wave")
        started, finished = answer["started_ms"], answer["finished_ms"]
        return {
            "wall_ms": finished - started,
            "before_ms": started - begin, "after_ms": end - finished,
            "cpu_us": clock.between_us(started, finished + 1),
            "cpu_before_us": clock.between_us(begin, started - 1),
            "cpu_after_us": clock.between_us(finished + 1, end + 1),
            "first_rebind_ms": line["first_rebind_unix_ms"] - started,
            "wave": line,
        }

    def floor(self, to_bytes: int, from_bytes: int) -> Any:
        done = subprocess.run([self.bin / "sn_bench_floor", "--connections", str(self.nodes),
                               "--to-bytes", str(to_bytes), "--from-bytes", str(from_bytes)],
                              check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)


def _line(agents: "subprocess.Popen[str]", what: str) -> dict[str, Any]:
    assert agents.stdout
    text = agents.stdout.readline()
    if not text:
        raise RuntimeError(f"sn_bench_agents ended: exit {agents.wait()}")
    line: dict[str, Any] = json.loads(text)
    if line["what"] != what:
        raise RuntimeError(f"sn_bench_agents said {text} instead of {what}")
    return line


def measure(room: Path, nodes: int, rounds: int, rebind_ms: int) -> dict[str, Any]:
    bench = Bench(room, nodes, rebind_ms)
    bench.network()
    bench.enrol()
    result: dict[str, Any] = {"storms": [], "takeovers": []}
    with bench.start_coordinator() as clock:
        for storm in range(STORMS):
            agents, line = bench.storm(clock)
            result["storms"].append(line)
            if storm + 1 < STORMS:
                assert agents.stdin
                agents.stdin.close()
                agents.wait(30)
        source = "SN1P"
        for _ in range(rounds):
            result["takeovers"].append(bench.takeover(clock, agents, source))
            source = OTHER[source]
    wave = result["takeovers"][-1]["wave"]
    result["to_bytes"] = wave["rebind_bytes"] // nodes
    result["from_bytes"] = wave["outcome_bytes"] // nodes
    bench.coordinator.terminate()
    bench.coordinator.wait(30)
    result["floor"] = bench.floor(result["to_bytes"], result["from_bytes"])
    return result


def run(nodes: int, rounds: int, rebind_ms: int) -> tuple[list[Figure], list[str]]:
    with tempfile.TemporaryDirectory(prefix="sn-bench.", dir="/var/tmp") as room:
        done = subprocess.run([sys.executable, "-B", __file__, "--nodes", str(nodes), "--rounds",
                               str(rounds), "--rebind-ms", str(rebind_ms), "--inside", room],
                              stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            log = Path(room) / "log"
            print(log.read_text()[-2000:] if log.exists() else "", file=sys.stderr)
            raise SystemExit(f"{COMMAND}: failed")
    result = json.loads(done.stdout)
    takeovers, storms, floor = result["takeovers"], result["storms"], result["floor"]
    wall = [takeover["wall_ms"] for takeover in takeovers]
    cpu = [takeover["cpu_us"] / nodes for takeover in takeovers]
    floor_wall = Figure("", "", [us / 1000 for us in floor["wall_us"]])
    floor_cpu = Figure("", "", [us / nodes for us in floor["cpu_us"]])
    found = [
        Figure(f"takeover of {nodes} nodes, transaction to last verdict", "ms", wall),
        Figure("  coordinator CPU a node", "us", cpu),
        Figure("  until the first node has its Rebind", "ms",
               [takeover["first_rebind_ms"] for takeover in takeovers]),
        Figure("raw epoll TCP, same bytes", "ms", floor_wall.values),
        Figure("  server CPU a node", "us", floor_cpu.values),
        Figure("takeover / raw, wall", "x", [ms / floor_wall.median for ms in wall]),
        Figure("takeover / raw, CPU", "x", [us / floor_cpu.median for us in cpu]),
        Figure("is it dead? from the command to the transaction", "ms",
               [takeover["before_ms"] for takeover in takeovers]),
        Figure("  coordinator CPU a node", "us",
               [takeover["cpu_before_us"] / nodes for takeover in takeovers]),
        Figure("from the last verdict to the end of snctl", "ms",
               [takeover["after_ms"] for takeover in takeovers]),
        Figure(f"{nodes} agents from connect to the last welcome", "ms",
               [storm["wall_us"] / 1000 for storm in storms]),
        Figure("  coordinator CPU an agent", "us",
               [storm["coordinator_us"] / nodes for storm in storms]),
    ]
    notes = [f"{result['to_bytes']} bytes to a node, {result['from_bytes']} back; the agents' process "
             f"shares {os.cpu_count()} cores with the coordinator"]
    again = sum(storm["reconnects"] for storm in storms)
    if again:
        notes.append(f"{again} connections were given up and made again")
    return found, notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rebind-ms", type=int, default=0, help="how long a node needs")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        def body() -> int:
            print(json.dumps(measure(options.inside, options.nodes, options.rounds,
                                     options.rebind_ms)))
            return 0
        world.run(body)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found, notes = run(options.nodes, options.rounds, options.rebind_ms)
    figures.show(f"takeover of {options.nodes} nodes", COMMAND, found, notes)


if __name__ == "__main__":
    main()
