"""A management node, service nodes and nodes, cabled and running."""

import os
import shutil
import sys
from pathlib import Path
from typing import Iterable, Sequence

from . import files, inventory as paper, wait, world
from .host import Host
from .inventory import Inventory
from .management_node import ManagementNode
from .network import Network
from .node import Node
from .service_node import ServiceNode

REPOSITORY = Path(__file__).resolve().parents[3]


def binaries() -> Path:
    path = Path(os.environ.get("SN_BIN") or REPOSITORY / "build/release/bin").resolve()
    if not (path / "snagentd").exists():
        raise FileNotFoundError(f"no snagentd in {path}: build first, or set SN_BIN")
    return path


class Cluster:
    """`nodes`: numbers, see inventory.NodeEntry.  Usable as a context manager.

    kind: what the nodes are.  programs=False leaves ours out: only machines, cables and the programs of the distribution;
    starts=False has them on each machine, and starts none.
    """

    def __init__(self, nodes: Sequence[int] = (1, 2, 3), service_nodes: int = 2,
                 programs: bool = True, kind: type[Node] = Node, starts: bool = True) -> None:
        self.inventory = Inventory.of(list(nodes), service_nodes)
        self.starts = programs and starts
        self.room = Path(world.ROOM)
        self.programs = binaries() if programs else None
        first = self.inventory.service_nodes[0]
        self.mn = ManagementNode(self.inventory, self.room, self.programs)
        self.service_nodes = [ServiceNode(entry, self.room)
                              for entry in self.inventory.service_nodes]
        self.nodes = [kind(entry, self.inventory, first, style_of(entry.number), self.room,
                           self.programs) for entry in self.inventory.nodes]
        self.sn1, self.sn2 = self.service_nodes[:2]

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    @property
    def hosts(self) -> list[Host]:
        return [self.mn, *self.service_nodes, *self.nodes]

    def __enter__(self) -> "Cluster":
        try:
            self.power_on()
            if self.starts:
                self.enrol(self.nodes)
                self.start_agents(self.nodes)
        except BaseException:
            self.show_logs()
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- Power ---------------------------------------------------------------------------------

    def power_on(self) -> None:
        """Every machine up, with the services of the distribution running."""
        first = self.inventory.service_nodes[0]
        for host in self.hosts:
            host.power_on()
        self.network = Network(*paper.NETWORKS)
        self.network.connect(
            *self.mn.links(), *(link for sn in self.service_nodes for link in sn.links()),
            *(link for node in self.nodes for link in node.links(first)))
        self._start_services(*self.service_nodes, *self.nodes)

    def reboot(self, node: Node, sn: ServiceNode) -> None:
        """As from `sn`: /run is new, the root tree is not."""
        node.agent.kill()
        self.network.disconnect(node)
        node.power_off()
        self.start(node, sn)

    def start(self, node: Node, sn: ServiceNode) -> None:
        """A node that is off."""
        node.power_on()
        self.network.connect(*node.links(sn.entry))
        self._start_services(node)

    def _start_services(self, *hosts: Node | ServiceNode) -> None:
        started = [process for host in hosts for process in host.start_services()]
        for process in started:
            if process.wait(wait.DEADLINE_S) != 0:
                raise RuntimeError(f"{process.args}: exit {process.returncode}")

    def close(self) -> None:
        """Ends every machine.  Only needed where another cluster follows in the same world."""
        for daemon in [self.mn.coordinator, *(node.agent for node in self.nodes if node.init)]:
            daemon.kill()
        # Before the machines: the kernel takes their network namespaces down when it has time.
        if hasattr(self, "network"):
            self.network.close()
            del self.network
        for host in self.hosts:
            host.power_off()
        shutil.rmtree(self.room)
        self.room.mkdir()

    # --- Programs ------------------------------------------------------------------------------

    def enrol(self, nodes: Iterable[Node], mode: str = "act") -> None:
        """The coordinator up, every node with its configuration and its key known."""
        key = self.mn.coordinator_key()
        if not self.mn.coordinator.running:
            self.mn.start_coordinator()
        for node in nodes:
            self.mn.snctl("keys", "add", node.name, node.configure_agent(key, mode), check=True)

    def let_in(self, nodes: Iterable[Node]) -> list[str]:
        """The same, and nobody carries a key: nodes knock from the addresses that /etc/hosts of the
        management node has for them.  Returns those that had to be accepted: behind a forwarder."""
        self.mn.write("/etc/hosts", self.mn.read("/etc/hosts") + "".join(
            f"{node.entry.address}\t{node.name}\n" for node in nodes))
        key = self.mn.coordinator_key()
        self.mn.start_coordinator()
        for node in nodes:
            node.configure_agent(key)
            node.agent.start()
        behind = {node.name for node in nodes if node.entry.network != paper.NODE_A}

        def pending() -> set[str]:
            listed = self.mn.snctl("keys", "pending", "--json", check=True).json["keys"]
            return {row["node"] for row in listed}
        wait.until(f"{' '.join(sorted(behind))} knock", lambda: behind <= pending(), state=pending)
        if behind:
            self.mn.snctl("keys", "accept", ",".join(sorted(behind)), check=True)
        self.wait_connected(*(node.name for node in nodes))
        return sorted(behind)

    def start_agents(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            node.agent.start()
        self.wait_connected(*(node.name for node in nodes))

    def wait_connected(self, *names: str) -> None:
        def missing() -> list[str]:
            rows = self.mn.rows()
            return [name for name in names
                    if not rows[name]["connected"] or not rows[name].get("observed")]
        wait.until(f"{' '.join(names)} are connected and have told what they refer to",
                   lambda: not missing(), state=missing)

    # --- Accidents -----------------------------------------------------------------------------

    def cut(self, sn: ServiceNode) -> None:
        self.network.cut(sn)

    def join(self, sn: ServiceNode) -> None:
        self.network.join(sn)

    # --- When something went wrong -------------------------------------------------------------

    def show_logs(self, lines: int = 40) -> None:
        for log in sorted((self.room / "logs").glob("*.log")):
            text = log.read_text(errors="replace").splitlines()
            if text:
                print(f"--- {log.name} (last {lines} lines)", *text[-lines:], sep="\n",
                      file=sys.stderr)
        keep = os.environ.get("SN_KEEP_LOGS")
        if keep:
            shutil.copytree(self.room / "logs", keep, dirs_exist_ok=True)
        sys.stderr.flush()


def style_of(number: int) -> str:
    """Every third node is of the kind that uses names."""
    return files.BY_NAME if number % 3 == 0 else files.BY_ADDRESS
