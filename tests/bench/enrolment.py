#!/usr/bin/python3 -B
"""A power cut: so many nodes boot at once, and each knocks with a key of its own.

    tests/bench/enrolment.py [--nodes 1000] [--json FILE]

The real coordinator; nodes by hand (tests/system/cluster/knock_by_hand.py), each with an address of
its own in 127/8 and a port below 1024, all beginning at the same moment.  First of nodes that never
had a key, then of the same nodes once more, whose old keys are retired.  Until the last is let in.
"""

import argparse
import resource
import select
import socket
import struct
import time
from pathlib import Path
from typing import Any

import figures
from figures import Figure
from fleet import Fleet, measured

from cluster import knock_by_hand
from cluster.stranger_by_hand import new_pair, z85

COMMAND = "tests/bench/enrolment.py"
PORT = 7401
A_TABLE = 250           # nodes whose last byte is their number's
GOAL_S = 30
DEADLINE_S = 120


def address_of(number: int) -> str:
    return f"127.1.{1 + number // A_TABLE}.{1 + number % A_TABLE}"


def with_addresses(fleet: Fleet) -> None:
    text = fleet.cluster.read_text()
    text = text[:text.index("[[node]]")]
    for number in range(fleet.nodes):
        text += (f'[[node]]\nnames = "cn{number + 1:05}"\nservice_nodes = ["SN1P", "SN2P"]\n'
                 f'addresses = "{address_of(number)}"\n')
    fleet.cluster.write_text(text)


class Node:
    def __init__(self, number: int, server: bytes, tries: int) -> None:
        self.name = f"cn{number + 1:05}"
        self.server = server
        self.public, self.secret = new_pair()
        self.got = b""
        self.greeted = False
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address_of(number), 600 + (number + tries) % 30))
        try:
            self.socket.connect(("127.0.0.1", PORT))
        except BlockingIOError:
            pass

    def hear(self) -> bool | None:
        """True: let in; False: not; None: more is to come."""
        try:
            more = self.socket.recv(4096)
        except BlockingIOError:
            return None
        if not more:
            return False
        self.got += more
        if not self.greeted and len(self.got) >= knock_by_hand.GREETING_BYTES:
            self.greeted = True
            frame = knock_by_hand.frame_of(self.got, self.name, "%s:%d" % self.socket.getsockname(),
                                           f"127.0.0.1:{PORT}", self.server, self.public, self.secret)
            self.socket.sendall(frame)
            self.got = b""
        elif self.greeted and len(self.got) >= 2 + struct.unpack(">H", self.got[:2])[0]:
            answer = knock_by_hand.answer_of(self.got[2:], self.server, self.secret)
            return bool(answer.get("accepted", False))
        return None


def all_at_once(nodes: int, server: bytes) -> dict[str, float]:
    begin = time.monotonic()
    poll = select.poll()
    out: dict[int, Node] = {}
    took: list[float] = []
    tries = 0

    def start(number: int) -> None:
        nonlocal tries
        tries += 1
        node = Node(number, server, tries)
        out[node.socket.fileno()] = node
        poll.register(node.socket, select.POLLIN)

    for number in range(nodes):
        start(number)
    while out and time.monotonic() - begin < DEADLINE_S:
        for descriptor, _ in poll.poll(1000):
            node = out[descriptor]
            try:
                let_in = node.hear()
            except OSError:
                let_in = False
            if let_in is None:
                continue
            poll.unregister(descriptor)
            del out[descriptor]
            node.socket.close()
            if let_in:
                took.append(time.monotonic() - begin)
            else:
                start(int(node.name[2:]) - 1)       # an agent knocks again
    if len(took) != nodes:
        raise RuntimeError(f"{len(took)} of {nodes} nodes were let in")
    return {"last_s": max(took), "median_s": figures.median(took), "tries": tries}


def measure(room: Path, nodes: int) -> dict[str, Any]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65_536, 4 * nodes + 1024),) * 2)
    Fleet.network()
    fleet = Fleet(room, nodes, 0)
    with_addresses(fleet)
    clock = fleet.start_coordinator()
    server = z85(fleet.key())
    result: dict[str, Any] = {}
    for name in ("first", "again"):
        before = clock.now_us()
        result[name] = all_at_once(nodes, server)
        result[name]["cpu_us"] = clock.now_us() - before
    keys = fleet.snctl("keys", "list")["keys"]
    if len(keys) != nodes:
        raise RuntimeError(f"{len(keys)} keys of {nodes} nodes")
    fleet.end()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="the figures with a key, into this file as well")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    result = measured(options, COMMAND, lambda room: measure(room, options.nodes))
    of = options.nodes
    found = []
    for name, words in (("first", "without a key"), ("again", "with another key")):
        one = result[name]
        found += [Figure(f"{of} nodes {words} knock, the last is let in", "s", [one["last_s"]], GOAL_S,
                         f"enrolled_{name}_s" if of == 1000 else ""),
                  Figure("  the median", "s", [one["median_s"]]),
                  Figure("  the coordinator's CPU a node", "ms", [one["cpu_us"] / of / 1000]),
                  Figure("  knocks a node", "", [one["tries"] / of])]
    figures.show("enrolment", COMMAND, found, [])
    if options.json:
        figures.write(options.json, found)


if __name__ == "__main__":
    main()
