"""A diskless node: realistic files, real rsyslogd and chronyd, and the agent."""

import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from . import files, records, wait
from .daemon import Daemon
from .host import CommandFailed, Host
from .inventory import Inventory, NodeEntry, ServiceNodeEntry
from .network import Link
from .tree import Snapshot, Tree

INTERFACE = "eth1"
METRIC = 100
# On network A the management network is reached by a route of its own, a static one.
STATIC_ROUTE = "10.1.0.0/24"


class Node(Host):
    def __init__(self, entry: NodeEntry, inventory: Inventory, sn: ServiceNodeEntry, style: str,
                 room: Path, binaries: Path | None) -> None:
        super().__init__(entry.name, Tree(room / entry.name), binaries)
        self.entry = entry
        self.inventory = inventory
        self.style = style
        self.agent = Daemon(self, "snagentd", ["snagentd", "run"],
                            room / "logs" / f"{entry.name}.snagentd.log")
        self._furnish(sn)

    def _furnish(self, sn: ServiceNodeEntry) -> None:
        tree, entry = self.tree, self.entry
        tree.file("/etc/hostname", entry.name + "\n")
        tree.file("/etc/niminfo", files.niminfo(entry, sn), 0o640)
        tree.file("/etc/hosts", files.hosts(entry, [sn]))
        tree.file("/etc/resolv.conf", files.resolv_conf(entry, sn))
        if self.style == files.BY_NAME:
            tree.file("/etc/xcatinfo", files.xcatinfo_aix(entry, sn))
            tree.file("/etc/chrony/sources.d/sn.sources", files.chrony_sources(sn))
        else:
            tree.file("/opt/xcat/xcatinfo", files.xcatinfo_linux(
                entry, sn, self.inventory.service_nodes[:2]))
            tree.directory("/etc/chrony/sources.d")
        tree.directory("/etc/chrony/conf.d")
        tree.file("/etc/chrony/chrony.conf", files.chrony_conf(entry, sn, self.style))
        tree.file("/etc/rsyslog.conf", files.RSYSLOG_CONF)
        tree.file("/etc/rsyslog.d/remote.conf", files.rsyslog_remote(entry, sn, self.style))
        # What no rule owns: it must come out as it went in.
        tree.file("/etc/motd", f"This node boots from {sn.short_name} ({sn.address(entry.network)})\n")
        tree.program("svc", files.SVC)

    def links(self, sn: ServiceNodeEntry) -> list[Link]:
        gateway = sn.address(self.entry.network)
        return [Link(self, self.entry.network, INTERFACE, f"{self.entry.address}/24", (
            f"default via {gateway} metric {METRIC}", f"{STATIC_ROUTE} via {gateway}"))]

    # --- Services ------------------------------------------------------------------------------

    def start_services(self) -> list[subprocess.Popen[str]]:
        return [self.start_logged("svc", "start", name) for name in ("rsyslog", "chrony")]

    def svc(self, action: str, name: str) -> None:
        if self.start_logged("svc", action, name).wait(wait.DEADLINE_S) != 0:
            raise CommandFailed(f"{self.name}: svc {action} {name}")

    def restart(self, name: str) -> None:
        self.svc("stop", name)
        self.svc("start", name)

    def service_pid(self, name: str) -> int:
        """The world's pid of a service's daemon; 0 when it does not run."""
        path = {"rsyslog": "/run/rsyslogd.pid", "chrony": "/run/chrony/chronyd.pid"}[name]
        try:
            return self.pid(int(self.read(path)))
        except (FileNotFoundError, ValueError):
            return 0

    def hold_start_of(self, service: str) -> "HeldStart":
        return HeldStart(self, service)

    # --- The agent -----------------------------------------------------------------------------

    def configure_agent(self, coordinator_key: str, mode: str = "act") -> str:
        """Returns the node's public key."""
        etc = self.path("/etc/snagent")
        etc.mkdir(exist_ok=True)
        (etc / "agent.toml").write_text(
            files.agent_toml(self.entry, self.inventory, coordinator_key, mode))
        (etc / "cluster.toml").write_text(self.inventory.directory_toml())
        return self.output("snagentd", "key").strip()

    def ask_nfs_servers(self, *addresses: str) -> None:
        """Nothing here can mount NFS: the site wants these servers to be asked anyway."""
        config = self.path("/etc/snagent/agent.toml")
        config.write_text(f"nfs_servers = {json.dumps(addresses)}\n" + config.read_text())
        self.agent.stop()
        self.agent.start()

    @property
    def executor(self) -> int:
        return self._pid_file("executor.pid")

    @property
    def session(self) -> int:
        return self._pid_file("session.pid")

    def _pid_file(self, name: str) -> int:
        try:
            return self.pid(int(self.read(f"/run/snagent/{name}")))
        except (FileNotFoundError, ValueError):
            return 0

    def journal(self) -> list[dict[str, Any]]:
        """Its records, "t" being the kind of each."""
        return records.from_bytes(records.JOURNAL, self.bytes_if_there("/run/snagent/journal"))

    def bytes_if_there(self, path: str) -> bytes:
        try:
            return self.path(path).read_bytes()
        except FileNotFoundError:
            return b""

    def in_the_middle(self) -> bool:
        """A change was begun and is not committed."""
        entries = self.journal()
        return bool(entries) and entries[0]["t"] == "begin" and entries[-1]["t"] != "commit"

    # --- What can be seen of the binding -------------------------------------------------------

    def snapshot(self) -> Snapshot:
        return Snapshot(self.path("/"))

    def routes(self) -> list[dict[str, Any]]:
        """Every route of the main table, without those of the kernel."""
        routes = json.loads(self.output("ip", "-json", "route", "show", "table", "main"))
        return [route for route in routes if route.get("protocol") != "kernel"]

    def gateways(self) -> dict[str, str]:
        return {route["dst"]: route["gateway"] for route in self.routes()}

    def route_to(self, address: str) -> str:
        """The next hop that the kernel takes."""
        return str(json.loads(self.output("ip", "-json", "route", "get", address))[0]
                   .get("gateway", "direct"))

    def time_sources(self) -> set[str]:
        """The addresses that chronyd itself names."""
        done = self.run("chronyc", "-n", "-c", "sources", check=False)
        return {line.split(",")[2] for line in done.stdout.splitlines() if line.count(",") > 2}

    def reaches_time_source(self, address: str) -> bool:
        """chronyd had an answer from this source."""
        done = self.run("chronyc", "-n", "-c", "sources", check=False)
        return any(line.split(",")[2] == address and line.split(",")[5] != "0"
                   for line in done.stdout.splitlines() if line.count(",") > 5)

    def log(self, message: str, deadline_s: float = 10) -> bool:
        """`logger`.  False when it hangs."""
        try:
            self.run("logger", "--tag", "systest", message, deadline_s=deadline_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def resolve(self, name: str) -> str:
        """Through the node's C library: the address, or an empty string."""
        done = self.run("getent", "ahostsv4", name, check=False)
        return done.stdout.split()[0] if done.stdout else ""


class HeldStart:
    """A service start that waits, in the middle of a change, until it is let go."""

    def __init__(self, node: Node, service: str) -> None:
        self._node = node
        self._service = service
        self._fifo = node.path(f"/run/hold-{service}")
        os.mkfifo(self._fifo)

    def wait(self) -> None:
        """Back when the start of the service waits.  Does not let it go."""
        wait.until(f"{self._node.name}: the start of {self._service} is reached", self._waiting)

    def _waiting(self) -> bool:
        for pid, name in self._node.processes().items():
            if name != "svc":
                continue
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if [b"start", self._service.encode()] == command[-3:-1]:
                return True
        return False

    def let_go(self) -> None:
        """This start goes on, and later ones do not wait."""
        moved = self._fifo.with_name(self._fifo.name + ".gone")
        try:
            self._fifo.rename(moved)
        except FileNotFoundError:
            return
        try:
            os.close(os.open(moved, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        moved.unlink()


