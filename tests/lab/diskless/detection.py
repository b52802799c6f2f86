"""How soon it is known that an NFS server is silent: by each node, and by who watches the fleet."""

import json
import time
from typing import Any

from cluster import wait
from cluster.daemon import Daemon
from cluster.host import Host
from cluster.inventory import EXTERNAL_NFS, NODE_A

from .lab import Lab
from .paper import EXTERNAL_NFS_NETWORK

# agent/servers/server_health.h: a round of questions, and how long after its first unanswered one
# a server is silent.
ROUND_S = 30.0
VERDICT_S = 1.5
# After a return nodes look closely for ten seconds, and a deputy's turn is as long.
_CALM_S = 25.0


class Watcher:
    """`snctl watch --json`, as somebody at a screen has it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._path = lab.room / "logs" / f"watch.{time.monotonic_ns()}.log"
        self._program = Daemon(lab.mn, "snctl", ["snctl", "watch", "--json"], self._path)

    def __enter__(self) -> "Watcher":
        self._program.start()

        def sees_events() -> bool:
            self._lab.mn.snctl("freeze", check=True)
            self._lab.mn.snctl("thaw", check=True)
            return bool(self.events())
        wait.until("snctl watch shows events", sees_events)
        return self

    def __exit__(self, *_: object) -> None:
        self._program.kill()

    def events(self) -> list[Any]:
        text = self._path.read_text(encoding="utf-8")
        # The last line may be half there.
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def silent_since(self, since_ms: float, address: str) -> dict[str, float]:
        """When each node was shown to have no answer from this server."""
        return {event["node"]: event["time_ms"] for event in self.events()
                if event["what"] == "server_silent" and address in event["text"]
                and event["time_ms"] >= since_ms}


def coordinator_sees_external_nfs(lab: Lab, sees: bool) -> None:
    """It has no way to nfsha of its own, as a management node mostly has none."""
    lab.mn.run("ip", "route", "add" if sees else "del", EXTERNAL_NFS_NETWORK, "dev", "eth0")


def calm() -> None:
    """Whatever began has ended: what is measured next begins as on any day."""
    time.sleep(_CALM_S)


def fleet(lab: Lab, host: Host, address: str) -> tuple[float, float]:
    """Cuts a server: seconds until the first node's silence is shown, and until all nodes' are."""
    with Watcher(lab) as watcher:
        began_ms = time.time() * 1000
        lab.cut(host)
        wait.until(f"every node is shown to have no answer from {address}",
                   lambda: len(watcher.silent_since(began_ms, address)) == len(lab.nodes))
        times = watcher.silent_since(began_ms, address).values()
    lab.join(host)
    wait.until(f"every node has an answer from {address} again",
               lambda: all(state == "answering" for state, _ in _seen(lab, address)))
    calm()
    return (min(times) - began_ms) / 1000, (max(times) - began_ms) / 1000


def alone(lab: Lab) -> list[float]:
    """Seconds from SN1P's silence until each node says so, with nobody there to tell it."""
    address = lab.sn1.address(NODE_A)
    lab.mn.coordinator.kill()
    began_ms = time.time() * 1000
    lab.cut(lab.sn1)
    time.sleep(ROUND_S + 2 * VERDICT_S)
    lab.mn.start_coordinator()
    lab.wait_connected(lab.nodes)
    wait.until("every node says silent", lambda: all(
        state == "silent" for state, _ in _seen(lab, address)))
    asked = [since for _, since in _seen(lab, address)]
    return [(since - began_ms) / 1000 + VERDICT_S for since in asked]


def external(lab: Lab) -> tuple[float, float]:
    return fleet(lab, lab.nfsha, EXTERNAL_NFS)


def _seen(lab: Lab, address: str) -> list[tuple[str, float]]:
    """How each node sees the server, and since when."""
    return [next(((server["state"], server["since_ms"]) for server in row["servers"]
                  if server["address"] == address), ("", 0.0)) for row in lab.mn.rows().values()]
