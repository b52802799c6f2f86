"""The real coordinator and simulated agents on this machine: what the benches of a fleet share.

sncoordd with SQLite on this machine's disk (under /var/tmp), CURVE and ZAP; sn_bench_agents, each
agent with its own TCP connection over loopback and its own key, in as many processes as their
descriptors need. A living service node is an address of lo (its ports refuse), a dead one is not
(nothing answers).
"""

import argparse
import bisect
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable

from cluster import wait, world
from cluster.cluster import binaries

ADDRESSES = {"SN1P": "10.1.1.100", "SN2P": "10.1.1.101"}
OTHER = {"SN1P": "SN2P", "SN2P": "SN1P"}
PORT = 7400
SAMPLE_S = 0.002
# A socket of libzmq takes up to three, one that watches it two more; one that is given up goes a
# moment after the next is there, and after a restart of the coordinator all are given up at once.
DESCRIPTORS_AN_AGENT = 14
# In one process, and of the coordinator: where the machine lets us, as many as its unit has.
try:
    resource.setrlimit(resource.RLIMIT_NOFILE, (65_536, 65_536))
except (ValueError, OSError):
    pass
DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
MOST_AGENTS = max(1, min(DESCRIPTORS, 20_000) // DESCRIPTORS_AN_AGENT)


def measured(options: argparse.Namespace, command: str, measure: Callable[[Path], Any]) -> Any:
    """What `measure` returns, as JSON can hold it.  It runs in this program once more, in namespaces
    and in a directory of its own that go with it; `options.inside` says which of the two this is."""
    if options.inside:
        def body() -> int:
            print(json.dumps(measure(options.inside)))
            return 0
        world.run(body)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="sn-bench.", dir="/var/tmp") as room:
        done = subprocess.run([sys.executable, "-B", *sys.argv, "--inside", room],
                              stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            for log in sorted(Path(room).rglob("log")):
                print(log.read_text()[-2000:], file=sys.stderr)
            raise SystemExit(f"{command}: failed")
    return json.loads(done.stdout)


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


class Agents:
    """The processes of one fleet, as if they were one."""

    def __init__(self, processes: list["subprocess.Popen[str]"]) -> None:
        self._processes = processes

    def line(self, what: str) -> dict[str, Any]:
        lines = [self._line(process, what) for process in self._processes]
        together = {key: sum(line[key] for line in lines) for key in lines[0] if key != "what"}
        together["wall_us"] = max(line["wall_us"] for line in lines)
        if "first_rebind_unix_ms" in together:
            together["first_rebind_unix_ms"] = min(line["first_rebind_unix_ms"] for line in lines)
        return together

    @staticmethod
    def _line(process: "subprocess.Popen[str]", what: str) -> dict[str, Any]:
        assert process.stdout
        text = process.stdout.readline()
        if not text:
            raise RuntimeError(f"sn_bench_agents ended: exit {process.wait()}")
        line: dict[str, Any] = json.loads(text)
        if line["what"] != what:
            raise RuntimeError(f"sn_bench_agents said {text} instead of {what}")
        return line

    def end(self) -> None:
        for process in self._processes:
            assert process.stdin
            process.stdin.close()
        for process in self._processes:
            process.wait(60)


class Fleet:
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

    @staticmethod
    def network() -> None:
        # A cable to nowhere on which nobody asks for an address: what is sent there vanishes.
        for command in ("link set lo up", "link add net type veth peer name nowhere",
                        "link set net arp off up", "link set nowhere up",
                        "address add 10.1.1.1/24 dev net"):
            subprocess.run(["ip", *command.split()], check=True)
        for name in ADDRESSES:
            Fleet.set_alive(name, True)

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
        starts = (self.room / "log").read_bytes().count(b"ready")
        self.coordinator = subprocess.Popen([self.bin / "sncoordd", "--config", self.config],
                                            stdout=self.log, stderr=self.log)
        wait.until("the coordinator is ready",
                   lambda: (self.room / "log").read_bytes().count(b"ready") > starts,
                   state=(self.room / "log").read_text)
        return CpuClock(self.coordinator.pid)

    def start_agents(self, in_turn: bool = False) -> "Agents":
        """`in_turn`: each process when the one before is welcomed, so that there is no storm."""
        key = self.key()
        share = -(-self.nodes // -(-self.nodes // MOST_AGENTS))
        processes: list["subprocess.Popen[str]"] = []
        for first in range(0, self.nodes, share):
            processes.append(subprocess.Popen(
                [self.bin / "sn_bench_agents", "run", "--keys", self.keys, "--cluster",
                 self.cluster, "--bound-to", "SN1P", "--coordinator", f"tcp://127.0.0.1:{PORT}",
                 "--coordinator-key", key, "--rebind-ms", str(self.rebind_ms),
                 "--first", str(first), "--count", str(share)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            if in_turn:
                Agents(processes[-1:]).line("storm")
        return Agents(processes)

    def key(self) -> str:
        return subprocess.run([self.bin / "sncoordd", "key", "--config", self.config], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()

    @staticmethod
    def start_subscribers(count: int) -> "subprocess.Popen[str]":
        """Of the feed, each with its own socket; they end, and say what they had, with their input."""
        readers = subprocess.Popen([binaries() / "sn_bench_subscribers", "--count", str(count)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert readers.stdout
        readers.stdout.readline()
        time.sleep(1)       # their subscriptions arrive
        return readers

    def process_bytes_written(self) -> int:
        """What the kernel counts as written to storage by the coordinator (proc(5), io)."""
        lines = Path(f"/proc/{self.coordinator.pid}/io").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))

    def anonymous_kib(self) -> int:
        lines = Path(f"/proc/{self.coordinator.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))

    def end(self) -> None:
        self.coordinator.terminate()
        self.coordinator.wait(60)

    def ask(self, *arguments: str) -> float:
        """As a person types it: its time in ms, from exec to exit."""
        begin = time.monotonic()
        done = subprocess.run([self.bin / "snctl", *arguments], stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, text=True)
        took = (time.monotonic() - begin) * 1000
        if done.returncode != 0:
            raise RuntimeError(f"snctl {' '.join(arguments)}: exit {done.returncode}\n"
                               f"{done.stdout[:2000]}")
        return took

    def let_die(self, source: str) -> None:
        """The service node, after the other one is back and is one again."""
        target = OTHER[source]
        self.set_alive(target, True)
        self.snctl("sn", "clear", target, "--yes")
        self.set_alive(source, False)

    def last_takeover(self) -> Any:
        """Of which every node is to be verified."""
        last = self.snctl("history")["takeovers"][0]
        if last["counts"]["verified"] != self.nodes:
            raise RuntimeError(f"not every node is verified: {last['counts']}")
        return last

    def snctl(self, *arguments: str) -> Any:
        done = subprocess.run([self.bin / "snctl", *arguments, "--json"], stdout=subprocess.PIPE,
                              text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"snctl {' '.join(arguments)}: exit {done.returncode}\n"
                               f"{done.stdout[:2000]}")
        return json.loads(done.stdout.splitlines()[-1])
