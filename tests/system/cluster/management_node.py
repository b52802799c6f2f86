"""The management node: the coordinator, and the administrator's command."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import wait
from .daemon import Daemon
from .host import Host
from .inventory import (COORDINATOR_PORT, MANAGEMENT, MN_ON_A, MN_ON_MANAGEMENT, NODE_A, Inventory)
from .network import Link
from .tree import Tree

CONFIG = "/etc/sncoord/sncoordd.toml"
CONTROL_SOCKET = "/run/sncoord/control.sock"
FEED = "ipc:///run/sncoord/feed.sock"
BEAT_INTERVAL_MS = 1000


@dataclass
class Reply:
    """What snctl answered."""
    exit: int
    text: str
    error: str

    @property
    def json(self) -> Any:
        """With the lines of its group's plan at every node that only says that it did as planned."""
        answer = self.said
        if not isinstance(answer, dict):
            return answer
        plans = {plan["group"]: plan for plan in answer.get("plans", [])}
        for row in answer.get("nodes", []) if plans else []:
            if row["as_planned"]:
                row["changes"] = plans[row["group"]]["changes"]
                row["findings"] = row["findings"] + plans[row["group"]]["findings"]
        return answer

    @property
    def said(self) -> Any:
        try:
            return json.loads(self.text)
        except json.JSONDecodeError as problem:
            raise AssertionError(f"snctl printed no JSON ({problem}); exit {self.exit}\n"
                                 f"{self.text}{self.error}") from None

    def __str__(self) -> str:
        return f"exit {self.exit}\n{self.text}{self.error}"


class ManagementNode(Host):
    def __init__(self, inventory: Inventory, room: Path, binaries: Path | None) -> None:
        super().__init__("mn", Tree(room / "mn"), binaries)
        self.coordinator = Daemon(self, "sncoordd", ["sncoordd", "--config", CONFIG],
                                  room / "logs" / "mn.sncoordd.log")
        tree = self.tree
        tree.file("/etc/hostname", "mn\n")
        tree.file("/etc/hosts", "127.0.0.1\tlocalhost\n")
        tree.file("/etc/sncoord/cluster.toml", inventory.cluster_toml())
        tree.file(CONFIG,
                  'inventory = "/etc/sncoord/cluster.toml"\n'
                  'state_dir = "/var/lib/sncoord"\n'
                  f'listen = ["tcp://{MN_ON_A}:{COORDINATOR_PORT}", '
                  f'"tcp://{MN_ON_MANAGEMENT}:{COORDINATOR_PORT}"]\n'
                  f'control_socket = "{CONTROL_SOCKET}"\n'
                  f'feed = "{FEED}"\n'
                  f'beat_interval_ms = {BEAT_INTERVAL_MS}\n')
        tree.directory("/var/lib/sncoord", 0o700)

    def links(self) -> list[Link]:
        return [Link(self, NODE_A, "eth0", f"{MN_ON_A}/24"),
                Link(self, MANAGEMENT, "eth1", f"{MN_ON_MANAGEMENT}/24")]

    # --- The coordinator -----------------------------------------------------------------------

    def start_coordinator(self) -> None:
        seen = self.coordinator.text().count("ready")
        self.path("/run/sncoord").mkdir(exist_ok=True)
        self.coordinator.start()
        wait.until("the coordinator is ready",
                   lambda: self.coordinator.text().count("ready") > seen,
                   state=self.coordinator.text)

    def coordinator_key(self) -> str:
        return self.output("sncoordd", "key", "--config", CONFIG).strip()

    def curve_key(self) -> str:
        """Its half that connections need."""
        return self.coordinator_key()[:40]

    # --- The administrator ---------------------------------------------------------------------

    def snctl(self, *arguments: str, check: bool = False, deadline_s: float = 120) -> Reply:
        done = self.run("snctl", *arguments, check=check, deadline_s=deadline_s)
        return Reply(done.returncode, done.stdout, done.stderr)

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """snctl in the background; `finish` it."""
        return self.start("snctl", *arguments)

    @staticmethod
    def finish(process: "subprocess.Popen[str]", deadline_s: float = 120) -> Reply:
        out, error = process.communicate(timeout=deadline_s)
        return Reply(process.returncode, out, error)

    def status(self) -> Any:
        return self.snctl("status", "--json", check=True).json

    def rows(self) -> dict[str, Any]:
        """The coordinator's view of each node."""
        return {row["node"]: row for row in self.status()["nodes"]}

    def state_of(self, service_node: str) -> str:
        for row in self.status()["service_nodes"]:
            if row["name"] == service_node:
                return str(row["state"])
        raise AssertionError(f"status does not know {service_node}")
